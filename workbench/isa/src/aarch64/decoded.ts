// Full decode into columns, for lifting and for statistics over whole programs: which encoding each word is, the word itself,
// and its number. Registers stay packed in the word, at the places every row of the tables has them.

import type { Piece } from '../decoder.ts';
import type { Encoding } from './encoding.ts';
import { wordAt } from './step.ts';
import { encodingOf, encodings, NONE } from './tree.ts';

/** Decoded words in order. Only the first `count` rows hold; 14 bytes a row. */
export interface A64Columns {
  count: number;
  /** Which encoding: an argument of `a64Mnemonic`; 0xffff for words that are no instruction. */
  readonly encodings: Uint16Array;
  /** The words: Rd, Rt in bits 0-4, Rn 5-9, Rt2, Ra 10-14, Rm, Rs 16-20. */
  readonly words: Uint32Array;
  /** Immediate, displacement or shift amount, scaled; for bitmasks N:immr:imms; NaN where the encoding has none. */
  readonly numbers: Float64Array;
}

/** Empty columns for up to `rows` words. */
export function a64Columns(rows: number): A64Columns {
  return { count: 0, encodings: new Uint16Array(rows), words: new Uint32Array(rows), numbers: new Float64Array(rows) };
}

type Reader = ((word: number) => number) | undefined;

let readers: readonly Reader[] | undefined;

/** The reader of each encoding's number; the first operand that has one counts. */
function numberReaders(): readonly Reader[] {
  readers ??= encodings().map(({ kinds }) => kinds.find(({ number }) => number !== undefined)?.number);
  return readers;
}

/** Decodes whole words from `offset` on, until the piece or the rows end; gives the offset after the last. */
export function decodeA64({ code }: Piece, offset: number, into: A64Columns): number {
  const numbers = numberReaders();
  const rows = Math.min(into.encodings.length, (code.length - offset) >> 2);
  let at = offset;
  for (let row = 0; row < rows; row += 1, at += 4) {
    const word = wordAt(code, at);
    const encoding = encodingOf(word);
    into.encodings[row] = encoding;
    into.words[row] = word;
    const read = encoding === NONE ? undefined : numbers[encoding];
    into.numbers[row] = read === undefined ? Number.NaN : read(word);
  }
  into.count = Math.max(0, rows);
  return at;
}

/** The mnemonic of an encoding, without regard to preferred other names; `(bad)` for 0xffff. */
export function a64Mnemonic(encoding: number): string {
  return (encodings()[encoding] as Encoding | undefined)?.mnemonic ?? '(bad)';
}
