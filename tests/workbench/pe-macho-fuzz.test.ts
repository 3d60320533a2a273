// Damaged PE and Mach-O files: whatever they say, reading ends, throws nothing, and owns every byte once.

import { addSpace, type Image, identitiesOf, open, repair, save } from '@cohesix/image';
import { describe, expect, it } from 'vitest';
import { fixture, fixtureFacts } from './fixtures/fixtures.ts';
import { mutated, randomOf } from './support/mutate.ts';

const SEED = Number(process.env.COHESIX_SEED ?? 20261122);
const FILES = Number(process.env.COHESIX_FUZZ_FILES ?? 20_000);
const SIZE_MAX = 72_000;
const WANTED = {
  pe: [
    'pe-x64-mingw-O2-stripped',
    'pe-x64-mingw-O2-dll-stripped',
    'pe-x64-clang-O2',
    'pe-x64-clang-O2-merged',
    'pe-x86-clang-O2',
    'pe-arm64-clang-O2-symtab',
  ],
  'Mach-O': [
    'macho-x64-O2',
    'macho-x64-O2-object',
    'macho-x64-O2-chained',
    'macho-arm64-O2-chained',
    'macho-arm64-O2-old-fixups',
    'macho-arm64-O2-dylib',
    'macho-fat-O2',
    'macho-fat-64',
    'macho-x86-O2-object',
  ],
} as const;
const there = new Set(fixtureFacts().map(({ name }) => name));

/** Asks everything; gives what must hold of any file, as text, or the empty string. */
function problemOf(bytes: Uint8Array): string {
  identitiesOf(bytes);
  const outcome = open(bytes);
  if (!outcome.ok) return outcome.problem === '' ? 'a refusal without a reason' : '';
  const image = outcome.value;
  readAll(image);
  const owned = image.ownership.reduce(
    (end, { offset, size }) => (offset === end && size > 0 ? end + size : Number.NaN),
    0,
  );
  if (owned !== bytes.length) return 'the ownership map has holes or overlaps';
  const space = addSpace(image, { size: 100, permissions: { read: true, write: false, execute: true } });
  if (!space.ok) return '';
  if (!save(bytes, space.value.edits).ok) return 'edits for room that cannot be made';
  const repaired = repair(image, space.value.edits, { sha256: (part) => new Uint8Array(32).fill(part.length) });
  return repaired.ok && !save(bytes, repaired.value.edits).ok ? 'repairs that cannot be made' : '';
}

function readAll(image: Image): void {
  const { detail } = image;
  image.symbols();
  image.imports();
  image.exports();
  image.relocations();
  image.unwind();
  image.initialisers();
  if (detail.format === 'pe') {
    detail.hasGoodChecksum();
    detail.resources();
    detail.debugInfo();
  }
  if (detail.format === 'macho') detail.dataInCode();
}

describe.each(['pe', 'Mach-O'] as const)(`damaged %s files, seed ${SEED}`, (format) => {
  it(`${FILES} files: no exception, every byte owned once`, { timeout: 240_000 }, () => {
    const random = randomOf(SEED);
    const originals = WANTED[format]
      .filter((name) => there.has(name))
      .map((name) => fixture(name).bytes)
      .filter(({ length }) => length <= SIZE_MAX);
    expect(originals.length).toBeGreaterThan(0);
    for (let index = 0; index < FILES; index += 1) {
      const bytes = mutated(originals[index % originals.length]!, random);
      let problem = '';
      try {
        problem = problemOf(bytes);
      } catch (error) {
        problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
      }
      if (problem !== '') expect.fail(`file ${index} of seed ${SEED}: ${problem}`);
    }
  });
});
