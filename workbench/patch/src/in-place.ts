// Intents that need no new room: bytes, instructions and nops where others were, and direct calls that go elsewhere.

import { HOLDS, type Outcome, refused, type Verdict } from '@cohesix/check';
import { REFERENCE, rowsTo } from '@cohesix/flow';
import { type Address, bytesAt } from '@cohesix/image';
import { type Step as Decoded, decoderOf, FLOW, nopsOf } from '@cohesix/isa';
import { jumpsInto, namedFromOutside, relocationIn } from './entry.ts';
import { addressOfPlace, hex } from './place.ts';
import type { Intent } from './plan.ts';
import { assembled, bytesOf, type Work, writeAt, writeCode } from './work.ts';

type InPlace = Extract<Intent, { kind: 'bytes' | 'assembly' | 'nop' | 'redirect' }>;

/** Nops that one intent writes at most. */
const COUNT_MAX = 10_000;

/** Carries out an intent that needs no room. */
export function changeInPlace(work: Work, intent: InPlace, index: number): Verdict {
  const done = changed(work, intent);
  if (!done.ok) return refused(`intent ${index + 1}: ${done.problem}`);
  work.steps.push({
    intent: index,
    rung: intent.kind === 'redirect' ? 'redirect-callers' : 'in-place',
    refused: [],
    moved: [],
  });
  return HOLDS;
}

function changed(work: Work, intent: InPlace): Verdict {
  if (intent.kind === 'redirect') return redirected(work, intent.function, intent.to);
  const at = addressOfPlace(work.program, intent.at);
  if (!at.ok) return at;
  switch (intent.kind) {
    case 'bytes':
      return rawBytes(work, at.value, intent);
    case 'nop':
      return nopped(work, at.value, intent);
    case 'assembly':
      return rewritten(work, at.value, intent);
  }
}

function rawBytes(work: Work, at: number, intent: Extract<Intent, { kind: 'bytes' }>): Verdict {
  const bytes = bytesOf(intent.bytes);
  if (!bytes.ok) return bytes;
  const relocation = relocationIn(work.program, at, at + bytes.value.length);
  if (relocation !== undefined) return refused(`the loader writes at ${hex(relocation)} when it relocates the file`);
  const written = writeAt(work, at, bytes.value, `bytes at ${intent.at}`);
  return written.ok ? HOLDS : written;
}

function nopped(work: Work, at: number, intent: Extract<Intent, { kind: 'nop' }>): Verdict {
  if (!(Number.isInteger(intent.count) && intent.count >= 1 && intent.count <= COUNT_MAX))
    return refused(`expected a count of 1 to ${COUNT_MAX} instructions, got ${intent.count}`);
  const lengths = instructionsAt(work, at, (seen) => seen.length >= intent.count);
  if (!lengths.ok) return lengths;
  const size = lengths.value.reduce((sum, length) => sum + length, 0);
  const problem = codeProblem(work, at, at + 1);
  if (problem !== undefined) return refused(problem);
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const length of lengths.value) {
    const nops = nopsOf(work.program.isa, length);
    if (!nops.ok) return nops;
    bytes.set(nops.value, offset);
    offset += length;
  }
  return writeCode(work, at, bytes, `nops at ${intent.at}`);
}

function rewritten(work: Work, at: number, intent: Extract<Intent, { kind: 'assembly' }>): Verdict {
  const code = assembled(work, intent.source, at);
  if (!code.ok) return code;
  const lengths = instructionsAt(work, at, (seen) => seen.reduce((sum, one) => sum + one, 0) >= code.value.length);
  if (!lengths.ok) return lengths;
  const size = lengths.value.reduce((sum, length) => sum + length, 0);
  const problem = codeProblem(work, at, at + size);
  if (problem !== undefined) return refused(problem);
  const nops = nopsOf(work.program.isa, size - code.value.length);
  if (!nops.ok) return nops;
  const bytes = new Uint8Array(size);
  bytes.set(code.value);
  bytes.set(nops.value, code.value.length);
  return writeCode(work, at, bytes, `assembly at ${intent.at}`);
}

/** Lengths of the instructions from `at` on until it is enough; none beyond the end of their function. */
function instructionsAt(
  { program }: Work,
  at: number,
  isEnough: (lengths: readonly number[]) => boolean,
): Outcome<readonly number[]> {
  const row = program.functionAt(at);
  if (row < 0) return refused(`no function is known at ${hex(at)}`);
  const end = program.functions.ends[row] as number;
  const code = bytesAt(program.image, at as Address, end - at);
  const decoder = decoderOf(program.isa);
  const step: Decoded = { length: 1, flow: FLOW.bad, target: -1 };
  const lengths: number[] = [];
  for (let offset = 0; !isEnough(lengths); offset += step.length) {
    if (offset >= code.length)
      return refused(`the function at ${hex(program.functions.starts[row] as number)} ends before it`);
    decoder.step({ code, address: at }, offset, step);
    if (step.flow === FLOW.bad) return refused(`there is no instruction at ${hex(at + offset)}`);
    lengths.push(step.length);
  }
  return { ok: true, value: lengths };
}

/** Why code cannot be written over `[from, to)`: it does not begin an instruction, or somebody comes to its middle. */
function codeProblem({ program }: Work, from: number, to: number): string | undefined {
  const row = program.functionAt(from);
  const start = program.functions.starts[row] as number;
  const block = program.graph(row).blocks.find((one) => from >= one.start && from < one.end);
  if (block !== undefined && !block.instructions.includes(from - block.start))
    return `${hex(from)} lies inside an instruction`;
  const entry = { program, row, start, end: program.functions.ends[row] as number };
  const relocation = relocationIn(program, from, to);
  if (relocation !== undefined) return `the loader writes at ${hex(relocation)} when it relocates the file`;
  if (to - from < 2) return undefined;
  const visit = jumpsInto(entry, from + 1, to) ?? namedFromOutside(entry, from + 1, to);
  return visit && `${hex(visit.from)} goes to ${hex(visit.to)}, in the middle of what would be replaced`;
}

function redirected(work: Work, name: string, goal: string): Verdict {
  const from = addressOfPlace(work.program, name);
  const to = addressOfPlace(work.program, goal);
  if (!from.ok) return from;
  if (!to.ok) return to;
  const references = work.program.references();
  const rows = rowsTo(references, from.value);
  let count = 0;
  for (let row = rows.first; row < rows.end; row += 1) {
    const kind = references.kinds[row] as number;
    const caller = references.from[row] as number;
    if (kind !== REFERENCE.call) {
      work.notes.add(`${hex(caller)} refers to ${name} otherwise than by a call: it is left as it is`);
      continue;
    }
    const done = retarget(work, caller, to.value, `call of ${name} goes to ${goal}`);
    if (!done.ok) return done;
    count += 1;
  }
  return count === 0 ? refused(`nothing calls ${name} directly`) : HOLDS;
}

/** Makes the direct call or jump at an address go elsewhere. */
export function retarget(work: Work, caller: number, to: number, reason: string): Verdict {
  const code = bytesAt(work.program.image, caller as Address, 16);
  const step: Decoded = { length: 1, flow: FLOW.bad, target: -1 };
  decoderOf(work.program.isa).step({ code, address: caller }, 0, step);
  const bytes = work.arch.retargeted(code.slice(0, step.length), caller, to);
  if (bytes === undefined) return refused(`the instruction at ${hex(caller)} does not reach ${hex(to)}`);
  return writeCode(work, caller, bytes, reason);
}
