// One instruction in full: length, flow and target as the sweep says, the rest as iced says, copied out of WASM at once.

import { assert } from '@cohesix/check';
import type { Instruction as IcedInstruction, UsedRegister } from 'iced-x86';
import type { Step } from '../columns.ts';
import type { Piece } from '../decoder.ts';
import { FLOW, type Flow, type Instruction, type Operand } from '../instruction.ts';
import { decodeWithIced, iced, sharedInstruction } from './iced.ts';
import { mnemonicOf } from './mnemonic.ts';
import { registerName, widestName } from './registers.ts';

const LENGTH_MAX = 15;
/** Bits of RFLAGS as `rflagsRead` counts them; any of them makes `flags`. */
const NO_FLAGS = 0;

/** What the sweep says of an instruction, and the piece it is in. */
export interface Found {
  readonly piece: Piece;
  readonly offset: number;
  readonly step: Readonly<Step>;
}

/** Decodes with iced what the sweep found, into the shared instruction; undefined where either sees none. */
export function decodeFound(found: Found): IcedInstruction | undefined {
  const { piece, offset, step } = found;
  if (step.flow === FLOW.bad) return undefined;
  const into = sharedInstruction();
  decodeWithIced(piece.code.subarray(offset, offset + LENGTH_MAX), piece.address + offset, into);
  return into.isInvalid || into.length !== step.length ? undefined : into;
}

/** Everything about an instruction. */
export function instructionOf(found: Found): Instruction {
  const { piece, offset, step } = found;
  const address = piece.address + offset;
  const decoded = decodeFound(found);
  if (decoded === undefined) {
    return { address, length: 1, mnemonic: '(bad)', operands: [], flow: FLOW.bad, reads: [], writes: [] };
  }
  const isDirect = step.flow === FLOW.jump || step.flow === FLOW.branch || step.flow === FLOW.call;
  return {
    address,
    length: step.length,
    mnemonic: mnemonicOf(decoded),
    operands: operandsOf(decoded),
    flow: step.flow as Flow,
    ...(isDirect && step.target >= 0 ? { target: step.target } : {}),
    ...usedRegisters(decoded),
  };
}

function operandsOf(decoded: IcedInstruction): readonly Operand[] {
  const operands: Operand[] = [];
  for (let index = 0; index < decoded.opCount; index++) operands.push(operandOf(decoded, index));
  return operands;
}

function operandOf(decoded: IcedInstruction, index: number): Operand {
  const { OpKind, RegisterExt } = iced();
  const kind = decoded.opKind(index);
  const suffix = suffixOf(decoded, index);
  if (kind === OpKind.Register) {
    const register = decoded.opRegister(index);
    return { kind: 'register', name: registerName(register), size: RegisterExt.size(register), ...suffix };
  }
  if (kind <= OpKind.NearBranch64) return { kind: 'target', address: Number(decoded.nearBranchTarget) };
  if (kind === OpKind.Memory) return memoryOf(decoded, suffix);
  if (kind >= OpKind.MemorySegSI) return stringMemoryOf(decoded, kind);
  return { kind: 'immediate', ...immediateOf(decoded, index), ...suffix };
}

/** Mask of the destination, rounding of the last operand. */
function suffixOf(decoded: IcedInstruction, index: number): { readonly suffix?: string } {
  const { Register, RoundingControl } = iced();
  const mask = index === 0 && decoded.opMask !== Register.None ? `{${registerName(decoded.opMask)}}` : '';
  const zero = index === 0 && decoded.zeroingMasking ? '{z}' : '';
  const isLast = index === decoded.opCount - 1;
  const rounding = isLast ? roundingWord(decoded.roundingControl, RoundingControl) : '';
  const exceptions = isLast && rounding === '' && decoded.suppressAllExceptions ? '{sae}' : '';
  const suffix = mask + zero + rounding + exceptions;
  return suffix === '' ? {} : { suffix };
}

function roundingWord(control: number, names: ReturnType<typeof iced>['RoundingControl']): string {
  if (control === names.RoundToNearest) return '{rn-sae}';
  if (control === names.RoundDown) return '{rd-sae}';
  if (control === names.RoundUp) return '{ru-sae}';
  return control === names.RoundTowardZero ? '{rz-sae}' : '';
}

function memoryOf(decoded: IcedInstruction, suffix: { readonly suffix?: string }): Operand {
  const { MemorySizeExt, Register } = iced();
  const { memoryBase, memoryIndex, memorySegment } = decoded;
  const isRelative = decoded.isIpRelMemoryOperand;
  const displacement = BigInt.asIntN(64, decoded.memoryDisplacement);
  const isAbsolute = isRelative || (memoryBase === Register.None && memoryIndex === Register.None);
  const isPlain = memorySegment !== Register.FS && memorySegment !== Register.GS;
  const broadcast = decoded.isBroadcast ? '{b}' : '';
  return {
    kind: 'memory',
    ...(memoryBase === Register.None ? {} : { base: registerName(memoryBase) }),
    ...(memoryIndex === Register.None ? {} : { index: registerName(memoryIndex) }),
    scale: decoded.memoryIndexScale,
    displacement: isRelative ? displacement - decoded.nextIP : displacement,
    ...(decoded.hasSegmentPrefix || !isPlain ? { segment: registerName(memorySegment) } : {}),
    size: MemorySizeExt.size(decoded.memorySize),
    ...(isAbsolute && isPlain && displacement >= 0n ? { address: Number(displacement) } : {}),
    ...(broadcast === '' && suffix.suffix === undefined ? {} : { suffix: broadcast + (suffix.suffix ?? '') }),
  };
}

/** The implied operands of string instructions: `[rsi]`, `es:[rdi]`. */
function stringMemoryOf(decoded: IcedInstruction, kind: number): Operand {
  const { MemorySizeExt, OpKind, Register } = iced();
  const bases = new Map<number, number>([
    [OpKind.MemorySegESI, Register.ESI],
    [OpKind.MemorySegRSI, Register.RSI],
    [OpKind.MemorySegEDI, Register.EDI],
    [OpKind.MemorySegRDI, Register.RDI],
    [OpKind.MemoryESEDI, Register.EDI],
    [OpKind.MemoryESRDI, Register.RDI],
  ]);
  const isExtra = kind === OpKind.MemoryESEDI || kind === OpKind.MemoryESRDI;
  return {
    kind: 'memory',
    base: registerName(bases.get(kind) ?? Register.None),
    scale: 1,
    displacement: 0n,
    segment: isExtra ? 'es' : registerName(decoded.memorySegment),
    size: MemorySizeExt.size(decoded.memorySize),
  };
}

/** Sign-extended immediates are negative where they are; others are the bits they have. */
function immediateOf(decoded: IcedInstruction, index: number): { readonly value: bigint; readonly size: number } {
  const { OpKind } = iced();
  const sizes: Readonly<Record<number, number>> = {
    [OpKind.Immediate8]: 1,
    [OpKind.Immediate8_2nd]: 1,
    [OpKind.Immediate16]: 2,
    [OpKind.Immediate8to16]: 2,
    [OpKind.Immediate32]: 4,
    [OpKind.Immediate8to32]: 4,
  };
  const kind = decoded.opKind(index);
  const isSigned = kind >= OpKind.Immediate8to16;
  const value = decoded.immediate(index);
  return { value: isSigned ? BigInt.asIntN(64, value) : value, size: sizes[kind] ?? 8 };
}

/**
 * Registers by their widest names. What keeps a part of the old value (a byte or a word of a register, a conditional write)
 * counts as read too.
 */
function usedRegisters(decoded: IcedInstruction): { readonly reads: string[]; readonly writes: string[] } {
  const { InstructionInfoFactory } = iced();
  const factory = new InstructionInfoFactory();
  const info = factory.info(decoded);
  const reads = new Set<string>();
  const writes = new Set<string>();
  for (const used of info.usedRegisters() as UsedRegister[]) {
    addUse(used, reads, writes);
    used.free();
  }
  info.free();
  factory.free();
  if (decoded.rflagsRead !== NO_FLAGS) reads.add('flags');
  if (decoded.rflagsModified !== NO_FLAGS) writes.add('flags');
  return { reads: [...reads], writes: [...writes] };
}

function addUse(used: UsedRegister, reads: Set<string>, writes: Set<string>): void {
  const { OpAccess, RegisterExt } = iced();
  const { access, register } = used;
  const name = widestName(register);
  assert(name !== '', 'a used register has a name');
  const isWritten = access >= OpAccess.Write && access <= OpAccess.ReadCondWrite;
  const isPart = isWritten && RegisterExt.isGPR(register) && RegisterExt.size(register) < 4;
  if (isWritten) writes.add(name);
  if ((access !== OpAccess.Write && access !== OpAccess.NoMemAccess) || isPart) reads.add(name);
}
