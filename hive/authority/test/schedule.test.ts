// The schedule: lines at their limits, whose turn it is, what a job goes through, and that nobody waits for ever.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { outstandingLeases, SYSTEM, stateFromText } from '../src/index.ts';
import { ALICE, BOB, childOf, manifestWith, START_MS, TestHive } from './hive.ts';

const CTL = '/queen/schedule/ctl';
const LEASES = '/queen/lease/ctl';

type Manifest = Parameters<NonNullable<Parameters<typeof manifestWith>[0]>>[0];

function booted(change: (manifest: Manifest) => void = () => undefined): TestHive {
  return TestHive.booted(
    manifestWith((manifest) => {
      manifest.policy.enabled = false;
      change(manifest);
    }),
  );
}

/** A hive that runs one job at a time. */
function oneAtATime(change: (manifest: Manifest) => void = () => undefined): TestHive {
  return booted((manifest) => {
    manifest.schedule.running_max = 1;
    change(manifest);
  });
}

function job(id: string, fields: object = {}): object {
  return { id, role: 'heartbeat', priority: 1, ticks: 3, budget_ms: 60_000, ...fields };
}

interface Shown {
  readonly state: string;
  readonly worker: string | null;
  readonly fence: number | null;
  readonly attempt: number;
  readonly reason: string;
  readonly [field: string]: unknown;
}

function shown(hive: TestHive, id: string): Shown {
  return JSON.parse(hive.view(`/proc/schedule/by-id/${id}`) ?? '{}') as Shown;
}

const states = (hive: TestHive, ...ids: string[]): string[] => ids.map((id) => shown(hive, id).state);
const queue = (hive: TestHive): string[] =>
  (hive.view('/proc/schedule/queue') ?? '').split('\n').flatMap((line) => /^id=(\S+)/.exec(line)?.[1] ?? []);
const reasonOf = (hive: TestHive, id: string): string | undefined =>
  new RegExp(`^id=${id} .* reason=(\\S+)$`, 'm').exec(hive.view('/proc/schedule/queue') ?? '')?.[1];

/** The worker of a job reports: it started, used its ticks up, and is gone. */
function finish(hive: TestHive, id: string): void {
  const { worker, fence } = shown(hive, id);
  const from = { worker, fence, epoch: 1 };
  hive.ok(SYSTEM, '/sys/workers/ctl', { used: { ...from, ticks: 3, ops: 0 } });
  hive.ok(SYSTEM, '/sys/workers/ctl', { exited: { ...from, reason: 'stopped' } });
}

/** The worker of a job ends by itself. */
function crash(hive: TestHive, id: string): void {
  const { worker, fence } = shown(hive, id);
  hive.ok(SYSTEM, '/sys/workers/ctl', { exited: { worker, fence, epoch: 1, reason: 'exit status 1' } });
}

test('a job of the source is queued, runs in a worker and succeeds when its ticks are used up', () => {
  const hive = booted();
  expect(
    hive.ok(ALICE, CTL, '{"id":"j1","role":"worker-heartbeat","priority":5,"ticks":3,"budget_ms":1500}').reply,
  ).toEqual({ id: 'j1', seq: 1 });
  expect(hive.view('/proc/schedule/queue')).toBe(
    'id=j1 role=worker-heartbeat priority=5 ticks=3 budget_ms=1500 seq=1 state=queued attempt=0 reason=ready\n',
  );
  expect(hive.view('/proc/schedule/summary')?.split('\n')[0]).toBe('queue=1 dequeued=0 dropped=0 max_entries=64');
  expect(hive.authority.deadline(hive.state), 'at once').toBe(0);
  hive.pass(0);
  const started = hive.journal.at(-1)?.outcome;
  expect(started).toMatchObject({
    ok: true,
    effects: [
      {
        kind: 'worker.start',
        worker: 'worker-1',
        workerKind: 'heartbeat',
        budget: { ticks: 3, ops: null, ttl_s: 2 },
        expiresAt: START_MS + 1500,
        entry: 3,
        fence: 1,
        epoch: 1,
      },
    ],
    log: ['spawned worker-1 ticks=3 ttl=2 ops=∞', 'schedule running id=j1 worker=worker-1 fence=1 attempt=1 seq=1'],
  });
  expect(shown(hive, 'j1')).toMatchObject({ state: 'running', worker: 'worker-1', fence: 1, attempt: 1 });
  finish(hive, 'j1');
  hive.pass(0);
  expect(hive.view('/proc/schedule/jobs')).toBe(
    `id=j1 state=succeeded seq=1 attempt=1 worker=worker-1 fence=none queued_ms=${START_MS} started_ms=${START_MS} ended_ms=${START_MS} role=worker-heartbeat priority=5 reason="tick budget exhausted"\n`,
  );
  expect(hive.authority.deadline(hive.state)).toBeUndefined();
});

test.each([
  ['id', 'j'.repeat(64), 'j'.repeat(65)],
  ['role', 'r'.repeat(16), 'r'.repeat(17)],
  ['priority', 4_294_967_295, -1],
  ['ticks', 4_294_967_295, 0],
  ['budget_ms', 4_294_967_295, 0],
  ['deadline_ms', 1, 0],
])('%s: %s is taken, %s is not', (name, good, bad) => {
  const hive = booted();
  expect(hive.code(ALICE, CTL, job('x', { [name]: bad }))).toBe('invalid-payload');
  expect(hive.code(ALICE, CTL, job('x', { [name]: good }))).toBe('ok');
});

test('what no job may ask for', () => {
  const hive = booted((manifest) => {
    manifest.leases.resources = [{ id: 'gpu:0', mem_mb: 8, streams: 2 }];
  });
  for (const [fields, code] of [
    [{ retries: 4 }, 'limit'],
    [{ retries: 3 }, 'ok'],
    [{ mem_mb: 4 }, 'invalid-payload'],
    [{ resource: 'tpu:*' }, 'not-found'],
    [{ resource: 'gpu:0', mem_mb: 9 }, 'limit'],
    [{ resource: 'disk', streams: 1 }, 'invalid-payload'],
    [{ after: 'j1' }, 'invalid-payload'],
  ] as const) {
    expect(hive.code(ALICE, CTL, job(code, fields)), JSON.stringify(fields)).toBe(code);
  }
  expect(hive.code(ALICE, CTL, job('ok'))).toBe('exists');
  expect(hive.code({ ...ALICE, role: 'worker-heartbeat' }, CTL, job('x'))).toBe('denied');
});

test('the queue is bounded, a refusal counts nothing, and room comes with each start', () => {
  const hive = oneAtATime((manifest) => (manifest.schedule.queue_max = 2));
  hive.ok(ALICE, CTL, job('a'));
  hive.ok(ALICE, CTL, job('b'));
  expect(hive.code(ALICE, CTL, job('c'))).toBe('buffer-full');
  expect(hive.view('/proc/schedule/summary')).toContain('dropped=0');
  hive.pass(0);
  expect(hive.code(ALICE, CTL, job('c'))).toBe('ok');
});

test('more priority comes first, then who came first', () => {
  const hive = oneAtATime();
  for (const [id, priority] of [
    ['low', 1],
    ['high', 9],
    ['high2', 9],
  ] as const)
    hive.ok(ALICE, CTL, job(id, { priority }));
  expect(queue(hive)).toEqual(['high', 'high2', 'low']);
  const order: string[] = [];
  for (let count = 0; count < 3; count++) {
    hive.pass(0);
    const [running = ''] = ['low', 'high', 'high2'].filter((id) => shown(hive, id).state === 'running');
    order.push(running);
    finish(hive, running);
  }
  expect(order).toEqual(['high', 'high2', 'low']);
});

test('waiting counts like priority: a level for each ageing_ms', () => {
  const hive = oneAtATime((manifest) => (manifest.schedule.ageing_ms = 1000));
  hive.ok(ALICE, CTL, job('busy', { priority: 99 }));
  hive.pass(0);
  hive.ok(ALICE, CTL, job('old', { priority: 1 }));
  hive.at += 3999;
  hive.ok(ALICE, CTL, job('new', { priority: 5 }));
  expect(queue(hive)).toEqual(['new', 'old']);
  hive.at += 1;
  hive.ok(ALICE, CTL, job('newer', { priority: 5 }));
  expect(queue(hive), 'four levels in four seconds: who came first').toEqual(['new', 'old', 'newer']);
});

test('no job starves, whatever the priorities of those that keep coming', () => {
  const later = fc.array(fc.integer({ min: 1_000_000, max: 4_294_967_295 }), { minLength: 100, maxLength: 100 });
  fc.assert(
    fc.property(later, (priorities) => {
      const hive = oneAtATime((manifest) => (manifest.schedule.reserve_after_s = 30));
      hive.ok(ALICE, CTL, job('least', { priority: 0 }));
      const startedAfter = priorities.findIndex((priority, second) => {
        hive.ok(ALICE, CTL, job(`j${second}`, { priority }));
        hive.pass(0);
        const running = /^id=(\S+) state=running/m.exec(hive.view('/proc/schedule/jobs') ?? '')?.[1] ?? '';
        if (running === 'least') return true;
        finish(hive, running);
        hive.at += 1000;
        return false;
      });
      expect(startedAfter).toBeGreaterThanOrEqual(0);
      expect(startedAfter).toBeLessThanOrEqual(31);
    }),
    { numRuns: 3 },
  );
});

test('a job past its deadline expires and is never started', () => {
  const hive = oneAtATime();
  hive.ok(ALICE, CTL, job('first'));
  hive.pass(0);
  hive.ok(ALICE, CTL, job('late', { deadline_ms: 5000 }));
  expect(hive.authority.deadline(hive.state)).toBe(START_MS + 5000);
  hive.at += 4999;
  expect(hive.ok(SYSTEM, '/sys/clock', 'tick').changes).toEqual([]);
  finish(hive, 'first');
  hive.at += 1;
  hive.pass(0);
  expect(states(hive, 'first', 'late')).toEqual(['succeeded', 'expired']);
  expect(hive.view('/proc/schedule/summary')).toContain('dropped=1');
  expect(shown(hive, 'late')).toMatchObject({ worker: null, attempt: 0, deadline_ms: 5000, ended_ms: START_MS + 5000 });
});

test('a job that fails or is killed is tried again, later each time, and not more often than it may', () => {
  const hive = booted((manifest) =>
    Object.assign(manifest.schedule, { retry_backoff_ms: 100, retry_backoff_cap_ms: 150 }),
  );
  hive.ok(ALICE, CTL, job('j', { retries: 2 }));
  hive.pass(0);
  crash(hive, 'j');
  hive.pass(0);
  expect(shown(hive, 'j')).toMatchObject({ state: 'retrying', attempt: 1, reason: 'exit status 1' });
  expect(reasonOf(hive, 'j')).toBe('backoff');
  expect(hive.authority.deadline(hive.state)).toBe(hive.at + 100);
  hive.pass(99);
  expect(states(hive, 'j')).toEqual(['retrying']);
  hive.pass(1);
  expect(shown(hive, 'j')).toMatchObject({ state: 'running', worker: 'worker-2', attempt: 2 });
  hive.ok(ALICE, '/queen/ctl', { kill: 'worker-2' });
  expect(states(hive, 'j'), 'its worker is still being stopped').toEqual(['running']);
  crash(hive, 'j');
  hive.pass(0);
  expect(hive.authority.deadline(hive.state)).toBe(hive.at + 150);
  hive.pass(150);
  crash(hive, 'j');
  hive.pass(0);
  expect(shown(hive, 'j')).toMatchObject({ state: 'failed', attempt: 3, reason: 'exit status 1' });
});

test('a job without retries that is killed has failed; one whose time is up has failed whatever its retries', () => {
  const hive = booted();
  hive.ok(ALICE, CTL, job('killed'));
  hive.ok(ALICE, CTL, job('slow', { budget_ms: 500, retries: 3 }));
  hive.pass(0);
  hive.ok(ALICE, '/queen/ctl', { kill: shown(hive, 'killed').worker });
  crash(hive, 'killed');
  hive.pass(500);
  expect(hive.journal.at(-1)?.outcome.log).toContain('revoked worker-2: ticket ttl expired');
  crash(hive, 'slow');
  hive.pass(0);
  expect(states(hive, 'killed', 'slow')).toEqual(['failed', 'failed']);
  expect(shown(hive, 'slow').reason).toBe('ticket ttl expired');
});

test('a start that fails counts as an attempt', () => {
  const hive = booted();
  hive.ok(ALICE, CTL, job('j', { retries: 1 }));
  hive.pass(0);
  const entry = hive.journal.at(-1)?.command.seq;
  hive.ok(SYSTEM, '/sys/workers/ctl', {
    failed: { worker: 'worker-1', fence: 1, epoch: 1, entry, reason: 'no memory' },
  });
  hive.pass(0);
  expect(shown(hive, 'j')).toMatchObject({ state: 'retrying', attempt: 1, reason: 'no memory' });
});

test('a queued job is cancelled at once, a running one when its worker is gone', () => {
  const hive = oneAtATime();
  hive.ok(ALICE, CTL, job('runs', { retries: 3 }));
  hive.pass(0);
  hive.ok(ALICE, CTL, job('waits'));
  expect(hive.ok(ALICE, CTL, { op: 'cancel', id: 'waits' }).reply).toEqual({ id: 'waits', state: 'cancelled' });
  expect(hive.ok(ALICE, CTL, { op: 'cancel', id: 'runs' }).effects).toMatchObject([
    { kind: 'worker.stop', worker: 'worker-1', reason: 'job cancelled' },
  ]);
  expect(hive.code(ALICE, CTL, { op: 'cancel', id: 'runs' })).toBe('invalid-transition');
  expect(states(hive, 'runs')).toEqual(['running']);
  crash(hive, 'runs');
  hive.pass(0);
  expect(states(hive, 'runs', 'waits')).toEqual(['cancelled', 'cancelled']);
  expect(hive.code(ALICE, CTL, { op: 'cancel', id: 'runs' })).toBe('not-found');
});

test('only the head is handed out', () => {
  const hive = oneAtATime();
  hive.ok(ALICE, CTL, job('a', { role: 'gpu', priority: 1 }));
  hive.ok(ALICE, CTL, job('b', { role: 'gpu', priority: 2 }));
  expect(hive.code(ALICE, CTL, { op: 'dequeue', id: 'a' })).toBe('stale');
  expect(hive.code(ALICE, CTL, { op: 'dequeue', id: 'c' })).toBe('not-found');
  hive.ok(ALICE, CTL, { op: 'dequeue', id: 'b' });
  hive.ok(ALICE, CTL, { op: 'dequeue', id: 'a' });
  expect(hive.view('/proc/schedule/summary')).toContain('queue=0 dequeued=2 ');
  expect(states(hive, 'a', 'b')).toEqual(['dequeued', 'dequeued']);
});

test('a role without an executor waits, says so, holds nobody up, and never wakes the clock', () => {
  const hive = booted();
  hive.ok(ALICE, CTL, job('gpu', { role: 'worker-gpu', priority: 99 }));
  expect(hive.authority.deadline(hive.state)).toBeUndefined();
  hive.ok(ALICE, CTL, job('beat'));
  hive.pass(0);
  expect(states(hive, 'gpu', 'beat')).toEqual(['queued', 'running']);
  expect(reasonOf(hive, 'gpu')).toBe('no-executor');
});

test('paused by the lifecycle: jobs queue up, nothing starts, nothing is lost', () => {
  const hive = booted();
  hive.ok(ALICE, '/queen/lifecycle/ctl', 'cordon');
  hive.ok(ALICE, CTL, job('j'));
  expect(reasonOf(hive, 'j')).toBe('paused');
  expect(hive.authority.deadline(hive.state)).toBeUndefined();
  hive.ok(ALICE, '/queen/lifecycle/ctl', 'drain');
  hive.ok(ALICE, '/queen/lifecycle/ctl', 'resume');
  hive.pass(0);
  expect(states(hive, 'j')).toEqual(['running']);
});

test('no more jobs than running_max and workers.max allow, several in one clock command', () => {
  const hive = booted((manifest) => {
    manifest.schedule.running_max = 3;
    manifest.workers.max = 5;
  });
  for (let count = 0; count < 3; count++) hive.ok(ALICE, '/queen/ctl', { spawn: 'host' });
  for (const id of ['a', 'b', 'c']) hive.ok(ALICE, CTL, job(id));
  hive.pass(0);
  expect(states(hive, 'a', 'b', 'c')).toEqual(['running', 'running', 'queued']);
  expect([shown(hive, 'a').worker, shown(hive, 'b').worker]).toEqual(['worker-4', 'worker-5']);
  expect(reasonOf(hive, 'c')).toBe('workers-max');
  expect(hive.authority.deadline(hive.state), 'the time of the first job').toBe(START_MS + 60_000);
});

test('a job holds its lease while its worker is there, also while that is being stopped', () => {
  const hive = booted();
  hive.ok(ALICE, CTL, job('j', { resource: 'gpu', budget_ms: 1000 }));
  hive.pass(0);
  expect(shown(hive, 'j')).toMatchObject({ state: 'running', lease_fence: 1, resource: 'gpu' });
  expect(hive.view('/proc/lease/active')).toMatch(/^id=job:j subject=alice resource=gpu .* expires_ms=job /);
  const grant = { op: 'grant', id: 'x', subject: 'bob', resource: 'gpu', ttl_s: 9, priority: 99, preempt: true };
  expect(hive.code(ALICE, LEASES, grant), 'its worker would go on').toBe('busy');
  hive.pass(1000);
  expect(hive.code(ALICE, LEASES, grant), 'its worker is being stopped').toBe('busy');
  expect(outstandingLeases(hive.state)).toBe(1);
  crash(hive, 'j');
  hive.pass(0);
  expect(outstandingLeases(hive.state)).toBe(0);
  expect(hive.ok(ALICE, LEASES, grant).reply.fence).toBe(2);
});

test('a job whose resource is in use does not hold up those behind it', () => {
  const hive = booted();
  hive.ok(ALICE, LEASES, { op: 'grant', id: 'x', subject: 'bob', resource: 'gpu', ttl_s: 60 });
  hive.ok(ALICE, CTL, job('needs', { priority: 9, resource: 'gpu' }));
  hive.ok(ALICE, CTL, job('free'));
  hive.pass(0);
  expect(states(hive, 'needs', 'free')).toEqual(['queued', 'running']);
  expect(reasonOf(hive, 'needs')).toBe('in-use');
  hive.ok(ALICE, LEASES, { op: 'release', id: 'x' });
  hive.pass(0);
  expect(states(hive, 'needs')).toEqual(['running']);
});

/** Small jobs and grants keep a shared resource busy while one job wants the whole; how long it waits, s. */
function starve(reserveAfterS: number): number {
  const hive = booted((manifest) => {
    manifest.leases.resources = [{ id: 'gpu:0', mem_mb: 80, streams: 8 }];
    manifest.schedule.reserve_after_s = reserveAfterS;
    manifest.schedule.queue_max = 512;
  });
  for (let second = 0; second < 60; second++) {
    const small = { resource: 'gpu:0', mem_mb: 10, budget_ms: 5000, priority: 1000 };
    hive.ok(ALICE, CTL, job(`s${second}`, small));
    const granted = { op: 'grant', id: `g${second}`, subject: 'bob', resource: 'gpu:*', ttl_s: 5, mem_mb: 10 };
    hive.run(ALICE, LEASES, JSON.stringify({ ...granted, priority: 9, wait: second % 2 === 0 }));
    if (second === 10) hive.ok(ALICE, CTL, job('all', { resource: 'gpu:*' }));
    hive.pass(1000);
    for (const id of (hive.view('/proc/schedule/jobs') ?? '').matchAll(/^id=(s\d+) state=running/gm)) {
      if (Number(id[1]?.slice(1)) <= second - 5) crash(hive, id[1] ?? '');
    }
    hive.pass(0);
    if (shown(hive, 'all').state === 'running') return second - 10;
  }
  return Number.POSITIVE_INFINITY;
}

test('a job that waited too long is not passed any more, by jobs or by grants', () => {
  expect(starve(86_400), 'passed for ever').toBe(Number.POSITIVE_INFINITY);
  expect(starve(20)).toBeLessThanOrEqual(20 + 8);
});

test('a clock command gives a resource to a request or to a job, not to both', () => {
  const hive = booted();
  hive.ok(ALICE, LEASES, { op: 'grant', id: 'x', subject: 'bob', resource: 'gpu', ttl_s: 60 });
  hive.ok(ALICE, LEASES, { op: 'grant', id: 'w', subject: 'carol', resource: 'gpu', ttl_s: 60, wait: true });
  hive.ok(ALICE, CTL, job('a', { resource: 'gpu' }));
  hive.ok(ALICE, CTL, job('b', { resource: 'gpu' }));
  hive.pass(60_000);
  expect(hive.view('/proc/lease/active')?.match(/^id=\S+/gm)).toEqual(['id=w']);
  hive.pass(60_000);
  expect(hive.view('/proc/lease/active')?.match(/^id=\S+/gm)).toEqual(['id=job:a']);
});

test('a job goes on over a restart, under the new fence of its worker', () => {
  const hive = booted();
  hive.ok(ALICE, CTL, job('j', { resource: 'gpu', budget_ms: 10_000 }));
  hive.ok(ALICE, CTL, job('short', { budget_ms: 1000 }));
  hive.pass(0);
  hive.at += 1000;
  hive.boot(
    2,
    manifestWith((manifest) => (manifest.policy.enabled = false)),
  );
  hive.pass(0);
  expect(states(hive, 'j', 'short')).toEqual(['running', 'failed']);
  expect(shown(hive, 'j')).toMatchObject({ worker: 'worker-1', fence: 3, lease_fence: 1 });
  const from = { worker: 'worker-1', fence: 3, epoch: 2 };
  hive.ok(SYSTEM, '/sys/workers/ctl', { used: { ...from, ticks: 3, ops: 0 } });
  hive.ok(SYSTEM, '/sys/workers/ctl', { exited: { ...from, reason: 'done' } });
  hive.pass(0);
  expect(states(hive, 'j')).toEqual(['succeeded']);
});

test('a revoked ticket starts no job any more; what runs is not tried again', () => {
  const hive = oneAtATime();
  const child = childOf(ALICE, 'helper');
  hive.ok(child, CTL, job('runs', { retries: 3, priority: 9 }));
  hive.pass(0);
  hive.ok(child, CTL, job('waits'));
  hive.ok(BOB, CTL, job('others', { role: 'gpu' }));
  hive.ok(BOB, '/queen/ticket/ctl', { revoke: { id: child.ticketIds[1] } });
  expect(states(hive, 'runs', 'waits', 'others')).toEqual(['running', 'cancelled', 'queued']);
  crash(hive, 'runs');
  hive.pass(0);
  expect(states(hive, 'runs')).toEqual(['failed']);
});

test('ended jobs are a window', () => {
  const hive = booted((manifest) => (manifest.schedule.history_max = 2));
  for (const id of ['a', 'b', 'c']) {
    hive.ok(ALICE, CTL, job(id));
    hive.ok(ALICE, CTL, { op: 'cancel', id });
  }
  expect(hive.authority.listNames(hive.state, '/proc/schedule/by-id/:job')).toEqual(['b', 'c']);
  expect(hive.view('/proc/schedule/summary')).toContain('cancelled=3 dropped_history=1\n');
  hive.ok(ALICE, CTL, job('c'));
  expect(states(hive, 'c'), 'the id is free again').toEqual(['queued']);
});

test('after a clock command without effect the clock is not due', () => {
  const lines = fc.array(
    fc.oneof(
      fc.record({
        path: fc.constant(CTL),
        line: fc.record({
          id: fc.constantFrom('a', 'b', 'c', 'd'),
          role: fc.constantFrom('heartbeat', 'gpu'),
          priority: fc.integer({ min: 0, max: 9 }),
          ticks: fc.constant(3),
          budget_ms: fc.constantFrom(500, 9000),
          deadline_ms: fc.constantFrom(700, 9000),
          retries: fc.constantFrom(0, 2),
          resource: fc.constantFrom('gpu:*', 'gpu:0', 'disk'),
        }),
      }),
      fc.record({
        path: fc.constant(LEASES),
        line: fc.record({
          op: fc.constant('grant'),
          id: fc.constantFrom('x', 'y', 'z'),
          subject: fc.constantFrom('p', 'q'),
          resource: fc.constantFrom('gpu:*', 'gpu:0', 'disk'),
          ttl_s: fc.constantFrom(1, 3),
          wait: fc.boolean(),
          preempt: fc.boolean(),
        }),
      }),
      fc.record({
        path: fc.constant(LEASES),
        line: fc.record({ op: fc.constant('release'), id: fc.constantFrom('x', 'y', 'z') }),
      }),
      fc.record({
        path: fc.constant('/queen/lifecycle/ctl'),
        line: fc.constantFrom('cordon', 'resume', 'resume', 'resume'),
      }),
      { weight: 3, arbitrary: fc.record({ path: fc.constant('pass'), line: fc.constantFrom(0, 400, 1000, 3000) }) },
      fc.record({ path: fc.constant('crash'), line: fc.constantFrom('a', 'b', 'c', 'd') }),
    ),
    { minLength: 10, maxLength: 40, size: 'max' },
  );
  let ticks = 0;
  fc.assert(
    fc.property(lines, (list) => {
      const hive = booted((manifest) => {
        manifest.leases.resources = [{ id: 'gpu:0', mem_mb: 80, streams: 8 }];
        Object.assign(manifest.schedule, { reserve_after_s: 2, running_max: 2 });
        manifest.leases.reserve_after_s = 2;
      });
      for (const { path, line } of list) {
        if (path === 'pass') {
          hive.at += Number(line);
          for (let due = 0; (hive.authority.deadline(hive.state) ?? Number.POSITIVE_INFINITY) <= hive.at; due++) {
            const { changes } = hive.ok(SYSTEM, '/sys/clock', 'tick');
            ticks += 1;
            expect(due, 'it comes to rest').toBeLessThan(20);
            if (changes.length === 0) {
              expect(hive.authority.deadline(hive.state) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(hive.at);
            }
          }
        } else if (path === 'crash') {
          const { state, fence } = shown(hive, String(line));
          if (state === 'running' && fence !== null) crash(hive, String(line));
        } else hive.run(ALICE, path, typeof line === 'string' ? line : JSON.stringify(line));
      }
      const twin = stateFromText(hive.text());
      expect(hive.authority.deadline(twin)).toBe(hive.authority.deadline(hive.state));
      expect(hive.replay()).toBe(hive.text());
    }),
    { numRuns: 80 },
  );
  expect(ticks, 'there was something to do').toBeGreaterThan(80);
});

test('a clock command with everything due fits into a journal record, and the rest stays due', () => {
  const hive = booted((manifest) => {
    manifest.leases.active_max = 1000;
    manifest.schedule.queue_max = 1000;
  });
  const long = 'x'.repeat(32);
  const who = { ...ALICE, ticketIds: Array.from({ length: 9 }, (_, index) => `${index}`.repeat(64)) };
  for (let count = 0; count < 80; count++) {
    hive.ok(who, '/queen/ctl', { spawn: 'heartbeat', ticks: 9, budget: { ttl_s: 1 } });
    const id = `${long}${count}`.slice(-32);
    hive.ok(who, LEASES, {
      op: 'grant',
      id,
      subject: long,
      resource: `${'r'.repeat(40)}${count}`,
      ttl_s: 1,
      priority: 4_294_967_295,
    });
    hive.ok(who, CTL, job(`${long}${long}${count}`.slice(-64), { resource: `${'q'.repeat(40)}${count}` }));
  }
  hive.at += 1000;
  const sizes: number[] = [];
  while ((hive.authority.deadline(hive.state) ?? Number.POSITIVE_INFINITY) <= hive.at) {
    hive.ok(SYSTEM, '/sys/clock', 'tick');
    sizes.push(JSON.stringify(hive.journal.at(-1)).length);
  }
  expect(Math.max(...sizes)).toBeLessThan(60_000);
  expect(sizes.length).toBeGreaterThan(5);
  expect(hive.view('/proc/schedule/summary')).toContain('queue=0 dequeued=80 ');
  expect(outstandingLeases(hive.state), 'those of the jobs').toBe(80);
});
