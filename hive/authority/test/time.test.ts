// Time and races: exact boundaries, a clock that jumps, and two that want the last of something (fault lists F3, F5).

import { expect, test } from 'vitest';
import { SYSTEM } from '../src/index.ts';
import { ALICE, BOB, CAROL, childOf, hexId, manifestWith, queen, START_MS, TestHive } from './hive.ts';

const SPAWN = '{"spawn":"host"}';
const TEN_YEARS_MS = 10 * 365 * 86_400_000;

function approved(ttlS = 60): TestHive {
  const hive = TestHive.booted();
  hive.ok(BOB, '/actions/queue', { id: 'a', target: '/queen/ctl', line: SPAWN, decision: 'approve', ttl_s: ttlS });
  return hive;
}

test('an approval holds up to the millisecond before its expiry', () => {
  for (const [wait, code] of [
    [59_999, 'ok'],
    [60_000, 'needs-approval'],
    [60_001, 'needs-approval'],
  ] as const) {
    const hive = approved();
    hive.at += wait;
    expect(hive.code(ALICE, '/queen/ctl', SPAWN)).toBe(code);
  }
});

test('a request is decided up to the millisecond before its expiry, and holds anew from the decision', () => {
  for (const [wait, code] of [
    [59_999, 'ok'],
    [60_000, 'stale'],
  ] as const) {
    const hive = TestHive.booted();
    hive.ok(ALICE, '/actions/queue', { id: 'a', target: '/queen/ctl', line: SPAWN, decision: 'request', ttl_s: 60 });
    hive.at += wait;
    expect(hive.code(BOB, '/actions/queue', { id: 'a', entry: 2, decision: 'approve', ttl_s: 60 })).toBe(code);
    hive.at += 59_999;
    expect(hive.code(ALICE, '/queen/ctl', SPAWN)).toBe(code === 'ok' ? 'ok' : 'needs-approval');
  }
});

test('a refund after the expiry gives nothing back', () => {
  for (const [wait, code] of [
    [59_999, 'ok'],
    [60_000, 'needs-approval'],
  ] as const) {
    const hive = approved();
    const { reply } = hive.ok(ALICE, '/queen/ctl', SPAWN);
    const entry = hive.journal.at(-1)?.command.seq;
    hive.at += wait;
    hive.ok(SYSTEM, '/sys/workers/ctl', { failed: { worker: reply.id, fence: 1, epoch: 1, entry, reason: 'x' } });
    expect(hive.code(ALICE, '/queen/ctl', SPAWN)).toBe(code);
  }
});

test('a start that a boot repeated and that then failed gives back the approval of its spawn', () => {
  const hive = approved();
  hive.ok(ALICE, '/queen/ctl', SPAWN);
  hive.boot(2);
  const entry = hive.journal.at(-1)?.command.seq;
  const receipt = { worker: 'worker-1', fence: 2, epoch: 2, reason: 'x' };
  expect(hive.code(SYSTEM, '/sys/workers/ctl', { failed: { ...receipt, entry: 3 } })).toBe('stale');
  hive.ok(SYSTEM, '/sys/workers/ctl', { failed: { ...receipt, entry } });
  expect(hive.view('/actions/a/status')).toContain('"state":"queued"');
});

test('two writers and one approval: the first in the journal gets it', () => {
  const hive = approved();
  expect(hive.code(ALICE, '/queen/ctl', SPAWN)).toBe('ok');
  expect(hive.code(CAROL, '/queen/ctl', SPAWN)).toBe('needs-approval');
  expect(hive.authority.listNames(hive.state, '/worker/:worker')).toEqual(['worker-1']);
});

test('two approvals of one line are two', () => {
  const hive = approved();
  hive.ok(CAROL, '/actions/queue', { id: 'b', target: '/queen/ctl', line: SPAWN, decision: 'approve' });
  expect(hive.code(ALICE, '/queen/ctl', SPAWN)).toBe('ok');
  expect(hive.view('/actions/a/status')).toContain('consumed');
  expect(hive.view('/actions/b/status')).toContain('queued');
  expect(hive.code(ALICE, '/queen/ctl', SPAWN)).toBe('ok');
  expect(hive.code(ALICE, '/queen/ctl', SPAWN)).toBe('needs-approval');
});

test('a line that is refused, at any check, spends nothing', () => {
  const hive = approved();
  hive.ok(ALICE, '/queen/lifecycle/ctl', 'cordon');
  expect(hive.code(ALICE, '/queen/ctl', SPAWN)).toBe('lifecycle-denied');
  hive.ok(ALICE, '/queen/lifecycle/ctl', 'resume');
  hive.ok(BOB, '/actions/queue', { id: 'k', target: '/queen/ctl', line: '{"kill":"worker-9"}', decision: 'approve' });
  expect(hive.code(ALICE, '/queen/ctl', '{"kill":"worker-9"}')).toBe('not-found');
  expect(hive.view('/policy/preflight/req')).toContain('queued=2 consumed=0');
});

test('who may not use an approval: its decider, his other tickets, the children of all, tickets without ids', () => {
  const nobodys = { ...queen('dora'), ticketIds: [] };
  const otherTicket = queen('bob', hexId('other'));
  const children = [childOf(BOB, 'bot'), childOf(otherTicket, 'bot')];
  for (const who of [BOB, otherTicket, ...children, nobodys, queen('x', hexId('bob'))]) {
    expect(approved().code(who, '/queen/ctl', SPAWN), who.subject).toBe('needs-approval');
  }
  expect(approved().code(CAROL, '/queen/ctl', SPAWN)).toBe('ok');
});

test('an approver without ticket ids approves nothing', () => {
  const hive = TestHive.booted();
  const who = { ...BOB, ticketIds: [] };
  hive.ok(who, '/actions/queue', { id: 'a', target: '/queen/ctl', line: SPAWN, decision: 'approve' });
  expect(hive.code(ALICE, '/queen/ctl', SPAWN)).toBe('needs-approval');
});

test('an approval of a request is for who asked, not for whoever comes first', () => {
  const hive = TestHive.booted();
  hive.ok(ALICE, '/actions/queue', { id: 'a', target: '/queen/ctl', line: SPAWN, decision: 'request' });
  hive.ok(BOB, '/actions/queue', { id: 'a', entry: 2, decision: 'approve' });
  expect(hive.code(CAROL, '/queen/ctl', SPAWN)).toBe('needs-approval');
  expect(hive.code(ALICE, '/queen/ctl', SPAWN)).toBe('ok');
});

test('any file under a rule needs approval, whatever the file; `*` is one name', () => {
  const hive = TestHive.booted(
    manifestWith((manifest) => {
      manifest.policy.rules = [
        { id: 'all', target: '/queen/*/ctl' },
        { id: 'locks', target: '/actions/queue' },
      ];
    }),
  );
  expect(hive.code(ALICE, '/queen/lifecycle/ctl', 'cordon')).toBe('needs-approval');
  expect(hive.code(ALICE, '/queen/ctl', SPAWN)).toBe('ok');
  hive.ok(BOB, '/actions/queue', { id: 'a', target: '/queen/lifecycle/ctl', line: 'cordon', decision: 'approve' });
  expect(hive.code(ALICE, '/queen/lifecycle/ctl', 'CORDON'), 'the exact line').toBe('needs-approval');
  expect(hive.code(ALICE, '/queen/lifecycle/ctl', 'cordon')).toBe('ok');
});

test('revoking the approver voids what waits; the tick that expires it later changes nothing for the writer', () => {
  const hive = approved();
  hive.ok(CAROL, '/queen/ticket/ctl', { revoke: { id: hexId('bob') } });
  expect(hive.code(ALICE, '/queen/ctl', SPAWN)).toBe('needs-approval');
  hive.pass(60_000);
  expect(hive.view('/actions/a/status')).toContain('expired');
});

test('a clock that goes back is refused as a defect of the host, and harms nothing', () => {
  const hive = approved();
  hive.at -= 1;
  expect(hive.code(ALICE, '/queen/ctl', SPAWN)).toBe('internal');
  hive.at += 1;
  expect(hive.code(ALICE, '/queen/ctl', SPAWN)).toBe('ok');
});

test('a command out of order is refused', () => {
  const { authority, state } = approved();
  const command = { seq: 2, at: START_MS, who: ALICE, path: '/queen/ctl', line: SPAWN };
  expect(authority.decide(state, command)).toMatchObject({ ok: false, code: 'internal' });
  expect(authority.decide(state, { ...command, seq: 3 })).toMatchObject({ ok: true });
});

test('a clock that stands still or jumps ten years: all that is due ends once', () => {
  const hive = approved();
  hive.ok(SYSTEM, '/queen/ctl', '{"spawn":"heartbeat","ticks":5}');
  hive.ok(SYSTEM, '/queen/ctl', SPAWN);
  hive.pass(0);
  expect(hive.journal.at(-1)?.command.path).toBe('/queen/ctl');
  hive.pass(TEN_YEARS_MS);
  const tick = hive.journal.at(-1)?.outcome;
  expect(tick).toMatchObject({ ok: true, effects: [{ worker: 'worker-1' }, { worker: 'worker-2' }] });
  expect(hive.authority.deadline(hive.state)).toBeUndefined();
  expect(hive.ok(SYSTEM, '/sys/clock', 'tick')).toMatchObject({ changes: [], effects: [], log: [] });
});

test('one tick ends at most 64 of a kind, so that its record fits; the rest stays due', () => {
  const hive = TestHive.booted(manifestWith((manifest) => (manifest.workers.max = 100)));
  for (let n = 0; n < 65; n++) {
    const line = `{"kill":"worker-${n}"}`;
    hive.ok(ALICE, '/actions/queue', { id: `a${n}`, target: '/queen/ctl', line, decision: 'request', ttl_s: 1 });
    hive.ok(SYSTEM, '/queen/ctl', '{"spawn":"heartbeat","ticks":5,"budget":{"ttl_s":1}}');
  }
  const states = (): string => Array.from({ length: 65 }, (_, n) => hive.view(`/actions/a${n}/status`)).join('');
  const count = (text: string, part: string): number => text.split(part).length - 1;
  hive.pass(1000);
  expect(hive.journal.at(-1)?.outcome).toMatchObject({ ok: true, effects: { length: 64 } });
  expect(count(states(), '"state":"expired"')).toBe(64);
  expect(hive.authority.deadline(hive.state)).toBe(hive.at);
  hive.pass(0);
  expect(hive.journal.at(-1)?.outcome).toMatchObject({ ok: true, effects: [{ worker: 'worker-65' }] });
  expect(count(states(), '"state":"expired"')).toBe(65);
  expect(hive.authority.deadline(hive.state)).toBeUndefined();
});

test('the deadline is the earliest of all that can expire', () => {
  const hive = TestHive.booted();
  expect(hive.authority.deadline(hive.state)).toBeUndefined();
  hive.ok(SYSTEM, '/queen/ctl', '{"spawn":"heartbeat","ticks":5,"budget":{"ttl_s":9}}');
  expect(hive.authority.deadline(hive.state)).toBe(START_MS + 9000);
  hive.ok(BOB, '/actions/queue', { id: 'a', target: '/queen/ctl', line: SPAWN, decision: 'deny', ttl_s: 8 });
  expect(hive.authority.deadline(hive.state)).toBe(START_MS + 8000);
  hive.ok(ALICE, '/queen/ticket/ctl', { revoke: { id: hexId('x'), expires_ms: START_MS + 7000 } });
  expect(hive.authority.deadline(hive.state)).toBe(START_MS + 7000);
  for (const [at, next] of [
    [7000, 8000],
    [8000, 9000],
    [9000, undefined],
  ] as const) {
    hive.pass(START_MS + at - hive.at);
    expect(hive.authority.deadline(hive.state)).toBe(next === undefined ? undefined : START_MS + next);
  }
});

test('two reports of the last unit: one stop', () => {
  const hive = TestHive.booted();
  hive.ok(SYSTEM, '/queen/ctl', '{"spawn":"heartbeat","ticks":5,"budget":{"ops":2}}');
  const used = { worker: 'worker-1', fence: 1, epoch: 1, ticks: 0, ops: 2 };
  expect(hive.ok(SYSTEM, '/sys/workers/ctl', { used }).effects).toMatchObject([
    { kind: 'worker.stop', reason: 'operation budget exhausted' },
  ]);
  expect(hive.ok(SYSTEM, '/sys/workers/ctl', { used }).effects).toEqual([]);
});
