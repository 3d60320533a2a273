// Models: three files written once, sealed together, read-only after.

import { describe, expect, test } from 'vitest';
import { bytesOf, expectRefused, must, sha, stand, tryOpen } from './kit.ts';

const WEIGHTS = bytesOf(70);
const NAME = sha(WEIGHTS);
const SCHEMA = new TextEncoder().encode('{"kind":"gguf"}');
const SIGNATURE = new Uint8Array(20).fill(7);

describe('models', () => {
  test('in any order; sealed with the third, and after a restart', async () => {
    const { cas, disk } = await stand();
    expect(must(await cas.models.setPart(NAME, 'signature', SIGNATURE))).toBe(false);
    for (let at = 0; at < 70; at += 32)
      must(await cas.models.appendWeights(NAME, { offset: at, bytes: WEIGHTS.subarray(at, at + 32) }));
    expect(must(await cas.models.sealWeights(NAME))).toBe(false);
    expectRefused(await cas.models.openWeights(NAME), 'not-found');
    expect(must(await cas.models.setPart(NAME, 'schema', SCHEMA))).toBe(true);
    const again = must(await tryOpen(disk.crash({ kind: 'none' })));
    expect(again.models.sealed(NAME)).toEqual({ weightsBytes: 70, schema: SCHEMA, signature: SIGNATURE });
    const reader = must(await again.models.openWeights(NAME));
    const all = new Uint8Array(100);
    expect(await reader.read(all, 0)).toBe(70);
    expect(all.subarray(0, 70)).toEqual(WEIGHTS);
    await reader.close();
  });

  test('what is in is not written again', async () => {
    const { cas } = await stand();
    must(await cas.models.appendWeights(NAME, { offset: 0, bytes: WEIGHTS }));
    must(await cas.models.sealWeights(NAME));
    must(await cas.models.setPart(NAME, 'schema', SCHEMA));
    expectRefused(await cas.models.setPart(NAME, 'schema', SCHEMA), 'exists');
    must(await cas.models.setPart(NAME, 'signature', SIGNATURE));
    for (const part of ['schema', 'signature'] as const)
      expectRefused(await cas.models.setPart(NAME, part, SCHEMA), 'exists');
    expectRefused(await cas.models.appendWeights(NAME, { offset: 0, bytes: WEIGHTS }), 'exists');
  });

  test('other weights than the name says: quarantined, cut to the bound, and no model is left', async () => {
    const { cas, disk } = await stand();
    must(await cas.models.appendWeights(NAME, { offset: 0, bytes: bytesOf(70, 2) }));
    expectRefused(await cas.models.sealWeights(NAME), 'invalid-payload', /quarantined/);
    expect(cas.models.names).toEqual([]);
    const [file = ''] = disk.names('/cas/quarantine');
    expect(disk.contents(`/cas/quarantine/${file}`)).toHaveLength(40);
    expect(cas.blobs.quarantined).toEqual([{ expected: NAME, actual: sha(bytesOf(70, 2)), bytes: 70 }]);
  });

  test('limits', async () => {
    const { cas } = await stand();
    expectRefused(await cas.models.setPart(NAME, 'schema', new Uint8Array(21)), 'too-big');
    expectRefused(await cas.models.setPart('x', 'schema', SCHEMA), 'invalid-path');
    expectRefused(await cas.models.appendWeights(NAME, { offset: 0, bytes: bytesOf(101) }), 'too-big');
    for (const index of [1, 2, 3]) must(await cas.models.setPart(sha(`${index}`), 'schema', SCHEMA));
    expectRefused(await cas.models.setPart(NAME, 'schema', SCHEMA), 'buffer-full', /3 models/);
    must(await cas.models.remove(sha('2')));
    must(await cas.models.setPart(NAME, 'schema', SCHEMA));
    expectRefused(await cas.models.remove(sha('2')), 'not-found');
  });

  test('the weights of a model are not collected', async () => {
    const { cas } = await stand();
    must(await cas.models.appendWeights(NAME, { offset: 0, bytes: WEIGHTS }));
    must(await cas.models.sealWeights(NAME));
    must(await cas.collect(true));
    expect(cas.blobs.sizeOf(NAME)).toBe(70);
  });
});
