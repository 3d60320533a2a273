// The target of a request (RFC 9112, 3.2.1): origin form only, `/path?query`. The path is decoded once, component by component;
// what a second decoder could read differently is refused: `..`, an escaped slash, NUL, an escape that holds an escape.

import { ok, type Result, refuse } from '@cohesix/wire';

/** A request target. */
export interface Target {
  /** Decoded once; begins with a slash. */
  readonly path: string;
  /** What follows the `?`, as it came. */
  readonly search: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
const CONTROL = /[\u0000-\u001f\u007f]/;
const ESCAPE = /%[0-9a-fA-F]{2}/;

/** Reads a target; `invalid-frame` for every form a proxy and a server could read in two ways. */
export function parseTarget(text: string): Result<Target> {
  if (!text.startsWith('/') || text.includes('#')) return refuse('invalid-frame', 'A request names a path: /v1/…');
  const mark = text.indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  const search = mark < 0 ? '' : text.slice(mark + 1);
  if (!path.includes('%') && !path.includes('/.') && !path.includes('//') && !path.includes('\\')) {
    return ok({ path, search });
  }
  const decoded = decodePath(path);
  return decoded === undefined
    ? refuse('invalid-frame', 'The path has an empty, dotted or twice escaped component.')
    : ok({ path: decoded, search });
}

function decodePath(path: string): string | undefined {
  const components: string[] = [];
  for (const component of path.slice(1).split('/')) {
    const decoded = decodeOnce(component);
    if (decoded === undefined || !isPlain(decoded)) return undefined;
    components.push(decoded);
  }
  return `/${components.join('/')}`;
}

/** A component without its escapes; undefined when they are no UTF-8. */
function decodeOnce(component: string): string | undefined {
  try {
    return decodeURIComponent(component);
  } catch {
    return undefined;
  }
}

function isPlain(name: string): boolean {
  if (name === '' || name === '.' || name === '..') return false;
  return !name.includes('/') && !name.includes('\\') && !CONTROL.test(name) && !ESCAPE.test(name);
}
