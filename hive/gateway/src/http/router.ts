// Finds the route of a path: exact ones by one look-up, those with `:name` and `*rest` in their order. HEAD is answered by the
// route of GET.

import type { Route } from '../route.ts';

/** A route that fits, with what its parameters are. */
export interface Match {
  readonly route: RoutedRoute;
  readonly params: Readonly<Record<string, string>>;
}

/** A route and what is counted of it. */
export interface RoutedRoute {
  readonly route: Route;
  /** Answers by HTTP status. */
  readonly statuses: Map<number, number>;
}

/** No route of this method; `allow` is empty when there is none of this path either. */
export interface NoMatch {
  readonly route: undefined;
  /** Methods of the path, for the `Allow` header. */
  readonly allow: readonly string[];
}

type Methods = Map<string, RoutedRoute>;

interface Pattern {
  readonly components: readonly string[];
  readonly methods: Methods;
}

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});

/** All routes of a gateway; built once. */
export class Router {
  /** In the order of the parts. */
  readonly all: readonly RoutedRoute[];
  readonly #exact = new Map<string, Methods>();
  readonly #patterns = new Map<string, Pattern>();

  /** The first of two routes of one method and pattern is taken. */
  constructor(routes: readonly Route[]) {
    this.all = routes.map((route) => ({ route, statuses: new Map() }));
    for (const routed of this.all) {
      const methods = this.#methodsOf(routed.route.pattern);
      if (!methods.has(routed.route.method)) methods.set(routed.route.method, routed);
    }
  }

  /** The route of a decoded path. */
  find(method: string, path: string): Match | NoMatch {
    const asked = method === 'HEAD' ? 'GET' : method;
    const exact = this.#exact.get(path);
    const route = exact?.get(asked);
    if (route !== undefined) return { route, params: NO_PARAMS };
    const allow = new Set(exact?.keys());
    const components = this.#patterns.size === 0 ? [] : path.slice(1).split('/');
    for (const pattern of this.#patterns.values()) {
      const params = paramsOf(pattern.components, components);
      if (params === undefined) continue;
      const found = pattern.methods.get(asked);
      if (found !== undefined) return { route: found, params };
      for (const other of pattern.methods.keys()) allow.add(other);
    }
    return { route: undefined, allow: allowed(allow) };
  }

  #methodsOf(pattern: string): Methods {
    const isExact = !pattern.includes('/:') && !pattern.includes('/*');
    const known = isExact ? this.#exact.get(pattern) : this.#patterns.get(pattern)?.methods;
    if (known !== undefined) return known;
    const methods: Methods = new Map();
    if (isExact) this.#exact.set(pattern, methods);
    else this.#patterns.set(pattern, { components: pattern.slice(1).split('/'), methods });
    return methods;
  }
}

/** The parameters of a path that fits a pattern; undefined when it does not. `*rest` takes one component or more. */
function paramsOf(pattern: readonly string[], path: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, component] of pattern.entries()) {
    const given = path[index];
    if (given === undefined) return undefined;
    if (component.startsWith('*')) {
      params[component.slice(1)] = path.slice(index).join('/');
      return params;
    }
    if (component.startsWith(':')) params[component.slice(1)] = given;
    else if (component !== given) return undefined;
  }
  return path.length === pattern.length ? params : undefined;
}

function allowed(methods: ReadonlySet<string>): readonly string[] {
  if (methods.size === 0) return [];
  return [...methods, ...(methods.has('GET') ? ['HEAD'] : []), 'OPTIONS'].sort();
}
