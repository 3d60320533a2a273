// Damaged ELF files: whatever they say, reading ends, throws nothing, and owns every byte once.

import { inflateSync } from 'node:zlib';
import { addSpace, open, relocationColumns, save, symbolColumns, unwindColumns } from '@cohesix/image';
import { describe, expect, it } from 'vitest';
import { fixture, fixtureFacts } from './fixtures/fixtures.ts';
import { plain } from './fixtures/plain.ts';
import { mutated, randomOf } from './support/mutate.ts';

const SEED = Number(process.env.COHESIX_SEED ?? 20261122);
const FILES = Number(process.env.COHESIX_FUZZ_FILES ?? 20_000);
const SIZE_MAX = 24_000;
const WANTED = [
  'elf-x64-gcc-free',
  'elf-x64-gcc-free-pie',
  'elf-x86-gcc-free',
  'elf-arm64-gcc-free-bti',
  'elf-arm64be-clang-free',
  'elf-x64-clang-O2-relr-stripped',
  'elf-x64-clang-O2-debug-4',
  'elf-x64-gcc-O2-cet-stripped',
  'elf-x64-gcc-O2-shared-headerless',
  'elf-x64-gcc-O2-relocatable-debug',
  'elf-x64-gcc-O0-debug-zlib',
];
const there = new Set(fixtureFacts({ format: 'elf' }).map(({ name }) => name));
const bases = WANTED.filter((name) => there.has(name));

function inflate(compressed: Uint8Array, sizeMax: number): Uint8Array | undefined {
  try {
    return plain(inflateSync(compressed, { maxOutputLength: Math.max(1, sizeMax) }));
  } catch {
    return undefined;
  }
}

/** Asks everything; gives what must hold of any file, as text, or the empty string. */
function problemOf(bytes: Uint8Array): string {
  const outcome = open(bytes, { inflate });
  if (!outcome.ok) return outcome.problem === '' ? 'a refusal without a reason' : '';
  const image = outcome.value;
  const { detail } = image;
  const lists = [
    image.symbols(),
    image.imports(),
    image.exports(),
    image.relocations(),
    image.unwind(),
    image.initialisers(),
  ];
  const columns = [symbolColumns(image).count, relocationColumns(image).count, unwindColumns(image).count];
  if (detail.format === 'elf') detail.debugInfo();
  if (columns[0] !== lists[0]?.length || columns[1] !== lists[3]?.length || columns[2] !== lists[4]?.length)
    return 'columns differ from lists';
  const owned = image.ownership.reduce(
    (end, { offset, size }) => (offset === end && size > 0 ? end + size : Number.NaN),
    0,
  );
  if (owned !== bytes.length) return 'the ownership map has holes or overlaps';
  const space = addSpace(image, { size: 100, permissions: { read: true, write: false, execute: true } });
  if (space.ok && !save(bytes, space.value.edits).ok) return 'edits for room that cannot be made';
  return '';
}

describe(`damaged ELF files, seed ${SEED}`, () => {
  it(`${FILES} files of ${bases.length} kinds: no exception, every byte owned once`, { timeout: 120_000 }, () => {
    const random = randomOf(SEED);
    const originals = bases.map((name) => fixture(name).bytes).filter(({ length }) => length <= SIZE_MAX);
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
