// The authority sees nothing but state and command: no clock, no randomness, no I/O, nothing that depends on the
// machine it runs on. The compiler forbids most of it (tsconfig.pure.json); this reads the sources for the rest.

import { readdirSync, readFileSync } from 'node:fs';
import { defaultManifest } from '@cohesix/manifest';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAuthority } from '../src/index.ts';
import { lists, runAll } from './commands.ts';

const SOURCES = new URL('../src/', import.meta.url);

const FORBIDDEN: readonly RegExp[] = [
  /\bDate\b/,
  /\bMath\.random\b/,
  /\bperformance\b/,
  /\bprocess\b/,
  /\bset(Timeout|Interval|Immediate)\b/,
  /\bqueueMicrotask\b/,
  /\bcrypto\b/,
  /['"]node:/,
  /\bimport\(/,
  /\brequire\(/,
  /\bglobalThis\b/,
  /\bfetch\b/,
  /\bconsole\b/,
  /\basync\b|\bawait\b|\bPromise\b/,
  /\bIntl\b|\bto(Locale|locale)|\blocaleCompare\b/,
  /\bWeakRef\b|\bFinalizationRegistry\b/,
];

test('no source names a clock, randomness, I/O or the machine', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(30);
  for (const file of files) {
    const code = withoutComments(readFileSync(new URL(file, SOURCES), 'utf8'));
    for (const word of FORBIDDEN) expect(code.match(word)?.[0], `${file} has ${word}`).toBeUndefined();
  }
});

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}

test('two runs of the same lines give the same outcomes and the same text', () => {
  fc.assert(
    fc.property(lists, (list) => {
      const [first, second] = [0, 1].map(() => runAll(createAuthority(defaultManifest()), list));
      expect(second).toEqual(first);
    }),
    { numRuns: 30 },
  );
});
