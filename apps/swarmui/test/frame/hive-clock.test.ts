// The hive's time, by what it says of itself.

import { expect, test } from 'vitest';
import { CLOCK, hiveTime } from '../../src/time/hive-clock.ts';
import { FakeHive } from './fake-hive.ts';

test('a machine whose clock is an hour behind counts down by that of the hive', async () => {
  const hive = new FakeHive();
  const told = Date.now() + 3_600_000;
  hive.put('/proc/self/session', `sid=2 role=queen expires_ms=never now_ms=${told}\n`);
  const ahead = await CLOCK.read(hive.client(), '/proc/self/session');
  expect(ahead.ok && Math.round(ahead.value / 60_000)).toBe(60);
  const clock = { kind: 'here', value: 3_600_000, isStale: false } as const;
  expect(hiveTime(1000, clock)).toBe(3_601_000);
  expect(CLOCK.isSame(3_600_000, 3_600_200)).toBe(true);
  expect(CLOCK.isSame(0, 3_600_000)).toBe(false);
});

test('a hive that does not say its time is taken to have that of this machine', async () => {
  const hive = new FakeHive();
  hive.put('/proc/self/session', 'sid=2 role=queen expires_ms=never\n');
  expect(await CLOCK.read(hive.client(), '/proc/self/session')).toEqual({ ok: true, value: 0 });
  expect(hiveTime(1000, { kind: 'waiting' })).toBe(1000);
});
