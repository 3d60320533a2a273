// The tree of names as flat rows, and how keys move in it (ARIA practices, tree view). Nothing here knows of a hive or of a screen.

/** A row that is shown. */
export interface TreeRow {
  /** Absolute path. */
  readonly path: string;
  readonly name: string;
  /** From 1. */
  readonly level: number;
  /** Its place among its siblings, from 1, and how many there are. */
  readonly position: number;
  readonly setSize: number;
  readonly isOpen: boolean;
}

/** What is known of the names below a directory; undefined: not yet. */
export type NamesOf = (directory: string) => readonly string[] | undefined;

/** The path of a name in a directory. */
export function below(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

/** The directory a path is in; `/` of `/`. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 1));
}

/** The directories above a path, from `/` on. */
export function ancestorsOf(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return ['/', ...parts.slice(0, -1).map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)];
}

/** Rows in the order in which they are shown: the names of `/`, and below each open directory its own. */
export function rowsOf(open: ReadonlySet<string>, namesOf: NamesOf): readonly TreeRow[] {
  const rows: TreeRow[] = [];
  const add = (directory: string, level: number): void => {
    const names = namesOf(directory) ?? [];
    for (const [index, name] of names.entries()) {
      const path = below(directory, name);
      const isOpen = open.has(path);
      rows.push({ path, name, level, position: index + 1, setSize: names.length, isOpen });
      if (isOpen) add(path, level + 1);
    }
  };
  add('/', 1);
  return rows;
}

/** What a key asks for. */
export type TreeMove =
  | { readonly kind: 'to'; readonly index: number }
  | { readonly kind: 'open' | 'close' | 'choose'; readonly path: string };

/** What a key does at a row; undefined: nothing. `isDirectory` of the row, as far as that is known. */
export function moveFor(key: string, rows: readonly TreeRow[], at: number, isDirectory: boolean): TreeMove | undefined {
  const row = rows[at];
  const to = (index: number): TreeMove => ({ kind: 'to', index: Math.min(Math.max(index, 0), rows.length - 1) });
  if (row === undefined) return rows.length > 0 ? to(0) : undefined;
  switch (key) {
    case 'ArrowDown':
      return to(at + 1);
    case 'ArrowUp':
      return to(at - 1);
    case 'PageDown':
      return to(at + PAGE);
    case 'PageUp':
      return to(at - PAGE);
    case 'Home':
      return to(0);
    case 'End':
      return to(rows.length - 1);
    case 'ArrowRight':
      if (!isDirectory) return undefined;
      return row.isOpen ? to(at + 1) : { kind: 'open', path: row.path };
    case 'ArrowLeft':
      if (row.isOpen) return { kind: 'close', path: row.path };
      return row.level === 1 ? undefined : to(rows.findIndex(({ path }) => path === parentOf(row.path)));
    case 'Enter':
    case ' ':
      return { kind: 'choose', path: row.path };
    default:
      return undefined;
  }
}

const PAGE = 10;

/** The next row, after `at` and then from the top, whose name begins with what was typed; `at` itself when it still does. */
export function typedTo(typed: string, rows: readonly TreeRow[], at: number): number | undefined {
  const wanted = typed.toLowerCase();
  const isIt = (row: TreeRow | undefined): boolean => row?.name.toLowerCase().startsWith(wanted) === true;
  const first = typed.length > 1 ? at : at + 1;
  for (let step = 0; step < rows.length; step += 1) {
    const index = (first + step) % rows.length;
    if (isIt(rows[index])) return index;
  }
  return undefined;
}
