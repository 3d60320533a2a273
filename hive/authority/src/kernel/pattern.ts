// Path patterns: absolute paths whose components may be `:name` (binds one component). Compiled once per registry
// into a list by component count; there are few, and a literal wins over a parameter.

/** A pattern with the thing it leads to. */
export interface Patterned {
  readonly pattern: string;
}

/** What a path was matched to, with its parameters bound. */
export interface Match<T> {
  readonly found: T;
  readonly params: Readonly<Record<string, string>>;
}

/** Makes a matcher over items; a pattern without parameters wins, then the one registered first. */
export function compilePatterns<T extends Patterned>(items: readonly T[]): (path: string) => Match<T> | undefined {
  const literal = new Map<string, T>();
  const byCount = new Map<number, { readonly parts: readonly string[]; readonly item: T }[]>();
  for (const item of items) {
    const parts = item.pattern.split('/');
    if (!item.pattern.includes('/:')) literal.set(item.pattern, item);
    else byCount.set(parts.length, [...(byCount.get(parts.length) ?? []), { parts, item }]);
  }
  return (path) => {
    const exact = literal.get(path);
    if (exact !== undefined) return { found: exact, params: {} };
    const components = path.split('/');
    for (const { parts, item } of byCount.get(components.length) ?? []) {
      const params = bind(parts, components);
      if (params !== undefined) return { found: item, params };
    }
    return undefined;
  };
}

function bind(parts: readonly string[], components: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const component = components[index] ?? '';
    if (part.startsWith(':') && component !== '') params[part.slice(1)] = component;
    else if (part !== component) return undefined;
  }
  return params;
}

/** What is wrong with an absolute path a line names; undefined when it can name a file below the root. */
export function pathProblem(path: string, componentsMax = 8): string | undefined {
  if (!path.startsWith('/')) return 'is not absolute';
  if (path === '/') return 'is the root';
  const components = path.slice(1).split('/');
  if (components.length > componentsMax) return `has more than ${componentsMax} components`;
  if (components.some((component) => component === '')) return 'has an empty component';
  if (components.some((component) => component === '.' || component === '..')) return 'has a . or .. component';
  return undefined;
}
