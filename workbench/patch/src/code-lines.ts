// Code as the plan shows it, and as `verify` reads it again.

import { decoderOf, type Isa } from '@cohesix/isa';

/** Instructions of one piece of code that the plan shows. */
const LINES_MAX = 1000;

/** What code reads like: an instruction a line, the first 1000. */
export function linesOf(code: Uint8Array, isa: Isa, address: number): readonly string[] {
  const decoder = decoderOf(isa);
  const piece = { code, address };
  const lines: string[] = [];
  for (let at = 0; at < code.length && lines.length < LINES_MAX; ) {
    lines.push(decoder.text(piece, at));
    at += decoder.instruction(piece, at).length;
  }
  return lines;
}
