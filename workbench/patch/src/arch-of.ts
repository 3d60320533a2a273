// The instruction sets that are patched.

import type { Isa } from '@cohesix/isa';
import type { Arch } from './arch.ts';
import { A64 } from './arch-a64.ts';
import { X86 } from './arch-x86.ts';

/** The instruction set of a program. */
export function archOf(isa: Isa): Arch {
  return isa === 'x86-64' ? X86 : A64;
}
