// What stands between functions, and what functions begin with.

import type { Isa } from '@cohesix/isa';

const A64_NOP = 0xd503201f;

/** Whether the instruction at `at` only fills: nops, `int3`, zeros. Intel SDM volume 2, NOP, and what linkers and MSVC put there. */
export function isPadding(
  isa: Isa,
  code: Uint8Array,
  { at, length }: { readonly at: number; readonly length: number },
): boolean {
  if (isa === 'aarch64') return isA64Padding(wordAt(code, at));
  const last = at + length;
  let from = at;
  while (from < last && (code[from] === 0x66 || code[from] === 0x2e)) from++;
  const byte = code[from];
  if (byte === 0x90 || byte === 0xcc) return from + 1 === last;
  if (byte === 0x0f) return code[from + 1] === 0x1f;
  return byte === 0 && code[from + 1] === 0;
}

function isA64Padding(word: number): boolean {
  return word === A64_NOP || word === 0;
}

function wordAt(code: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = code.subarray(at, at + 4);
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

/** Whether code begins as compilers begin functions: frames are made, registers saved, landing pads stand first. */
export function isPrologue(isa: Isa, code: Uint8Array, at: number): boolean {
  return isa === 'aarch64' ? isA64Prologue(wordAt(code, at)) : isX86Prologue(code, at);
}

function isX86Prologue(code: Uint8Array, at: number): boolean {
  const [a, b, c, d] = code.subarray(at, at + 4);
  if (a === 0xf3 && b === 0x0f && c === 0x1e && d === 0xfa) return true; // endbr64
  if (a === 0x55)
    return isSave(b, c) || (b === 0x48 && (c === 0x89 || c === 0x8b || c === 0x83 || c === 0x81 || c === 0x8d));
  if (a === 0x53) return b === 0x48 || b === 0x89 || b === 0x31;
  if (a === 0x41 && b !== undefined && b >= 0x54 && b <= 0x57) return true; // push r12 to r15
  return a === 0x48 && (b === 0x83 || b === 0x81) && c === 0xec; // sub rsp
}

/** Whether code begins by saving a register or making room: less than a prologue, enough where an address is taken. */
export function isOpening(isa: Isa, code: Uint8Array, at: number): boolean {
  if (isa === 'aarch64') return isA64Prologue(wordAt(code, at));
  const [a, b] = code.subarray(at, at + 2);
  return (
    a === 0x55 || a === 0x53 || (a === 0x41 && b !== undefined && b >= 0x54 && b <= 0x57) || isX86Prologue(code, at)
  );
}

/** A push of a register that calls keep: rbx, rbp, r12 to r15. */
function isSave(a: number | undefined, b: number | undefined): boolean {
  return a === 0x53 || (a === 0x41 && b !== undefined && b >= 0x54 && b <= 0x57);
}

/** `paciasp`, `pacibsp`, `bti c`, `stp …, [sp, #-n]!`, `sub sp, sp, #n`. */
function isA64Prologue(word: number): boolean {
  if (word === 0xd503233f || word === 0xd503237f || word === 0xd503245f) return true;
  if ((word & 0xffc003e0) >>> 0 === 0xa98003e0) return true;
  return (word & 0xff8003ff) >>> 0 === 0xd10003ff;
}
