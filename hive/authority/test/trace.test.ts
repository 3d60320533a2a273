// The filter of events: lines at their limits, what a set replaces, that it stays over a boot and a snapshot.

import { expect, test } from 'vitest';
import { SYSTEM, stateFromText, TRACE_CATS, TRACE_LEVELS, traceFilter } from '../src/index.ts';
import { ALICE, TestHive } from './hive.ts';

const CTL = '/trace/ctl';
const WORKER = { ...ALICE, role: 'worker-heartbeat' };

test('a hive tells everything at info until somebody says otherwise', () => {
  const hive = TestHive.booted();
  expect(hive.view('/trace/state')).toBe('trace level=info cats=all entry=0\n');
  expect(traceFilter(hive.state)).toEqual({ level: 'info', cats: null });
});

test('a set replaces the whole filter: categories that are not named again are all again', () => {
  const hive = TestHive.booted();
  hive.ok(ALICE, CTL, { set: { level: 'debug', cats: ['ninep', 'boot', 'ninep'] } });
  expect(hive.view('/trace/state')).toBe('trace level=debug cats=boot,ninep entry=2\n');
  hive.ok(ALICE, CTL, { set: { level: 'error' } });
  expect(hive.view('/trace/state')).toBe('trace level=error cats=all entry=3\n');
  expect(hive.replay()).toBe(hive.text());
});

test.each(TRACE_LEVELS)('level %s is taken', (level) => {
  const hive = TestHive.booted();
  hive.ok(ALICE, CTL, { set: { level } });
  expect(traceFilter(hive.state).level).toBe(level);
});

test('all categories at once are taken, and the view shows them whole', () => {
  const hive = TestHive.booted();
  hive.ok(ALICE, CTL, { set: { level: 'trace', cats: [...TRACE_CATS].reverse() } });
  expect(hive.view('/trace/state')).toBe(`trace level=trace cats=${TRACE_CATS.join(',')} entry=2\n`);
});

test.each([
  ['no category', { set: { level: 'info', cats: [] } }],
  ['an unknown category', { set: { level: 'info', cats: ['boot', 'bot'] } }],
  ['one category too many', { set: { level: 'info', cats: [...TRACE_CATS, 'boot'] } }],
  ['an unknown level', { set: { level: 'verbose' } }],
  ['no level', { set: { cats: ['boot'] } }],
  ['another field', { set: { level: 'info', task: 'worker-1' } }],
  ['another word', { get: { level: 'info' } }],
  ['a word and a set', { set: { level: 'info' }, get: 1 }],
])('a line with %s is refused', (_, line) => {
  expect(TestHive.booted().code(ALICE, CTL, line)).toBe('invalid-payload');
});

test('queens and the hive itself set the filter, workers do not', () => {
  const hive = TestHive.booted();
  const line = { set: { level: 'trace' } };
  expect(['invalid-payload', 'ok']).not.toContain(hive.code(WORKER, CTL, line));
  expect(hive.view('/trace/state')).toBe('trace level=info cats=all entry=0\n');
  expect(hive.code(SYSTEM, CTL, line)).toBe('ok');
});

test('the filter stays over a boot, and a snapshot decides the same', () => {
  const hive = TestHive.booted();
  hive.ok(ALICE, CTL, { set: { level: 'warn', cats: ['worker'] } });
  hive.boot(2);
  expect(traceFilter(hive.state)).toEqual({ level: 'warn', cats: ['worker'] });
  const restored = stateFromText(hive.text());
  const command = hive.command(ALICE, CTL, '{"set":{"level":"info"}}');
  expect(hive.authority.decide(restored, command)).toEqual(hive.authority.decide(hive.state, command));
  expect(hive.authority.renderView(restored, '/trace/state')).toBe(hive.view('/trace/state'));
});

test('the control file never fills up: the thousandth set is taken like the first', () => {
  const hive = TestHive.booted();
  for (let round = 0; round < 1000; round++) hive.ok(ALICE, CTL, { set: { level: TRACE_LEVELS[round % 5] } });
  expect(hive.view('/trace/state')).toBe('trace level=trace cats=all entry=1001\n');
});
