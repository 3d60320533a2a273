// Paths of scopes: absolute, `/`-separated, compared byte for byte and by whole components, never normalised. A path
// that another program might read differently (`..`, `.`, `//`, a trailing `/`, NUL, a lone surrogate) is refused
// rather than repaired, so no two spellings name one place but `/` and the empty path, which v1 has too. Names are
// those of `@cohesix/wire`.

import { nameProblem } from '@cohesix/wire';

/** Components of a scope path (`[]` for everything), or undefined when it is not one. */
export function scopeComponents(path: string): readonly string[] | undefined {
  if (path === '' || path === '/') return [];
  if (!path.startsWith('/')) return undefined;
  const names = path.slice(1).split('/');
  return names.every(isPathName) ? names : undefined;
}

/** Whether a text may be one component of a path. */
export function isPathName(name: string): boolean {
  return nameProblem(name) === undefined;
}
