// What a reload of [leases] and [schedule] does to what is held, waits and runs at that moment.

import { settingsOf } from '@cohesix/manifest';
import { expect, test } from 'vitest';
import { ALICE, manifestWith, TestHive } from './hive.ts';

const CTL = '/queen/manifest/ctl';
const LEASES = '/queen/lease/ctl';
const JOBS = '/queen/schedule/ctl';

const MANIFEST = manifestWith((manifest) => {
  manifest.policy.enabled = false;
  manifest.leases.resources = [{ id: 'gpu:0', mem_mb: 8, streams: 8 }];
});

type Sections = ReturnType<typeof settingsOf>;

function reload(
  hive: TestHive,
  change: { leases?: Partial<Sections['leases']>; schedule?: Partial<Sections['schedule']> },
): void {
  const { leases, schedule, ...always } = settingsOf(MANIFEST);
  const given = {
    ...(change.leases === undefined ? {} : { leases: { ...leases, ...change.leases } }),
    ...(change.schedule === undefined ? {} : { schedule: { ...schedule, ...change.schedule } }),
  };
  hive.ok(ALICE, CTL, { set: { ...always, ...given } });
}

function grant(id: string, change: object = {}): object {
  return { op: 'grant', id, subject: 's', resource: 'gpu:0', mem_mb: 4, ttl_s: 600, ...change };
}

test('a resource that has less from now on is taken from the least important, at once', () => {
  const hive = TestHive.booted(MANIFEST);
  hive.ok(ALICE, LEASES, grant('low', { priority: 1 }));
  hive.ok(ALICE, LEASES, grant('high', { priority: 2 }));
  reload(hive, { leases: { resources: [{ id: 'gpu:0', mem_mb: 4, streams: 8 }] } });
  expect(hive.authority.deadline(hive.state), 'due at once').toBe(0);
  hive.pass(0);
  expect(hive.view('/proc/lease/active')).toMatch(/^id=high .*\n$/);
  expect(hive.view('/proc/lease/preemptions')).toContain('id=low subject=s resource=gpu:0 reason=capacity');
  expect(hive.code(ALICE, LEASES, grant('more'))).toBe('busy');
  expect(hive.replay()).toBe(hive.text());
});

test('a resource that is added serves who waits', () => {
  const hive = TestHive.booted(MANIFEST);
  hive.ok(ALICE, LEASES, grant('a', { resource: 'gpu:*', mem_mb: 8 }));
  expect(hive.ok(ALICE, LEASES, grant('b', { resource: 'gpu:*', wait: true })).reply.state).toBe('waiting');
  const resources = [...MANIFEST.leases.resources, { id: 'gpu:1', mem_mb: 4, streams: 1 }];
  reload(hive, { leases: { resources } });
  hive.pass(0);
  expect(hive.view('/proc/lease/active')).toMatch(/id=b subject=s resource=gpu:1 /);
});

test('a lower bound drops nothing and lets in nothing', () => {
  const hive = TestHive.booted(MANIFEST);
  hive.ok(ALICE, LEASES, grant('a'));
  hive.ok(ALICE, LEASES, grant('b'));
  reload(hive, { leases: { active_max: 1 } });
  expect(hive.view('/proc/lease/summary')).toContain('active=2 preemptions=0 quotas=0 max_active=1 ');
  expect(hive.code(ALICE, LEASES, grant('c', { resource: 'other', mem_mb: undefined }))).toBe('buffer-full');
  hive.ok(ALICE, LEASES, { op: 'release', id: 'a' });
  hive.ok(ALICE, LEASES, { op: 'release', id: 'b' });
  expect(hive.code(ALICE, LEASES, grant('c'))).toBe('ok');
});

test('the dispatcher starts as many as the schedule lets run now', () => {
  const hive = TestHive.booted(MANIFEST);
  reload(hive, { schedule: { running_max: 1, queue_max: 2 } });
  const job = { role: 'heartbeat', priority: 1, ticks: 1, budget_ms: 60_000 };
  for (const id of ['a', 'b']) hive.ok(ALICE, JOBS, { id, ...job });
  expect(hive.code(ALICE, JOBS, { id: 'c', ...job })).toBe('buffer-full');
  hive.pass(0);
  expect(hive.view('/proc/schedule/summary')).toContain('running=1 max_running=1 ');
  reload(hive, { schedule: { running_max: 2 } });
  hive.pass(0);
  expect(hive.view('/proc/schedule/summary')).toContain('running=2 max_running=2 ');
});

test('sections that a line leaves out stay as they are', () => {
  const hive = TestHive.booted(MANIFEST);
  reload(hive, { leases: { active_max: 3 }, schedule: { queue_max: 4 } });
  reload(hive, { schedule: { queue_max: 5 } });
  reload(hive, {});
  expect(hive.view('/proc/lease/summary')).toContain('max_active=3 ');
  expect(hive.view('/proc/schedule/summary')).toContain('max_entries=5\n');
});

test('red lines hold for a reload', () => {
  const hive = TestHive.booted(MANIFEST);
  const { leases, ...others } = settingsOf(MANIFEST);
  const set = { ...others, leases: { ...leases, max_ttl_s: leases.max_total_s + 1 } };
  expect(hive.code(ALICE, CTL, { set })).toBe('invalid-payload');
});
