// Leases: what each line does at its limits, who may hold what, who comes next, and what time does.

import { expect, test } from 'vitest';
import { holds, outstandingLeases, SYSTEM, stateFromText } from '../src/index.ts';
import { ALICE, BOB, childOf, manifestWith, START_MS, TestHive } from './hive.ts';

const CTL = '/queen/lease/ctl';

type Manifest = Parameters<NonNullable<Parameters<typeof manifestWith>[0]>>[0];

function booted(change: (leases: Manifest['leases']) => void = () => undefined): TestHive {
  return TestHive.booted(
    manifestWith((manifest) => {
      manifest.policy.enabled = false;
      change(manifest.leases);
    }),
  );
}

const GPUS = [
  { id: 'gpu:0', mem_mb: 80, streams: 8 },
  { id: 'gpu:1', mem_mb: 40, streams: 4 },
];

function grant(id: string, resource: string, fields: object = {}): object {
  return { op: 'grant', id, subject: 'alice', resource, ttl_s: 60, priority: 1, ...fields };
}

/** The value of a field in the line of a view that has `id=`. */
function field(hive: TestHive, view: string, id: string, name: string): string | undefined {
  const line = hive
    .view(view)
    ?.split('\n')
    .find((one) => one.startsWith(`id=${id} `));
  return line
    ?.split(' ')
    .find((part) => part.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

const held = (hive: TestHive): string[] =>
  (hive.view('/proc/lease/active') ?? '').split('\n').flatMap((line) => /^id=(\S+)/.exec(line)?.[1] ?? []);

test('the lines of the source are taken as they are, and their views have its fields', () => {
  const hive = booted();
  const line = '{"op":"grant","id":"lease-1","subject":"queen","resource":"gpu0","ttl_s":300,"priority":5}';
  expect(hive.ok(ALICE, CTL, line).reply).toMatchObject({ id: 'lease-1', state: 'active', fence: 1 });
  expect(hive.view('/proc/lease/active')).toMatch(
    /^id=lease-1 subject=queen resource=gpu0 ttl_s=300 priority=5 state=active seq=1 fence=1 /,
  );
  hive.ok(ALICE, CTL, '{"op":"renew","id":"lease-1","ttl_s":120,"priority":7}');
  expect(hive.view('/proc/lease/active')).toContain('ttl_s=120 priority=7 state=active seq=2');
  hive.ok(ALICE, CTL, '{"op":"quota","subject":"queen","resource":"gpu0","max_active":2,"max_preemptions":1}');
  hive.ok(ALICE, CTL, '{"op":"preempt","id":"lease-1","reason":"maintenance"}');
  expect(hive.view('/proc/lease/summary')?.split('\n')[0]).toBe(
    'active=0 preemptions=1 quotas=1 max_active=256 max_preemptions=256',
  );
  expect(hive.view('/proc/lease/preemptions')).toMatch(
    /^id=lease-1 subject=queen resource=gpu0 reason=maintenance seq=3 /,
  );
  expect(hive.ok(ALICE, CTL, line).reply, 'a preempted id may be granted again').toMatchObject({ fence: 2 });
});

test.each([
  ['id', 'a'.repeat(32), 'a'.repeat(33)],
  ['subject', 's'.repeat(32), 's'.repeat(33)],
  ['resource', 'r'.repeat(48), 'r'.repeat(49)],
  ['resource', 'a.b:c', '..'],
  ['resource', 'a', '*'],
  ['id', 'a-_9', 'a.b'],
  ['ttl_s', 86_400, 0],
  ['priority', 4_294_967_295, 4_294_967_296],
])('%s: %s is taken, %s is not', (name, good, bad) => {
  const hive = booted();
  expect(hive.code(ALICE, CTL, grant('x', 'r', { [name]: bad }))).toBe('invalid-payload');
  expect(hive.code(ALICE, CTL, grant('x', 'r', { [name]: good }))).toBe('ok');
});

test('times above what the manifest allows are refused', () => {
  const hive = booted((leases) => Object.assign(leases, { max_ttl_s: 10, max_total_s: 20, max_wait_s: 5 }));
  for (const [fields, code] of [
    [{ ttl_s: 11 }, 'limit'],
    [{ ttl_s: 10, max_total_s: 21 }, 'limit'],
    [{ ttl_s: 10, max_total_s: 9 }, 'limit'],
    [{ ttl_s: 10, wait_s: 6 }, 'limit'],
    [{ ttl_s: 10, wait_s: 5, max_total_s: 20 }, 'ok'],
  ] as const) {
    expect(hive.code(ALICE, CTL, grant('x', 'r', fields)), JSON.stringify(fields)).toBe(code);
  }
  expect(hive.code(ALICE, CTL, { op: 'renew', id: 'x', ttl_s: 11 })).toBe('limit');
});

test('a unit has one holder, and every later one a higher fence', () => {
  const hive = booted();
  const fences: unknown[] = [];
  for (const subject of ['a', 'b', 'c']) {
    fences.push(hive.ok(ALICE, CTL, grant('x', 'gpu', { subject })).reply.fence);
    expect(hive.code(ALICE, CTL, grant('y', 'gpu', { subject: 'z' }))).toBe('busy');
    expect(hive.code(ALICE, CTL, grant('x', 'other'))).toBe('exists');
    hive.ok(ALICE, CTL, { op: 'release', id: 'x' });
  }
  expect(fences).toEqual([1, 2, 3]);
  const now = (fence: number) => holds(hive.state, { resource: 'gpu', subject: 'c', fence });
  expect([1, 2, 3, 4].map(now)).toEqual([false, false, false, false]);
  hive.ok(ALICE, CTL, grant('x', 'gpu', { subject: 'c' }));
  expect([1, 2, 3, 4].map(now)).toEqual([false, false, false, true]);
  expect(holds(hive.state, { resource: 'gpu', subject: 'a', fence: 4 })).toBe(false);
  expect(holds(hive.state, { resource: 'gpu1', subject: 'c', fence: 4 })).toBe(false);
});

test('leases are packed onto a shared resource while their sums fit', () => {
  const hive = booted((leases) => (leases.resources = GPUS));
  hive.ok(ALICE, CTL, grant('a', 'gpu:0', { mem_mb: 60, streams: 2 }));
  expect(hive.code(ALICE, CTL, grant('b', 'gpu:0', { mem_mb: 21, streams: 1 }))).toBe('busy');
  hive.ok(ALICE, CTL, grant('b', 'gpu:0', { mem_mb: 20, streams: 5 }));
  expect(hive.code(ALICE, CTL, grant('c', 'gpu:0', { streams: 2 })), 'streams').toBe('busy');
  hive.ok(ALICE, CTL, grant('c', 'gpu:0', { streams: 1 }));
  expect(hive.view('/proc/lease/resources')).toBe(
    'resource=gpu:0 holders=3 mem_mb=80/80 streams=8/8\nresource=gpu:1 holders=0 mem_mb=0/40 streams=0/4\n',
  );
  expect(hive.code(ALICE, CTL, grant('d', 'gpu:0')), 'the whole beside others').toBe('busy');
  hive.ok(ALICE, CTL, grant('d', 'gpu:1'));
  expect(hive.code(ALICE, CTL, grant('e', 'gpu:1', { streams: 1 })), 'beside the whole').toBe('busy');
});

test('what could never be given is refused for good', () => {
  const hive = booted((leases) => (leases.resources = GPUS));
  expect(hive.code(ALICE, CTL, grant('a', 'gpu:0', { mem_mb: 81, wait: true }))).toBe('limit');
  expect(hive.code(ALICE, CTL, grant('a', 'gpu:*', { mem_mb: 81, wait: true }))).toBe('limit');
  expect(hive.code(ALICE, CTL, grant('a', 'tpu:*'))).toBe('not-found');
  expect(hive.code(ALICE, CTL, grant('a', 'disk', { mem_mb: 1 }))).toBe('invalid-payload');
});

test('of a class the fullest that fits is taken', () => {
  const hive = booted((leases) => (leases.resources = GPUS));
  const place = (id: string, fields: object) => hive.ok(ALICE, CTL, grant(id, 'gpu:*', fields)).reply.resource;
  expect(place('a', { mem_mb: 30 }), 'the smaller').toBe('gpu:1');
  expect(place('b', { mem_mb: 20 }), 'no room there').toBe('gpu:0');
  expect(place('c', { mem_mb: 10 }), 'exactly').toBe('gpu:1');
  expect(place('d', { mem_mb: 60 })).toBe('gpu:0');
  expect(hive.code(ALICE, CTL, grant('e', 'gpu:*', { mem_mb: 1 }))).toBe('busy');
});

test('a lease holds up to the millisecond before its end, whenever the clock ticks', () => {
  for (const [wait, code] of [
    [59_999, 'busy'],
    [60_000, 'ok'],
  ] as const) {
    const hive = booted();
    hive.ok(ALICE, CTL, grant('x', 'gpu'));
    expect(hive.authority.deadline(hive.state)).toBe(START_MS + 60_000);
    hive.at += wait;
    const over = { resource: 'gpu', subject: 'alice', fence: 1 };
    expect(holds(hive.state, over, hive.at)).toBe(code === 'busy');
    expect(holds(hive.state, over), 'no clock command yet').toBe(true);
    expect(hive.code(BOB, CTL, grant('y', 'gpu', { subject: 'bob' }))).toBe(code);
  }
});

test('nothing ends early: a clock command before the time changes nothing', () => {
  const hive = booted();
  hive.ok(ALICE, CTL, grant('x', 'gpu'));
  hive.at += 59_999;
  expect(hive.ok(SYSTEM, '/sys/clock', 'tick').changes).toEqual([]);
  hive.at += 1;
  expect(hive.ok(SYSTEM, '/sys/clock', 'tick').log).toEqual([
    'lease ended id=x subject=alice resource=gpu fence=1 reason=expired',
  ]);
  expect(hive.view('/proc/lease/by-id/x')).toContain('"state":"ended"');
  expect(hive.authority.deadline(hive.state)).toBeUndefined();
});

test('a lease renewed in its last millisecond goes on, at its end it does not', () => {
  const hive = booted();
  hive.ok(ALICE, CTL, grant('x', 'gpu'));
  hive.at += 59_999;
  hive.ok(ALICE, CTL, { op: 'renew', id: 'x', ttl_s: 60 });
  hive.at += 60_000;
  expect(hive.code(ALICE, CTL, { op: 'renew', id: 'x', ttl_s: 60 })).toBe('stale');
  expect(hive.code(ALICE, CTL, { op: 'preempt', id: 'x', reason: 'r' })).toBe('stale');
  expect(hive.code(ALICE, CTL, { op: 'release', id: 'x' })).toBe('stale');
});

test('a lease is not renewed for ever: not beyond the limit of its grant, or of the manifest', () => {
  for (const [fields, life] of [
    [{ max_total_s: 150 }, 150_000],
    [{}, 200_000],
  ] as const) {
    const hive = booted((leases) => Object.assign(leases, { max_ttl_s: 100, max_total_s: 200 }));
    hive.ok(ALICE, CTL, grant('x', 'gpu', { ttl_s: 100, ...fields }));
    hive.at += 99_999;
    const renew = { op: 'renew', id: 'x', ttl_s: 100 };
    expect(hive.ok(ALICE, CTL, renew).reply.expires_ms).toBe(Math.min(START_MS + life, hive.at + 100_000));
    hive.at = START_MS + life - 2;
    if (life === 200_000) hive.ok(ALICE, CTL, renew);
    expect(hive.code(ALICE, CTL, renew)).toBe('limit');
    hive.pass(1);
    expect(held(hive)).toEqual(['x']);
    hive.pass(1);
    expect(held(hive)).toEqual([]);
  }
});

test('a renewal without a priority keeps it; a fence must be the right one', () => {
  const hive = booted();
  hive.ok(ALICE, CTL, grant('x', 'gpu', { priority: 9 }));
  expect(hive.code(ALICE, CTL, { op: 'renew', id: 'x', ttl_s: 5, fence: 2 })).toBe('stale');
  hive.ok(ALICE, CTL, { op: 'renew', id: 'x', ttl_s: 5, fence: 1 });
  expect(field(hive, '/proc/lease/active', 'x', 'priority')).toBe('9');
  expect(hive.code(ALICE, CTL, { op: 'release', id: 'x', fence: 7 })).toBe('stale');
  expect(hive.code(ALICE, CTL, { op: 'release', id: 'y' })).toBe('not-found');
});

test('quotas are enforced on grants, on waiting and on preemption', () => {
  const hive = booted((leases) => (leases.resources = GPUS));
  hive.ok(ALICE, CTL, { op: 'quota', subject: 'alice', resource: 'gpu:*', max_active: 2, max_preemptions: 1 });
  const some = { mem_mb: 10 };
  hive.ok(ALICE, CTL, grant('a', 'gpu:0', some));
  hive.ok(ALICE, CTL, grant('b', 'gpu:1', some));
  expect(hive.code(ALICE, CTL, grant('c', 'gpu:*', some))).toBe('exhausted');
  expect(hive.code(ALICE, CTL, grant('c', 'gpu:*', { ...some, wait: true }))).toBe('exhausted');
  expect(hive.code(ALICE, CTL, grant('c', 'gpu:*', { ...some, subject: 'bob' }))).toBe('ok');
  hive.ok(ALICE, CTL, { op: 'preempt', id: 'a', reason: 'r' });
  expect(hive.code(ALICE, CTL, { op: 'preempt', id: 'b', reason: 'r' }), 'lost one already').toBe('exhausted');
  hive.ok(ALICE, CTL, { op: 'quota', subject: 'alice', resource: 'gpu:*', max_active: 9, max_preemptions: 2 });
  expect(hive.code(ALICE, CTL, { op: 'preempt', id: 'b', reason: 'r' })).toBe('ok');
  expect(hive.view('/proc/lease/quotas')).toBe('subject=alice resource=gpu:* max_active=9 max_preemptions=2\n');
  hive.ok(ALICE, CTL, { op: 'unquota', subject: 'alice', resource: 'gpu:*' });
  expect(hive.code(ALICE, CTL, { op: 'unquota', subject: 'alice', resource: 'gpu:*' })).toBe('not-found');
});

test('tables are bounded; what is remembered is a window that never blocks', () => {
  const bounds = { active_max: 2, waiting_max: 1, quotas_max: 1, preemptions_max: 2, history_max: 3 };
  const hive = booted((leases) => Object.assign(leases, bounds));
  hive.ok(ALICE, CTL, grant('a', 'r1'));
  hive.ok(ALICE, CTL, grant('b', 'r2'));
  expect(hive.code(ALICE, CTL, grant('c', 'r3'))).toBe('buffer-full');
  hive.ok(ALICE, CTL, { op: 'release', id: 'b' });
  hive.ok(ALICE, CTL, grant('w', 'r1', { wait: true }));
  expect(hive.code(ALICE, CTL, grant('v', 'r1', { wait: true }))).toBe('buffer-full');
  hive.ok(ALICE, CTL, { op: 'quota', subject: 'q', resource: 'r', max_active: 1, max_preemptions: 1 });
  expect(hive.code(ALICE, CTL, { op: 'quota', subject: 'p', resource: 'r', max_active: 1, max_preemptions: 1 })).toBe(
    'buffer-full',
  );
  for (let count = 0; count < 5; count++) {
    hive.ok(ALICE, CTL, grant(`p${count}`, 'r9'));
    hive.ok(ALICE, CTL, { op: 'preempt', id: `p${count}`, reason: 'x' });
  }
  expect(hive.view('/proc/lease/summary')).toContain('dropped_preemptions=3 dropped_history=3\n');
  expect(hive.view('/proc/lease/preemptions')?.match(/id=p\d/g)).toEqual(['id=p3', 'id=p4']);
  expect(hive.view('/proc/lease/history')?.match(/id=p\d/g)).toEqual(['id=p2', 'id=p3', 'id=p4']);
});

test('who waits is served when the resource is free, before whoever comes later', () => {
  const hive = booted();
  hive.ok(ALICE, CTL, grant('a', 'gpu'));
  expect(hive.ok(ALICE, CTL, grant('w', 'gpu', { subject: 'bob', wait: true })).reply.state).toBe('waiting');
  hive.ok(ALICE, CTL, { op: 'release', id: 'a' });
  expect(hive.authority.deadline(hive.state), 'at once').toBe(0);
  expect(hive.code(ALICE, CTL, grant('x', 'gpu', { subject: 'carol' })), 'does not jump the queue').toBe('busy');
  hive.pass(0);
  expect(field(hive, '/proc/lease/active', 'w', 'fence')).toBe('2');
});

test('a request waits for its time only, and can be taken back', () => {
  const hive = booted();
  hive.ok(ALICE, CTL, grant('a', 'gpu', { ttl_s: 3600 }));
  hive.ok(ALICE, CTL, grant('w', 'gpu', { wait: true, wait_s: 5 }));
  hive.ok(ALICE, CTL, grant('v', 'gpu', { wait: true }));
  hive.ok(ALICE, CTL, { op: 'release', id: 'v' });
  hive.pass(5000);
  expect(hive.view('/proc/lease/waiting')).toBe('');
  expect(hive.view('/proc/lease/history')?.match(/reason=\S+/g)).toEqual(['reason=withdrawn', 'reason=wait-expired']);
});

/** Lets subjects with many requests each share one unit for `rounds` turns; who got how many. */
function turns(hive: TestHive, subjects: readonly string[], rounds: number): Record<string, number> {
  const got: Record<string, number> = {};
  let next = 0;
  hive.ok(ALICE, CTL, grant('first', 'gpu', { subject: 'nobody', ttl_s: 1 }));
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      while ((hive.view('/proc/lease/waiting') ?? '').split(`subject=${subject} `).length <= 2)
        hive.ok(ALICE, CTL, grant(`${subject}${next++}`, 'gpu', { subject, ttl_s: 1, wait: true }));
    }
    hive.pass(1000);
    const holder = /subject=(\S+)/.exec(hive.view('/proc/lease/active') ?? '')?.[1] ?? 'none';
    got[holder] = (got[holder] ?? 0) + 1;
  }
  return got;
}

test('subjects that contend share by weight', () => {
  const hive = booted((leases) => {
    leases.reserve_after_s = 86_400;
    leases.shares = [{ subject: 'big', weight: 3 }];
  });
  const got = turns(hive, ['big', 'small', 'other'], 100);
  expect(got.big).toBeGreaterThanOrEqual(58);
  expect(got.big).toBeLessThanOrEqual(62);
  expect(Math.abs((got.small ?? 0) - (got.other ?? 0))).toBeLessThanOrEqual(1);
});

test('a subject that holds much already comes after one that holds nothing', () => {
  const hive = booted();
  for (const resource of ['a', 'b', 'c']) hive.ok(ALICE, CTL, grant(resource, resource, { subject: 'rich' }));
  hive.ok(ALICE, CTL, grant('d', 'd', { subject: 'else' }));
  hive.ok(ALICE, CTL, grant('w1', 'd', { subject: 'rich', wait: true, priority: 9 }));
  hive.ok(ALICE, CTL, grant('w2', 'd', { subject: 'poor', wait: true }));
  hive.ok(ALICE, CTL, { op: 'release', id: 'd' });
  hive.pass(0);
  expect(held(hive)).toContain('w2');
});

test('of one subject, priority comes before arrival', () => {
  const hive = booted();
  hive.ok(ALICE, CTL, grant('a', 'gpu'));
  hive.ok(ALICE, CTL, grant('w1', 'gpu', { subject: 'bob', wait: true, priority: 1 }));
  hive.ok(ALICE, CTL, grant('w2', 'gpu', { subject: 'bob', wait: true, priority: 2 }));
  hive.ok(ALICE, CTL, { op: 'release', id: 'a' });
  hive.pass(0);
  expect(held(hive)).toEqual(['w2']);
});

/** Many small requests come all the time while one wants the whole; how long that one waits, s. */
function starve(reserveAfterS: number): number {
  const hive = booted((leases) => {
    leases.resources = [{ id: 'gpu:0', mem_mb: 80, streams: 8 }];
    leases.reserve_after_s = reserveAfterS;
    leases.max_wait_s = 604_800;
  });
  const small = { mem_mb: 10, ttl_s: 8, wait: true, priority: 9 };
  for (let second = 0; second < 200; second++) {
    hive.ok(ALICE, CTL, grant(`s${second}`, 'gpu:0', { ...small, subject: `s${second}` }));
    if (second === 20) hive.ok(ALICE, CTL, grant('all', 'gpu:*', { subject: 'big', wait: true }));
    hive.pass(1000);
    hive.pass(0);
    if (held(hive).includes('all')) return second - 20;
  }
  return Number.POSITIVE_INFINITY;
}

test('who waits too long is not passed any more: the resource is kept free', () => {
  expect(starve(86_400), 'passed for ever').toBe(Number.POSITIVE_INFINITY);
  expect(starve(30)).toBeLessThanOrEqual(30 + 8);
});

test('preemption by priority takes the least important, newest first, and no more than needed', () => {
  const hive = booted((leases) => (leases.resources = [{ id: 'gpu:0', mem_mb: 80, streams: 8 }]));
  hive.ok(ALICE, CTL, grant('p5', 'gpu:0', { mem_mb: 30, priority: 5 }));
  hive.ok(ALICE, CTL, grant('p1', 'gpu:0', { mem_mb: 20, priority: 1 }));
  hive.ok(ALICE, CTL, grant('p1b', 'gpu:0', { mem_mb: 20, priority: 1 }));
  const take = grant('x', 'gpu:0', { subject: 'bob', mem_mb: 30, priority: 5, preempt: true });
  expect(hive.code(ALICE, CTL, { ...take, priority: 1 }), 'not of the same priority').toBe('busy');
  hive.ok(ALICE, CTL, take);
  expect(held(hive)).toEqual(['p5', 'p1', 'x']);
  expect(hive.view('/proc/lease/preemptions')).toMatch(/^id=p1b .* reason=priority /);
  expect(hive.code(ALICE, CTL, grant('y', 'gpu:0', { mem_mb: 60, priority: 5, preempt: true }))).toBe('busy');
  expect(held(hive), 'nothing is taken in vain').toEqual(['p5', 'p1', 'x']);
});

test('preemption passes only requests of lower priority, and no quota of its victims', () => {
  const hive = booted();
  hive.ok(ALICE, CTL, grant('a', 'gpu', { priority: 1 }));
  hive.ok(ALICE, CTL, grant('w', 'gpu', { subject: 'bob', wait: true, priority: 5 }));
  const take = grant('x', 'gpu', { subject: 'carol', priority: 5, preempt: true });
  expect(hive.code(ALICE, CTL, take)).toBe('busy');
  hive.ok(ALICE, CTL, { op: 'quota', subject: 'alice', resource: 'gpu', max_active: 9, max_preemptions: 1 });
  hive.ok(ALICE, CTL, { ...take, priority: 6 });
  hive.ok(ALICE, CTL, { op: 'release', id: 'w' });
  hive.ok(ALICE, CTL, { op: 'release', id: 'x' });
  hive.ok(ALICE, CTL, grant('a', 'gpu', { priority: 1 }));
  expect(hive.code(ALICE, CTL, { ...take, priority: 6 }), 'alice lost one').toBe('busy');
});

test('a revoked ticket takes its leases and requests with it, and those of its children', () => {
  const hive = booted();
  const child = childOf(ALICE, 'helper');
  hive.ok(ALICE, CTL, grant('a', 'r1'));
  hive.ok(child, CTL, grant('b', 'r2'));
  hive.ok(BOB, CTL, grant('c', 'r3'));
  hive.ok(child, CTL, grant('w', 'r3', { wait: true }));
  hive.ok(BOB, '/queen/ticket/ctl', { revoke: { id: child.ticketIds[1] } });
  expect(held(hive)).toEqual(['a', 'c']);
  expect(hive.view('/proc/lease/waiting')).toBe('');
  hive.ok(BOB, '/queen/ticket/ctl', { revoke: { id: ALICE.ticketIds[0] } });
  expect(held(hive)).toEqual(['c']);
  expect(hive.view('/proc/lease/history')?.match(/reason=revoked/g)).toHaveLength(3);
});

test('a node is not drained while a lease is held, and gives none while it drains', () => {
  const hive = booted();
  hive.ok(ALICE, CTL, grant('a', 'gpu'));
  hive.ok(ALICE, CTL, grant('w', 'gpu', { subject: 'bob', wait: true }));
  expect(outstandingLeases(hive.state)).toBe(1);
  expect(hive.code(ALICE, '/queen/lifecycle/ctl', 'quiesce')).toBe('busy');
  hive.ok(ALICE, '/queen/lifecycle/ctl', 'cordon');
  expect(hive.code(ALICE, CTL, grant('b', 'other'))).toBe('lifecycle-denied');
  hive.ok(ALICE, CTL, { op: 'renew', id: 'a', ttl_s: 30 });
  expect(hive.code(ALICE, '/queen/lifecycle/ctl', 'drain')).toBe('busy');
  hive.ok(ALICE, CTL, { op: 'release', id: 'a' });
  hive.pass(0);
  expect(held(hive), 'requests wait on').toEqual([]);
  hive.ok(ALICE, '/queen/lifecycle/ctl', 'drain');
  hive.ok(ALICE, '/queen/lifecycle/ctl', 'resume');
  hive.pass(0);
  expect(held(hive)).toEqual(['w']);
});

test('leases outlive a restart; what a new manifest has no room for is taken away at once', () => {
  const hive = booted((leases) => (leases.resources = GPUS));
  hive.ok(ALICE, CTL, grant('a', 'gpu:0', { mem_mb: 30, priority: 3 }));
  hive.ok(ALICE, CTL, grant('b', 'gpu:0', { mem_mb: 30, priority: 1 }));
  hive.ok(ALICE, CTL, grant('c', 'gpu:0', { mem_mb: 20, priority: 2 }));
  hive.boot(
    2,
    manifestWith((manifest) => (manifest.leases.resources = [{ id: 'gpu:0', mem_mb: 50, streams: 8 }])),
  );
  expect(hive.authority.deadline(hive.state)).toBe(0);
  hive.pass(0);
  expect(held(hive)).toEqual(['a', 'c']);
  hive.boot(3, manifestWith());
  hive.pass(0);
  expect(held(hive), 'not listed: one holder').toEqual(['a']);
  expect(hive.view('/proc/lease/preemptions')?.match(/reason=\S+/g)).toEqual(['reason=capacity', 'reason=capacity']);
  expect(hive.authority.deadline(hive.state)).toBe(START_MS + 60_000);
});

test('ten years in one step end everything once, 48 a clock command', () => {
  const hive = booted();
  for (let count = 0; count < 100; count++) hive.ok(ALICE, CTL, grant(`l${count}`, `r${count}`));
  hive.at += 10 * 365 * 86_400_000;
  const ended = [0, 1, 2, 3].map(() => hive.ok(SYSTEM, '/sys/clock', 'tick').changes.length);
  expect(ended).toEqual([48, 48, 4, 0]);
  expect(hive.authority.deadline(hive.state)).toBeUndefined();
});

test('a snapshot goes on like the state it was taken of', () => {
  const hive = booted((leases) => (leases.resources = GPUS));
  hive.ok(ALICE, CTL, grant('a', 'gpu:0', { subject: 'x' }));
  for (const subject of ['x', 'y', 'z']) hive.ok(ALICE, CTL, grant(`w${subject}`, 'gpu:0', { subject, wait: true }));
  const twin = new TestHive(manifestWith());
  for (const [name, slice] of stateFromText(hive.text())) twin.state.set(name, slice);
  twin.journal.push(...hive.journal);
  for (const one of [hive, twin]) {
    one.ok(ALICE, CTL, { op: 'release', id: 'a' });
    for (let count = 0; count < 4; count++) one.pass(60_000);
  }
  expect(twin.text()).toBe(hive.text());
  expect(hive.replay()).toBe(hive.text());
});

test('only the queen writes', () => {
  const hive = booted();
  expect(hive.code({ ...ALICE, role: 'worker-gpu' }, CTL, grant('a', 'r'))).toBe('denied');
});
