// Leading control elsewhere in x86-64. Encodings: Intel SDM volume 2, JMP, Jcc, CALL, ENDBR64, INT3.

import { putU32, putU64 } from '@cohesix/bytes';
import { FLOW, type Step, x86 } from '@cohesix/isa';
import type { Arch, Detour } from './arch.ts';

const ENDBR64 = [0xf3, 0x0f, 0x1e, 0xfa];
const INT3 = 0xcc;

const JUMP_REL32: Detour = {
  rung: 'jump-rel32',
  size: 5,
  problem: (_image, from, to) => (isInt32(to - from - 5) ? undefined : 'the new code is more than 2 GiB away'),
  encode: (from, to) => withDistance(Uint8Array.of(0xe9, 0, 0, 0, 0), to - from - 5),
};

// jmp [rip+0] and the address behind it.
const JUMP_ABSOLUTE: Detour = {
  rung: 'jump-absolute',
  size: 14,
  problem: (image) =>
    image.kind === 'executable'
      ? undefined
      : 'the loader puts this file where it likes: an absolute address would be wrong there',
  encode: (_from, to) => {
    const bytes = Uint8Array.of(0xff, 0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    putU64(bytes, 6, BigInt(to));
    return bytes;
  },
};

const JUMP_REL8: Detour = {
  rung: 'island',
  size: 2,
  problem: (_image, from, to) => {
    const distance = to - from - 2;
    return distance >= -128 && distance <= 127 ? undefined : 'the island is more than 127 bytes away';
  },
  encode: (from, to) => Uint8Array.of(0xeb, (to - from - 2) & 0xff),
};

/** x86-64. */
export const X86: Arch = {
  detours: [JUMP_REL32, JUMP_ABSOLUTE],
  shortJump: JUMP_REL8,
  landingPad: (code) => ({ size: ENDBR64.every((byte, at) => code[at] === byte) ? ENDBR64.length : 0 }),
  traps: (size) => new Uint8Array(size).fill(INT3),
  padding,
  retargeted,
  returning,
};

function isInt32(value: number): boolean {
  return value >= -(2 ** 31) && value < 2 ** 31;
}

/** A distance in the last four bytes. */
function withDistance(bytes: Uint8Array, distance: number): Uint8Array {
  const changed = bytes.slice();
  putU32(changed, changed.length - 4, distance >>> 0);
  return changed;
}

/** int3 and nops. */
function padding(code: Uint8Array): number {
  const step: Step = { length: 1, flow: 0, target: -1 };
  const piece = { code, address: 0 };
  let at = 0;
  while (at < code.length) {
    if (code[at] === INT3) {
      at += 1;
      continue;
    }
    x86.step(piece, at, step);
    if (step.flow !== FLOW.next || !isNop(code, at, step.length)) break;
    at += step.length;
  }
  return at;
}

/** 90, and 0f 1f /0, behind prefixes. */
function isNop(code: Uint8Array, start: number, length: number): boolean {
  let at = start;
  while (at < start + length - 1 && (code[at] === 0x66 || code[at] === 0x2e)) at += 1;
  return (code[at] === 0x90 && at === start + length - 1) || (code[at] === 0x0f && code[at + 1] === 0x1f);
}

/** call, jmp and jcc with distances of four bytes. */
function retargeted(instruction: Uint8Array, from: number, to: number): Uint8Array | undefined {
  const at = instruction.length - 5;
  const isLong =
    at >= 0 &&
    (instruction[at] === 0xe8 ||
      instruction[at] === 0xe9 ||
      (at >= 1 && instruction[at - 1] === 0x0f && ((instruction[at] as number) & 0xf0) === 0x80));
  const distance = to - from - instruction.length;
  return isLong && isInt32(distance) ? withDistance(instruction, distance) : undefined;
}

function returning(value: bigint): string {
  const isShort = value >= 0n && value < 1n << 32n;
  return `mov ${isShort ? 'eax' : 'rax'}, ${value}\nret`;
}
