// coh gpu and coh run, against a real hive and its mock publisher.

import { hash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCoh } from '../src/run.ts';
import { type LiveHive, liveHive } from './live-hive.ts';

let live: LiveHive;
beforeAll(async () => {
  live = await liveHive((manifest) => ({ ...manifest, policy: { ...manifest.policy, enabled: false } }));
});
afterAll(() => live?.stop());

interface Leased {
  readonly worker: string;
  readonly lease: string;
  readonly fence: number;
}

/** A worker with a part of GPU-0 for ten minutes. */
function lease(...more: readonly string[]): Promise<Leased> {
  return live.json(['gpu', 'lease', 'GPU-0', '--mem-mb', '1024', '--streams', '1', '--ttl', '10m', ...more]);
}

async function text(path: string): Promise<string> {
  return (await live.coh(['cat', path])).stdout;
}

async function release({ worker }: Leased): Promise<void> {
  await live.json(['gpu', 'release', 'GPU-0', worker]);
  await vi.waitFor(async () => expect(await text('/worker')).not.toContain(worker), { timeout: 10_000 });
}

describe('coh gpu', () => {
  it('says what to do while nothing is published', async () => {
    expect((await live.coh(['gpu', 'list'])).stdout).toBe('no published GPUs\n');
    const refused = await live.refused(['gpu', 'lease', 'GPU-0', '--mem-mb', '1', '--streams', '1', '--ttl', '1m']);
    expect(refused).toMatchObject({ exit: 6, said: 'coh: cannot lease GPU-0 (busy)' });
    expect(refused.advice).toContain('./coh gpu publish --mock --once');
  });

  it('publishes the mock, and lists it', async () => {
    expect((await live.coh(['gpu', 'publish', '--mock', '--once'])).stdout).toBe('published 2 mock GPUs of local\n');
    expect(await live.json(['gpu', 'list'])).toEqual({
      gpus: [
        expect.objectContaining({ host: 'local', id: 'GPU-0', name: 'Mock 4090', memory_mb: 24_576, sm_count: 144 }),
        expect.objectContaining({ host: 'local', id: 'GPU-1', name: 'Mock 4060', memory_mb: 8192, sm_count: 64 }),
      ],
    });
    expect((await live.refused(['gpu', 'publish', '--once'])).exit).toBe(2);
  });

  it('leases a part, shows it, gives it back', async () => {
    const leased = await lease('--priority', '5');
    expect(leased).toMatchObject({ worker: expect.stringMatching(/^worker-\d+$/), fence: expect.any(Number) });
    const status = await live.json<{ leases: unknown[] }>(['gpu', 'status', 'GPU-0']);
    expect(status).toMatchObject({ info: { id: 'GPU-0', memory_mb: 24_576 }, jobs: [], leases: [{ priority: 5 }] });
    expect((await live.coh(['gpu', 'status', 'local/GPU-0'])).stdout).toContain(leased.lease);
    expect((await live.coh(['gpu', 'list'])).stdout).toContain('1024/24576');
    await release(leased);
    expect((await live.json<{ leases: unknown[] }>(['gpu', 'status', 'GPU-0'])).leases).toEqual([]);
    expect(await live.refused(['gpu', 'release', 'GPU-0', leased.worker])).toMatchObject({
      said: 'coh: cannot release GPU-0 (not-found)',
      advice: expect.stringContaining('./coh gpu list'),
    });
  });

  it('tells a GPU that is not there from one that is full', async () => {
    const options = ['--streams', '1', '--ttl', '1m'];
    expect((await live.refused(['gpu', 'lease', 'GPU-7', '--mem-mb', '1', ...options])).said).toContain('(not-found)');
    expect((await live.refused(['gpu', 'lease', 'GPU-0', '--mem-mb', '24577', ...options])).said).toContain('(limit)');
    expect((await live.refused(['gpu', 'status', 'GPU-7'])).said).toBe('coh: cannot show GPU-7 (invalid-path)');
  });

  it('runs jobs for real, on the CPU, and says that it is a mock', async () => {
    const leased = await lease();
    const beside = live.beside();
    const publishing = runCoh(['gpu', 'publish', '--mock', '--run-jobs', '--every', '1m'], beside.io);
    const floats = Buffer.from(Float32Array.of(1, 2, 3, 10, 20, 30).buffer);
    await job('sum', 'vadd', floats);
    const matrix = Buffer.from(Float32Array.of(1, 2, 3, 4, 1, 0, 0, 1).buffer);
    await job('product', 'matmul', matrix);
    await job('odd', 'vadd', Buffer.from('abc'));
    await vi.waitFor(async () => expect(await text('/gpu/GPU-0/jobs')).toBe(''), { timeout: 10_000 });
    const status = await text('/gpu/GPU-0/status');
    const sum = sha256(Buffer.from(Float32Array.of(11, 22, 33).buffer));
    const product = sha256(Buffer.from(Float32Array.of(1, 2, 3, 4).buffer));
    expect(status).toContain(`"job":"sum","state":"OK","detail":"mock cpu vadd 3 elements sha256:${sum}"`);
    expect(status).toContain(`"job":"product","state":"OK","detail":"mock cpu matmul 4 elements sha256:${product}"`);
    expect(status).toMatch(/"job":"odd","state":"ERR","detail":"mock cpu: payload of 3 bytes/);
    beside.signal('SIGINT');
    expect(await publishing).toBe(0);
    expect(beside.stdout()).toBe('published 2 mock GPUs of local, ran 3 jobs on the CPU\n');
    await release(leased);
  });

  async function job(id: string, kernel: string, payload: Buffer): Promise<void> {
    const bytes_hash = `sha256:${sha256(payload)}`;
    const what = {
      job: id,
      kernel,
      grid: [1, 1, 1],
      block: [256, 1, 1],
      bytes_hash,
      inputs: ['a', 'b'],
      outputs: ['c'],
    };
    const line = JSON.stringify({ ...what, timeout_ms: 60_000, payload_b64: payload.toString('base64') });
    const { exit, stderr } = await live.coh(['echo', '/gpu/GPU-0/job', line]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  }

  it('lets two bridges of one host run each job once', async () => {
    const leased = await lease();
    const bridges = [live.beside(), live.beside()];
    const running = bridges.map(({ io }) => runCoh(['gpu', 'publish', '--mock', '--run-jobs', '--every', '1m'], io));
    const floats = Buffer.from(Float32Array.of(1, 2).buffer);
    for (let count = 0; count < 6; count++) await job(`twice-${count}`, 'vadd', floats);
    await vi.waitFor(async () => expect(await text('/gpu/GPU-0/jobs')).toBe(''), { timeout: 10_000 });
    for (const { signal } of bridges) signal('SIGINT');
    await Promise.all(running);
    const status = await text('/gpu/GPU-0/status');
    for (let count = 0; count < 6; count++)
      expect(status.split(`"job":"twice-${count}","state":"OK"`), status).toHaveLength(2);
    await release(leased);
  });

  it('follows a job to its end', async () => {
    const leased = await lease();
    const file = join(tmpdir(), `coh-gpu-payload-${process.pid}`);
    writeFileSync(file, Buffer.from(Float32Array.of(1, 2, 3, 4).buffer));
    const queue = ['gpu', 'job', 'GPU-0', '--kernel', 'vadd', '--payload', file];
    const queued = await live.json([...queue, '--id', 'alone']);
    expect(queued).toMatchObject({ job: 'alone', state: 'QUEUED', worker: leased.worker, fence: leased.fence });
    const beside = live.beside();
    const publishing = runCoh(['gpu', 'publish', '--mock', '--run-jobs', '--every', '1m'], beside.io);
    const followed = await live.coh([...queue, '--id', 'one', '--follow']);
    expect(followed).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^one OK mock cpu vadd 2 elements sha256:/),
    });
    const failed = await live.coh([...queue, '--id', 'two', '--follow', '--block', '1,1,1']);
    expect(failed).toMatchObject({ exit: 1, stdout: expect.stringContaining('two ERR mock cpu: grid and block') });
    beside.signal('SIGINT');
    await publishing;
    expect((await live.refused([...queue, '--id', 'one'])).said).toBe('coh: cannot queue one (exists)');
    expect((await live.refused([...queue, '--grid', '1,1'])).exit).toBe(2);
    expect((await live.refused(['gpu', 'job', 'GPU-0', '--kernel', 'vadd', '--payload', '/nope'])).exit).toBe(1);
    rmSync(file);
    await release(leased);
  });

  it('keeps the name of a host for its publisher, until it is withdrawn', async () => {
    const ticket = (await live.coh(['ticket', 'mint', '--role', 'queen', '--subject', 'eve'])).stdout;
    const other = ['gpu', 'publish', '--mock', '--once', '--ticket', '-'];
    const refused = await live.coh(other, { stdin: ticket });
    expect(refused).toMatchObject({ exit: 7, stderr: expect.stringContaining('(exists)') });
    expect(refused.stderr).toContain('gpu withdraw local');
    expect((await live.coh(['gpu', 'withdraw', 'local'])).stdout).toBe('withdrawn local\n');
    expect((await live.coh(other, { stdin: ticket })).exit).toBe(0);
    expect((await live.coh(['gpu', 'withdraw', 'local'])).exit).toBe(0);
    expect((await live.coh(['gpu', 'publish', '--mock', '--once'])).exit).toBe(0);
  });

  it('completes GPUs', async () => {
    const { stdout } = await live.coh(['__complete', '--', 'gpu', 'status', 'GPU']);
    expect(stdout.trimEnd().split('\n')).toEqual(['GPU-0', 'GPU-1']);
  });
});

describe('coh run', () => {
  it('runs a command under the lease that its ticket was granted, and tells of it', async () => {
    const leased = await lease();
    const shell = ['sh', '-c', 'echo "$COH_GPU $COH_GPU_WORKER $COH_GPU_FENCE $COH_GPU_MEM_MB"'];
    const ran = await live.coh(['run', '--gpu', 'GPU-0', '--', ...shell]);
    expect(ran).toEqual({ exit: 0, stdout: `GPU-0 ${leased.worker} ${leased.fence} 1024\n`, stderr: '' });
    const [start, exit] = (await text('/gpu/GPU-0/status'))
      .trimEnd()
      .split('\n')
      .slice(-2)
      .map((line) => JSON.parse(line));
    const { worker, fence } = leased;
    expect(start).toMatchObject({ schema: 'gpu-breadcrumb/v1', event: 'START', status: 'RUNNING', worker, fence });
    expect(exit).toMatchObject({ event: 'EXIT', status: 'OK', exit_code: 0, worker, fence });
    await release(leased);
  });

  it('ends as the command does', async () => {
    const leased = await lease();
    const run = (...words: readonly string[]) => live.coh(['run', '--gpu', 'GPU-0', '--', ...words]);
    expect(await run('sh', '-c', 'echo out; echo err >&2; exit 3')).toEqual({
      exit: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect((await run('sh', '-c', 'kill -9 $$')).exit).toBe(137);
    expect(await run('/nonexistent/program')).toMatchObject({
      exit: 127,
      stderr: expect.stringContaining('cannot run'),
    });
    const told = (await text('/gpu/GPU-0/status'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(told.filter(({ event }) => event === 'EXIT').slice(-3)).toMatchObject([
      { status: 'ERR', exit_code: 3 },
      { status: 'ERR', exit_code: 137 },
      { status: 'ERR', exit_code: 127 },
    ]);
    expect(JSON.parse((await live.coh(['--json', 'run', '--gpu', 'GPU-0', '--', 'true'])).stdout)).toMatchObject({
      status: 'OK',
      exit_code: 0,
    });
    await release(leased);
  });

  it('does not run without a lease, under another, or under an older fence', async () => {
    const mark = join(tmpdir(), `coh-run-${process.pid}`);
    const run = (...options: readonly string[]) =>
      live.refused(['run', '--gpu', 'GPU-0', ...options, '--', 'touch', mark]);
    expect(await run()).toMatchObject({ exit: 3, said: 'coh: cannot run under a lease of GPU-0 (denied)' });
    const leased = await lease();
    expect((await run('--worker', 'worker-999')).exit).toBe(3);
    expect((await run('--fence', String(leased.fence + 1))).said).toContain('(stale)');
    const second = await lease();
    expect((await run()).said).toContain('(invalid-payload)');
    expect(existsSync(mark)).toBe(false);
    expect((await live.coh(['run', '--gpu', 'GPU-0', '--worker', second.worker, '--', 'true'])).exit).toBe(0);
    await release(leased);
    await release(second);
  });

  it('stops the command when the lease ends', async () => {
    const leased = await lease();
    const beside = live.beside();
    const running = runCoh(['run', '--gpu', 'GPU-0', '--', 'sh', '-c', 'echo begun; exec sleep 600'], beside.io);
    await beside.until('begun');
    await live.json(['lease', 'preempt', leased.lease, '--reason', 'maintenance']);
    expect(await running).toBe(5);
    expect(beside.stderr()).toContain('lost GPU-0 (expired)');
    const exit = (await text('/gpu/GPU-0/status')).trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(exit)).toMatchObject({ event: 'EXIT', status: 'ERR', exit_code: 5 });
  });

  it('leaves receipts, which only their owner reads and which hold no ticket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'coh-receipt-'));
    const [leased, ran] = [join(folder, 'lease.json'), join(folder, 'run.json')] as const;
    const held = await lease('--receipt-out', leased);
    expect(JSON.parse(readFileSync(leased, 'utf8'))).toMatchObject({
      schema: 'coh-receipt/v1',
      command: 'gpu lease',
      request: { path: '/queen/ctl', line: expect.stringContaining('"mem_mb":1024') },
      acks: [{ worker: held.worker, fence: held.fence }],
      leases: expect.arrayContaining([expect.objectContaining({ id: held.lease, resource: 'gpu:local:GPU-0' })]),
    });
    const ticket = (await live.coh(['ticket', 'mint', '--role', 'queen', '--subject', 'secret'])).stdout.trim();
    await live.coh(['run', '--gpu', 'GPU-0', '--receipt-out', ran, '--', 'echo', ticket]);
    const text = readFileSync(ran, 'utf8');
    expect(text).not.toContain(ticket);
    expect(JSON.parse(text)).toMatchObject({
      command: 'run',
      acks: [{ event: 'START' }, { exit_code: 0, told: true }],
    });
    expect(statSync(ran).mode & 0o777).toBe(0o600);
    const nowhere = await live.refused(['run', '--gpu', 'GPU-0', '--receipt-out', '/nonexistent/r', '--', 'true']);
    expect(nowhere.said).toBe('coh: cannot write /nonexistent/r (invalid-path)');
    rmSync(folder, { recursive: true });
    await release(held);
  });

  it('tells no ticket that stands in the command', async () => {
    const leased = await lease();
    const ticket = (await live.coh(['ticket', 'mint', '--role', 'queen', '--subject', 'secret'])).stdout.trim();
    expect((await live.coh(['run', '--gpu', 'GPU-0', '--', 'echo', ticket])).exit).toBe(0);
    expect(await text('/gpu/GPU-0/status')).not.toContain(ticket);
    await release(leased);
  });
});

function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes);
}
