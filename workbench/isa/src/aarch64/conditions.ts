// Conditions of rows that are no property of a single operand: when another name is preferred (DDI 0487, "Alias conditions").

import { bitmaskOf } from './bitmask.ts';
import { field } from './kinds/kind.ts';

const d = (word: number) => field(word, 0, 5);
const n = (word: number) => field(word, 5, 5);
const m = (word: number) => field(word, 16, 5);
const immr = (word: number) => field(word, 16, 6);
const imms = (word: number) => field(word, 10, 6);
const condition = (word: number) => field(word, 12, 4);
const last = (word: number) => (word < 0 ? 63 : 31);

/** Can `movz` or `movn` make the value? Then `orr` with a bitmask is not shown as `mov` (MoveWidePreferred). */
function isMoveWide(word: number): boolean {
  const width = word < 0 ? 64 : 32;
  const value = bitmaskOf(word, word < 0) ?? 0n;
  const inverted = BigInt.asUintN(width, ~value);
  return [value, inverted].some((bits) => {
    for (let at = 0n; at < BigInt(width); at += 16n) if ((bits & ~(0xffffn << at)) === 0n) return true;
    return false;
  });
}

/** `sbfx` and `ubfx` are preferred unless a shift or an extension has its own name (BFXPreferred). */
function isExtract(word: number): boolean {
  const isUnsigned = field(word, 30, 1) === 1;
  if (imms(word) < immr(word) || imms(word) === last(word)) return false;
  if (immr(word) !== 0) return true;
  if (word >= 0) return imms(word) !== 7 && imms(word) !== 15;
  return isUnsigned || (imms(word) !== 7 && imms(word) !== 15 && imms(word) !== 31);
}

/** Conditions by the name they have in the tables. */
export const CONDITIONS_OF_ROWS: Readonly<Record<string, (word: number) => boolean>> = {
  'stack-move': (word) => d(word) === 31 || n(word) === 31,
  'not-move-wide': (word) => !isMoveWide(word),
  'movz-shown': (word) => field(word, 5, 16) !== 0 || field(word, 21, 2) === 0,
  'movn-shown': (word) =>
    (field(word, 5, 16) !== 0 || field(word, 21, 2) === 0) && (word < 0 || field(word, 5, 16) !== 0xffff),
  'left-shift': (word) => imms(word) !== last(word) && imms(word) + 1 === immr(word),
  insert: (word) => imms(word) < immr(word),
  'insert-no-shift': (word) => imms(word) < immr(word) && imms(word) + 1 !== immr(word),
  extract: isExtract,
  'extract-any': (word) => imms(word) >= immr(word),
  'same-sources': (word) => n(word) === m(word),
  'not-zero': (word) => d(word) !== 31,
  // Atomics of pairs have no zero register.
  'no-zero': (word) => d(word) !== 31 && m(word) !== 31,
  // The three registers of a memory copy or set differ.
  distinct: (word) => d(word) !== m(word) && d(word) !== n(word) && n(word) !== m(word),
  cset: (word) => condition(word) < 14,
  // `cneg` has no other name to give way to: the zero register may be its source.
  cneg: (word) => condition(word) < 14 && n(word) === m(word),
  cinc: (word) => condition(word) < 14 && n(word) === m(word) && n(word) !== 31,
  'even-t': (word) => field(word, 0, 1) === 0 && field(word, 0, 5) < 24,
};
