// One row of the tables: the bits that are fixed, the mnemonic, the operands. Rows are written as text:
//
//   sf 00 100010 sh imm12 n d | add | Rd.sp Rn.sp #add
//
// First the 32 bits from the highest down: digits are fixed, `x` and `y` are ignored (and written as 0 and 1), a name is a field (of as many bits as the number
// at its end; d n m a t u s have five, other names one). Then the mnemonic, with a mark for what happens to the operands:
//   (none) the first is written, the others read     `!` all are read     `+` the first is read and written
//   `2` the first two are written     `~` the second is written, the first read     `^` the first two are read and written
// Last the operands by their notation (kinds/notation.ts), and after `?` the name of a further condition (conditions.ts); after
// `??` one that only says when the name is preferred, and does not bind the assembler.

import { assert } from '@cohesix/check';
import { CONDITIONS_OF_ROWS } from './conditions.ts';
import type { Kind } from './kinds/kind.ts';
import { kindOf } from './kinds/notation.ts';

/** What happens to operands. */
export type Role = '' | '!' | '+' | '2' | '~' | '^';

/** One encoding, or one preferred other name (alias) of an encoding. */
export interface Encoding {
  /** Bits that are fixed, and their values; both signed 32-bit. */
  readonly mask: number;
  readonly value: number;
  /** Ignored bits that should be one. */
  readonly fill: number;
  readonly mnemonic: string;
  readonly role: Role;
  readonly kinds: readonly Kind[];
  /** Reserved values of the fields; undefined when every word under the mask is this instruction. */
  readonly check: ((word: number) => boolean) | undefined;
  /** The same for the assembler: without conditions that only tell which name is preferred. */
  readonly writeCheck: ((word: number) => boolean) | undefined;
}

const FIELD_WIDTH: Readonly<Record<string, number>> = { d: 5, n: 5, m: 5, a: 5, t: 5, u: 5, s: 5 };

/** The encodings of a table, in its order. */
export function parsed(table: string): Encoding[] {
  const rows = table.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('//'));
  return rows.map(encodingOfRow);
}

function encodingOfRow(row: string): Encoding {
  const [bits = '', name = '', rest = ''] = row.split('|').map((part) => part.trim());
  const [operands = '', ...conditions] = rest.split('?').map((part) => part.trim());
  const condition = conditions.at(-1);
  const kinds = operands
    .split(/\s+/)
    .filter((notation) => notation !== '')
    .map(kindOf);
  const role = ('!+2~^'.includes(name.charAt(0)) ? name.charAt(0) : '') as Role;
  const check = checkOf(kinds, condition);
  const writeCheck = conditions.length > 1 ? checkOf(kinds, undefined) : check;
  return { ...fixedBits(bits, row), mnemonic: name.slice(role.length), role, kinds, check, writeCheck };
}

function fixedBits(bits: string, row: string): { mask: number; value: number; fill: number } {
  let text = '';
  for (const token of bits.split(/\s+/)) {
    if (/^[01xy]+$/.test(token)) text += token;
    else text += 'x'.repeat(FIELD_WIDTH[token] ?? Number(/\d+$/.exec(token)?.[0] ?? 1));
  }
  assert(text.length === 32, `a row of the tables has ${text.length} bits: ${row}`);
  const mask = Number.parseInt(text.replaceAll('0', '1').replaceAll(/[xy]/g, '0'), 2) | 0;
  const fill = Number.parseInt(text.replaceAll('1', '0').replaceAll('x', '0').replaceAll('y', '1'), 2) | 0;
  return { mask, value: Number.parseInt(text.replaceAll(/[xy]/g, '0'), 2) | 0, fill };
}

function checkOf(kinds: readonly Kind[], condition: string | undefined): ((word: number) => boolean) | undefined {
  const checks = kinds.flatMap(({ isAllowed }) => (isAllowed === undefined ? [] : [isAllowed]));
  if (condition !== undefined) {
    const known = CONDITIONS_OF_ROWS[condition];
    assert(known !== undefined, `a condition of the tables is not known: ${condition}`);
    checks.push(known);
  }
  const [first, second] = checks;
  if (first === undefined) return undefined;
  return second === undefined ? first : (word) => checks.every((check) => check(word));
}
