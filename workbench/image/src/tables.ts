// The long lists of an image as columns, for readers that go over millions of rows: no object a row, names made when asked for.
// Only the first `count` rows hold. A format may offer them itself (`Image.columns`); otherwise they are made from the lists.

import type { Image, ImageSymbol } from './image.ts';

/** Kinds of `SymbolColumns.kinds`, in the order of their numbers. */
export const SYMBOL_KINDS: readonly ImageSymbol['kind'][] = ['other', 'object', 'function', 'section', 'file', 'tls'];

/** `Image.symbols()` as columns. */
export interface SymbolColumns {
  readonly count: number;
  readonly addresses: Float64Array;
  readonly sizes: Float64Array;
  /** Indices into `SYMBOL_KINDS`. */
  readonly kinds: Uint8Array;
  /** Text of the file: untrusted. */
  name(row: number): string;
}

/** `Image.relocations()` as columns: where, and which address is put there. */
export interface RelocationColumns {
  readonly count: number;
  readonly addresses: Float64Array;
  /** Address the loader puts there; -1 when it is not known without other files. */
  readonly targets: Float64Array;
}

/** `Image.unwind()` as columns. */
export interface UnwindColumns {
  readonly count: number;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
}

/** Columns that an image can give without making its lists. */
export interface ImageColumns {
  symbols(): SymbolColumns;
  relocations(): RelocationColumns;
  unwind(): UnwindColumns;
}

/** The symbols of an image as columns. */
export function symbolColumns(image: Image): SymbolColumns {
  if (image.columns) return image.columns.symbols();
  const list = image.symbols();
  return {
    count: list.length,
    addresses: Float64Array.from(list, ({ address }) => address),
    sizes: Float64Array.from(list, ({ size }) => size),
    kinds: Uint8Array.from(list, ({ kind }) => SYMBOL_KINDS.indexOf(kind)),
    name: (row) => list[row]?.name ?? '',
  };
}

/** The relocations of an image as columns. */
export function relocationColumns(image: Image): RelocationColumns {
  if (image.columns) return image.columns.relocations();
  const list = image.relocations();
  return {
    count: list.length,
    addresses: Float64Array.from(list, ({ address }) => address),
    targets: Float64Array.from(list, ({ target }) => target ?? -1),
  };
}

/** The functions an image describes itself, as columns. */
export function unwindColumns(image: Image): UnwindColumns {
  if (image.columns) return image.columns.unwind();
  const list = image.unwind();
  return {
    count: list.length,
    starts: Float64Array.from(list, ({ start }) => start),
    ends: Float64Array.from(list, ({ end }) => end),
  };
}
