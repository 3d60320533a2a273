// Applying a plan, and taking it back: pure functions of bytes that end in the hash they promise, or in a refusal.

import { accepted, type Outcome, refused } from '@cohesix/check';
import { inverse, save } from '@cohesix/image';
import { imageEdits } from './finish.ts';
import type { Plan } from './plan.ts';
import { sha256Hex } from './sha256.ts';

/** The patched file. Refuses another input, and a plan whose edits do not lead to the output it names. */
export function apply(bytes: Uint8Array, plan: Plan): Outcome<Uint8Array> {
  const got = sha256Hex(bytes);
  if (got !== plan.input.sha256)
    return refused(`the plan is for the file with SHA-256 ${plan.input.sha256}, this one has ${got}`);
  const saved = save(bytes, imageEdits(plan.edits));
  if (!saved.ok) return saved;
  if (sha256Hex(saved.value) !== plan.output.sha256)
    return refused('the edits of the plan do not lead to the output that it names');
  return saved;
}

/** The original, byte for byte. Refuses a file that `plan` did not make. */
export function revert(bytes: Uint8Array, plan: Plan): Outcome<Uint8Array> {
  const got = sha256Hex(bytes);
  if (got !== plan.output.sha256)
    return refused(`the plan made the file with SHA-256 ${plan.output.sha256}, this one has ${got}`);
  const saved = save(bytes, inverse(imageEdits(plan.edits)));
  if (!saved.ok) return saved;
  if (sha256Hex(saved.value) !== plan.input.sha256)
    return refused('undoing the edits of the plan does not lead back to its input');
  return accepted(saved.value);
}
