// Both instruction sets behind one set of verbs: what the rest of the workbench calls.

import { type Outcome, refused } from '@cohesix/check';
import { assembleA64 } from './aarch64/assemble.ts';
import { aarch64 } from './aarch64/decoder.ts';
import { relocateA64 } from './aarch64/relocate.ts';
import type { Assembled, AssembleOptions, Relocated } from './assembly.ts';
import type { Decoder } from './decoder.ts';
import type { Isa } from './instruction.ts';
import { assembleX86, nops } from './x86/assembler/assemble.ts';
import { x86 } from './x86/decoder.ts';
import { type Move, relocateX86 } from './x86/relocate.ts';

/** The decoder of an instruction set. */
export function decoderOf(isa: Isa): Decoder {
  return isa === 'x86-64' ? x86 : aarch64;
}

/** Assembles Intel syntax (x86-64) or Arm's (AArch64). What the source gets wrong is in the problems; nothing throws. */
export function assemble(isa: Isa, source: string, options: AssembleOptions): Assembled {
  return isa === 'x86-64' ? assembleX86(source, options) : assembleA64(source, options);
}

/** Moves whole instructions to another address; refuses what would then mean something else. */
export function relocate(isa: Isa, code: Uint8Array, move: Move): Outcome<Relocated> {
  return isa === 'x86-64' ? relocateX86(code, move) : relocateA64(code, move);
}

/** `size` bytes that do nothing; in AArch64 a multiple of four. */
export function nopsOf(isa: Isa, size: number): Outcome<Uint8Array> {
  if (isa === 'x86-64') return { ok: true, value: nops(size) };
  if (size % 4 !== 0) return refused(`AArch64 instructions have 4 bytes; ${size} bytes cannot be filled`);
  const word = [0x1f, 0x20, 0x03, 0xd5];
  return { ok: true, value: Uint8Array.from({ length: size }, (_none, index) => word[index % 4] as number) };
}
