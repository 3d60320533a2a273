// Code moved to another address. Bytes stay as they are but for what counts from the instruction itself: RIP-relative
// displacements and branches get new distances, short branches that no longer reach become long ones, branches inside the moved
// code follow it. What cannot be kept is refused.

import { accepted, type Outcome, refused } from '@cohesix/check';
import type { Relocated } from '../assembly.ts';
import type { Step } from '../columns.ts';
import { FLOW } from '../instruction.ts';
import { x86 } from './decoder.ts';
import { iced, sharedInstruction } from './iced.ts';

/** Where code is, and where it goes: addresses of its first byte. */
export interface Move {
  readonly from: number;
  readonly to: number;
}

/** Bytes of code that are moved at most: a hook displaces a few instructions, a whole function some thousands. */
const CODE_SIZE_MAX = 1 << 20;
/** Rounds until sizes stand still; each but the last makes an instruction longer, once. */
const ROUNDS_MAX = 64;

/** An instruction of the old code. */
interface Moved {
  readonly at: number;
  readonly bytes: Uint8Array;
  /** Address that a relative branch goes to. */
  readonly target?: number;
  /** Offset of a RIP-relative displacement in `bytes`, and the address it names. */
  readonly displacement?: { readonly at: number; readonly address: number };
}

/** Moves whole instructions; branches that leave the code keep their targets. */
export function relocateX86(code: Uint8Array, move: Move): Outcome<Relocated> {
  if (code.length > CODE_SIZE_MAX) return refused(`code of at most ${CODE_SIZE_MAX} bytes can be moved`);
  const list = movedOf(code, move);
  if (!list.ok) return list;
  const starts = new Map(list.value.map((moved, index) => [move.from + moved.at, index]));
  const lost = list.value.find(({ target }) => isInside(target, code, move) && !starts.has(target as number));
  if (lost !== undefined) return refused(`the branch at offset ${lost.at} goes into the middle of an instruction`);
  return laidOut(list.value, starts, move);
}

function isInside(target: number | undefined, code: Uint8Array, { from }: Move): boolean {
  return target !== undefined && target >= from && target < from + code.length;
}

function movedOf(code: Uint8Array, { from }: Move): Outcome<readonly Moved[]> {
  const piece = { code, address: from };
  const step: Step = { length: 1, flow: FLOW.bad, target: -1 };
  const list: Moved[] = [];
  for (let at = 0; at < code.length; at += step.length) {
    x86.step(piece, at, step);
    if (step.flow === FLOW.bad) return refused(`there is no whole instruction at offset ${at}`);
    const bytes = code.slice(at, at + step.length);
    if (isDirect(step) && bytes.includes(0x66) && bytes[0] === 0x66) {
      return refused(`the branch at offset ${at} has a 66 prefix, which Intel and AMD read differently`);
    }
    list.push(
      isDirect(step) ? { at, bytes, target: step.target } : { at, bytes, ...displacementOf(bytes, step.target) },
    );
  }
  return accepted(list);
}

function isDirect(step: Step): boolean {
  return step.flow === FLOW.jump || step.flow === FLOW.branch || step.flow === FLOW.call;
}

/** Where in `bytes` the displacement of `[rip+…]` lies. */
function displacementOf(bytes: Uint8Array, address: number): Pick<Moved, 'displacement'> {
  if (address < 0) return {};
  const { Decoder, DecoderOptions } = iced();
  const decoder = new Decoder(64, bytes, DecoderOptions.None);
  const instruction = sharedInstruction();
  decoder.decodeOut(instruction);
  const offsets = decoder.getConstantOffsets(instruction);
  const at = offsets.displacementOffset;
  const isRelative = instruction.isIpRelMemoryOperand;
  offsets.free();
  decoder.free();
  return isRelative ? { displacement: { at, address } } : {};
}

function laidOut(list: readonly Moved[], starts: ReadonlyMap<number, number>, move: Move): Outcome<Relocated> {
  let sizes = list.map(({ bytes }) => bytes.length);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const at = offsetsOf(sizes);
    const pieces: Uint8Array[] = [];
    for (const [index, moved] of list.entries()) {
      const inside = moved.target === undefined ? undefined : starts.get(moved.target);
      const target = inside === undefined ? moved.target : move.to + (at[inside] as number);
      const piece = rewritten(moved, move.to + (at[index] as number), target, sizes[index] as number);
      if (!piece.ok) return piece;
      pieces.push(piece.value);
    }
    const grown = pieces.map((piece) => piece.length);
    if (grown.every((size, index) => size === sizes[index])) return accepted(joined(list, pieces, at));
    sizes = grown;
  }
  return refused('the distances of branches inside the code do not come to rest');
}

function offsetsOf(sizes: readonly number[]): readonly number[] {
  let at = 0;
  return sizes.map((size) => {
    at += size;
    return at - size;
  });
}

function joined(list: readonly Moved[], pieces: readonly Uint8Array[], at: readonly number[]): Relocated {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  for (const [index, piece] of pieces.entries()) bytes.set(piece, at[index] as number);
  return { bytes, map: list.map((moved, index) => ({ from: moved.at, to: at[index] as number })) };
}

/** The instruction at its new address; never shorter than `sizeBefore`, so that rounds end. */
function rewritten(moved: Moved, address: number, target: number | undefined, sizeBefore: number): Outcome<Uint8Array> {
  const { bytes, displacement } = moved;
  if (target !== undefined) return branch(moved, address, target, sizeBefore);
  if (displacement === undefined) return accepted(bytes);
  const distance = displacement.address - (address + bytes.length);
  if (!isNear(distance))
    return refused(`the address that the instruction at offset ${moved.at} reads is out of its reach there`);
  return accepted(withInt32(bytes, displacement.at, distance));
}

function branch(moved: Moved, address: number, target: number, sizeBefore: number): Outcome<Uint8Array> {
  const { bytes } = moved;
  const opcode = bytes.findIndex((byte) => byte !== 0xf2 && byte !== 0x2e && byte !== 0x3e && (byte & 0xf0) !== 0x40);
  const isShort = isShortOpcode(bytes[opcode] as number);
  const short = target - (address + bytes.length);
  if (isShort && bytes.length >= sizeBefore && short >= -128 && short <= 127) return accepted(withInt8(bytes, short));
  const long = isShort ? widened(bytes, opcode) : bytes;
  const distance = target - (address + long.length);
  if (!isNear(distance)) return refused(`the target of the branch at offset ${moved.at} is out of its reach there`);
  return accepted(withInt32(long, long.length - 4, distance));
}

function isShortOpcode(opcode: number): boolean {
  return opcode === 0xeb || (opcode & 0xf0) === 0x70 || (opcode & 0xfc) === 0xe0;
}

/** The same branch with four bytes of distance. `loop` and `jrcxz` have none: they jump over a jump. */
function widened(bytes: Uint8Array, at: number): Uint8Array {
  const opcode = bytes[at] as number;
  const prefixes = bytes.subarray(0, at);
  if (opcode === 0xeb) return Uint8Array.of(...prefixes, 0xe9, 0, 0, 0, 0);
  if ((opcode & 0xf0) === 0x70) return Uint8Array.of(...prefixes, 0x0f, 0x80 | (opcode & 15), 0, 0, 0, 0);
  return Uint8Array.of(...prefixes, opcode, 2, 0xeb, 5, 0xe9, 0, 0, 0, 0);
}

function isNear(distance: number): boolean {
  return distance >= -0x8000_0000 && distance <= 0x7fff_ffff;
}

function withInt8(bytes: Uint8Array, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[copy.length - 1] = value & 0xff;
  return copy;
}

function withInt32(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setInt32(at, value, true);
  return copy;
}
