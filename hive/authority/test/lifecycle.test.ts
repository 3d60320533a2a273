// The tables of contracts-1 4.10, cell by cell, written here once more in another form.

import { expect, test } from 'vitest';
import { checkGate, type Gate, type LifecycleState, lifecycleState, SYSTEM, startOrders } from '../src/index.ts';
import { ALICE, manifestWith, TestHive } from './hive.ts';

const STATES: readonly LifecycleState[] = ['BOOTING', 'DEGRADED', 'ONLINE', 'DRAINING', 'QUIESCED', 'OFFLINE'];

/** Command: new state per state in the order of STATES, `-` = refused. */
const TRANSITIONS = `
cordon   -        DRAINING DRAINING -        -        -
drain    -        -        -        QUIESCED -        -
quiesce  -        QUIESCED QUIESCED QUIESCED -        -
resume   ONLINE   ONLINE   -        ONLINE   ONLINE   ONLINE
reset    -        BOOTING  BOOTING  BOOTING  BOOTING  BOOTING`;

/** Gate: open (y) or shut (n) per state in the order of STATES. */
const GATES = `
new-work         n y y n n n
telemetry-ingest n y y y n n
worker-attach    n y y y n n
worker-telemetry n y y y n n
worker-job       n y y n n n
host-publish     n y y n n n`;

/** A hive that is in `state` from its first boot on. */
function hiveIn(state: LifecycleState): TestHive {
  return TestHive.booted(
    manifestWith((manifest) => {
      manifest.policy.enabled = false;
      manifest.lifecycle.initial_state = state;
      manifest.lifecycle.auto_transitions = [];
    }),
  );
}

function rows(table: string): string[][] {
  return table
    .trim()
    .split('\n')
    .map((row) => row.split(/\s+/));
}

for (const [word = '', ...cells] of rows(TRANSITIONS)) {
  for (const [index, cell] of cells.entries()) {
    const from = STATES[index]!;
    test(`${word} in ${from}: ${cell}`, () => {
      const hive = hiveIn(from);
      expect(hive.view('/proc/lifecycle/state')).toBe(`state=${from}\n`);
      hive.at += 5;
      const outcome = hive.run(ALICE, '/queen/lifecycle/ctl', word);
      expect(outcome.ok ? outcome.reply.state : '-').toBe(cell);
      expect(lifecycleState(hive.state)).toBe(cell === '-' ? from : cell);
      if (!outcome.ok) expect(outcome.code).toBe('invalid-transition');
      else expect(hive.view('/proc/lifecycle/since')).toBe(`since_ms=${hive.at}\n`);
    });
  }
}

for (const [gate = '', ...cells] of rows(GATES)) {
  test(`gate ${gate}: ${cells.join(' ')}`, () => {
    const open = STATES.map((state) => checkGate(hiveIn(state).state, gate as Gate));
    expect(open.map((result) => (result.ok ? 'y' : 'n'))).toEqual(cells);
    for (const result of open) if (!result.ok) expect(result.refusal.code).toBe('lifecycle-denied');
  });
}

/** What may be outstanding: live workers and held leases. */
interface Outstanding {
  readonly workers: number;
  readonly leases: number;
}

/** A hive in a state with work outstanding; undefined when nothing leads there: no lease is granted in that state. */
function busyHiveIn(state: LifecycleState, { workers, leases }: Outstanding): TestHive | undefined {
  const isShut = state === 'QUIESCED' || state === 'OFFLINE';
  if (isShut && leases > 0) return undefined;
  const manifest = manifestWith((change) => {
    change.policy.enabled = false;
    change.lifecycle.initial_state = isShut ? state : 'ONLINE';
    change.lifecycle.auto_transitions = state === 'DEGRADED' ? [{ from: 'BOOTING', to: 'DEGRADED' }] : [];
    change.workers.start = Array.from({ length: workers }, () => ({ kind: 'heartbeat' as const }));
  });
  const hive = TestHive.booted(manifest);
  for (let index = 0; index < leases; index++) {
    const lease = { op: 'grant', id: `l-${index}`, subject: 's', resource: `disk-${index}`, ttl_s: 60, priority: 1 };
    hive.ok(ALICE, '/queen/lease/ctl', lease);
  }
  if (state === 'DRAINING') hive.ok(ALICE, '/queen/lifecycle/ctl', 'cordon');
  if (state === 'BOOTING' || state === 'DEGRADED') hive.boot(2, manifest);
  expect(hive.view('/proc/lifecycle/state')).toBe(`state=${state}\n`);
  return hive;
}

const BLOCKED = new Set(['drain', 'quiesce', 'reset']);

for (const [word = '', ...cells] of rows(TRANSITIONS)) {
  for (const [index, cell] of cells.entries()) {
    for (const outstanding of [
      { workers: 0, leases: 1 },
      { workers: 1, leases: 0 },
      { workers: 1, leases: 1 },
    ]) {
      const from = STATES[index]!;
      const hive = busyHiveIn(from, outstanding);
      if (hive === undefined) continue;
      const { workers, leases } = outstanding;
      const answer = cell !== '-' && BLOCKED.has(word) ? 'busy' : cell;
      test(`${word} in ${from} with ${workers} workers and ${leases} leases: ${answer}`, () => {
        const outcome = hive.run(ALICE, '/queen/lifecycle/ctl', word);
        expect(lifecycleState(hive.state)).toBe(outcome.ok ? cell : from);
        if (outcome.ok) return expect(outcome.reply.state).toBe(answer);
        expect(outcome.code).toBe(answer === 'busy' ? 'busy' : 'invalid-transition');
        const reason = answer === 'busy' ? `outstanding-leases leases=${workers + leases}` : 'invalid-transition';
        expect(outcome.log).toEqual([`lifecycle denied action=${word} state=${from} reason=${reason}`]);
      });
    }
  }
}

test('a drain is possible as soon as the last worker is killed and the last lease is released', () => {
  const hive = busyHiveIn('DRAINING', { workers: 1, leases: 1 })!;
  const drain = (): string => hive.code(ALICE, '/queen/lifecycle/ctl', 'drain');
  expect(drain()).toBe('busy');
  hive.ok(ALICE, '/queen/ctl', { kill: 'worker-1' });
  expect(drain()).toBe('busy');
  hive.ok(ALICE, '/queen/lease/ctl', { op: 'release', id: 'l-0' });
  expect(drain()).toBe('ok');
});

test('a lease that runs out lets a drain go on, and nobody who waits gets it meanwhile', () => {
  const hive = busyHiveIn('ONLINE', { workers: 0, leases: 1 })!;
  const waiting = { op: 'grant', id: 'w', subject: 't', resource: 'disk-0', ttl_s: 60, priority: 1, wait: true };
  hive.ok(ALICE, '/queen/lease/ctl', waiting);
  hive.ok(ALICE, '/queen/lifecycle/ctl', 'cordon');
  expect(hive.code(ALICE, '/queen/lifecycle/ctl', 'drain')).toBe('busy');
  hive.pass(60_000);
  expect(hive.code(ALICE, '/queen/lifecycle/ctl', 'drain')).toBe('ok');
  for (let second = 0; second < 5; second++) hive.pass(1000);
  expect(hive.view('/proc/lease/active')).toBe('');
});

test('the first boot takes the state of the manifest; automatic transitions lead out of BOOTING only', () => {
  const boot = (state: LifecycleState, to?: 'ONLINE' | 'DEGRADED') => {
    const hive = TestHive.booted(
      manifestWith((manifest) => {
        manifest.lifecycle.initial_state = state;
        manifest.lifecycle.auto_transitions = to === undefined ? [] : [{ from: 'BOOTING', to }];
      }),
    );
    return `${hive.view('/proc/lifecycle/state')}${hive.view('/proc/lifecycle/reason')}`;
  };
  expect(boot('BOOTING')).toBe('state=BOOTING\nreason=boot\n');
  expect(boot('BOOTING', 'ONLINE')).toBe('state=ONLINE\nreason=boot-complete\n');
  expect(boot('BOOTING', 'DEGRADED')).toBe('state=DEGRADED\nreason=boot-complete\n');
  expect(boot('OFFLINE', 'ONLINE')).toBe('state=OFFLINE\nreason=manifest\n');
});

test('a restart keeps DRAINING, QUIESCED and OFFLINE, and boots anew from the others', () => {
  for (const state of STATES) {
    const manifest = manifestWith((change) => {
      change.lifecycle.initial_state = state;
    });
    const hive = TestHive.booted(manifest);
    hive.at += 1000;
    hive.boot(2, manifest);
    const kept = ['DRAINING', 'QUIESCED', 'OFFLINE'].includes(state);
    expect(lifecycleState(hive.state)).toBe(kept ? state : 'ONLINE');
    expect(hive.view('/proc/lifecycle/reason')).toBe(kept ? 'reason=manifest\n' : 'reason=boot-complete\n');
  }
});

test('nothing is taken before the first boot, not even from the hive', () => {
  const hive = new TestHive();
  for (const control of hive.authority.controls) {
    const who = control.control.writers.includes('system') ? SYSTEM : ALICE;
    if (control.pattern === '/sys/boot') continue;
    expect(hive.code(who, control.pattern, control.control.examples[0] ?? '')).toBe('lifecycle-denied');
  }
  expect(hive.boot(1).ok).toBe(true);
});

test('a boot epoch must rise', () => {
  const hive = TestHive.booted();
  expect(hive.boot(1).ok).toBe(false);
  expect(hive.boot(7).ok).toBe(true);
  expect(hive.boot(6)).toMatchObject({ ok: false, code: 'stale' });
  expect(hive.boot(8).ok).toBe(true);
});

test('a boot with a manifest that breaks a red line is refused', () => {
  const hive = new TestHive();
  const broken = manifestWith((manifest) => {
    manifest.policy.rules = [{ id: 'a', target: '/..' }];
  });
  expect(hive.boot(1, broken)).toMatchObject({ ok: false, code: 'invalid-payload' });
});

test('the workers of the manifest start with the first boot, in any state, on no budget, and with no later one', () => {
  const manifest = manifestWith((change) => {
    change.lifecycle.initial_state = 'QUIESCED';
    change.workers.start = [{ kind: 'host' }, { kind: 'heartbeat' }];
  });
  const hive = new TestHive(manifest);
  expect(hive.boot(1, manifest)).toMatchObject({
    effects: [{ kind: 'workers.restart', entry: 1, epoch: 1 }],
    log: expect.arrayContaining([
      'spawned worker-1 ticks=∞ ttl=∞ ops=∞',
      'spawned worker-2 ticks=∞ ttl=∞ ops=∞',
    ]) as unknown,
  });
  expect(startOrders(hive.state)).toMatchObject([
    { worker: 'worker-1', workerKind: 'host', entry: 1, fence: 1, epoch: 1, expiresAt: null },
    { worker: 'worker-2', workerKind: 'heartbeat', entry: 1, fence: 2, epoch: 1, expiresAt: null },
  ]);
  for (const fence of [1, 2]) {
    hive.ok(SYSTEM, '/sys/workers/ctl', { exited: { worker: `worker-${fence}`, fence, epoch: 1, reason: 'gone' } });
  }
  hive.boot(2, manifest);
  expect(startOrders(hive.state)).toEqual([]);
});
