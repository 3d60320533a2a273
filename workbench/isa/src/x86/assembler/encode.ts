// One form with its operands, to bytes: an instruction of iced's is filled in and given to its encoder.

import { accepted, type Outcome, refused } from '@cohesix/check';
import type { Encoder, Instruction as IcedInstruction, OpCodeOperandKind } from 'iced-x86';
import { iced } from '../iced.ts';
import { registerOf } from '../registers.ts';
import type { Form, PrefixWord } from './forms.ts';
import type { MemoryOperand, Parsed } from './operand.ts';

/** What to encode. */
export interface Statement {
  readonly form: Form;
  readonly prefixes: readonly PrefixWord[];
  readonly operands: readonly Parsed[];
  readonly address: number;
}

let shared: Encoder | undefined;

/** The bytes, or what the encoder says against it (distance too far, prefix not allowed). */
export function encodeForm(statement: Statement): Outcome<Uint8Array> {
  const first = encodeOnce(statement, 0);
  const isFromNext = statement.operands.some((operand) => operand.kind === 'memory' && operand.relative === 'next');
  return first.ok && isFromNext ? encodeOnce(statement, first.value.length) : first;
}

/** `length` is the instruction's: distances of `[rip+8]` count from its end. */
function encodeOnce(statement: Statement, length: number): Outcome<Uint8Array> {
  const { Encoder, Instruction } = iced();
  shared ??= new Encoder(64);
  const instruction = new Instruction();
  try {
    fill(instruction, statement, length);
    shared.encode(instruction, BigInt(statement.address));
    return accepted(shared.takeBuffer());
  } catch (error) {
    shared.takeBuffer();
    return refused(error instanceof Error ? error.message : String(error));
  } finally {
    instruction.free();
  }
}

function fill(instruction: IcedInstruction, statement: Statement, length: number): void {
  const { form, prefixes, operands, address } = statement;
  instruction.code = form.code;
  for (const prefix of prefixes) setPrefix(instruction, prefix);
  for (const [index, kind] of form.kinds.entries()) {
    const operand = operands[index];
    if (operand === undefined || isImplied(kind)) setImplied(instruction, index, kind);
    else if (operand.kind === 'register') setRegister(instruction, index, operand.register);
    else if (operand.kind === 'memory') setMemory(instruction, index, operand, address + length);
    else setValue(instruction, index, kind, operand.value);
    if (operand?.mask !== undefined) instruction.opMask = operand.mask;
    if (operand?.isZeroing === true) instruction.zeroingMasking = true;
  }
}

function setPrefix(instruction: IcedInstruction, prefix: PrefixWord): void {
  if (prefix === 'lock') instruction.hasLockPrefix = true;
  else if (prefix === 'rep' || prefix === 'repe') instruction.hasRepePrefix = true;
  else if (prefix === 'repne' || prefix === 'bnd') instruction.hasRepnePrefix = true;
  else instruction.segmentPrefix = iced().Register.DS;
}

function setRegister(instruction: IcedInstruction, index: number, register: number): void {
  instruction.setOpKind(index, iced().OpKind.Register);
  instruction.setOpRegister(index, register);
}

function setMemory(instruction: IcedInstruction, index: number, memory: MemoryOperand, next: number): void {
  const { OpKind, Register } = iced();
  const { base, displacement, relative } = memory;
  instruction.setOpKind(index, OpKind.Memory);
  if (memory.segment !== undefined) instruction.segmentPrefix = memory.segment;
  if (relative !== undefined) {
    instruction.memoryBase = Register.RIP;
    instruction.memoryDisplacement = BigInt.asUintN(
      64,
      relative === 'next' ? displacement + BigInt(next) : displacement,
    );
    instruction.memoryDisplSize = 8;
    return;
  }
  const isSwapped =
    base !== undefined && memory.index !== undefined && memory.scale === 1 && isStackPointer(memory.index);
  instruction.memoryBase = (isSwapped ? memory.index : base) ?? Register.None;
  instruction.memoryIndex = (isSwapped ? base : memory.index) ?? Register.None;
  instruction.memoryIndexScale = memory.scale;
  instruction.memoryDisplacement = BigInt.asUintN(64, displacement);
  const hasRegister = base !== undefined || memory.index !== undefined;
  instruction.memoryDisplSize = hasRegister ? (displacement === 0n ? 0 : 1) : 8;
}

/** RSP is never an index; `[rax+rsp]` means `[rsp+rax]`. */
function isStackPointer(register: number): boolean {
  return register === registerOf('rsp') || register === registerOf('esp');
}

function setValue(instruction: IcedInstruction, index: number, kind: OpCodeOperandKind, value: bigint): void {
  const { OpCodeOperandKind: K, OpKind } = iced();
  const name = K[kind] ?? '';
  if (/^(br64|xbegin)_/.test(name)) {
    instruction.setOpKind(index, OpKind.NearBranch64);
    instruction.nearBranch64 = BigInt.asUintN(64, value);
    return;
  }
  const kinds: Readonly<Record<string, number>> = {
    imm8sex16: OpKind.Immediate8to16,
    imm8sex32: OpKind.Immediate8to32,
    imm8sex64: OpKind.Immediate8to64,
    imm16: OpKind.Immediate16,
    imm32: OpKind.Immediate32,
    imm32sex64: OpKind.Immediate32to64,
    imm64: OpKind.Immediate64,
  };
  const before = index > 0 ? instruction.opKind(index - 1) : OpKind.Register;
  const isSecond = name === 'imm8' && (before === OpKind.Immediate8 || before === OpKind.Immediate16);
  instruction.setOpKind(index, isSecond ? OpKind.Immediate8_2nd : (kinds[name] ?? OpKind.Immediate8));
  setImmediate(instruction, index, name, value);
}

/** The setter wants the value as wide as the operand it is widened to. */
function setImmediate(instruction: IcedInstruction, index: number, name: string, value: bigint): void {
  const isNarrow =
    name === 'imm8' || name === 'imm16' || name === 'imm32' || name === 'imm8_const_1' || name === 'imm4_m2z';
  const bits = name === 'imm8sex16' ? 16 : name === 'imm8sex32' ? 32 : 64;
  const width = { imm8: 8, imm16: 16, imm32: 32 }[name] ?? 8;
  if (isNarrow) instruction.setImmediateU64(index, BigInt.asUintN(width, value));
  else instruction.setImmediateI64(index, BigInt.asIntN(bits, value));
}

/** Operands of string instructions. */
function isImplied(kind: OpCodeOperandKind): boolean {
  const { OpCodeOperandKind: K } = iced();
  return kind >= K.seg_rSI && kind <= K.seg_rBX_al;
}

function setImplied(instruction: IcedInstruction, index: number, kind: OpCodeOperandKind): void {
  const { OpCodeOperandKind: K, OpKind } = iced();
  if (kind === K.seg_rSI) instruction.setOpKind(index, OpKind.MemorySegRSI);
  else if (kind === K.es_rDI) instruction.setOpKind(index, OpKind.MemoryESRDI);
  else if (kind === K.seg_rDI) instruction.setOpKind(index, OpKind.MemorySegRDI);
  else if (kind === K.seg_rBX_al) setTable(instruction, index);
  else setRegister(instruction, index, registerOf(K[kind] ?? '') ?? 0);
}

/** `xlatb` reads `[rbx+al]`. */
function setTable(instruction: IcedInstruction, index: number): void {
  const { OpKind, Register } = iced();
  instruction.setOpKind(index, OpKind.Memory);
  instruction.memoryBase = Register.RBX;
  instruction.memoryIndex = Register.AL;
}
