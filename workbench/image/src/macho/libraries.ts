// The libraries that an image is linked with, in the order that other tables number them by (from 1).

import { textAt } from '../text.ts';
import { LC } from './constants.ts';
import type { MachoFile } from './file.ts';

/** One library. Text of the file: untrusted. */
export interface MachoLibrary {
  readonly path: string;
  readonly kind: 'needed' | 'weak' | 'reexported' | 'lazy';
}

const KINDS: ReadonlyMap<number, MachoLibrary['kind']> = new Map([
  [LC.loadDylib, 'needed'],
  [LC.loadWeakDylib, 'weak'],
  [LC.reexportDylib, 'reexported'],
  [LC.lazyDylib, 'lazy'],
]);

/** Commands: kind[4] size[4] offset of the path in the command[4] … */
export function readLibraries(file: MachoFile): readonly MachoLibrary[] {
  return file.commands.flatMap((command) => {
    const kind = KINDS.get(command.kind);
    return kind === undefined ? [] : [{ path: pathOf(file, command), kind }];
  });
}

/** The text that a command's first field points at. */
export function pathOf({ reader }: MachoFile, { at, size }: { readonly at: number; readonly size: number }): string {
  const start = size >= 12 ? reader.u32(at + 8) : size;
  return start < size ? textAt(reader.bytes, at + start, at + size) : '';
}

const SPECIAL: ReadonlyMap<number, string> = new Map([
  [0, 'this image'],
  [-1, 'the program'],
  [-2, 'any library'],
  [-3, 'weak lookup'],
]);

/** Name of a library by its number; special ones are 0 and below. */
export function libraryName(libraries: readonly MachoLibrary[], ordinal: number): string | undefined {
  return libraries[ordinal - 1]?.path ?? SPECIAL.get(ordinal);
}
