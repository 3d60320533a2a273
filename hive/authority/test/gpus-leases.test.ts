// Parts of GPUs: workers that are started with one, LEASE, RELEASE, PRIORITY and RESET in words, and every way in which one ends.

import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { SYSTEM } from '../src/index.ts';
import {
  FREE,
  GPU_0,
  GPU_1,
  gpuJob,
  inventory,
  linesOf,
  receipt,
  settle,
  spawnGpu,
  started,
  statusLines,
  withGpus,
} from './gpus.ts';
import { ALICE, BOB, hexId, manifestWith, TestHive } from './hive.ts';

const CTL = '/gpu/local/GPU-0/ctl';
const LEASE = '/gpu/local/GPU-0/lease';

describe('spawn gpu', () => {
  it('starts a worker with a lease: both in one record', () => {
    const hive = withGpus();
    const { reply, effects, log } = hive.ok(ALICE, '/queen/ctl', spawnGpu({ priority: 5 }));
    expect(reply).toEqual({ id: 'worker-1', lease: 'gpu-worker-1', fence: 1, expires_ms: hive.at + 60_000 });
    expect(effects.map(({ kind }) => kind)).toEqual(['gpu.status', 'worker.start']);
    expect(log.at(-1)).toBe('spawned worker-1 gpu=GPU-0 ttl=60 streams=2');
    expect(linesOf(hive, LEASE)).toEqual([
      {
        schema: 'gpu-lease/v1',
        state: 'ACTIVE',
        gpu_id: 'GPU-0',
        worker_id: 'worker-1',
        mem_mb: 4096,
        streams: 2,
        ttl_s: 60,
        priority: 5,
        host: 'local',
        lease: 'gpu-worker-1',
        fence: 1,
        expires_ms: hive.at + 60_000,
      },
    ]);
    expect(JSON.parse(hive.view('/worker/worker-1/info') ?? '')).toMatchObject({
      kind: 'gpu',
      ticks: { max: null },
      ops: { max: 16 },
      ttl_s: 60,
    });
  });

  it('takes a budget of its own', () => {
    const hive = withGpus();
    hive.ok(ALICE, '/queen/ctl', { ...spawnGpu(), budget: { ops: 3 } });
    expect(JSON.parse(hive.view('/worker/worker-1/info') ?? '')).toMatchObject({ ops: { max: 3 }, ttl_s: null });
  });

  it.each([
    ['without a bridge', false, {}, 'busy'],
    ['of a GPU that is not there', true, { gpu_id: 'GPU-9' }, 'not-found'],
    ['of a host that is not there', true, { gpu_id: 'remote/GPU-0' }, 'not-found'],
    ['of more memory than it has', true, { mem_mb: 24_577 }, 'limit'],
    ['of more streams than it has', true, { streams: 33 }, 'limit'],
    ['for longer than leases may be', true, { ttl_s: 86_401 }, 'limit'],
    ['for no time', true, { ttl_s: 0 }, 'invalid-payload'],
    ['of all of it exactly', true, { mem_mb: 24_576, streams: 32 }, 'ok'],
  ])('%s', (_, isPublished, lease, code) => {
    const hive = isPublished ? withGpus() : TestHive.booted(FREE);
    expect(hive.code(ALICE, '/queen/ctl', spawnGpu(lease))).toBe(code);
  });

  it('by an intent is carried out once', () => {
    const hive = withGpus();
    const intent = { schema: 'queen-intent/v1', id: 'i', idempotency_key: 'k', issued_unix_ms: hive.at };
    const line = { ...intent, cmd: JSON.stringify(spawnGpu()) };
    expect(hive.ok(ALICE, '/queen/intents/ctl', line).reply).toMatchObject({ id: 'worker-1', dedupe: 'fresh' });
    expect(hive.ok(ALICE, '/queen/intents/ctl', line).reply).toMatchObject({ id: 'worker-1', dedupe: 'duplicate' });
    expect(linesOf(hive, LEASE)).toHaveLength(1);
  });

  it('is approved as one line, not once more for its lease', () => {
    const hive = withGpus(manifestWith());
    const line = JSON.stringify(spawnGpu());
    expect(hive.code(ALICE, '/queen/ctl', line)).toBe('needs-approval');
    hive.ok(BOB, '/actions/queue', { id: 'a', target: '/queen/ctl', line, decision: 'approve' });
    expect(hive.code(ALICE, '/queen/ctl', line)).toBe('ok');
  });
});

describe('a GPU is shared', () => {
  it('until its memory is used up, and again when some is given back', () => {
    const hive = withGpus();
    const [first] = [started(hive, { mem_mb: 16_384 }), started(hive, { mem_mb: 8192 })];
    expect(hive.code(ALICE, '/queen/ctl', spawnGpu({ mem_mb: 1 }))).toBe('busy');
    expect(hive.view('/proc/lease/resources')).toContain('holders=2 mem_mb=24576/24576 streams=4/32');
    hive.ok(ALICE, '/queen/ctl', { kill: first.worker });
    expect(hive.code(ALICE, '/queen/ctl', spawnGpu({ mem_mb: 1 })), 'its process may still be there').toBe('busy');
    receipt(hive, first.worker, 'exited');
    settle(hive);
    expect(hive.code(ALICE, '/queen/ctl', spawnGpu({ mem_mb: 16_384 }))).toBe('ok');
  });

  it('also with leases that name it as a resource', () => {
    const hive = withGpus();
    const grant = { op: 'grant', subject: 'alice', ttl_s: 60, mem_mb: 8192, streams: 1 };
    hive.ok(ALICE, '/queen/lease/ctl', { ...grant, id: 'l1', resource: 'gpu:local:GPU-1' });
    expect(hive.code(ALICE, '/queen/ctl', spawnGpu({ gpu_id: 'GPU-1' }))).toBe('busy');
    expect(linesOf(hive, '/gpu/GPU-1/lease')).toMatchObject([{ state: 'ACTIVE', worker_id: 'alice', fence: 1 }]);
    expect(hive.ok(ALICE, '/queen/lease/ctl', { ...grant, id: 'l2', resource: 'gpu:*' }).reply).toMatchObject({
      resource: 'gpu:local:GPU-0',
    });
  });

  test('never beyond what it has, whatever is asked, ended and published', () => {
    const size = fc.constantFrom(1024, 4096, 4096, 8192, 16_384);
    const gpu = fc.constantFrom('GPU-0', 'GPU-1');
    const worker = fc.integer({ min: 1, max: 8 }).map((id) => `worker-${id}`);
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ op: fc.constant('spawn'), gpu, mem: size, streams: fc.integer({ min: 1, max: 20 }) }),
      },
      { weight: 2, arbitrary: fc.record({ op: fc.constant('lease'), gpu, mem: size, worker }) },
      fc.record({ op: fc.constantFrom('release', 'kill', 'exited'), gpu, worker }),
      fc.record({ op: fc.constant('grant'), gpu, mem: size, whole: fc.boolean() }),
      fc.record({ op: fc.constant('publish'), gpus: fc.subarray([GPU_0, { ...GPU_0, memory_mb: 8192 }, GPU_1]) }),
      fc.record({ op: fc.constantFrom('reset', 'priority'), gpu }),
      fc.record({ op: fc.constant('pass'), ms: fc.constantFrom(0, 500, 3000) }),
    );
    const held = { two: 0, ended: 0 };
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 25, size: 'max' }), (steps) => {
        const hive = withGpus();
        for (const [index, one] of steps.entries()) {
          act(hive, one, index);
          const holders = usedOf(hive);
          if (holders > 1) held.two += 1;
        }
        hive.pass(60_000);
        settle(hive);
        for (const name of hive.authority.listNames(hive.state, '/worker/:worker'))
          hive.ok(ALICE, '/queen/ctl', { kill: name });
        held.ended += (hive.view('/proc/lease/history') ?? '').split('\n').length;
        expect(hive.replay()).toBe(hive.text());
      }),
      { numRuns: 30 },
    );
    expect(Math.min(held.two, held.ended), JSON.stringify(held)).toBeGreaterThan(20);
  }, 60_000);

  /** What any step may be about. */
  interface Step {
    readonly op: string;
    readonly gpu?: string;
    readonly mem?: number;
    readonly streams?: number;
    readonly worker?: string;
    readonly whole?: boolean;
    readonly gpus?: readonly object[];
    readonly ms?: number;
  }

  function act(
    hive: TestHive,
    { op, gpu = '', mem, streams, worker = '', whole, gpus = [], ms = 0 }: Step,
    index: number,
  ): void {
    const ctl = `/gpu/local/${gpu}/ctl`;
    if (op === 'spawn')
      hive.run(ALICE, '/queen/ctl', JSON.stringify(spawnGpu({ gpu_id: gpu, mem_mb: mem, streams, ttl_s: 3 })));
    if (op === 'lease') hive.run(ALICE, ctl, `LEASE ${worker} mem=${mem} streams=1 ttl=2`);
    if (op === 'release') hive.run(ALICE, ctl, `RELEASE ${worker} done`);
    if (op === 'kill') hive.run(ALICE, '/queen/ctl', JSON.stringify({ kill: worker }));
    if (op === 'exited' && hive.authority.listNames(hive.state, '/worker/:worker').includes(worker))
      receipt(hive, worker, 'exited');
    if (op === 'reset') hive.run(ALICE, ctl, 'RESET');
    if (op === 'priority') hive.run(ALICE, ctl, 'PRIORITY 3');
    if (op === 'publish') hive.run(ALICE, '/gpu/bridge/ctl', JSON.stringify(inventory('local', gpus)));
    if (op === 'pass') hive.pass(ms);
    if (op !== 'grant') return;
    const amount = whole === true ? {} : { mem_mb: mem, streams: 1 };
    const grant = {
      op: 'grant',
      id: `l${index}`,
      subject: 's',
      resource: `gpu:local:${gpu}`,
      ttl_s: 2,
      preempt: true,
      priority: 1,
    };
    hive.run(ALICE, '/queen/lease/ctl', JSON.stringify({ ...grant, ...amount }));
  }

  /** Sums of the leases of each published GPU against what it has, told by the files; the most holders of one. */
  function usedOf(hive: TestHive): number {
    let most = 0;
    for (const gpu of hive.authority.listNames(hive.state, '/gpu/:host/:gpu', { host: 'local' })) {
      const [info] = linesOf(hive, `/gpu/local/${gpu}/info`);
      const lines = linesOf(hive, `/gpu/local/${gpu}/lease`);
      const over = new Set(lines.filter(({ state }) => state === 'RELEASED').map(({ fence }) => fence));
      const active = lines.filter(({ state, fence }) => state === 'ACTIVE' && !over.has(fence));
      const isSettled = (hive.authority.deadline(hive.state) ?? hive.at + 1) > hive.at;
      const sum = active.reduce((total, { mem_mb: mem }) => total + Number(mem), 0);
      if (isSettled) expect(sum, gpu).toBeLessThanOrEqual(Number(info?.memory_mb));
      most = Math.max(most, active.length);
    }
    return most;
  }
});

describe('every end of a lease', () => {
  /** How it ends, and which reason is told. */
  const ENDS: readonly (readonly [string, (hive: TestHive) => void, string])[] = [
    ['its time', (hive) => hive.pass(60_000), 'expired'],
    ['RELEASE', (hive) => void hive.ok(ALICE, CTL, 'RELEASE worker-1 done'), 'done'],
    ['RESET', (hive) => void hive.ok(ALICE, CTL, 'RESET'), 'gpu-reset'],
    [
      'a lease line',
      (hive) => void hive.ok(ALICE, '/queen/lease/ctl', { op: 'release', id: 'gpu-worker-1' }),
      'released',
    ],
    [
      'preemption',
      (hive) => void hive.ok(ALICE, '/queen/lease/ctl', { op: 'preempt', id: 'gpu-worker-1', reason: 'maintenance' }),
      'maintenance',
    ],
    [
      'revoking the ticket',
      (hive) => void hive.ok(BOB, '/queen/ticket/ctl', { revoke: { id: hexId('alice') } }),
      'revoked',
    ],
    ['the GPU going', (hive) => void hive.ok(ALICE, '/gpu/bridge/ctl', inventory('local', [GPU_1])), 'gpu-lost'],
    ['the host going', (hive) => void hive.ok(ALICE, '/gpu/ctl', { release: 'local' }), 'gpu-lost'],
  ];

  it.each(ENDS)('by %s ends the worker, and is told', (_, end, reason) => {
    const hive = withGpus();
    const { worker, fence } = started(hive, { ttl_s: 60 });
    end(hive);
    settle(hive);
    expect(hive.authority.listNames(hive.state, '/worker/:worker')).toEqual([]);
    const ended = statusLines(hive).filter(({ state }) => state === 'LEASE-ENDED');
    expect(ended).toEqual([{ job: worker, state: 'LEASE-ENDED', detail: reason, worker, fence }]);
    const stops = hive.journal.flatMap(({ outcome }) => (outcome.ok ? outcome.effects : []));
    expect(stops.filter(({ kind }) => kind === 'worker.stop')).toHaveLength(1);
    receipt(hive, worker, 'exited');
    settle(hive);
    expect(hive.view('/proc/lease/active')).toBe('');
    expect(hive.authority.deadline(hive.state)).toBeUndefined();
    expect(hive.replay()).toBe(hive.text());
  });

  it('shows ACTIVE and RELEASED in their order', () => {
    const hive = withGpus();
    const first = started(hive);
    hive.at += 10;
    started(hive);
    hive.at += 10;
    hive.ok(ALICE, CTL, `RELEASE ${first.worker} done`);
    expect(linesOf(hive, LEASE).map(({ state, fence }) => `${state} ${fence}`)).toEqual([
      'ACTIVE 1',
      'ACTIVE 2',
      'RELEASED 1',
    ]);
    expect(linesOf(hive, LEASE).at(-1)).toMatchObject({ mem_mb: 4096, streams: 2, ttl_s: 60, reason: 'released' });
  });

  it('by the end of the worker comes when its end is reported, not before', () => {
    const hive = withGpus();
    const { worker } = started(hive);
    hive.ok(ALICE, '/queen/ctl', { kill: worker });
    settle(hive);
    expect(linesOf(hive, LEASE)).toMatchObject([{ state: 'ACTIVE' }]);
    receipt(hive, worker, 'exited');
    settle(hive);
    expect(linesOf(hive, LEASE)).toMatchObject([{ state: 'ACTIVE' }, { state: 'RELEASED', reason: 'worker-ended' }]);
    expect(statusLines(hive).at(-1)).toMatchObject({ state: 'LEASE-ENDED', detail: 'worker-ended' });
  });

  it('does not come with a start of the hive while the worker goes on', () => {
    const hive = withGpus();
    const { fence } = started(hive);
    hive.boot(2, FREE);
    settle(hive);
    expect(linesOf(hive, LEASE)).toMatchObject([{ state: 'ACTIVE', fence }]);
    expect(hive.view('/gpu/local/GPU-0/info')).toContain('Mock 4090');
  });
});

test('a rule about one path of a GPU is about the other one, too', () => {
  const hive = withGpus(
    manifestWith((manifest) => {
      manifest.policy.rules = [{ id: 'gpu', target: '/gpu/local/*/ctl' }];
    }),
  );
  expect(hive.code(ALICE, CTL, 'RESET')).toBe('needs-approval');
  expect(hive.code(ALICE, '/gpu/GPU-0/ctl', 'RESET')).toBe('needs-approval');
  const approval = { id: 'a', target: '/gpu/GPU-0/ctl', line: 'RESET', decision: 'approve' };
  hive.ok(BOB, '/actions/queue', approval);
  expect(hive.code(ALICE, '/gpu/GPU-0/ctl', 'RESET')).toBe('ok');
});

describe('the words of ctl', () => {
  it('give a live worker a lease, which is not its life', () => {
    const hive = withGpus();
    hive.ok(ALICE, '/queen/ctl', { spawn: 'heartbeat', ticks: 9 });
    const { reply } = hive.ok(ALICE, CTL, 'LEASE worker-1 mem=1024 streams=2 priority=7 ttl=30');
    expect(reply).toEqual({ id: expect.stringMatching(/^gpu-worker-1-\d+$/), fence: 1, expires_ms: hive.at + 30_000 });
    hive.pass(30_000);
    settle(hive);
    expect(hive.authority.listNames(hive.state, '/worker/:worker')).toEqual(['worker-1']);
    expect(statusLines(hive).at(-1)).toMatchObject({ state: 'LEASE-ENDED', detail: 'expired' });
    expect(linesOf(hive, LEASE)).toMatchObject([{ priority: 7, ttl_s: 30 }, { state: 'RELEASED' }]);
  });

  it('take the time of the manifest when none is given, and any case', () => {
    const hive = withGpus();
    hive.ok(ALICE, '/queen/ctl', { spawn: 'heartbeat', ticks: 9 });
    expect(hive.ok(ALICE, '/gpu/GPU-0/ctl', 'lease worker-1 mem=0 streams=1').reply.expires_ms).toBe(hive.at + 120_000);
  });

  it('set the priority of all leases there', () => {
    const hive = withGpus();
    started(hive);
    started(hive);
    hive.ok(ALICE, CTL, 'PRIORITY 9');
    expect(linesOf(hive, LEASE)).toMatchObject([{ priority: 9 }, { priority: 9 }]);
    const before = linesOf(hive, LEASE).map(({ expires_ms: at }) => at);
    expect(before).toEqual([hive.at + 60_000, hive.at + 60_000]);
  });

  it.each([
    ['LEASE worker-9 mem=1 streams=1', 'not-found'],
    ['LEASE worker-1 mem=1', 'invalid-payload'],
    ['LEASE worker-1 mem=1 streams=0', 'invalid-payload'],
    ['LEASE worker-1 mem=1 streams=1 streams=2', 'invalid-payload'],
    ['LEASE worker-1 mem=99999 streams=1', 'limit'],
    ['LEASE worker-1 mem=1 streams=1 colour=red', 'invalid-payload'],
    ['LEASE worker-9 lease=worker-1 mem=1 streams=1', 'invalid-payload'],
    ['LEASE worker-1 __proto__=1 mem=1 streams=1', 'invalid-payload'],
    ['RELEASE worker-1 done', 'not-found'],
    ['RELEASE worker-1 two words', 'invalid-payload'],
    ['PRIORITY 256', 'invalid-payload'],
    ['PRIORITY 1', 'not-found'],
    ['RESET now', 'invalid-payload'],
    ['LEASE GPU-0', 'invalid-payload'],
    ['', 'invalid-payload'],
  ])('%j is refused: %s', (line, code) => {
    const hive = withGpus();
    hive.ok(ALICE, '/queen/ctl', { spawn: 'heartbeat', ticks: 9 });
    expect(hive.code(ALICE, CTL, line)).toBe(code);
  });

  it('are for queens', () => {
    expect(withGpus().code({ ...ALICE, role: 'worker-gpu' }, CTL, 'RESET')).toBe('denied');
    expect(withGpus().code(SYSTEM, CTL, 'RESET')).toBe('ok');
  });
});

describe('a job of the schedule on a GPU', () => {
  const JOB = { id: 'j', role: 'heartbeat', priority: 1, ticks: 9, budget_ms: 60_000, resource: 'gpu:*', mem_mb: 1024 };

  it('that goes away fails, and is tried again where there is one', () => {
    const hive = withGpus(FREE);
    hive.ok(ALICE, '/queen/schedule/ctl', { ...JOB, retries: 1 });
    settle(hive);
    const [lease] = (hive.view('/proc/lease/active') ?? '').split('\n');
    expect(lease).toContain('resource=gpu:local:GPU-1');
    hive.ok(ALICE, '/gpu/bridge/ctl', inventory('local', [GPU_0]));
    settle(hive);
    expect(hive.authority.listNames(hive.state, '/worker/:worker')).toEqual([]);
    receipt(hive, 'worker-1', 'exited');
    settle(hive);
    hive.pass(1000);
    settle(hive);
    expect(hive.view('/proc/lease/active')).toContain('resource=gpu:local:GPU-0');
    expect(hive.view('/proc/schedule/by-id/j')).toContain('"attempt":2');
    expect(hive.replay()).toBe(hive.text());
  });

  it('that is another one now has failed', () => {
    const hive = withGpus(FREE);
    hive.ok(ALICE, '/queen/schedule/ctl', JOB);
    settle(hive);
    hive.ok(ALICE, '/gpu/bridge/ctl', inventory('local', [GPU_0, { ...GPU_1, uuid: 'GPU-ffff' }]));
    settle(hive);
    receipt(hive, 'worker-1', 'exited');
    settle(hive);
    expect(hive.view('/proc/schedule/by-id/j')).toContain('gpu-changed');
    expect(hive.view('/proc/lease/active')).toBe('');
  });
});

test('the longest end there is comes over several clock commands, each of which fits into a record', () => {
  const hive = withGpus(
    manifestWith((manifest) => {
      manifest.policy.enabled = false;
      Object.assign(manifest.gpu, { streams_per_device: 255, devices_per_host_max: 64, hosts_max: 64, jobs_max: 1024 });
    }),
  );
  for (let count = 0; count < 60; count++) started(hive, { mem_mb: 1, streams: 1 });
  for (let count = 0; count < 30; count++)
    hive.ok(ALICE, '/gpu/local/GPU-0/job', gpuJob(`${'j'.repeat(60)}${count}`, { worker: `worker-${count + 1}` }));
  for (let count = 0; count < 8; count++) {
    const host = `host-with-a-long-name-${count}`;
    const gpus = Array.from({ length: 40 }, (_, index) => ({ ...GPU_0, id: `GPU-${index}` }));
    hive.ok(ALICE, '/gpu/bridge/ctl', inventory(host, gpus));
    const grant = { op: 'grant', subject: 's', ttl_s: 99 };
    for (let index = 0; index < 20; index++)
      hive.ok(ALICE, '/queen/lease/ctl', { ...grant, id: `l${count}-${index}`, resource: `gpu:${host}:GPU-${index}` });
  }
  const before = hive.journal.length;
  hive.ok(ALICE, '/gpu/ctl', { release: 'local' });
  hive.ok(BOB, '/queen/ticket/ctl', { revoke: { id: hexId('alice') } });
  settle(hive);
  expect(hive.authority.listNames(hive.state, '/worker/:worker')).toEqual([]);
  expect(hive.view('/proc/gpus')).toBe('');
  const sizes = hive.journal.slice(before).map(({ outcome }) => JSON.stringify(outcome).length);
  expect(Math.max(...sizes)).toBeLessThan(49_152);
}, 60_000);
