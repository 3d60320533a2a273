// Damaged ELF files are planned for like any other: no exception, and each plan that is made holds. The seed is in the title.

import { analyse } from '@cohesix/flow';
import { open } from '@cohesix/image';
import { apply, type Intent, plan, revert, verify } from '@cohesix/patch';
import { describe, expect, it } from 'vitest';
import { fixture, fixtureFacts } from './fixtures/fixtures.ts';
import { mutated, randomOf } from './support/mutate.ts';

const SEED = Number(process.env.COHESIX_SEED ?? 20261122);
const FILES = Number(process.env.COHESIX_FUZZ_FILES ?? 20_000) / 100;
const there = new Set(fixtureFacts({ format: 'elf' }).map(({ name }) => name));
const bases = ['elf-x64-gcc-free', 'elf-x64-gcc-O2-cet', 'elf-arm64-gcc-free', 'elf-x64-gcc-free-pie'].filter((name) =>
  there.has(name),
);
const INTENTS: readonly Intent[] = [
  { kind: 'data', name: 'here', bytes: '0102', isWritable: true },
  { kind: 'hook', function: 'is_licensed', when: 'before', code: { bytes: '90909090' } },
  { kind: 'return', function: 'fibonacci', value: '7' },
];

/** What must hold of the plan of any file, or the empty string; and whether there was a plan. */
function problemOf(
  bytes: Uint8Array,
  intents: readonly Intent[],
): { readonly problem: string; readonly isPlanned: boolean } {
  const image = open(bytes);
  const program = image.ok ? analyse(image.value) : image;
  const planned = program.ok ? plan(program.value, intents) : program;
  if (!planned.ok) return { problem: planned.problem === '' ? 'a refusal without a reason' : '', isPlanned: false };
  const patched = apply(bytes, planned.value);
  if (!patched.ok) return { problem: patched.problem, isPlanned: true };
  const wrong = verify(bytes, patched.value, planned.value).checks.find(({ isRight }) => !isRight);
  const again = revert(patched.value, planned.value);
  const isSame = again.ok && Buffer.compare(again.value, bytes) === 0;
  return { problem: wrong?.text ?? (isSame ? '' : 'it cannot be taken back'), isPlanned: true };
}

describe(`patches of damaged ELF files, seed ${SEED}`, () => {
  it(`${FILES} files: no exception, and every plan holds`, { timeout: 120_000 }, () => {
    const random = randomOf(SEED);
    const originals = bases.map((name) => fixture(name).bytes);
    let plans = 0;
    for (let index = 0; index < FILES; index += 1) {
      const bytes = mutated(originals[index % originals.length] as Uint8Array, random);
      try {
        const { problem, isPlanned } = problemOf(bytes, INTENTS.slice(index % INTENTS.length));
        if (isPlanned) plans += 1;
        if (problem !== '') expect.fail(`file ${index}: ${problem}`);
      } catch (error) {
        expect.fail(`file ${index}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      }
    }
    expect(plans).toBeGreaterThan(FILES / 10);
  });
});
