// What the hive says of its control files, as `/proc/controls` has it.

import { defaultManifest } from '@cohesix/manifest';
import { expect, test } from 'vitest';
import { controlDocs, controlDocsText, createAuthority } from '../src/index.ts';

const authority = createAuthority(defaultManifest());
const docs = controlDocs(authority.controls);
const lines = controlDocsText(docs)
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

test('a line for each control file that somebody else than the hive writes, in the order of their paths', () => {
  const patterns = lines.map(({ pattern }) => pattern);
  expect(patterns).toEqual([...patterns].sort());
  expect(patterns).toContain('/queen/ctl');
  expect(patterns.filter((pattern) => pattern.startsWith('/sys/'))).toEqual([]);
  expect(new Set(patterns)).toEqual(
    new Set(
      authority.controls
        .filter(({ control }) => control.writers.some((role) => role !== 'system'))
        .map(({ pattern }) => pattern),
    ),
  );
});

test('a line says who may write, how long a line is, and its schema', () => {
  const queen = lines.find(({ pattern }) => pattern === '/queen/ctl');
  expect(queen).toMatchObject({ writers: ['queen'], is_word: false, line_bytes_max: 4096 });
  expect(queen.schema.anyOf.length).toBeGreaterThan(4);
  expect(lines.find(({ pattern }) => pattern === '/queen/lifecycle/ctl')).toMatchObject({ is_word: true });
  for (const { writers } of lines) expect(writers).not.toContain('system');
});

test('all of it fits in one read of any door', () => {
  expect(new TextEncoder().encode(controlDocsText(docs)).length).toBeLessThan(262_144);
});
