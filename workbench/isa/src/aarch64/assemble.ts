// The assembler of AArch64, from the same rows the decoder reads: the operands of a line are tried against every row of its
// mnemonic whose operand kinds can be written. All general-purpose and system instructions and scalar arithmetic are there;
// Advanced SIMD is not (write `.word`).

import { assembleWith, type Dialect, type Place } from '../assembler/layout.ts';
import { operandsOf, type Statement } from '../assembler/statement.ts';
import { problemAt, type Token } from '../assembler/token.ts';
import type { Assembled, AssembleOptions, AssemblyProblem } from '../assembly.ts';
import type { Encoding } from './encoding.ts';
import type { Source } from './kinds/kind.ts';
import { generalOf } from './kinds/register.ts';
import { withLiteralPool } from './literal-pool.ts';
import { encodingsNamed } from './tree.ts';

const NOP = [0x1f, 0x20, 0x03, 0xd5];

/** `size` bytes of padding: nops, and zeros in front of them where the size is no multiple of four. */
function padding(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = size % 4; at < size; at += 4) bytes.set(NOP, at);
  return bytes;
}

const DIALECT: Dialect = {
  comments: ['//', ';'],
  directives: { '.word': 4, '.xword': 8, '.dword': 8, '.inst': 4, '.align': 'align-power' },
  padding,
  prepare: withLiteralPool,
  encode,
};

/**
 * Assembles A64 source: labels, the directives of assembler/directive.ts, `ldr x0, =VALUE` with a pool at the end, `:lo12:NAME`.
 * Nothing is expanded otherwise: a value that one instruction cannot make is a problem.
 */
export function assembleA64(source: string, options: AssembleOptions): Assembled {
  if (options.address % 4 !== 0)
    return { ok: false, problems: [{ line: 1, column: 1, token: '', problem: 'code begins at a multiple of 4' }] };
  return assembleWith(DIALECT, source, options);
}

const SYNONYMS: Readonly<Record<string, string>> = {
  'b.cs': 'b.hs',
  'b.cc': 'b.lo',
  'bc.cs': 'bc.hs',
  'bc.cc': 'bc.lo',
};

/** `ldr x0, [x1, #-8]` means `ldur`: rows of the unscaled name are tried after those of the name itself. */
function rowsOf(mnemonic: string): readonly Encoding[] {
  const name = SYNONYMS[mnemonic] ?? mnemonic;
  const unscaled = /^(ld|st)r(b|h|sb|sh|sw)?$/.test(name) ? name.replace(/^(ld|st)r/, '$1ur') : undefined;
  return unscaled === undefined ? encodingsNamed(name) : [...encodingsNamed(name), ...encodingsNamed(unscaled)];
}

function encode(statement: Statement, place: Place): Uint8Array | AssemblyProblem {
  const head = statement.head as Token;
  const rows = rowsOf(head.text.toLowerCase());
  if (rows.length === 0) return problemAt(head, 'no instruction of AArch64 is called so');
  if (place.address % 4 !== 0)
    return problemAt(head, 'an instruction lies at a multiple of 4; write .balign 4 before it');
  const pieces = operandsOf(statement);
  if ('problem' in pieces) return pieces;
  const source: Source = { pieces, end: statement.end, scope: place, isDraft: place.isDraft };
  return bestOf(rows, source, head);
}

/** The first row that fits; else the problem furthest to the right: the row that was understood best. */
function bestOf(rows: readonly Encoding[], source: Source, head: Token): Uint8Array | AssemblyProblem {
  let problem: AssemblyProblem | undefined;
  for (const row of rows) {
    if (row.kinds.some((kind) => kind.write === undefined)) continue;
    const word = wordOf(row, source);
    if (typeof word === 'number') return Uint8Array.of(word, word >>> 8, word >>> 16, word >>> 24);
    if (problem === undefined || word.column > problem.column) problem = word;
  }
  return problem ?? problemAt(head, 'this instruction is decoded but not assembled; write it as .word');
}

function wordOf(row: Encoding, source: Source): number | AssemblyProblem {
  let word = row.value | row.fill;
  let at = 0;
  for (const kind of row.kinds) {
    const written = kind.write?.(source, at);
    if (written === undefined) return problemAt(source.end, 'this operand cannot be written');
    if ('problem' in written) return written;
    word |= written.bits;
    at += written.used;
  }
  const extra = source.pieces[at]?.[0];
  if (extra !== undefined) return problemAt(extra, 'the instruction takes no further operand');
  const first = source.pieces[0]?.[0] ?? source.end;
  if (((word ^ row.value) & row.mask) !== 0)
    return problemAt(first, 'the registers are not of the width this form has');
  if (row.writeCheck !== undefined && !row.writeCheck(word)) return problemAt(first, 'the operands do not go together');
  return mixedWidth(row, source, word) ?? word;
}

/** Where the width is open, all registers must agree: what is read back must be what was written. */
function mixedWidth(row: Encoding, source: Source, word: number): AssemblyProblem | undefined {
  for (const [index, kind] of row.kinds.entries()) {
    const token = source.pieces[index]?.[0];
    const found = generalOf(token);
    const read = kind.read(word, source.scope.address);
    if (found === undefined || !('kind' in read) || read.kind !== 'register' || kind.isLoose === true) continue;
    if (found.isWide !== (read.size === 8))
      return problemAt(token as Token, `a ${read.size * 8}-bit register is expected here`);
  }
  return undefined;
}
