// The benchmark of updates pushes and verifies what it says it does; how fast is not asserted.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cas } from '../src/cas.ts';
import { casHive } from '../src/cas-hive.ts';

test('every row is there, and nothing is left behind', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cohesix-cas-bench-'));
  const text = await cas({ payloadBytes: 2 ** 21, rounds: 1, directory, signal: new AbortController().signal });
  for (const row of ['one file', 'pack:', 'pack, push', 'each chunk durable', 'verify the payload', 'verify again'])
    expect(text).toContain(row);
  expect(readdirSync(directory)).toEqual([]);
  rmSync(directory, { recursive: true });
});

test('the way through a hive ends whole, and nothing is left behind', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cohesix-cas-bench-'));
  const size = { payloadBytes: 2 ** 22 + 5, chunkBytes: 2 ** 20, msize: 32_768, rounds: 1 };
  const text = await casHive({ ...size, directory, signal: new AbortController().signal });
  for (const row of ['pushed, every byte verified: ready', 'pulled', 'most memory of the hive'])
    expect(text).toContain(row);
  expect(readdirSync(directory)).toEqual([]);
  rmSync(directory, { recursive: true });
});
