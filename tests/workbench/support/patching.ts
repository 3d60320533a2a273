// Patches of fixtures for tests: planned, applied, checked.

import { analyse, type Program } from '@cohesix/flow';
import { open } from '@cohesix/image';
import { apply, type Intent, type Plan, plan } from '@cohesix/patch';

/** The program in a file's bytes. @throws Error when it does not open. */
export function programOf(bytes: Uint8Array): Program {
  const image = open(bytes);
  if (!image.ok) throw new Error(image.problem);
  const program = analyse(image.value);
  if (!program.ok) throw new Error(program.problem);
  return program.value;
}

/** A plan and the file it makes. @throws Error when there is none. */
export function patched(
  program: Program,
  intents: readonly Intent[],
): { readonly plan: Plan; readonly bytes: Uint8Array } {
  const planned = plan(program, intents);
  if (!planned.ok) throw new Error(planned.problem);
  const bytes = apply(program.image.bytes, planned.value);
  if (!bytes.ok) throw new Error(bytes.problem);
  return { plan: planned.value, bytes: bytes.value };
}
