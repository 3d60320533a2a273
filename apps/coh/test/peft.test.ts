// coh peft and coh model, against a real hive: from a published job to an active adapter and back, and what stops on the way.

import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CborMap, encodeCbor } from '@cohesix/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ran } from './captured-io.ts';
import { type LiveHive, liveHive } from './live-hive.ts';
import { adapterOf, shaOf, writeAll } from './peft-files.ts';

const ADAPTER = adapterOf(1, 2, 3);
const TELEMETRY = Buffer.alloc(60_000, 'telemetry ');

let live: LiveHive;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'coh-peft-'));
  live = await liveHive();
  writeAll(folder, { 'telemetry.cbor': TELEMETRY, 'policy.toml': 'max_rank = 8\n' });
  writeAll(join(folder, 'adapter'), {
    'adapter.safetensors': ADAPTER,
    'lora.json': '{"r":8,"base_model_name_or_path":"llama3-8b"}',
    'metrics.json': '{"loss":0.42,"name":"x","accuracy":0.91}',
  });
});

afterEach(async () => {
  await live.stop();
  rmSync(folder, { recursive: true, force: true });
});

const coh = (...argv: string[]): Promise<Ran> => live.coh(argv, { cwd: folder });

async function json(...argv: string[]): Promise<Record<string, unknown>> {
  const { exit, stdout, stderr } = await coh(...argv, '--json');
  expect({ argv, exit, stderr, stdout }).toEqual({ argv, exit: 0, stderr: '', stdout });
  return JSON.parse(stdout);
}

async function refused(...argv: string[]): Promise<{ readonly exit: number; readonly text: string }> {
  const { exit, stdout, stderr } = await coh(...argv);
  expect(stdout).toBe('');
  expect(exit).not.toBe(0);
  return { exit, text: stderr };
}

const PUBLISH = ['--base', 'llama3-8b', '--telemetry', 'telemetry.cbor', '--policy', 'policy.toml'];
const IMPORT = ['peft', 'import', '--from', 'adapter', '--job', 'job_8932'];

async function exportedJob(): Promise<void> {
  await json('peft', 'publish', 'job_8932', ...PUBLISH);
  await json('window', 'open', 'job_8932', '--ttl', '10m');
  await json('peft', 'export', 'job_8932');
}

const job = (name: string): string => join(folder, 'out/lora_jobs/job_8932', name);
const registry = (...names: string[]): string => join(folder, 'out/model_registry', ...names);
const active = async (): Promise<string> => (await coh('cat', '/gpu/models/active')).stdout;

describe('coh peft export', () => {
  it('fetches a job inside a window only, with its hashes, and not twice', async () => {
    expect((await refused('peft', 'export', 'job_8932')).text).toContain('(not-found)');
    await json('peft', 'publish', 'job_8932', ...PUBLISH);
    const shut = await refused('peft', 'export', 'job_8932');
    expect(shut.exit).toBe(3);
    expect(shut.text).toContain('window open job_8932 --ttl 10m');
    expect(existsSync(job('telemetry.cbor'))).toBe(false);
    await json('window', 'open', 'job_8932', '--ttl', '10m');
    const first = await json('peft', 'export', '--job', 'job_8932');
    expect(first).toMatchObject({ job: 'job_8932', base: 'llama3-8b' });
    expect(first.files).toEqual([
      { file: 'telemetry.cbor', bytes: TELEMETRY.length, sha256: shaOf(TELEMETRY), fetched: TELEMETRY.length },
      { file: 'base_model.ref', bytes: 10, sha256: shaOf('llama3-8b\n'), fetched: 10 },
      { file: 'policy.toml', bytes: 13, sha256: shaOf('max_rank = 8\n'), fetched: 13 },
    ]);
    expect(readFileSync(job('telemetry.cbor')).equals(TELEMETRY)).toBe(true);
    const { files } = await json('peft', 'export', 'job_8932');
    expect((files as { fetched: number }[]).map(({ fetched }) => fetched)).toEqual([0, 0, 0]);
    expect(readdirSync(join(folder, 'out/lora_jobs/job_8932')).sort()).toEqual([
      'base_model.ref',
      'policy.toml',
      'telemetry.cbor',
    ]);
  });

  it('goes on where it was cut off, and begins again when what is there is of another content', async () => {
    await json('peft', 'publish', 'job_8932', ...PUBLISH);
    await json('window', 'open', 'job_8932', '--ttl', '10m');
    writeAll(join(folder, 'out/lora_jobs/job_8932'), { '.telemetry.cbor.part': TELEMETRY.subarray(0, 50_000) });
    const went = await json('peft', 'export', 'job_8932');
    expect(went.files).toContainEqual(expect.objectContaining({ file: 'telemetry.cbor', fetched: 10_000 }));
    rmSync(job('telemetry.cbor'));
    writeAll(join(folder, 'out/lora_jobs/job_8932'), { '.telemetry.cbor.part': Buffer.alloc(50_000, 'x') });
    const began = await json('peft', 'export', 'job_8932');
    expect(began.files).toContainEqual(expect.objectContaining({ file: 'telemetry.cbor', fetched: TELEMETRY.length }));
    expect(readFileSync(job('telemetry.cbor')).equals(TELEMETRY)).toBe(true);
  });

  it('of a job that was published anew brings the new one, whole', async () => {
    await exportedJob();
    writeAll(folder, { 'policy.toml': 'max_rank = 16\n' });
    await json('peft', 'publish', 'job_8932', ...PUBLISH);
    await json('peft', 'export', 'job_8932');
    expect(readFileSync(job('policy.toml'), 'utf8')).toBe('max_rank = 16\n');
  });
});

describe('coh peft collect', () => {
  const WORKER = '/worker/worker-1/telemetry';
  const record = (n: number, more: object = {}): object => ({
    schema_version: 'gpu-telemetry/v1',
    device_id: 'GPU-0',
    model_id: 'v7',
    lora_id: 'l1',
    time_window: `ms:${n}-${n + 1000}`,
    token_count: n,
    latency_histogram: [1, 2],
    ...more,
  });
  const say = async (...lines: readonly object[]): Promise<void> => {
    for (const line of lines) expect((await coh('echo', WORKER, JSON.stringify(line))).exit).toBe(0);
  };
  it('takes records of the model out of a stream, and what is no record not', async () => {
    await say(record(1), { tick: 1 }, record(2, { model_id: 'v8' }), record(3, { password: 'x' }), {
      payload: record(4),
    });
    const collected = await json('peft', 'collect', WORKER, '--model', 'v7');
    expect(collected).toMatchObject({ records: 2, left_out: 0 });
    const sequence = [record(1), record(4)].map((one) => encodeCbor(one as CborMap));
    expect(readFileSync(join(folder, 'telemetry.cbor')).equals(Buffer.concat(sequence))).toBe(true);
    expect((await refused('peft', 'collect', WORKER, '--lora', 'l9')).text).toContain('(not-found)');
  });

  it('makes what can be published', async () => {
    await say(record(1));
    await json('peft', 'collect', WORKER, '--out', 'telemetry.cbor');
    await json('peft', 'publish', 'job_8932', ...PUBLISH);
    expect(await json('peft', 'jobs')).toMatchObject({ lora_jobs: [{ id: 'job_8932' }] });
  });
});

describe('coh peft publish', () => {
  it('publishes all files or none', async () => {
    writeAll(folder, { 'policy.toml': Buffer.alloc(8193) });
    const { exit, text } = await refused('peft', 'publish', 'job_8932', ...PUBLISH);
    expect(exit).toBe(1);
    expect(text).toContain('(too-big)');
    expect(await json('peft', 'jobs')).toEqual({ lora_jobs: [] });
    expect(
      (await refused('peft', 'publish', 'j', '--base', 'b', '--telemetry', 'nope', '--policy', 'nope')).text,
    ).toContain('(not-found)');
  });
});

describe('coh peft import', () => {
  it('puts an adapter into the registry with the hashes of all it was made from, and into the hive', async () => {
    await exportedJob();
    const imported = await json(...IMPORT, '--model', 'v7', '--publish');
    expect(imported).toEqual({
      model: 'v7',
      base: 'llama3-8b',
      manifest: shaOf(readFileSync(registry('available/v7/manifest.toml'))),
      sha256: shaOf(ADAPTER),
      bytes: ADAPTER.length,
      tensors: 1,
      published: true,
    });
    const manifest = readFileSync(registry('available/v7/manifest.toml'), 'utf8');
    for (const line of [
      'base = "llama3-8b"',
      'job_id = "job_8932"',
      'approval = "pending"',
      'evaluation = "accuracy=0.91,loss=0.42"',
      `adapter_sha256 = "${shaOf(ADAPTER)}"`,
      `telemetry_sha256 = "${shaOf(TELEMETRY)}"`,
      `policy_sha256 = "${shaOf('max_rank = 8\n')}"`,
    ])
      expect(manifest).toContain(`${line}\n`);
    expect((await coh('cat', '/gpu/models/available/v7/manifest.toml')).stdout).toBe(manifest);
    expect(readdirSync(registry('available'))).toEqual(['v7']);
    expect((await refused(...IMPORT, '--model', 'v7')).exit).toBe(7);
  });

  it.each([
    ['a pickle', { 'adapter.safetensors': Buffer.from([0x80, 2, 0x63, 0x6f]) }, 'it is a pickle'],
    ['NaN weights', { 'adapter.safetensors': adapterOf(1, Number.NaN) }, 'has NaN or an infinity at number 1'],
    ['an adapter of another base', { 'lora.json': '{"base_model":"qwen"}' }, 'is of qwen; the job is of llama3-8b'],
    ['no JSON', { 'lora.json': 'r = 8' }, 'lora.json is no JSON object'],
    ['too much of lora.json', { 'lora.json': `{"x":"${'y'.repeat(65_536)}"}` }, 'at most 65536'],
    ['metrics that are none', { 'metrics.json': '[1]' }, 'metrics.json is no JSON object'],
  ])('refuses %s, and leaves nothing behind', async (_, files, problem) => {
    await exportedJob();
    writeAll(join(folder, 'adapter'), files);
    expect((await refused(...IMPORT, '--model', 'v7', '--publish')).text).toContain(problem);
    expect(existsSync(registry())).toBe(false);
    expect(await json('model', 'list')).toEqual({ models: [] });
  });

  it('needs the adapter and the job', async () => {
    expect((await refused(...IMPORT, '--model', 'v7')).text).toContain('policy.toml');
    await exportedJob();
    rmSync(join(folder, 'adapter/lora.json'));
    expect((await refused(...IMPORT, '--model', 'v7')).text).toContain('(not-found)');
    expect((await refused(...IMPORT, '--model', '../v7')).exit).toBe(2);
    expect((await refused(...IMPORT, '--model', 'v7', '--job', '../x')).exit).toBe(2);
    expect((await refused(...IMPORT, '--model', 'v7', '--evaluation', 'not a word')).exit).toBe(2);
  });

  it('refuses an adapter one byte over its bound, and one that is a link', async () => {
    await exportedJob();
    const path = join(folder, 'adapter/adapter.safetensors');
    truncateSync(path, (64 << 20) + 1);
    expect((await refused(...IMPORT, '--model', 'v7')).text).toContain('at most 67108864');
    rmSync(path);
    writeFileSync(join(folder, 'elsewhere'), ADAPTER);
    symlinkSync(join(folder, 'elsewhere'), path);
    expect((await refused(...IMPORT, '--model', 'v7')).exit).toBe(2);
    expect(existsSync(registry())).toBe(false);
  });

  it('leaves nothing in the registry when the hive refuses', async () => {
    await exportedJob();
    await json('model', 'register', 'v7', '--base', 'llama3-8b', '--hash', `adapter=${'a'.repeat(64)}:1`);
    expect((await refused(...IMPORT, '--model', 'v7', '--publish')).exit).toBe(7);
    expect(readdirSync(registry('available'))).toEqual([]);
    await live.hive.stop();
    expect((await refused(...IMPORT, '--model', 'v8', '--publish')).text).toContain('(unreachable)');
    expect(readdirSync(registry('available'))).toEqual([]);
    expect((await json(...IMPORT, '--model', 'v8')).published).toBe(false);
  });

  it('of what the hive knows already, with this content, goes through', async () => {
    await exportedJob();
    const hash = `adapter=${shaOf(ADAPTER)}:${ADAPTER.length}`;
    await json('model', 'register', 'v7', '--base', 'llama3-8b', '--hash', hash);
    expect(await json(...IMPORT, '--model', 'v7', '--refresh-gpu-models')).toMatchObject({ published: true });
  });
});

describe('coh peft activate and rollback', () => {
  it('point the hive and the registry to a model, and back', async () => {
    await exportedJob();
    for (const model of ['v7', 'v8']) await json(...IMPORT, '--model', model, '--publish');
    expect(await json('peft', 'activate', '--model', 'v7')).toMatchObject({ current: 'v7', previous: null });
    expect(await active()).toBe('v7\n');
    expect(await json('peft', 'activate', '--model', 'v8')).toMatchObject({ current: 'v8', previous: 'v7' });
    expect(readFileSync(registry('active_state.toml'), 'utf8')).toBe('current = "v8"\nprevious = "v7"\n');
    expect(readFileSync(registry('active'), 'utf8')).toBe('v8\n');
    expect(await json('peft', 'rollback')).toMatchObject({ current: 'v7', previous: 'v8' });
    expect(await active()).toBe('v7\n');
    expect((await refused('peft', 'rollback')).text).toContain('coh: cannot roll back (not-found)');
    expect((await refused('model', 'rollback')).text).toContain('coh: cannot roll back (not-found)');
    expect(readFileSync(registry('active'), 'utf8')).toBe('v7\n');
    expect(await json('model', 'lineage')).toEqual({
      lineage: [
        expect.objectContaining({ id: 'v7', base: 'llama3-8b', job: 'job_8932', by: 'queen', approved_by: 'queen' }),
      ],
    });
    expect((await json('model', 'history')).activations).toHaveLength(3);
  });

  it('finish what was cut off after the hive had decided', async () => {
    await exportedJob();
    await json(...IMPORT, '--model', 'v7', '--publish');
    await json('model', 'activate', 'v7');
    expect(await json('peft', 'activate', '--model', 'v7')).toMatchObject({ current: 'v7' });
    expect(readFileSync(registry('active'), 'utf8')).toBe('v7\n');
  });

  it('refuse a model whose file is not what its manifest says, and change nothing', async () => {
    await exportedJob();
    await json(...IMPORT, '--model', 'v7', '--publish');
    writeFileSync(registry('available/v7/adapter.safetensors'), adapterOf(6, 6, 6));
    const { exit, text } = await refused('peft', 'activate', '--model', 'v7');
    expect([exit, text]).toEqual([7, expect.stringContaining('(stale)')]);
    expect(await active()).toBe('');
    expect(existsSync(registry('active'))).toBe(false);
    expect(await json('peft', 'list')).toMatchObject({
      models: [{ model: 'v7', active: false, problem: expect.stringContaining('not what its manifest says') }],
    });
  });

  it('refuse what the hive does not know, or rejected', async () => {
    await exportedJob();
    await json(...IMPORT, '--model', 'v7');
    expect((await refused('peft', 'activate', '--model', 'v7')).text).toContain('(not-found)');
    await json(...IMPORT, '--model', 'v8', '--publish');
    await json('model', 'reject', 'v8', '--reason', 'drift');
    expect((await refused('peft', 'activate', '--model', 'v8')).text).toContain('rejected');
    expect(existsSync(registry('active'))).toBe(false);
  });

  it('wait for the approval of another person where a rule asks, and change nothing before', async () => {
    await live.stop();
    live = await liveHive((manifest) => {
      const rules = [...manifest.policy.rules, { id: 'activation', target: '/gpu/models/active' }];
      return { ...manifest, policy: { ...manifest.policy, rules } };
    });
    await exportedJob();
    await json(...IMPORT, '--model', 'v7', '--publish');
    const { exit, text } = await refused('peft', 'activate', '--model', 'v7');
    expect(exit).toBe(4);
    expect(existsSync(registry('active'))).toBe(false);
    const line = /approve (\/gpu\/models\/active) '([^']+)'/.exec(text);
    await json('approve', line?.[1] ?? '', line?.[2] ?? '');
    expect(await active()).toBe('');
    expect(await json('peft', 'activate', '--model', 'v7')).toMatchObject({ current: 'v7' });
    expect((await json('model', 'lineage')).lineage).toEqual([
      expect.objectContaining({ id: 'v7', by: 'queen', approved_by: 'approver' }),
    ]);
  });
});
