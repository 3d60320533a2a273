// The same store on the disk of this machine: a megabyte in and out, and what a second process finds.

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_CAS_LIMITS } from '@cohesix/cas';
import { nodeDisk } from '@cohesix/journal';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bundle, bytesOf, must, push, type Stand, sha, stand } from './kit.ts';

const LIMITS = { ...DEFAULT_CAS_LIMITS, chunkBytes: 65_536, syncEveryBytes: 300_000 };
let directory = '';
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'cohesix-cas-')), 'cas');
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

function open(): Promise<Stand> {
  return stand({ disk: nodeDisk, directory, limits: LIMITS });
}

test('an update and a model, over two processes', async () => {
  const payload = bytesOf(1_000_000);
  const made = await bundle(payload, { chunkBytes: LIMITS.chunkBytes, chunksMax: 100 });
  const { cas } = await open();
  await push(cas, made, 60_000);
  expect(must(await cas.updates.verify('1')).state).toBe('ready');
  const weights = bytesOf(500_000, 2);
  const name = sha(weights);
  must(await cas.models.appendWeights(name, { offset: 0, bytes: weights.subarray(0, 400_000) }));
  await cas.blobs.close();

  const again = (await open()).cas;
  expect(again.updates.status('1').state).toBe('ready');
  const reader = must(again.updates.openPayload('1'));
  const piece = new Uint8Array(1000);
  expect(must(await reader.read(piece, 700_000))).toBe(1000);
  expect(piece).toEqual(payload.subarray(700_000, 701_000));
  await reader.close();
  expect(again.blobs.nextOf(name)).toBe(400_000);
  must(await again.models.appendWeights(name, { offset: 400_000, bytes: weights.subarray(400_000) }));
  must(await again.models.sealWeights(name));
  must(await again.updates.remove('1'));
  must(await again.collect(true));
  expect(readdirSync(join(directory, 'blobs'))).toEqual([name]);
  expect(statSync(join(directory, 'blobs', name)).size).toBe(500_000);
});
