// Forms of instructions: which of iced's codes a mnemonic and its operands can mean. Made from iced's own list of opcodes at first
// use, so that nothing here says what an instruction is; only how an operand of its list is written.

import type { Code, OpCodeInfo, OpCodeOperandKind } from 'iced-x86';
import type { Token } from '../../assembler/token.ts';
import { iced } from '../iced.ts';
import { registerOf } from '../registers.ts';
import type { Parsed } from './operand.ts';

/** Prefixes that are written before a mnemonic. */
export type PrefixWord = 'lock' | 'rep' | 'repe' | 'repne' | 'bnd' | 'notrack';

/** One form. */
export interface Form {
  readonly code: Code;
  readonly kinds: readonly OpCodeOperandKind[];
  /** Bits of the operand size that a prefix selects; 0 where it has none. */
  readonly operandSize: number;
  /** Bytes of its memory operand, 0 when any or none. */
  readonly memorySize: number;
  /** As the manual writes it: `ADD r/m32, imm8`. */
  readonly text: string;
  readonly prefixes: ReadonlySet<PrefixWord>;
}

let byMnemonic: ReadonlyMap<string, readonly Code[]> | undefined;
const described = new Map<string, readonly Form[]>();

/** Forms of a mnemonic in lower case; none when there is no such instruction in 64-bit mode. */
export function formsOf(mnemonic: string): readonly Form[] {
  const known = described.get(mnemonic);
  if (known !== undefined) return known;
  byMnemonic ??= codesByMnemonic();
  const forms = (byMnemonic.get(mnemonic) ?? []).map((code) => withInfo(code, formOf));
  if (forms.length > 0) described.set(mnemonic, forms);
  return forms;
}

/** Mnemonics that are one slip of the hand away, for a hint. */
export function mnemonicsLike(word: string): readonly string[] {
  byMnemonic ??= codesByMnemonic();
  return [...byMnemonic.keys()].filter((name) => isNear(name, word)).slice(0, 5);
}

/** One letter more, less or other, or two swapped. */
function isNear(name: string, word: string): boolean {
  if (Math.abs(name.length - word.length) > 1) return false;
  let start = 0;
  while (start < name.length && name[start] === word[start]) start++;
  const ends = [name.slice(start + 1) === word.slice(start + 1), name.slice(start) === word.slice(start + 1)];
  const isSwapped = name.slice(start, start + 2) === [...word.slice(start, start + 2)].reverse().join('');
  return (
    ends.includes(true) ||
    name.slice(start + 1) === word.slice(start) ||
    (isSwapped && name.slice(start + 2) === word.slice(start + 2))
  );
}

function withInfo<T>(code: Code, use: (info: OpCodeInfo) => T): T {
  const info = iced().CodeExt.opCode(code);
  try {
    return use(info);
  } finally {
    info.free();
  }
}

function codesByMnemonic(): ReadonlyMap<string, readonly Code[]> {
  const { Code, Mnemonic } = iced();
  const map = new Map<string, Code[]>();
  for (const code of Object.values(Code)) {
    if (typeof code !== 'number') continue;
    const mnemonic = withInfo(code, (info) =>
      info.mode64 && info.isInstruction ? Mnemonic[info.mnemonic] : undefined,
    );
    if (mnemonic === undefined) continue;
    const key = mnemonic.toLowerCase();
    const list = map.get(key);
    if (list === undefined) map.set(key, [code]);
    else list.push(code);
  }
  return map;
}

function formOf(info: OpCodeInfo): Form {
  const kinds: OpCodeOperandKind[] = [];
  for (let index = 0; index < info.opCount; index++) kinds.push(info.opKind(index));
  return {
    code: info.code,
    kinds,
    operandSize: info.operandSize,
    memorySize: iced().MemorySizeExt.size(info.memorySize),
    text: info.instructionString,
    prefixes: prefixesOf(info),
  };
}

function prefixesOf(info: OpCodeInfo): ReadonlySet<PrefixWord> {
  const may: readonly (readonly [boolean, readonly PrefixWord[]])[] = [
    [info.canUseLockPrefix, ['lock']],
    [info.canUseRepPrefix, ['rep', 'repe']],
    [info.canUseRepnePrefix, ['repne']],
    [info.canUseBndPrefix, ['bnd']],
    [info.canUseNotrackPrefix, ['notrack']],
  ];
  return new Set(may.flatMap(([isAllowed, words]) => (isAllowed ? words : [])));
}

/** Kinds whose operand is always the same and is not written: those of string instructions. */
export function isStringForm(form: Form): boolean {
  const { OpCodeOperandKind: K } = iced();
  return form.kinds.some((kind) => kind >= K.seg_rSI && kind <= K.seg_rBX_al);
}

/**
 * Operands as the form counts them: the x87 top need not be written (`fadd st(1)`), may be written where the form has none
 * (`fld st,st(1)`), and `fmulp` alone means `fmulp st(1),st`.
 */
export function completed(form: Form, operands: readonly Parsed[], head: Token): readonly Parsed[] {
  const { OpCodeOperandKind: K, Register: R } = iced();
  const missing = form.kinds.length - operands.length;
  const isTop = (operand: Parsed): boolean => operand.kind === 'register' && operand.register === R.ST0;
  const written = operands.findIndex(isTop);
  if (missing === -1 && form.kinds.includes(K.sti_opcode)) return operands.filter((_one, index) => index !== written);
  const at = form.kinds.indexOf(K.st0);
  if (at < 0 || missing <= 0) return operands;
  const top: Parsed = { kind: 'register', register: R.ST0, token: head };
  if (operands.length === 0) return form.kinds.map((kind) => (kind === K.st0 ? top : { ...top, register: R.ST1 }));
  return missing === 1 ? [...operands.slice(0, at), top, ...operands.slice(at)] : operands;
}

/** How many operands from the left fit; all of them when the form fits. */
export function fitting(form: Form, operands: readonly Parsed[]): number {
  if (form.kinds.length !== operands.length) return -1;
  const wrong = form.kinds.findIndex((kind, index) => !fits(kind, operands[index] as Parsed, form));
  return wrong < 0 ? operands.length : wrong;
}

function fits(kind: OpCodeOperandKind, operand: Parsed, form: Form): boolean {
  if (operand.kind === 'register') return fitsRegister(kind, operand.register);
  if (operand.kind === 'memory') return fitsMemory(kind, operand, form);
  return fitsValue(kind, operand.value, operand.isShort);
}

/** Register classes by how the names of iced's operand kinds begin: `r32_or_mem`, `xmm_vvvv`, `al`. */
function fitsRegister(kind: OpCodeOperandKind, register: number): boolean {
  const { OpCodeOperandKind: K, Register: R, RegisterExt: X } = iced();
  const name = K[kind] ?? '';
  const fixed = name === 'st0' ? R.ST0 : registerOf(name);
  if (fixed !== undefined) return fixed === register;
  const head = name.split('_')[0] ?? '';
  const classes: Readonly<Record<string, (register: number) => boolean>> = {
    r8: X.isGPR8,
    r16: X.isGPR16,
    r32: X.isGPR32,
    r64: X.isGPR64,
    seg: X.isSegmentRegister,
    k: X.isK,
    kp1: X.isK,
    mm: X.isMM,
    xmm: X.isXMM,
    xmmp3: X.isXMM,
    ymm: X.isYMM,
    zmm: X.isZMM,
    zmmp3: X.isZMM,
    cr: X.isCR,
    dr: X.isDR,
    tr: X.isTR,
    bnd: X.isBND,
    sti: X.isST,
    tmm: X.isTMM,
  };
  const isIn = classes[head];
  return isIn !== undefined && !/rSI|rDI|rBX/.test(name) && isIn(register);
}

function fitsMemory(kind: OpCodeOperandKind, operand: Parsed & { readonly kind: 'memory' }, form: Form): boolean {
  const { OpCodeOperandKind: K, RegisterExt: X } = iced();
  const name = K[kind] ?? '';
  const isBare = operand.base === undefined && operand.index === undefined && operand.relative === undefined;
  if (name === 'mem_offs') {
    if (!isBare || BigInt.asIntN(32, operand.displacement) === operand.displacement) return false;
  } else if (!/(^|_)mem($|_)|^sibmem$/.test(name)) return false;
  const vector = /vsib\d+([xyz])/.exec(name)?.[1];
  const isIn = { x: X.isXMM, y: X.isYMM, z: X.isZMM }[vector ?? ''];
  if (
    isIn === undefined
      ? operand.index !== undefined && !X.isGPR(operand.index)
      : operand.index === undefined || !isIn(operand.index)
  ) {
    return false;
  }
  return operand.size === 0 || form.memorySize === 0 || operand.size === form.memorySize;
}

/** Range of each immediate: [smallest, largest] as a signed number, and bits of the operand it is widened to. */
const IMMEDIATES: Readonly<Record<string, { readonly bits: number; readonly to: number }>> = {
  imm4_m2z: { bits: 4, to: 4 },
  imm8: { bits: 8, to: 8 },
  imm8sex16: { bits: 8, to: 16 },
  imm8sex32: { bits: 8, to: 32 },
  imm8sex64: { bits: 8, to: 64 },
  imm16: { bits: 16, to: 16 },
  imm32: { bits: 32, to: 32 },
  imm32sex64: { bits: 32, to: 64 },
  imm64: { bits: 64, to: 64 },
};

function fitsValue(kind: OpCodeOperandKind, value: bigint, isShort: boolean): boolean {
  const name = iced().OpCodeOperandKind[kind] ?? '';
  if (name === 'imm8_const_1') return value === 1n;
  if (/^(br64|xbegin)_/.test(name)) return !isShort || name === 'br64_1';
  const range = IMMEDIATES[name];
  if (range === undefined) return false;
  const { bits, to } = range;
  if (value < -(1n << BigInt(to - 1)) || value >= 1n << BigInt(to)) return false;
  if (bits === to) return true;
  return BigInt.asIntN(bits, value) === BigInt.asIntN(to, value);
}
