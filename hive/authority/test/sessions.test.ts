// Ends of sessions as lines: what is accepted, what NineDoor is told to do. What it then does is tested in hive/node.

import { expect, test } from 'vitest';
import { SESSION_CTL, SYSTEM } from '../src/index.ts';
import { ALICE, TestHive } from './hive.ts';

test('a close and a drain are orders for NineDoor, told in the log', () => {
  const hive = TestHive.booted();
  const entry = hive.journal.length + 1;
  expect(hive.ok(ALICE, SESSION_CTL, { close: { session: '12', reason: 'no longer here' } })).toMatchObject({
    effects: [{ kind: 'session.close', session: '12', reason: 'no longer here', entry }],
    changes: [],
    log: ['session closed sid=12 by=alice reason="no longer here"'],
    reply: { session: '12' },
  });
  expect(hive.ok(SYSTEM, SESSION_CTL, { close: { session: '9007199254740991' } })).toMatchObject({
    effects: [{ kind: 'session.close', session: '9007199254740991', reason: 'closed by queen' }],
  });
  expect(hive.ok(ALICE, SESSION_CTL, { drain: { session: '1' } })).toMatchObject({
    effects: [{ kind: 'session.drain', session: '1', entry: entry + 2 }],
    log: ['session draining sid=1 by=alice'],
  });
});

test.each([
  [{ close: { session: 12 } }],
  [{ close: { session: '0' } }],
  [{ close: { session: '012' } }],
  [{ close: { session: '1'.repeat(17) } }],
  [{ close: { session: '-1' } }],
  [{ close: {} }],
  [{ close: { session: '1', reason: '' } }],
  [{ close: { session: '1', reason: 'x'.repeat(129) } }],
  [{ close: { session: '1', ticket: 'all' } }],
  [{ drain: { session: '1', reason: 'x' } }],
  [{ drain: { session: '1' }, close: { session: '1' } }],
  [{}],
])('%j does not fit', (line) => {
  expect(TestHive.booted().code(ALICE, SESSION_CTL, line)).toBe('invalid-payload');
});

test('the longest reason fits; no gate of the lifecycle is in the way', () => {
  const hive = TestHive.booted();
  hive.ok(ALICE, '/queen/lifecycle/ctl', 'quiesce');
  hive.ok(ALICE, SESSION_CTL, { close: { session: '1'.repeat(16), reason: 'x'.repeat(128) } });
});
