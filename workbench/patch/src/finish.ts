// From the draft to the plan: edits, repairs, what the new code reads like, hashes.

import { fromHex, toHex } from '@cohesix/bytes';
import { accepted, type Outcome, refused } from '@cohesix/check';
import { type Edit, type Image, identitiesOf, type Offset, repair, save } from '@cohesix/image';
import type { Isa } from '@cohesix/isa';
import { sha256 } from '@noble/hashes/sha2.js';
import { linesOf } from './code-lines.ts';
import { hex } from './place.ts';
import {
  type EmittedCode,
  type Intent,
  PLAN_VERSION,
  type Plan,
  type PlanEdit,
  type Proof,
  type Visibility,
} from './plan.ts';
import { sha256Hex } from './sha256.ts';
import { contentChecks } from './verify.ts';
import type { Emitted, Work } from './work.ts';

/** The plan of a draft. */
export function finished(work: Work, intents: readonly Intent[], tools: readonly string[]): Outcome<Plan> {
  const { image, isa } = work.program;
  const repaired = repair(image, imageEdits(work.draft.edits()), { sha256 });
  if (!repaired.ok) return repaired;
  const output = save(image.bytes, repaired.value.edits);
  if (!output.ok) return output;
  const edits = repaired.value.edits.map(planEdit);
  const plan: Plan = {
    version: PLAN_VERSION,
    input: { sha256: sha256Hex(image.bytes), size: image.bytes.length, format: image.format, isa },
    intents,
    steps: work.steps.toSorted((one, other) => one.intent - other.intent),
    edits,
    code: work.emitted.map((emitted) => emittedCode(output.value, isa, emitted)),
    repairs: repaired.value.repairs,
    visibility: visibilityOf(image),
    proofs: PROOFS,
    notes: [...work.notes],
    output: { sha256: sha256Hex(output.value), size: output.value.length },
    tools,
  };
  const wrong = contentChecks(image.bytes, output.value, plan).find(({ isRight }) => !isRight);
  return wrong === undefined ? accepted(plan) : refused(`the patched file would not be whole: ${wrong.text}`);
}

const PROOFS: readonly Proof[] = [
  { kind: 'ranges', text: 'the files differ in the planned ranges only' },
  { kind: 'disassembly', text: 'the new code decodes to the instructions that the plan shows' },
  { kind: 'format', text: 'the patched file opens, and its tables are as whole as they were' },
];

/** Edits of a plan as edits of an image. */
export function imageEdits(edits: readonly PlanEdit[]): readonly Edit[] {
  return edits.map(({ offset, before, after, reason }) => ({
    offset: offset as Offset,
    before: fromHex(before) ?? new Uint8Array(),
    after: fromHex(after) ?? new Uint8Array(),
    reason,
  }));
}

function planEdit({ offset, before, after, reason }: Edit): PlanEdit {
  return { offset, before: toHex(before), after: toHex(after), reason };
}

function emittedCode(bytes: Uint8Array, isa: Isa, { address, offset, size }: Emitted): EmittedCode {
  return { address: hex(address), offset, size, lines: linesOf(bytes.subarray(offset, offset + size), isa, address) };
}

function visibilityOf(image: Image): readonly Visibility[] {
  return identitiesOf(image.bytes).map(({ format, isa, offset, text }) => {
    const isVisible = offset === image.extent.offset && format === image.format;
    return { identity: `${format} ${isa}`, isVisible, text };
  });
}
