// coh cas, against a real hive: packing, sending, fetching, checking, activating, and a repository that lies.

import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type LiveHive, liveHive } from './live-hive.ts';

const CHUNK_BYTES = 4096;
let live: LiveHive;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'coh-cas-'));
  live = await liveHive((manifest) => ({
    ...manifest,
    policy: { ...manifest.policy, enabled: false },
    cas: { ...manifest.cas, chunk_bytes: CHUNK_BYTES },
  }));
});
afterAll(async () => {
  await live?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const at = (...names: readonly string[]): string => join(folder, ...names);
const hexOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function bytesOf(count: number, seed: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, index) => (index * 31 + (index >> 8) * 7 + seed * 101) & 0xff));
}

function file(name: string, bytes: Uint8Array): string {
  writeFileSync(at(name), bytes);
  return at(name);
}

describe('an update', () => {
  const PAYLOAD = bytesOf(10_000, 1);

  it('is packed on the way, sent once, activated, and fetched as it was', async () => {
    const source = file('one.bin', PAYLOAD);
    const push = ['cas', 'push', source, '--epoch', '1'];
    expect(await live.json(push)).toEqual({ epoch: '1', state: 'ready', sent_bytes: 10_000, sent_chunks: 3 });
    expect(await live.json(push)).toEqual({ epoch: '1', state: 'ready', sent_bytes: 0, sent_chunks: 0 });
    expect(await live.json(['cas', 'activate', '1'])).toMatchObject({ reply: { epoch: '1', from: 'none' } });
    const out = at('one.out');
    expect(await live.json(['cas', 'pull', '1', '--out', out])).toEqual({
      epoch: '1',
      file: out,
      bytes: 10_000,
      resumed_bytes: 0,
      sha256: hexOf(PAYLOAD),
    });
    expect(readFileSync(out)).toEqual(PAYLOAD);
    expect((await live.refused(['cas', 'pull', '1', '--out', out])).said).toContain('(exists)');
  });

  it('a pull goes on behind the last chunk that is right', async () => {
    const partial = bytesOf(10_000, 1).subarray(0, 6000);
    partial[5000] = (partial[5000] ?? 0) ^ 1;
    file('resumed.out.part', partial);
    const out = at('resumed.out');
    expect(await live.json(['cas', 'pull', '1', '--out', out])).toMatchObject({ resumed_bytes: CHUNK_BYTES });
    expect(readFileSync(out)).toEqual(PAYLOAD);
    expect(existsSync(`${out}.part`)).toBe(false);
  });

  it('a folder is made, checked without a hive, and sent; what was changed in it is found', async () => {
    const pack = [
      'cas',
      'pack',
      at('one.bin'),
      '--epoch',
      '2',
      '--chunk-bytes',
      String(CHUNK_BYTES),
      '--out',
      at('u2'),
    ];
    expect(await live.json(pack)).toMatchObject({ epoch: '2', chunks: 3, payload_sha256: hexOf(PAYLOAD) });
    expect((await live.refused(pack)).said).toContain('(exists)');
    expect(await live.json(['cas', 'verify', at('u2')])).toMatchObject({ epoch: '2', signed: true });
    expect(await live.json(['cas', 'verify', at('one.bin'), '--manifest', at('u2', 'manifest.cbor')])).toMatchObject({
      payload_bytes: 10_000,
    });
    // Its chunks are here already, from update 1.
    expect(await live.json(['cas', 'push', at('u2')])).toMatchObject({ state: 'ready', sent_chunks: 0 });
    const [chunk = ''] = readdirSync(at('u2', 'chunks'));
    truncateSync(at('u2', 'chunks', chunk), 10);
    expect((await live.refused(['cas', 'verify', at('u2')])).said).toMatch(/\((invalid-payload|stale)\)/);
  });

  it('of another signer counts where that key is named, and nowhere else', async () => {
    const pack = ['cas', 'pack', at('one.bin'), '--epoch', '3', '--chunk-bytes', String(CHUNK_BYTES)];
    await live.json([...pack, '--key', at('ann.json'), '--out', at('u3')]);
    expect((await live.refused(['cas', 'push', at('u3')])).said).toContain('(denied)');
    expect((await live.refused(['cas', 'verify', at('u3')])).said).toContain('(denied)');
    const { key } = await live.json<{ key: string }>(['cas', 'key', '--key', at('ann.json')]);
    expect(await live.json(['cas', 'verify', at('u3'), '--trust', key])).toMatchObject({ epoch: '3' });
    expect(await live.json(['cas', 'status', '3'])).toMatchObject({ state: 'empty' });
  });

  it('a delta sends only what is new, and its payload is whole', async () => {
    const longer = Buffer.concat([PAYLOAD, bytesOf(500, 2)]);
    const source = file('longer.bin', longer);
    const delta = ['--epoch', '4', '--delta-base', at('u2', 'manifest.cbor')];
    expect(await live.json(['cas', 'push', source, ...delta])).toMatchObject({ state: 'ready', sent_bytes: 500 });
    await live.json(['cas', 'pull', '4', '--out', at('longer.out')]);
    expect(readFileSync(at('longer.out'))).toEqual(longer);
    expect((await live.json<{ updates: object[] }>(['cas', 'list'])).updates).toContainEqual(
      expect.objectContaining({ epoch: 4, kind: 'delta', base: 2, state: 'ready' }),
    );
  });

  it('forward by activation, back by rollback, and both are in the history', async () => {
    await live.json(['cas', 'activate', '4']);
    const back = await live.refused(['cas', 'activate', '1']);
    expect([back.exit, back.said]).toEqual([7, 'coh: cannot activate 1 (stale)']);
    expect(back.advice).toContain('cas rollback');
    expect((await live.coh(['cas', 'rollback'])).stdout).toMatch(/^rolled back to epoch=1 from=4 payload_sha256=/);
    const { activated_updates: told } = await live.json<{ activated_updates: object[] }>(['cas', 'history']);
    expect(told).toMatchObject([{ how: 'activate' }, { how: 'activate' }, { how: 'rollback', epoch: 1 }]);
  });

  it('what cannot be: no epoch, no file, another size of chunks', async () => {
    const code = async (...argv: readonly string[]): Promise<string> =>
      /\(([a-z-]+)\)$/.exec((await live.refused(['cas', ...argv])).said)?.[1] ?? '';
    expect(await code('push', at('one.bin'))).toBe('invalid-payload');
    expect(await code('push', at('nothing'), '--epoch', '9')).toBe('not-found');
    expect(await code('push', at('one.bin'), '--epoch', '9', '--chunk-bytes', '64')).toBe('invalid-payload');
    expect(await code('pull', '9', '--out', at('nine'))).toBe('not-found');
    expect(existsSync(at('nine'))).toBe(false);
  });
});

it('a hive that takes few requests at a time is asked fewer', async () => {
  const narrow = await liveHive((manifest) => ({
    ...manifest,
    policy: { ...manifest.policy, enabled: false },
    secure9p: { ...manifest.secure9p, tags_per_session: 8 },
    cas: { ...manifest.cas, chunk_bytes: 65_536 },
  }));
  onTestFinished(() => narrow.stop());
  const source = file('many.bin', bytesOf(1_000_000, 4));
  expect(await narrow.json(['cas', 'push', source, '--epoch', '1'])).toMatchObject({ state: 'ready' });
  await narrow.json(['cas', 'pull', '1', '--out', at('many.out')]);
  expect(readFileSync(at('many.out'))).toEqual(bytesOf(1_000_000, 4));
});

it('a model goes on where it broke off, and is listed when it is whole', async () => {
  const weights = bytesOf(20_000, 5);
  const [name, schema, signature] = [file('w', weights), file('s', Buffer.from('{}')), file('g', bytesOf(64, 6))];
  await live.coh(['echo', `/models/${hexOf(weights)}/weights`, `b64:${weights.subarray(0, 3000).toString('base64')}`]);
  const push = ['cas', 'push-model', name, '--schema', schema, '--signature', signature];
  expect(await live.json(push)).toEqual({ model: hexOf(weights), weights_bytes: 20_000, sent_bytes: 17_000 + 2 + 64 });
  expect(await live.json(push)).toMatchObject({ sent_bytes: 0 });
  expect((await live.json<{ cas_models: object[] }>(['cas', 'models'])).cas_models).toMatchObject([
    { model: hexOf(weights), weights_bytes: 20_000, state: 'sealed' },
  ]);
});

describe('a repository', () => {
  const fetch = (source: string, trust: string, ...more: readonly string[]): readonly string[] => [
    'cas',
    'repo',
    'fetch',
    at(source),
    '--trust',
    at(trust),
    ...more,
  ];

  it('is made and published, and a client takes what it vouches for', async () => {
    const keys = ['--keys', at('keys')];
    file('7.cbor', bytesOf(300, 7));
    expect(await live.json(['cas', 'repo', 'init', at('repo'), ...keys])).toMatchObject({
      versions: { root: 1, targets: 1 },
    });
    expect((await live.refused(['cas', 'repo', 'init', at('repo'), ...keys])).said).toContain('(exists)');
    await live.json(['cas', 'repo', 'publish', at('repo'), at('7.cbor'), ...keys]);
    expect((await live.refused(fetch('repo', 'trust'))).said).toContain('(not-found)');
    const root = ['--root', at('repo', 'metadata', '1.root.json')];
    const got = await live.json([
      'cas',
      'repo',
      'fetch',
      at('repo'),
      '7.cbor',
      '--trust',
      at('trust'),
      ...root,
      '--out',
      at('7.got'),
    ]);
    expect(got).toMatchObject({ versions: { root: 1, targets: 2 }, file: at('7.got') });
    expect(readFileSync(at('7.got'))).toEqual(bytesOf(300, 7));
  });

  it('rollback, mix-and-match, a wrong file and freeze are refused by name', async () => {
    const keys = ['--keys', at('keys')];
    const refusedAs = async (argv: readonly string[]): Promise<string> =>
      /^\s*([a-z-]+):/.exec((await live.refused(argv)).advice)?.[1] ?? '';
    cpSync(at('repo'), at('old'), { recursive: true });
    file('8.cbor', bytesOf(300, 8));
    await live.json(['cas', 'repo', 'publish', at('repo'), at('8.cbor'), ...keys]);
    await live.json(fetch('repo', 'trust'));
    expect(await refusedAs(fetch('old', 'trust'))).toBe('rollback');
    cpSync(at('repo'), at('mixed'), { recursive: true });
    cpSync(at('old', 'metadata', '2.snapshot.json'), at('mixed', 'metadata', '3.snapshot.json'));
    const root = ['--root', at('repo', 'metadata', '1.root.json')];
    expect(await refusedAs(fetch('mixed', 'fresh', ...root))).toBe('mix-and-match');
    cpSync(at('repo'), at('swapped'), { recursive: true });
    writeFileSync(at('swapped', 'targets', `${hexOf(bytesOf(300, 8))}.8.cbor`), bytesOf(300, 9));
    const swapped = await live.refused([
      'cas',
      'repo',
      'fetch',
      at('swapped'),
      '8.cbor',
      '--trust',
      at('trust'),
      '--out',
      at('8.got'),
    ]);
    expect([swapped.said, existsSync(at('8.got'))]).toEqual([expect.stringContaining('(invalid-payload)'), false]);
    await live.json(['cas', 'repo', 'extend', at('repo'), ...keys, '--expires', '1h']);
    vi.useFakeTimers({ now: Date.now() + 2 * 3_600_000, toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    expect(await refusedAs(fetch('repo', 'trust'))).toBe('freeze');
  });

  it('no target leads out of its folder', async () => {
    const keys = ['--keys', at('keys')];
    const refused = await live.refused([
      'cas',
      'repo',
      'publish',
      at('repo'),
      at('8.cbor'),
      '--as',
      '../8.cbor',
      ...keys,
    ]);
    expect(refused.said).toContain('(invalid-payload)');
  });
});
