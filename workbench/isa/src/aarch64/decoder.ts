// AArch64 behind the interface of both instruction sets.

import type { Decoder } from '../decoder.ts';
import { step, sweep } from './step.ts';
import { instruction, text } from './text.ts';

/** A64 code: words of four bytes, little-endian. Without state. */
export const aarch64: Decoder = { isa: 'aarch64', alignment: 4, lengthMax: 4, step, sweep, instruction, text };
