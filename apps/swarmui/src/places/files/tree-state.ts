// Which directories of the tree are open, and which row has the focus: kept while the page is there, so that going elsewhere and
// back loses nothing.

import { Store } from '../../store/store.ts';
import { ancestorsOf } from './tree-model.ts';

/** Directories opened at a time; each is read again when something happens. */
const OPEN_MAX = 64;

/** Open directories. */
export const openDirectories: Store<ReadonlySet<string>> = new Store<ReadonlySet<string>>(new Set());

/** The row the keys are at. */
export const activePath: Store<string> = new Store('');

/** Opens directories; the ones opened first are closed when there are too many. */
export function openAll(paths: readonly string[]): void {
  const before = openDirectories.get();
  const fresh = paths.filter((path) => !before.has(path));
  if (fresh.length > 0) openDirectories.set(new Set([...before, ...fresh].slice(-OPEN_MAX)));
}

/** Closes one. */
export function close(path: string): void {
  openDirectories.set(new Set([...openDirectories.get()].filter((one) => one !== path)));
}

/** Shows a path in the tree: what is above it is opened, and the keys are there. */
export function reveal(path: string): void {
  openAll(ancestorsOf(path).filter((one) => one !== '/'));
  activePath.set(path);
}
