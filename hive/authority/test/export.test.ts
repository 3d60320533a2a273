// Export windows: what a line must look like, when a window is open to the millisecond, how many there are, and that the
// ticket that opened one takes it along when it is revoked.

import { expect, test } from 'vitest';
import { isWindowOpen, SYSTEM } from '../src/index.ts';
import { ALICE, BOB, childOf, hexId, manifestWith, TestHive } from './hive.ts';

const CTL = '/queen/export/ctl';
const WORKER = { ...ALICE, role: 'worker-heartbeat' };

const isOpen = (hive: TestHive, id: string): boolean => isWindowOpen(hive.state, id, hive.at);

test('a window is open from its line until the millisecond before its end, tick or no tick', () => {
  const hive = TestHive.booted();
  expect(isOpen(hive, 'w')).toBe(false);
  hive.ok(ALICE, CTL, { op: 'open', id: 'w', ttl_s: 2 });
  expect(isOpen(hive, 'w')).toBe(true);
  expect(isOpen(hive, 'v')).toBe(false);
  hive.at += 1999;
  expect(isOpen(hive, 'w')).toBe(true);
  hive.at += 1;
  expect(isOpen(hive, 'w')).toBe(false);
  expect(hive.code(ALICE, CTL, { op: 'close', id: 'w', reason: 'late' })).toBe('not-found');
  hive.pass(0);
  expect(hive.view('/proc/export/summary')).toBe('export open=0 opened=1 closed=0 expired=1 max=64\n');
  expect(hive.view('/proc/export/windows')).toBe('');
  expect(hive.authority.deadline(hive.state)).toBeUndefined();
});

test('opening an open window gives it a new end, and closing shuts it at once', () => {
  const hive = TestHive.booted();
  hive.ok(ALICE, CTL, { op: 'open', id: 'w', ttl_s: 1 });
  hive.at += 500;
  hive.ok(BOB, CTL, { op: 'open', id: 'w', ttl_s: 10 });
  hive.pass(5000);
  expect(isOpen(hive, 'w')).toBe(true);
  hive.ok(ALICE, CTL, { op: 'close', id: 'w', reason: 'done' });
  expect(isOpen(hive, 'w')).toBe(false);
  expect(hive.code(ALICE, CTL, { op: 'close', id: 'w', reason: 'done' })).toBe('not-found');
  expect(hive.replay()).toBe(hive.text());
});

test('as many windows as the manifest says, and the next in the very moment one ends', () => {
  const hive = TestHive.booted(manifestWith((manifest) => (manifest.export.windows_max = 2)));
  const open = (id: string, ttl_s = 5): string => hive.code(ALICE, CTL, { op: 'open', id, ttl_s });
  expect([open('a', 1), open('b'), open('c')]).toEqual(['ok', 'ok', 'buffer-full']);
  expect(open('b')).toBe('ok');
  hive.at += 999;
  expect(open('c')).toBe('buffer-full');
  hive.at += 1;
  expect(open('c')).toBe('ok');
  expect(hive.view('/proc/export/summary')).toBe('export open=2 opened=4 closed=0 expired=1 max=2\n');
});

test('the control file never fills up: a thousand lines in, the next is taken', () => {
  const hive = TestHive.booted();
  for (let round = 0; round < 500; round++) {
    hive.ok(ALICE, CTL, { op: 'open', id: `w${round}`, ttl_s: 60 });
    hive.ok(ALICE, CTL, { op: 'close', id: `w${round}`, reason: 'done' });
  }
  expect(hive.code(ALICE, CTL, { op: 'open', id: 'last', ttl_s: 60 })).toBe('ok');
  const { control_log_bytes: most } = manifestWith().log;
  expect(hive.authority.controlLogText(hive.state, CTL).length).toBeLessThanOrEqual(most);
});

test.each([
  ['op', { op: 'shut' }],
  ['empty id', { id: '' }],
  ['id of 65', { id: 'x'.repeat(65) }],
  ['id with a dot', { id: 'a.b' }],
  ['no time', { ttl_s: undefined }],
  ['time 0', { ttl_s: 0 }],
  ['time above u32', { ttl_s: 4_294_967_296 }],
  ['part of a second', { ttl_s: 1.5 }],
  ['another field', { by: 'me' }],
])('an open line with %s is refused', (_, change) => {
  const hive = TestHive.booted();
  const good = { op: 'open', id: 'x'.repeat(64), ttl_s: 4_294_967_295 };
  expect(hive.code(ALICE, CTL, { ...good, ...change })).toBe('invalid-payload');
  expect(hive.code(ALICE, CTL, good)).toBe('ok');
});

test.each(['', '.', '..', 'x'.repeat(25), 'a b', 'a/b'])('a close with reason "%s" is refused', (reason) => {
  const hive = TestHive.booted();
  hive.ok(ALICE, CTL, { op: 'open', id: 'w', ttl_s: 1 });
  expect(hive.code(ALICE, CTL, { op: 'close', id: 'w', reason })).toBe('invalid-payload');
  expect(hive.code(ALICE, CTL, { op: 'close', id: 'w', reason: 'a.b:c-d_'.padEnd(24, 'x') })).toBe('ok');
});

test('workers open nothing; the hive itself may', () => {
  const hive = TestHive.booted();
  expect(hive.code(WORKER, CTL, { op: 'open', id: 'w', ttl_s: 1 })).toBe('denied');
  expect(hive.code(SYSTEM, CTL, { op: 'open', id: 'w', ttl_s: 1 })).toBe('ok');
});

test('a revoked ticket takes its windows along, and they do not come back when the revocation is forgotten', () => {
  const hive = TestHive.booted();
  const helper = childOf(ALICE, 'helper');
  hive.ok(helper, CTL, { op: 'open', id: 'hers', ttl_s: 600 });
  hive.ok(ALICE, CTL, { op: 'open', id: 'own', ttl_s: 600 });
  hive.ok(BOB, '/queen/ticket/ctl', { revoke: { id: hexId('helper'), expires_ms: hive.at + 1000 } });
  expect([isOpen(hive, 'hers'), isOpen(hive, 'own')]).toEqual([false, true]);
  hive.pass(1000);
  expect(hive.view('/proc/tickets/revoked')).toBe('');
  expect([isOpen(hive, 'hers'), isOpen(hive, 'own')]).toEqual([false, true]);
});

test('a clock that jumps a year shuts every window, 64 by each tick', () => {
  const hive = TestHive.booted(manifestWith((manifest) => (manifest.export.windows_max = 100)));
  for (let index = 0; index < 100; index++) hive.ok(ALICE, CTL, { op: 'open', id: `w${index}`, ttl_s: 60 + index });
  hive.pass(365 * 86_400_000);
  expect(isOpen(hive, 'w99')).toBe(false);
  expect(hive.view('/proc/export/summary')).toBe('export open=36 opened=100 closed=0 expired=64 max=100\n');
  hive.pass(0);
  expect(hive.view('/proc/export/summary')).toBe('export open=0 opened=100 closed=0 expired=100 max=100\n');
});

test('the list of windows is cut at a whole line', () => {
  const hive = TestHive.booted(manifestWith((manifest) => (manifest.export.windows_max = 256)));
  const long = { ...ALICE, subject: 'é'.repeat(40) };
  for (let index = 0; index < 256; index++)
    hive.ok(long, CTL, { op: 'open', id: `${index}`.padEnd(64, 'x'), ttl_s: 60 });
  const text = hive.view('/proc/export/windows') ?? '';
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_536);
  expect(text.endsWith('\n… truncated\n')).toBe(true);
  expect(text.split('\n')[0]).toMatch(/^id=\d+x+ ttl_s=60 opened_ms=\d+ expires_ms=\d+ entry=\d+ by="[^"]+"$/);
});
