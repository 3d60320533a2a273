// Standing grants: whom and what they let through, how often, how fast, until when; and that nothing fills them up.

import { describe, expect, test } from 'vitest';
import { admissionOf, INTENTS_PATH } from '../src/index.ts';
import { ALICE, BOB, CAROL, childOf, START_MS, type TestHive } from './hive.ts';
import {
  applyLine,
  approve,
  approved,
  CTL,
  DAY_MS,
  hiveUnder,
  loadLine,
  policyDocument,
  QUEUE,
  SPAWN,
} from './policy-documents.ts';

const QUEEN_CTL = '/queen/ctl';

function grantsIn(hive: TestHive): readonly Record<string, unknown>[] {
  const lines = hive.view('/policy/grants')?.trim().split('\n') ?? [];
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A hive whose only grant is carol's, with some fields changed; undefined takes one out. */
function hiveWith(change: object): TestHive {
  const { grants } = policyDocument() as { readonly grants: readonly object[] };
  const grant = JSON.parse(JSON.stringify({ ...grants[0], ...change })) as object;
  const tests = [
    { name: 't', who: { role: 'queen', subject: 'bob' }, path: QUEEN_CTL, line: SPAWN, expect: 'needs-approval' },
  ];
  return hiveUnder(policyDocument({ grants: [grant], tests }));
}

test('a line goes through without an approval, and the use is part of the same outcome', () => {
  const hive = hiveUnder();
  const command = hive.command(CAROL, QUEEN_CTL, SPAWN);
  const outcome = hive.ok(CAROL, QUEEN_CTL, SPAWN);
  expect(admissionOf(hive.state, command, outcome)).toEqual({ rule: 'orders', grant: 'carols' });
  expect(outcome.log[0]).toContain('outcome=allow role=queen ticket=fp-carol grant=carols used=1');
  expect(grantsIn(hive)).toMatchObject([
    { id: 'carols', subject: 'carol', uses: 3, used: 1, left: 2, document: 'p-1' },
  ]);
});

test('is for exactly that subject, role, file and fields', () => {
  const hive = hiveWith({ role: 'queen' });
  for (const who of [ALICE, childOf(CAROL, 'helper')])
    expect(hive.code(who, QUEEN_CTL, SPAWN), who.subject).toBe('needs-approval');
  expect(hive.code(CAROL, QUEEN_CTL, '{"spawn":"heartbeat","ticks":1}')).toBe('needs-approval');
  expect(hive.code(CAROL, QUEEN_CTL, SPAWN)).toBe('ok');
  expect(hiveWith({ role: 'worker-gpu' }).code(CAROL, QUEEN_CTL, SPAWN)).toBe('needs-approval');
});

describe('the budget', () => {
  test('lasts for as many lines as it says, and no longer', () => {
    const hive = hiveWith({ per_s: undefined });
    for (let use = 1; use <= 3; use++) expect(hive.code(CAROL, QUEEN_CTL, SPAWN), `use ${use}`).toBe('ok');
    const outcome = hive.run(CAROL, QUEEN_CTL, SPAWN);
    expect(outcome).toMatchObject({ code: 'needs-approval' });
    expect(outcome.ok ? '' : outcome.detail).toContain('grant carols is used up (3)');
    expect(grantsIn(hive)).toMatchObject([{ used: 3, left: 0 }]);
    expect(hive.replay()).toBe(hive.text());
  });

  test('refills by the second, never beyond its rate, and not by a clock that jumps', () => {
    const hive = hiveWith({ uses: 100 });
    const through = (): number => {
      let count = 0;
      while (hive.code(CAROL, QUEEN_CTL, SPAWN) === 'ok') count += 1;
      return count;
    };
    expect(through()).toBe(2);
    hive.at += 499;
    expect(through()).toBe(0);
    hive.at += 1;
    expect(through()).toBe(1);
    hive.at += 3_600_000;
    expect(through()).toBe(2);
  });

  test('ends at its expiry, to the millisecond', () => {
    const hive = hiveUnder();
    hive.at = START_MS + DAY_MS - 1;
    expect(hive.code(CAROL, QUEEN_CTL, SPAWN)).toBe('ok');
    hive.at += 1;
    const outcome = hive.run(CAROL, QUEEN_CTL, SPAWN);
    expect(outcome.ok ? '' : outcome.detail).toContain('grant carols has expired');
  });

  test('is not filled up by a restart, or by going to another policy and back', () => {
    const hive = hiveWith({ per_s: undefined, uses: 1 });
    hive.ok(CAROL, QUEEN_CTL, SPAWN);
    hive.boot(2);
    expect(hive.code(CAROL, QUEEN_CTL, SPAWN)).toBe('needs-approval');
    hive.ok(ALICE, CTL, loadLine(policyDocument({ id: 'p-2', version: 2 })));
    approved(hive, CTL, applyLine('p-2'));
    hive.at += 1000;
    approved(hive, CTL, { op: 'rollback', id: 'p-1' });
    expect(hive.code(CAROL, QUEEN_CTL, SPAWN)).toBe('needs-approval');
    expect(grantsIn(hive)).toMatchObject([{ left: 0 }]);
  });

  test('is spared by a refused line, and by an approval of that line', () => {
    const hive = hiveUnder();
    expect(hive.code(CAROL, QUEEN_CTL, '{"spawn":"host","x":1}')).toBe('invalid-payload');
    approve(hive, QUEEN_CTL, SPAWN);
    hive.ok(CAROL, QUEEN_CTL, SPAWN);
    expect(grantsIn(hive)).toMatchObject([{ used: 0 }]);
  });
});

test('a denial wins over it', () => {
  const hive = hiveUnder();
  hive.ok(BOB, QUEUE, { id: 'd', target: QUEEN_CTL, line: SPAWN, decision: 'deny' });
  expect(hive.code(CAROL, QUEEN_CTL, SPAWN)).toBe('approval-denied');
});

test('an intent and the line it carries use one grant each', () => {
  const rules = [
    { id: 'orders', target: QUEEN_CTL, effect: 'approve' },
    { id: 'intents', target: INTENTS_PATH, effect: 'approve' },
  ];
  const tests = [
    { name: 't', who: { role: 'queen', subject: 'bob' }, path: QUEEN_CTL, line: SPAWN, expect: 'needs-approval' },
  ];
  const usual = { subject: 'carol', uses: 1, expires_ms: START_MS + DAY_MS };
  const intent = { schema: 'queen-intent/v1', id: 'i', idempotency_key: 'k', issued_unix_ms: START_MS, cmd: SPAWN };
  const grants = [
    { ...usual, id: 'g1', target: QUEEN_CTL },
    { ...usual, id: 'g2', target: INTENTS_PATH },
  ];
  const two = hiveUnder(policyDocument({ rules, tests, grants }));
  expect(two.code(CAROL, INTENTS_PATH, intent)).toBe('ok');
  expect(grantsIn(two)).toMatchObject([
    { id: 'g1', used: 1 },
    { id: 'g2', used: 1 },
  ]);
});
