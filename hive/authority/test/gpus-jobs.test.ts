// Jobs on GPUs: asked for under a lease, told of by the bridge of the host and by nobody else.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { SYSTEM } from '../src/index.ts';
import { FREE, gpuJob, inventory, linesOf, receipt, settle, started, statusLines, withGpus } from './gpus.ts';
import { ALICE, BOB, manifestWith, type TestHive } from './hive.ts';

const JOB = '/gpu/local/GPU-0/job';
const REPORT = '/gpu/bridge/jobs';

function report(id: string, state: string, more: object = {}): object {
  return { host: 'local', gpu: 'GPU-0', job: id, fence: 1, state, ...more };
}

/** States of a job as the status told them. */
function statesOf(hive: TestHive, id: string): readonly unknown[] {
  return statusLines(hive)
    .filter((line) => line.job === id)
    .map(({ state }) => state);
}

describe('a job', () => {
  it('is queued under the lease of its worker, and nothing more is said', () => {
    const hive = withGpus();
    started(hive);
    const { reply, effects } = hive.ok(ALICE, JOB, gpuJob('j1'));
    expect(reply).toEqual({ id: 'j1', state: 'QUEUED', worker: 'worker-1', fence: 1 });
    expect(effects).toHaveLength(1);
    expect(statesOf(hive, 'j1')).toEqual(['QUEUED']);
    hive.pass(30_000);
    expect(linesOf(hive, '/gpu/local/GPU-0/jobs')).toMatchObject([{ job: 'j1', state: 'QUEUED', spec: gpuJob('j1') }]);
  });

  it('runs and ends as the bridge says, also in the telemetry of its worker', () => {
    const hive = withGpus();
    started(hive);
    hive.ok(ALICE, '/gpu/GPU-0/job', gpuJob('j1'));
    hive.ok(ALICE, REPORT, report('j1', 'RUNNING'));
    hive.ok(ALICE, REPORT, report('j1', 'OK', { detail: 'sum 42' }));
    expect(statusLines(hive).filter(({ job: id }) => id === 'j1')).toMatchObject([
      { state: 'QUEUED', detail: 'accepted' },
      { state: 'RUNNING', detail: 'scheduled' },
      { state: 'OK', detail: 'sum 42' },
    ]);
    const effects = hive.journal.flatMap(({ outcome }) => (outcome.ok ? outcome.effects : []));
    expect(effects.filter(({ kind }) => kind === 'gpu.telemetry').map(({ line }) => line)).toEqual([
      '{"job":"j1","state":"RUNNING","detail":"scheduled"}',
      '{"job":"j1","state":"OK","detail":"sum 42"}',
    ]);
    expect(linesOf(hive, '/gpu/local/jobs')).toEqual([]);
    expect(hive.code(ALICE, REPORT, report('j1', 'ERR'))).toBe('stale');
    expect(hive.code(ALICE, JOB, gpuJob('j1'))).toBe('exists');
  });

  it('with its payload is checked against its hash', () => {
    const hive = withGpus();
    started(hive);
    const payload_b64 = Buffer.from('payload').toString('base64');
    const bytes_hash = `sha256:${createHash('sha256').update('payload').digest('hex')}`;
    expect(hive.code(ALICE, JOB, gpuJob('j1', { payload_b64 }))).toBe('invalid-payload');
    expect(hive.code(ALICE, JOB, gpuJob('j1', { payload_b64: 'cGF5bG9hZA=', bytes_hash }))).toBe('invalid-payload');
    expect(hive.code(ALICE, JOB, gpuJob('j1', { payload_b64, bytes_hash }))).toBe('ok');
  });

  it.each([
    ['an unknown kernel', { kernel: 'rm' }],
    ['a flat grid', { grid: [1, 1] }],
    ['a grid of nothing', { grid: [0, 1, 1] }],
    ['no time', { timeout_ms: 0 }],
    ['a name that is a path', { job: '../x' }],
    ['a field more', { colour: 'red' }],
    ['too many inputs', { inputs: Array.from({ length: 17 }, () => 'a') }],
  ])('is refused with %s', (_, more) => {
    const hive = withGpus();
    started(hive);
    expect(hive.code(ALICE, JOB, gpuJob('j1', more))).toBe('invalid-payload');
  });

  it('needs a lease, the right one, and one that holds', () => {
    const hive = withGpus();
    expect(hive.code(ALICE, JOB, gpuJob('j'))).toBe('denied');
    started(hive);
    expect(hive.code(ALICE, '/gpu/local/GPU-1/job', gpuJob('j'))).toBe('denied');
    expect(hive.code(ALICE, JOB, gpuJob('j', { fence: 2 }))).toBe('stale');
    expect(hive.code(ALICE, JOB, gpuJob('j', { worker: 'worker-2' }))).toBe('denied');
    expect(hive.code(ALICE, JOB, gpuJob('j', { worker: 'worker-1', fence: 1 }))).toBe('ok');
    started(hive);
    expect(hive.code(ALICE, JOB, gpuJob('k'))).toBe('invalid-payload');
    expect(hive.ok(ALICE, JOB, gpuJob('k', { worker: 'worker-2' })).reply.fence).toBe(2);
    hive.at += 60_000;
    expect(hive.code(ALICE, JOB, gpuJob('l', { worker: 'worker-2' })), 'the clock has not said so yet').toBe('stale');
  });

  it('of a worker is its own', () => {
    const hive = withGpus();
    started(hive);
    started(hive);
    const worker = { ...BOB, role: 'worker-gpu', subject: 'worker-2' };
    hive.ok(SYSTEM, '/sys/root/ctl', { active: {} });
    expect(hive.ok(worker, JOB, gpuJob('mine')).reply).toMatchObject({ worker: 'worker-2', fence: 2 });
    expect(hive.code(worker, JOB, gpuJob('theirs', { worker: 'worker-1' }))).toBe('denied');
    expect(hive.code({ ...worker, role: 'worker-heartbeat' }, JOB, gpuJob('k'))).toBe('denied');
    expect(hive.code(worker, REPORT, report('mine', 'RUNNING', { fence: 2 }))).toBe('denied');
  });

  it('waits while the node takes no jobs', () => {
    const hive = withGpus();
    started(hive);
    hive.ok(ALICE, '/queen/lifecycle/ctl', 'cordon');
    expect(hive.code(ALICE, JOB, gpuJob('j'))).toBe('lifecycle-denied');
  });

  it('is one too many when as many have not ended as may', () => {
    const hive = withGpus(
      manifestWith((manifest) => {
        manifest.policy.enabled = false;
        manifest.gpu.jobs_max = 2;
      }),
    );
    started(hive);
    hive.ok(ALICE, JOB, gpuJob('a'));
    hive.ok(ALICE, JOB, gpuJob('b'));
    expect(hive.code(ALICE, JOB, gpuJob('c'))).toBe('buffer-full');
    hive.ok(ALICE, REPORT, report('a', 'ERR'));
    expect(hive.code(ALICE, JOB, gpuJob('c'))).toBe('ok');
  });
});

describe('the end of a job', () => {
  it('is TIMEOUT when the bridge has said nothing in time, and its late word is stale', () => {
    const hive = withGpus();
    started(hive);
    hive.ok(ALICE, JOB, gpuJob('j1'));
    hive.ok(ALICE, REPORT, report('j1', 'RUNNING'));
    hive.pass(999);
    expect(statesOf(hive, 'j1')).toEqual(['QUEUED', 'RUNNING']);
    hive.pass(1);
    expect(statesOf(hive, 'j1')).toEqual(['QUEUED', 'RUNNING', 'TIMEOUT']);
    expect(hive.code(ALICE, REPORT, report('j1', 'OK'))).toBe('stale');
  });

  it('comes with the end of its lease, before that is told', () => {
    const hive = withGpus();
    const { worker } = started(hive);
    hive.ok(ALICE, JOB, gpuJob('j1', { timeout_ms: 90_000 }));
    hive.ok(ALICE, REPORT, report('j1', 'RUNNING'));
    hive.ok(ALICE, JOB, gpuJob('j2'));
    hive.pass(60_000);
    const told = statusLines(hive).slice(-3);
    expect(told).toMatchObject([
      { job: 'j1', state: 'ERR', detail: 'lease ended: expired' },
      { job: 'j2', state: 'ERR', detail: 'lease ended: expired' },
      { job: worker, state: 'LEASE-ENDED', detail: 'expired' },
    ]);
    expect(hive.code(ALICE, REPORT, report('j1', 'OK'))).toBe('stale');
  });

  it('comes with the end of its worker', () => {
    const hive = withGpus();
    const { worker } = started(hive);
    hive.ok(ALICE, JOB, gpuJob('j1'));
    hive.ok(ALICE, '/queen/ctl', { kill: worker });
    receipt(hive, worker, 'exited');
    settle(hive);
    expect(statesOf(hive, 'j1')).toEqual(['QUEUED', 'ERR']);
  });
});

describe('a report', () => {
  const telemetry = {
    schema_version: 'gpu-telemetry/v1',
    device_id: 'GPU-0',
    model_id: 'llama-7b',
    time_window: 'ms:0-1000',
    token_count: 128,
    latency_histogram: [1, 5, 2],
  };

  it('comes from who publishes the host', () => {
    const hive = withGpus();
    started(hive);
    hive.ok(ALICE, JOB, gpuJob('j1'));
    expect(hive.code(BOB, REPORT, report('j1', 'RUNNING'))).toBe('denied');
    expect(hive.code(ALICE, REPORT, { ...report('j1', 'RUNNING'), host: 'remote' })).toBe('not-found');
    expect(hive.code(ALICE, REPORT, report('j9', 'RUNNING'))).toBe('not-found');
    expect(hive.code(ALICE, REPORT, report('j1', 'RUNNING', { fence: 2 }))).toBe('stale');
    expect(hive.code(ALICE, REPORT, report('j1', 'QUEUED'))).toBe('invalid-payload');
  });

  it('brings telemetry, in the order of its schema', () => {
    const hive = withGpus();
    started(hive);
    hive.ok(ALICE, JOB, gpuJob('j1'));
    const record = { confidence: 0.12345678, ...telemetry, lora_id: 'l' };
    const { effects } = hive.ok(ALICE, REPORT, report('j1', 'RUNNING', { telemetry: record }));
    expect(effects.map(({ kind }) => kind)).toEqual(['gpu.telemetry', 'gpu.status', 'gpu.telemetry']);
    expect(effects[0]?.line).toBe(JSON.stringify({ ...telemetry, lora_id: 'l', confidence: 0.123457 }));
    expect(hive.code(ALICE, REPORT, report('j1', 'RUNNING')), 'a second RUNNING says nothing').toBe(
      'invalid-transition',
    );
    expect(hive.code(ALICE, REPORT, report('j1', 'RUNNING', { telemetry }))).toBe('ok');
  });

  it.each([
    ['without a model', { model_id: undefined }],
    ['of another version', { schema_version: 'gpu-telemetry/v2' }],
    ['with a negative count', { token_count: -1 }],
    ['with a field more', { secret: 'x' }],
    ['with too long a histogram', { latency_histogram: Array.from({ length: 65 }, () => 1) }],
  ])('is refused with telemetry %s', (_, more) => {
    const hive = withGpus();
    started(hive);
    hive.ok(ALICE, JOB, gpuJob('j1'));
    expect(hive.code(ALICE, REPORT, report('j1', 'RUNNING', { telemetry: { ...telemetry, ...more } }))).toBe(
      'invalid-payload',
    );
  });

  it('has its schema in a file, with the fields that are checked', () => {
    const schema = JSON.parse(withGpus().view('/gpu/telemetry/schema.json') ?? '');
    expect(schema).toEqual({
      schema_version: 'gpu-telemetry/v1',
      max_record_bytes: 4096,
      required_fields: Object.keys(telemetry),
      optional_fields: ['lora_id', 'confidence', 'entropy', 'drift', 'feedback_flags'],
    });
  });

  test('in any order leads each job along QUEUED, RUNNING and one end', () => {
    const step = fc.record({
      id: fc.constantFrom('a', 'a', 'a', 'b'),
      word: fc.constantFrom('queue', 'queue', 'RUNNING', 'RUNNING', 'RUNNING', 'OK', 'ERR', 'TIMEOUT', 'pass'),
    });
    let ends = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 6, maxLength: 12, size: 'max' }), (steps) => {
        const hive = withGpus(FREE);
        started(hive);
        for (const { id, word } of steps) {
          if (word === 'queue') hive.run(ALICE, JOB, JSON.stringify(gpuJob(id)));
          else if (word === 'pass') hive.pass(600);
          else hive.run(ALICE, REPORT, JSON.stringify(report(id, word)));
        }
        for (const id of ['a', 'b']) {
          expect(statesOf(hive, id).join(' ')).toMatch(/^$|^QUEUED( RUNNING)?( ERR| TIMEOUT)?$|^QUEUED RUNNING OK$/);
          ends += statesOf(hive, id).length > 2 ? 1 : 0;
        }
        expect(hive.replay()).toBe(hive.text());
      }),
      { numRuns: 50 },
    );
    expect(ends).toBeGreaterThan(5);
  });
});

test('a host that is published anew keeps the jobs of its GPUs', () => {
  const hive = withGpus();
  started(hive);
  hive.ok(ALICE, JOB, gpuJob('j1'));
  hive.ok(ALICE, '/gpu/bridge/ctl', inventory('local'));
  settle(hive);
  expect(hive.code(ALICE, REPORT, report('j1', 'RUNNING'))).toBe('ok');
});
