// An update from the first byte to the last, in every order, and everything that is refused on the way.

import { encodeManifest, payloadOf, signManifest, statusText, type UpdateManifest } from '@cohesix/cas';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bundle,
  bytesOf,
  crypto,
  expectRefused,
  keyPair,
  LIMITS,
  must,
  payloadIn,
  push,
  randomOf,
  SIGNER,
  sha,
  stand,
  tryOpen,
} from './kit.ts';

const PAYLOAD = bytesOf(3 * 16 + 5);

function signed(manifest: UpdateManifest, more: Partial<UpdateManifest>): Uint8Array {
  return encodeManifest(signManifest(crypto, SIGNER.seed, { ...manifest, ...more }));
}

describe('pushing', () => {
  test('manifest first: chunks in pieces, ready with the last byte, read at any position', async () => {
    const { cas, log } = await stand();
    const made = await bundle(PAYLOAD);
    await push(cas, made);
    expect(cas.updates.status('1').state).toBe('ready');
    expect(await payloadIn(cas, '1')).toEqual(Buffer.from(PAYLOAD));
    expect(cas.updates.manifestBytes('1')).toEqual(made.manifestBytes);
    expect(cas.updates.chunkNames('1')).toEqual([...made.chunks.keys()].sort());
    expect(log).toEqual([]);
  });

  test('chunks first: a full one commits itself, the short one on demand; the manifest makes it ready', async () => {
    const { cas } = await stand();
    const { chunks, manifestBytes } = await bundle(PAYLOAD);
    for (const [name, bytes] of chunks) {
      const appended = must(await cas.updates.appendChunk('1', name, { offset: 0, bytes }));
      expect(appended.isCommitted).toBe(bytes.length === LIMITS.chunkBytes);
      if (!appended.isCommitted) must(await cas.updates.commitChunk('1', name));
    }
    expect(cas.updates.status('1').state).toBe('manifest_pending');
    expect(cas.updates.chunkNames('1')).toEqual([...chunks.keys()].sort());
    expect(must(await cas.updates.appendManifest('1', manifestBytes)).state).toBe('ready');
    expect(await payloadIn(cas, '1')).toEqual(Buffer.from(PAYLOAD));
  });

  test('a manifest in single bytes', async () => {
    const { cas } = await stand();
    const { manifestBytes } = await bundle(PAYLOAD);
    for (const [index, byte] of manifestBytes.entries()) {
      const status = must(await cas.updates.appendManifest('1', Uint8Array.of(byte)));
      expect(status.state).toBe(index === manifestBytes.length - 1 ? 'chunks_pending' : 'manifest_pending');
    }
  });

  test('four connections at once, and an update that shares chunks becomes ready with it', async () => {
    const { cas } = await stand({ limits: { ...LIMITS, stagedMax: 4 } });
    const first = await bundle(PAYLOAD);
    const second = await bundle(PAYLOAD.subarray(0, 32), { epoch: '2' });
    must(await cas.updates.appendManifest('1', first.manifestBytes));
    must(await cas.updates.appendManifest('2', second.manifestBytes));
    await Promise.all(
      [...first.chunks].map(([name, bytes]) => cas.updates.appendChunk('1', name, { offset: 0, bytes })),
    );
    expect(['1', '2'].map((epoch) => cas.updates.status(epoch).state)).toEqual(['ready', 'ready']);
  });

  test('status, line by line', async () => {
    const { cas } = await stand();
    const { chunks, manifest, manifestBytes } = await bundle(PAYLOAD);
    expect(statusText(cas.updates.status('1'))).toBe(
      'status epoch=1 state=empty\nmanifest_bytes=0 manifest_pending_bytes=0\n' +
        'chunks_expected=0 chunks_committed=0 chunks_pending=0 chunks_missing=0\n' +
        'payload_bytes=0 payload_sha256=none\ndelta_base_epoch=none delta_base_sha256=none\n',
    );
    must(await cas.updates.appendManifest('1', manifestBytes));
    const [[one, bytes], [two]] = [...chunks] as [[string, Uint8Array], [string]];
    must(await cas.updates.appendChunk('1', one, { offset: 0, bytes }));
    must(await cas.updates.appendChunk('1', two, { offset: 0, bytes: Uint8Array.of(1) }));
    expect(statusText(cas.updates.status('1'))).toBe(
      `status epoch=1 state=chunks_pending\nmanifest_bytes=${manifestBytes.length} manifest_pending_bytes=0\n` +
        'chunks_expected=4 chunks_committed=1 chunks_pending=1 chunks_missing=2\n' +
        `payload_bytes=53 payload_sha256=${Buffer.from(manifest.payloadSha256).toString('hex')}\n` +
        'delta_base_epoch=none delta_base_sha256=none\n',
    );
  });

  test('an empty payload is an update', async () => {
    const { cas } = await stand();
    await push(cas, await bundle(new Uint8Array()));
    expect(cas.updates.status('1').state).toBe('ready');
    expect(await payloadIn(cas, '1')).toHaveLength(0);
  });
});

describe('resuming', () => {
  test('after a restart only what is missing is sent', async () => {
    const { cas, disk } = await stand();
    const made = await bundle(PAYLOAD);
    must(await cas.updates.appendManifest('1', made.manifestBytes));
    const names = cas.updates.missing('1');
    must(await cas.updates.appendChunk('1', names[0]!, { offset: 0, bytes: made.chunks.get(names[0]!)! }));
    await cas.blobs.close();
    const again = must(await tryOpen(disk.crash({ kind: 'none' })));
    expect(again.updates.missing('1')).toEqual(names.slice(1));
    await push(again, made);
    expect(await payloadIn(again, '1')).toEqual(Buffer.from(PAYLOAD));
  });

  test('a big blob goes on at its last sync', async () => {
    const { cas, disk } = await stand();
    const weights = bytesOf(90);
    const name = sha(weights);
    for (let at = 0; at < 60; at += 10)
      must(await cas.models.appendWeights(name, { offset: at, bytes: weights.subarray(at, at + 10) }));
    const again = must(await tryOpen(disk.crash({ kind: 'none' })));
    expect(again.blobs.nextOf(name)).toBe(60);
    must(await again.models.appendWeights(name, { offset: 60, bytes: weights.subarray(60) }));
    must(await again.models.sealWeights(name));
    expect(again.blobs.sizeOf(name)).toBe(90);
  });
});

describe('after a crash', () => {
  test('bytes behind the last sync are not part of the blob, however many there were', async () => {
    const { cas, disk } = await stand();
    const weights = bytesOf(80);
    const name = sha(weights);
    const append = (offset: number, bytes: Uint8Array) => cas.models.appendWeights(name, { offset, bytes });
    must(await append(0, weights.subarray(0, 78)));
    must(await append(78, bytesOf(20, 9)));
    const killed = disk.fork();
    const again = must(await tryOpen(killed));
    expect(again.blobs.nextOf(name)).toBe(78);
    must(await again.models.appendWeights(name, { offset: 78, bytes: weights.subarray(78) }));
    must(await again.models.sealWeights(name));
    const third = must(await tryOpen(killed));
    expect(third.blobs.sizeOf(name)).toBe(80);
    expect(must(await third.blobs.verify(name))).toBe(true);
  });

  test('everything is here but nobody verified it: not ready until somebody does', async () => {
    for (const isRight of [true, false]) {
      const { cas, disk } = await stand();
      const made = await bundle(PAYLOAD);
      const payloadSha256 = isRight ? made.manifest.payloadSha256 : new Uint8Array(32);
      must(await cas.updates.appendManifest('1', signed(made.manifest, { payloadSha256 })));
      for (const [name, bytes] of made.chunks) disk.put(`/cas/blobs/${name}`, bytes);
      const log: string[] = [];
      const again = must(await tryOpen(disk, {}, log));
      expect(again.updates.status('1')).toMatchObject({ state: 'chunks_pending', chunksMissing: 0 });
      expectRefused(again.updates.openPayload('1'), 'not-found');
      expect(await again.updates.finishPending()).toEqual(isRight ? ['1'] : []);
      expect(again.updates.status('1').state).toBe(isRight ? 'ready' : 'empty');
      expect(log).toEqual(isRight ? [] : ['rejected 1 payload-hash']);
    }
  });
});

describe('deltas', () => {
  test('appended bytes are a delta: two chunks instead of six', async () => {
    const { cas } = await stand();
    const base = await bundle(PAYLOAD);
    await push(cas, base);
    const longer = bytesOf(PAYLOAD.length + 20);
    const delta = await bundle(longer, { epoch: '2', base: base.manifest });
    expect(delta.packed).toMatchObject({ sentChunks: 2, sentBytes: 20 });
    expect(delta.manifest.delta?.baseEpoch).toBe('1');
    await push(cas, delta);
    expect(cas.updates.status('2').state).toBe('ready');
    expect(await payloadIn(cas, '2')).toEqual(Buffer.from(longer));
    expect(statusText(cas.updates.status('2'))).toContain(
      `delta_base_epoch=1 delta_base_sha256=${Buffer.from(base.manifest.payloadSha256).toString('hex')}`,
    );
    expectRefused(await cas.updates.remove('1'), 'busy', /Update 2 is a delta/);
  });

  test('one byte changed in place costs one chunk', async () => {
    const { cas } = await stand();
    const base = await bundle(PAYLOAD);
    await push(cas, base);
    const changed = PAYLOAD.slice();
    changed[20] = 0xee;
    const has = (name: string): boolean => cas.blobs.sizeOf(name) !== undefined;
    const next = await bundle(changed, { epoch: '2', base: base.manifest, has });
    expect(next.manifest.delta).toBeUndefined();
    expect(next.packed).toMatchObject({ sentChunks: 1, sentBytes: 16 });
    await push(cas, next);
    expect(await payloadIn(cas, '2')).toEqual(Buffer.from(changed));
  });

  test('the base must be here, whole, no delta, and the same', async () => {
    const { cas, log } = await stand();
    const base = await bundle(PAYLOAD);
    const delta = await bundle(bytesOf(PAYLOAD.length + 5), { epoch: '2', base: base.manifest });
    expectRefused(await cas.updates.appendManifest('2', delta.manifestBytes), 'not-found');
    await push(cas, base);
    const other = { baseEpoch: '1', baseSha256: new Uint8Array(32) };
    expectRefused(await cas.updates.appendManifest('2', signed(delta.manifest, { delta: other })), 'stale');
    await push(cas, delta);
    const onDelta = { baseEpoch: '2', baseSha256: delta.manifest.payloadSha256 };
    const third = signed(delta.manifest, { epoch: '3', delta: onDelta });
    expectRefused(await cas.updates.appendManifest('3', third), 'invalid-payload');
    expect(log).toEqual(['rejected 2 base-missing', 'rejected 2 base-hash', 'rejected 3 base-is-delta']);
  });
});

describe('refused', () => {
  test('a chunk with wrong bytes is quarantined, can be sent again, and eight are kept', async () => {
    const { cas, disk, log } = await stand();
    const made = await bundle(PAYLOAD);
    must(await cas.updates.appendManifest('1', made.manifestBytes));
    const [name = ''] = cas.updates.missing('1');
    const wrong = Array.from({ length: 9 }, (_, index) => bytesOf(16, 50 + index));
    for (const bytes of wrong)
      expectRefused(await cas.updates.appendChunk('1', name, { offset: 0, bytes }), 'invalid-payload', /quarantined/);
    expect(log).toEqual(wrong.map((bytes) => `quarantined ${name} ${sha(bytes)} 16`));
    expect(cas.blobs.quarantined.map(({ actual }) => actual)).toEqual(wrong.slice(1).map(sha));
    expect(disk.names('/cas/quarantine')).toHaveLength(8);
    expect(disk.names('/cas/staging')).toEqual([]);
    await push(cas, made);
    expect(cas.updates.status('1').state).toBe('ready');
    expect(must(await tryOpen(disk)).blobs.quarantined).toHaveLength(8);
  });

  test('pieces in the wrong place, too many bytes, a committed chunk, one nobody listed', async () => {
    const { cas } = await stand();
    const made = await bundle(PAYLOAD);
    must(await cas.updates.appendManifest('1', made.manifestBytes));
    const [[name, bytes]] = [...made.chunks] as [[string, Uint8Array]];
    const append = (offset: number, piece: Uint8Array) => cas.updates.appendChunk('1', name, { offset, bytes: piece });
    expectRefused(await append(1, bytes.subarray(1)), 'stale', /next byte of \w+ is 0/);
    must(await append(0, bytes.subarray(0, 10)));
    expectRefused(await append(0, bytes.subarray(0, 10)), 'stale', /next byte of \w+ is 10, not 0/);
    expectRefused(await append(10, bytesOf(7)), 'too-big');
    must(await append(10, bytes.subarray(10)));
    expectRefused(await append(0, bytes), 'exists');
    expectRefused(await cas.updates.appendChunk('1', sha('other'), { offset: 0, bytes }), 'not-found');
    expectRefused(await cas.updates.appendChunk('1', '../x', { offset: 0, bytes }), 'invalid-path');
    expectRefused(await cas.updates.appendChunk('x1', name, { offset: 0, bytes }), 'invalid-path');
    expectRefused(await cas.updates.commitChunk('1', [...made.chunks.keys()][1]!), 'not-found');
  });

  test('a manifest that is none, is of another epoch, is unsigned, comes twice', async () => {
    const { cas, disk, log } = await stand();
    const { manifest, manifestBytes } = await bundle(PAYLOAD);
    const append = (bytes: Uint8Array, epoch = '1') => cas.updates.appendManifest(epoch, bytes);
    expectRefused(await append(new TextEncoder().encode('{}')), 'invalid-payload');
    expectRefused(await append(manifestBytes, '2'), 'invalid-payload', /epoch 1, not 2/);
    expectRefused(await append(encodeManifest({ ...manifest, signature: undefined })), 'denied');
    expectRefused(await append(encodeManifest(signManifest(crypto, keyPair(1).seed, manifest))), 'denied');
    expect(disk.names('/cas/updates')).toEqual([]);
    expect(cas.updates.epochs).toEqual([]);
    expect(log).toEqual(['rejected 2 epoch', 'rejected 1 missing-signature', 'rejected 1 signature-failed']);
    must(await append(manifestBytes));
    expectRefused(await append(manifestBytes), 'exists');
  });

  test('resumed with another manifest: refused until the first one is removed', async () => {
    const { cas } = await stand();
    const first = await bundle(PAYLOAD);
    const second = await bundle(bytesOf(50, 7));
    must(await cas.updates.appendManifest('1', first.manifestBytes));
    const [[own, bytes]] = [...first.chunks] as [[string, Uint8Array]];
    must(await cas.updates.appendChunk('1', own, { offset: 0, bytes }));
    expectRefused(await cas.updates.appendManifest('1', second.manifestBytes), 'exists');
    const [[other, others]] = [...second.chunks] as [[string, Uint8Array]];
    expectRefused(await cas.updates.appendChunk('1', other, { offset: 0, bytes: others }), 'not-found');
    must(await cas.updates.remove('1'));
    await push(cas, second);
    expect(await payloadIn(cas, '1')).toEqual(Buffer.from(bytesOf(50, 7)));
  });

  test('half of one manifest and half of another: refused, nothing left', async () => {
    const { cas } = await stand();
    const [one, two] = [await bundle(PAYLOAD), await bundle(bytesOf(53, 7))];
    must(await cas.updates.appendManifest('1', one.manifestBytes.subarray(0, 100)));
    expectRefused(await cas.updates.appendManifest('1', two.manifestBytes.subarray(100)), 'denied');
    expect(cas.updates.epochs).toEqual([]);
  });

  test('a payload with another hash: the update is gone, and its chunks go too', async () => {
    const { cas, disk, log } = await stand();
    const made = await bundle(PAYLOAD);
    const wrong = signed(made.manifest, { payloadSha256: new Uint8Array(32) });
    must(await cas.updates.appendManifest('1', wrong));
    const names = cas.updates.missing('1');
    for (const name of names.slice(0, -1))
      must(await cas.updates.appendChunk('1', name, { offset: 0, bytes: made.chunks.get(name)! }));
    const last = names.at(-1)!;
    const final = await cas.updates.appendChunk('1', last, { offset: 0, bytes: made.chunks.get(last)! });
    expectRefused(final, 'invalid-payload', /payload hashes to/);
    expect(log).toEqual(['rejected 1 payload-hash']);
    expect(cas.updates.epochs).toEqual([]);
    expect(disk.names('/cas/updates')).toEqual([]);
    must(await cas.collect(true));
    expect(disk.names('/cas/blobs')).toEqual([]);
  });

  test('chunks in another order have another payload hash', async () => {
    const { cas } = await stand();
    const made = await bundle(PAYLOAD.subarray(0, 48));
    await push(cas, made);
    const chunks = [...made.manifest.chunks].reverse();
    const swapped = signed(made.manifest, { epoch: '2', chunks });
    expectRefused(await cas.updates.appendManifest('2', swapped), 'invalid-payload', /payload hashes to/);
    expect(cas.updates.status('1').state).toBe('ready');
  });

  test('limits, each at the limit and one past it', async () => {
    const { cas } = await stand({ limits: { ...LIMITS, storeBytesMax: 100 } });
    const twelve = await bundle(bytesOf(12 * 16));
    const thirteen = await bundle(bytesOf(12 * 16 + 1), { chunksMax: 13 });
    expectRefused(await cas.updates.appendManifest('1', thirteen.manifestBytes), 'too-big');
    must(await cas.updates.appendManifest('1', twelve.manifestBytes));
    for (const epoch of ['2', '3', '4']) must(await cas.updates.appendManifest(epoch, Uint8Array.of(0x88)));
    expectRefused(await cas.updates.appendManifest('5', Uint8Array.of(0x88)), 'buffer-full', /4 updates/);
    const chunks = [...twelve.chunks];
    for (const [name, bytes] of chunks.slice(0, 6))
      must(await cas.updates.appendChunk('1', name, { offset: 0, bytes }));
    const [name, bytes] = chunks[6]!;
    const over = await cas.updates.appendChunk('1', name, { offset: 0, bytes: bytes.subarray(0, 5) });
    expectRefused(over, 'buffer-full', /holds 96 bytes/);
    must(await cas.updates.appendChunk('1', name, { offset: 0, bytes: bytes.subarray(0, 4) }));
  });

  test('a manifest that never ends: refused as soon as it says how long it is', async () => {
    const { cas } = await stand();
    const { manifestBytes } = await bundle(bytesOf(12 * 16));
    const text = Buffer.from(manifestBytes).toString('hex').replace('8c5820', '9a000fffff5820');
    expectRefused(await cas.updates.appendManifest('1', Buffer.from(text, 'hex')), 'too-big', /or more/);
    expect(cas.updates.epochs).toEqual([]);
  });

  test('a full disk: the piece is refused, and everything works once there is room', async () => {
    const { cas, disk } = await stand();
    const made = await bundle(PAYLOAD);
    must(await cas.updates.appendManifest('1', made.manifestBytes));
    disk.capacity = disk.used + 20;
    const [first, second] = [...made.chunks] as [[string, Uint8Array], [string, Uint8Array]];
    must(await cas.updates.appendChunk('1', first[0], { offset: 0, bytes: first[1] }));
    expectRefused(
      await cas.updates.appendChunk('1', second[0], { offset: 0, bytes: second[1] }),
      'buffer-full',
      /ENOSPC/,
    );
    expect(cas.blobs.usedBytes).toBe(16);
    disk.capacity = undefined;
    await push(cas, made);
    expect(await payloadIn(cas, '1')).toEqual(Buffer.from(PAYLOAD));
  });
});

describe('damage', () => {
  test('a chunk that went bad on the disk is found, named, put aside, and sent again', async () => {
    const { cas, disk } = await stand();
    const made = await bundle(PAYLOAD);
    await push(cas, made);
    expect(must(await cas.updates.verify('1')).state).toBe('ready');
    const [name = ''] = [...made.chunks.keys()];
    disk.flip(`/cas/blobs/${name}`, 5);
    expectRefused(await cas.updates.verify('1'), 'stale', new RegExp(name));
    expect(cas.updates.status('1')).toMatchObject({ state: 'chunks_pending', chunksMissing: 1 });
    expect(cas.blobs.quarantined).toHaveLength(1);
    await push(cas, made);
    expect(cas.updates.status('1').state).toBe('ready');
    expect(must(await tryOpen(disk)).updates.status('1').state).toBe('ready');
  });

  test('a chunk that lost its end is no end of the payload', async () => {
    const { cas, disk } = await stand();
    const made = await bundle(PAYLOAD);
    await push(cas, made);
    const [, name = ''] = [...made.chunks.keys()];
    disk.overwrite(`/cas/blobs/${name}`, made.chunks.get(name)!.subarray(0, 10));
    const reader = must(cas.updates.openPayload('1'));
    const buffer = new Uint8Array(16);
    expect(must(await reader.read(buffer, 16))).toBe(10);
    expectRefused(await reader.read(buffer, 26), 'internal', /lacks bytes from 26/);
    expect(must(await reader.read(buffer, 53))).toBe(0);
    await reader.close();
    expectRefused(await cas.updates.verify('1'), 'stale', new RegExp(name));
    await push(cas, made);
    expect(await payloadIn(cas, '1')).toEqual(Buffer.from(PAYLOAD));
  });

  test('a chunk that somebody removed makes the update wait for it after a restart', async () => {
    const { cas, disk } = await stand();
    const made = await bundle(PAYLOAD);
    await push(cas, made);
    const [name = ''] = [...made.chunks.keys()];
    disk.remove(`/cas/blobs/${name}`);
    expectRefused(await cas.updates.verify('1'), 'stale', new RegExp(name));
    expect(cas.updates.missing('1')).toEqual([name]);
    const again = must(await tryOpen(disk));
    expect(again.updates.missing('1')).toEqual([name]);
    expectRefused(again.updates.openPayload('1'), 'not-found');
  });

  test('a manifest that somebody changed is no update', async () => {
    const { cas, disk } = await stand();
    await push(cas, await bundle(PAYLOAD));
    disk.flip('/cas/updates/1.cbor', 3);
    const again = must(await tryOpen(disk));
    expect(again.updates.epochs).toEqual([]);
    await push(again, await bundle(PAYLOAD));
    expect(again.updates.status('1').state).toBe('ready');
  });
});

describe('collection', () => {
  test('removes what no update needs, at the second look; never what is read or being pushed', async () => {
    const { cas, disk } = await stand();
    const one = await bundle(PAYLOAD);
    const two = await bundle(bytesOf(40, 2), { epoch: '2' });
    await push(cas, one);
    await push(cas, two);
    const reader = must(cas.updates.openPayload('2'));
    expectRefused(await cas.updates.remove('2'), 'busy', /being read/);
    await reader.close();
    must(await cas.updates.remove('2'));
    expect(must(await cas.collect())).toEqual({ blobs: 0, bytes: 0 });
    expect(must(await cas.collect())).toEqual({ blobs: 3, bytes: 40 });
    expect(disk.names('/cas/blobs')).toEqual([...one.chunks.keys()].sort());
    expect(cas.blobs.usedBytes).toBe(PAYLOAD.length);

    const [name, bytes] = [...two.chunks][0]!;
    must(await cas.updates.appendChunk('3', name, { offset: 0, bytes }));
    must(await cas.collect(true));
    expect(cas.blobs.sizeOf(name)).toBe(16);
    must(await cas.updates.remove('3'));
    must(await cas.collect(true));
    expect(cas.blobs.sizeOf(name)).toBeUndefined();
  });

  test('a chunk that two updates share stays with the second', async () => {
    const { cas } = await stand();
    await push(cas, await bundle(PAYLOAD));
    await push(cas, await bundle(PAYLOAD.subarray(0, 32), { epoch: '2' }));
    must(await cas.updates.remove('1'));
    must(await cas.collect(true));
    expect(await payloadIn(cas, '2')).toEqual(Buffer.from(PAYLOAD.subarray(0, 32)));
    expectRefused(await cas.updates.remove('1'), 'not-found');
  });

  test('an open blob survives the model it belonged to', async () => {
    const { cas } = await stand();
    const weights = bytesOf(30);
    const name = sha(weights);
    must(await cas.models.appendWeights(name, { offset: 0, bytes: weights }));
    must(await cas.models.sealWeights(name));
    must(await cas.models.setPart(name, 'schema', Uint8Array.of(1)));
    must(await cas.models.setPart(name, 'signature', Uint8Array.of(2)));
    const reader = must(await cas.models.openWeights(name));
    must(await cas.models.remove(name));
    must(await cas.collect(true));
    expect(cas.blobs.sizeOf(name)).toBe(30);
    await reader.close();
    must(await cas.collect(true));
    expect(cas.blobs.sizeOf(name)).toBeUndefined();
  });
});

describe('many at a time', () => {
  test('more at once than may be open: one is told to come again', async () => {
    const { cas } = await stand();
    const made = await bundle(PAYLOAD);
    must(await cas.updates.appendManifest('1', made.manifestBytes));
    const results = await Promise.all(
      [...made.chunks].map(([name, bytes]) => cas.updates.appendChunk('1', name, { offset: 0, bytes })),
    );
    expect(results.map((result) => (result.ok ? 'ok' : result.refusal.code))).toEqual(['ok', 'ok', 'ok', 'busy']);
    await push(cas, made);
    expect(cas.updates.status('1').state).toBe('ready');
  });

  test('more blobs than may be open: the least used is parked, and goes on at its last sync', async () => {
    const { cas } = await stand();
    const blobs = Array.from({ length: 3 }, (_, seed) => bytesOf(80, seed));
    const append = (bytes: Uint8Array, from: number, to: number) =>
      cas.models.appendWeights(sha(bytes), { offset: from, bytes: bytes.subarray(from, to) });
    for (const bytes of blobs) must(await append(bytes, 0, 30));
    const chunk = bytesOf(16, 9);
    must(await cas.updates.appendChunk('1', sha(chunk), { offset: 0, bytes: chunk.subarray(0, 1) }));
    expect(blobs.map((bytes) => cas.blobs.nextOf(sha(bytes)))).toEqual([30, 30, 30]);
    for (const bytes of blobs) must(await append(bytes, 30, 80));
    for (const bytes of blobs) must(await cas.models.sealWeights(sha(bytes)));
    // The chunk had no sync yet: it begins again.
    expect(cas.blobs.nextOf(sha(chunk))).toBe(0);
    expect(cas.blobs.usedBytes).toBe(240);
  });
});

test('three pushers of one update at any speeds, one of them lying now and then: it becomes ready, and is right', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 2 ** 30 }),
      fc.array(fc.nat(30), { maxLength: 5 }),
      async (seed, lies) => {
        const random = randomOf(seed);
        const { cas, disk } = await stand({ limits: { ...LIMITS, stagedMax: 8, quarantineMax: 2 } });
        disk.delay = () => 1 + Math.floor(random() * 5);
        const made = await bundle(PAYLOAD);
        must(await cas.updates.appendManifest('1', made.manifestBytes));
        let pieces = 0;
        const pusher = async (pieceBytes: number): Promise<void> => {
          for (let name = cas.updates.missing('1')[0]; name !== undefined; name = cas.updates.missing('1')[0]) {
            const offset = cas.blobs.nextOf(name);
            const bytes = made.chunks.get(name)!.slice(offset, offset + pieceBytes);
            if (lies.includes(pieces++)) bytes.fill(0xee);
            // Refused or not: what counts is what the store says is missing.
            await cas.updates.appendChunk('1', name, { offset, bytes });
          }
        };
        await Promise.all([pusher(3), pusher(5), pusher(16)]);
        expect(cas.updates.status('1').state).toBe('ready');
        expect(await payloadIn(cas, '1')).toEqual(Buffer.from(PAYLOAD));
        expect(cas.blobs.usedBytes).toBe(PAYLOAD.length);
        expect(disk.names('/cas/staging')).toEqual([]);
      },
    ),
    { seed: 20261121, numRuns: 60 },
  );
});

test('text forms of a piece: raw bytes, base64, the LF of a line', () => {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  expect(must(payloadOf(text('AAAA')))).toEqual(text('AAAA'));
  expect(must(payloadOf(text('AAAA\n')))).toEqual(text('AAAA'));
  expect(must(payloadOf(text('AAA\n\n')))).toEqual(text('AAA\n'));
  expect(must(payloadOf(text('b64:QUJD\n')))).toEqual(text('ABC'));
  expectRefused(payloadOf(text('b64:QUJ')), 'invalid-payload');
});
