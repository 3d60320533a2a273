// A denial outlasts those who had approved before it: found by a random run of the model (`tests/model/seeds.txt`, 172).

import { expect, test } from 'vitest';
import { SYSTEM } from '../src/index.ts';
import { ALICE, BOB, CAROL, childOf, hexId, queen, type TestHive } from './hive.ts';
import { hiveUnder, QUEUE } from './policy-documents.ts';

const CTL = '/queen/ctl';
const KILL = '{"kill":"worker-1"}';
const HELPER = childOf(BOB, 'helper');
const DAVE = queen('dave');

/** A hive in which a kill needs two: bob's helper approved it and carol denied it, bob and dave approved it once more. */
function denied(): TestHive {
  const hive = hiveUnder();
  hive.ok(SYSTEM, CTL, { spawn: 'host' });
  for (const [id, first] of [
    ['a', HELPER],
    ['b', BOB],
  ] as const)
    hive.ok(first, QUEUE, { id, target: CTL, line: KILL, decision: 'approve' });
  const [a = 0, b = 0] = hive.journal.slice(-2).map(({ command }) => command.seq);
  hive.ok(CAROL, QUEUE, { id: 'a', entry: a, decision: 'deny' });
  hive.ok(DAVE, QUEUE, { id: 'b', entry: b, decision: 'approve' });
  return hive;
}

test('a denial holds although it has approvals beside it', () => {
  expect(denied().code(ALICE, CTL, KILL)).toBe('approval-denied');
});

test('it stays when who approved before is revoked', () => {
  const hive = denied();
  hive.ok(ALICE, '/queen/ticket/ctl', { revoke: { id: hexId('helper') } });
  expect(hive.code(ALICE, CTL, KILL)).toBe('approval-denied');
});

test('it ends with who denied', () => {
  const hive = denied();
  hive.ok(ALICE, '/queen/ticket/ctl', { revoke: { id: CAROL.ticketIds[0] } });
  expect(hive.code(ALICE, CTL, KILL)).toBe('ok');
});
