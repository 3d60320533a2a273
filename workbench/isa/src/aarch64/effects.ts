// Which registers an instruction reads and writes, from its row's role (encoding.ts) and what its name implies.

import type { Operand } from '../instruction.ts';
import type { Encoding, Role } from './encoding.ts';

/** Registers by their widest name, each once. */
export interface Effects {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** Does the operand at a place count as written, and as read? */
function accessOf(role: Role, place: number): { readonly isRead: boolean; readonly isWritten: boolean } {
  switch (role) {
    case '!':
      return { isRead: true, isWritten: false };
    case '+':
      return { isRead: true, isWritten: place === 0 };
    case '2':
      return { isRead: place > 1, isWritten: place < 2 };
    case '~':
      return { isRead: place !== 1, isWritten: place === 1 };
    case '^':
      return { isRead: true, isWritten: place < 2 };
    case '':
      return { isRead: place !== 0, isWritten: place === 0 };
  }
}

const WRITES_FLAGS =
  /^(adds|subs|ands|bics|adcs|sbcs|ccmn|ccmp|fcmpe?|fccmpe?|subps|rmif|setf8|setf16|cfinv|xaflag|axflag|fjcvtzs)$/;
const READS_FLAGS =
  /^(b\..*|bc\..*|adc|adcs|sbc|sbcs|ccmn|ccmp|csel|csinc|csinv|csneg|fccmpe?|fcsel|cfinv|xaflag|axflag|rmif|setf8|setf16)$/;

const MEMORY_STAGE = /^(?:cpyf?|setg?)([pme])[wrtn]*$/;

/** Registers of hints that sign or check `x30` or `x17` (C6.2). */
const SIGNING: Readonly<Record<number, { readonly reads: readonly string[]; readonly writes: readonly string[] }>> =
  Object.fromEntries([
    ...[8, 10, 12, 14].map((hint) => [hint, { reads: ['x17', 'x16'], writes: ['x17'] }]),
    ...[24, 26, 28, 30].map((hint) => [hint, { reads: ['x30'], writes: ['x30'] }]),
    ...[25, 27, 29, 31].map((hint) => [hint, { reads: ['x30', 'sp'], writes: ['x30'] }]),
    [7, { reads: ['x30'], writes: ['x30'] }],
  ]);

/** Effects of a row's operands; `operands` by the row's kinds. */
export function effectsOf(row: Encoding, operands: readonly (readonly Operand[])[]): Effects {
  const reads = new Set<string>();
  const writes = new Set<string>();
  for (const [place, operand] of operands.entries()) {
    const { isRead, isWritten } = accessOf(row.role, place);
    for (const part of operand) {
      if (part.kind === 'memory') memoryEffects(part, reads, writes);
      if (part.kind !== 'register') continue;
      const name = wholeName(part.name);
      if (name === undefined) continue;
      if (isRead) reads.add(name);
      if (isWritten || part.suffix === '!') writes.add(name);
    }
  }
  impliedEffects(row, operands, reads, writes);
  return { reads: [...reads], writes: [...writes] };
}

function memoryEffects(memory: Extract<Operand, { kind: 'memory' }>, reads: Set<string>, writes: Set<string>): void {
  for (const name of [memory.base, memory.index]) {
    const whole = name === undefined ? undefined : wholeName(name);
    if (whole !== undefined) reads.add(whole);
  }
  if (memory.writeBack !== undefined && memory.base !== undefined) writes.add(memory.base);
}

function impliedEffects(
  row: Encoding,
  operands: readonly (readonly Operand[])[],
  reads: Set<string>,
  writes: Set<string>,
): void {
  const { mnemonic } = row;
  if (READS_FLAGS.test(mnemonic)) reads.add('flags');
  if (WRITES_FLAGS.test(mnemonic)) writes.add('flags');
  // Memory copies and sets: the prologue leaves its choice of algorithm in the flags.
  const stage = MEMORY_STAGE.exec(mnemonic)?.[1];
  if (stage !== undefined) (stage === 'p' ? writes : reads).add('flags');
  if (/^(bl|blr.*)$/.test(mnemonic)) writes.add('x30');
  if (/^(ld|st)64b/.test(mnemonic)) eightEffects(operands, mnemonic === 'ld64b' ? writes : reads);
  if (/^reta[ab]/.test(mnemonic)) for (const name of ['x30', 'sp']) reads.add(name);
  const state = operands.flat().find((operand) => operand.kind === 'word');
  if (state?.kind === 'word' && state.text === 'NZCV') (mnemonic === 'mrs' ? reads : writes).add('flags');
  const first = operands[0]?.[0];
  const signing = mnemonic === 'hint' && first?.kind === 'immediate' ? SIGNING[Number(first.value)] : undefined;
  for (const name of signing?.reads ?? []) reads.add(name);
  for (const name of signing?.writes ?? []) writes.add(name);
}

/** Accesses of 64 bytes: the named register and the seven behind it. */
function eightEffects(operands: readonly (readonly Operand[])[], effects: Set<string>): void {
  const named = operands.flat().filter((operand) => operand.kind === 'register');
  const first = Number(named.at(-1)?.name.slice(1));
  for (let next = 0; next < 8; next += 1) effects.add(`x${first + next}`);
}

/** `x0` for `w0`, `v0` for `d0`; undefined for the zero register. */
function wholeName(name: string): string | undefined {
  if (name === 'xzr' || name === 'wzr') return undefined;
  if (name === 'wsp') return 'sp';
  if (/^w\d/.test(name)) return `x${name.slice(1)}`;
  return /^[bhsdq]\d/.test(name) ? `v${name.slice(1)}` : name;
}
