// Names in the resource tree: type, name, language. A table: characteristics[4] time[4] version[4] named rows[2] numbered rows[2]; a
// row: name or number[4], then the offset of a table (highest bit) or of a leaf. Tables of hostile files point at one another.

import { DIRECTORY } from './constants.ts';
import { type DirectoryPlace, directoryOf, type PeFile } from './file.ts';

const HIGH = 0x8000_0000;
const DEPTH_MAX = 3;
const ROWS_MAX = 4096;

const TYPES: ReadonlyMap<number, string> = new Map([
  [1, 'CURSOR'],
  [2, 'BITMAP'],
  [3, 'ICON'],
  [4, 'MENU'],
  [5, 'DIALOG'],
  [6, 'STRING'],
  [9, 'ACCELERATOR'],
  [10, 'RCDATA'],
  [11, 'MESSAGETABLE'],
  [12, 'GROUP_CURSOR'],
  [14, 'GROUP_ICON'],
  [16, 'VERSION'],
  [24, 'MANIFEST'],
]);

/** Paths such as `ICON/1/1033`, in the file's order; at most 4,096. Untrusted. */
export function readResources(file: PeFile): readonly string[] {
  const directory = directoryOf(file, DIRECTORY.resource, 'resource');
  if (directory === undefined) return [];
  const paths: string[] = [];
  walk({ file, directory, paths, seen: new Set() }, 0, []);
  return paths;
}

interface Walk {
  readonly file: PeFile;
  readonly directory: DirectoryPlace;
  readonly paths: string[];
  readonly seen: Set<number>;
}

function walk(context: Walk, table: number, path: readonly string[]): void {
  const { file, directory, paths, seen } = context;
  if (seen.has(table) || table + 16 > directory.size) {
    file.warnings.add(`the resource table at ${table} is read already or lies outside the directory`);
    return;
  }
  seen.add(table);
  const { reader } = file;
  const at = directory.offset + table;
  const count = reader.u16(at + 12) + reader.u16(at + 14);
  for (let row = 0; row < count && paths.length < ROWS_MAX && table + 24 + row * 8 <= directory.size; row += 1) {
    const [id, to] = [reader.u32(at + 16 + row * 8), reader.u32(at + 20 + row * 8)];
    const here = [...path, nameOf(context, id, path.length)];
    if (to < HIGH) paths.push(here.join('/'));
    else if (here.length < DEPTH_MAX) walk(context, to - HIGH, here);
    else file.warnings.add('the resource tree is deeper than type, name and language');
  }
}

/** A number, or the offset of a length[2] and UTF-16. */
function nameOf({ file: { reader }, directory }: Walk, id: number, depth: number): string {
  if (id < HIGH) return (depth === 0 ? TYPES.get(id) : undefined) ?? `${id}`;
  const at = id - HIGH;
  const length = at + 2 <= directory.size ? reader.u16(directory.offset + at) : 0;
  const units = Math.min(length, Math.floor((directory.size - at - 2) / 2), NAME_MAX);
  if (units <= 0) return '';
  const start = directory.offset + at + 2;
  return String.fromCharCode(...Array.from({ length: units }, (_, index) => reader.u16(start + index * 2)));
}

const NAME_MAX = 256;
