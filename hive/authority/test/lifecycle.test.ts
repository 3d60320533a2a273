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

test('each word blocked by workers is busy with one and free when it is killed', () => {
  for (const [from, word] of [
    ['ONLINE', 'quiesce'],
    ['ONLINE', 'reset'],
    ['DRAINING', 'drain'],
  ] as const) {
    const hive = hiveIn('ONLINE');
    hive.ok(ALICE, '/queen/ctl', { spawn: 'host' });
    if (from === 'DRAINING') hive.ok(ALICE, '/queen/lifecycle/ctl', 'cordon');
    expect(hive.code(ALICE, '/queen/lifecycle/ctl', word)).toBe('busy');
    hive.ok(ALICE, '/queen/ctl', { kill: 'worker-1' });
    expect(hive.code(ALICE, '/queen/lifecycle/ctl', word)).toBe('ok');
  }
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
