// Paths of scopes: absolute, `/`-separated, compared byte for byte and by whole components, never normalised. A path
// that another program might read differently (`..`, `.`, `//`, a trailing `/`, NUL, a lone surrogate) is refused
// rather than repaired, so no two spellings name one place. Names are 1 to 255 bytes of UTF-8 (architecture, Files).

import { utf8Length } from '@cohesix/bytes';

const NAME_BYTES_MAX = 255;

/** Components of a scope path (`[]` for everything), or undefined when it is not one. */
export function scopeComponents(path: string): readonly string[] | undefined {
  if (path === '' || path === '/') return [];
  if (!path.startsWith('/') || !path.isWellFormed()) return undefined;
  const names = path.slice(1).split('/');
  return names.every(isPathName) ? names : undefined;
}

/** Whether a text may be one component of a path. */
export function isPathName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || name.includes('\0') || name.includes('/')) return false;
  return name.isWellFormed() && utf8Length(name) <= NAME_BYTES_MAX;
}
