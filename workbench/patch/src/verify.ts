// Verifying a patched file against its original and the plan, without trust in how it was made.

import { open } from '@cohesix/image';
import type { Isa } from '@cohesix/isa';
import { linesOf } from './code-lines.ts';
import type { Plan, Proof } from './plan.ts';
import { sha256Hex } from './sha256.ts';

/** One check and how it came out. */
export interface Check {
  readonly kind: Proof['kind'] | 'hashes';
  readonly isRight: boolean;
  /** What was found, for people. */
  readonly text: string;
}

/** All checks of one file. */
export interface Verification {
  readonly isRight: boolean;
  readonly checks: readonly Check[];
}

/** Checks that `patched` is `original` with the plan's changes, only those, and that it still is what it was. */
export function verify(original: Uint8Array, patched: Uint8Array, plan: Plan): Verification {
  const checks = [hashes(original, patched, plan), ...contentChecks(original, patched, plan)];
  return { isRight: checks.every(({ isRight }) => isRight), checks };
}

/** The checks that need no hash: what `plan` asks of its own work. */
export function contentChecks(original: Uint8Array, patched: Uint8Array, plan: Plan): readonly Check[] {
  return [ranges(original, patched, plan), disassembly(patched, plan), format(original, patched, isaOf(plan))];
}

function check(kind: Check['kind'], problem: string | undefined, right: string): Check {
  return { kind, isRight: problem === undefined, text: problem ?? right };
}

function hashes(original: Uint8Array, patched: Uint8Array, { input, output }: Plan): Check {
  const isInput = sha256Hex(original) === input.sha256;
  const isOutput = sha256Hex(patched) === output.sha256;
  const problem = isInput
    ? 'the patched file is another than the plan names'
    : 'the original is another than the plan names';
  return check('hashes', isInput && isOutput ? undefined : problem, 'both files are those that the plan names');
}

/** Every byte that differs lies in an edit, and every edit is there. */
function ranges(original: Uint8Array, patched: Uint8Array, { edits }: Plan): Check {
  const size = Math.max(original.length, patched.length);
  let differing = 0;
  let edit = 0;
  for (let at = 0; at < size; at += 1) {
    if (original[at] === patched[at]) continue;
    differing += 1;
    while (edit < edits.length && endOf(edits[edit]) <= at) edit += 1;
    if (at < (edits[edit]?.offset ?? Number.POSITIVE_INFINITY))
      return check('ranges', `the byte at ${at} differs, and no edit of the plan is there`, '');
  }
  const missing = edits.find(({ offset, after }) => !isThere(patched, offset, after));
  const problem = missing && `the edit at ${missing.offset} is not in the file (${missing.reason})`;
  return check('ranges', problem, `${differing} bytes differ, all of them in the plan's ${edits.length} ranges`);
}

function endOf(edit: Plan['edits'][number] | undefined): number {
  return edit === undefined ? 0 : edit.offset + Math.max(edit.before.length, edit.after.length) / 2;
}

function isThere(bytes: Uint8Array, offset: number, hex: string): boolean {
  for (let at = 0; at < hex.length / 2; at += 1)
    if (bytes[offset + at] !== Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16)) return false;
  return true;
}

function disassembly(patched: Uint8Array, plan: Plan): Check {
  let count = 0;
  for (const { address, offset, size, lines } of plan.code) {
    const found = linesOf(patched.subarray(offset, offset + size), isaOf(plan), Number(address));
    const at = lines.findIndex((line, index) => line !== found[index]);
    if (at >= 0 || lines.length !== found.length)
      return check(
        'disassembly',
        `the code at ${address} reads ${found[at] ?? 'nothing'}, planned is ${lines[at]}`,
        '',
      );
    count += lines.length;
  }
  return check('disassembly', undefined, `${count} new instructions read as planned`);
}

function isaOf({ input }: Plan): Isa {
  return input.isa === 'aarch64' ? 'aarch64' : 'x86-64';
}

/** It opens, without warnings the original does not have, from the same entry, with all it had. */
function format(original: Uint8Array, patched: Uint8Array, isa: Isa): Check {
  const [before, now] = [open(original, { isa }), open(patched, { isa })];
  if (!now.ok) return check('format', `the patched file does not open: ${now.problem}`, '');
  if (!before.ok) return check('format', `the original does not open: ${before.problem}`, '');
  const warning = now.value.warnings.find((text) => !before.value.warnings.includes(text));
  const lost = (['sections', 'segments'] as const).find((list) => now.value[list].length < before.value[list].length);
  const moved = now.value.entry !== before.value.entry ? 'the entry is another' : undefined;
  const imports = now.value.imports().length !== before.value.imports().length ? 'the imports are others' : undefined;
  const problem = warning ?? (lost && `${lost} are missing`) ?? moved ?? imports;
  return check('format', problem, `opens as ${now.value.format} with ${now.value.segments.length} segments`);
}
