// Intents at the door: a line that an intent carries needs what the line itself would need.

import type { PathSession } from '@cohesix/ninedoor';
import type { Scope } from '@cohesix/ticket';
import { expect, it } from 'vitest';
import type { Hive } from '../src/hive.ts';
import { ticketOf } from './clients.ts';
import { placeForEach } from './fixture.ts';

const place = placeForEach();

/** A queen whose ticket has these scopes. */
async function queen(running: Hive, ...scopes: Scope[]): Promise<PathSession> {
  const session = running.attach(await ticketOf(running, { scopes }));
  if (!session.ok) throw new Error('no session');
  return session.value;
}

const intent = (id: string, cmd: string): string =>
  `${JSON.stringify({ schema: 'queen-intent/v1', id, idempotency_key: 'k', issued_unix_ms: Date.now(), cmd })}\n`;
const both = (path: string): Scope => ({ path, verbs: 'both', ratePerS: 0 });

it('an intent is no way around the scopes of a ticket', async () => {
  const running = await place.start();
  const narrow = await queen(running, both('/queen/intents'));
  expect(await narrow.append('/queen/intents/ctl', intent('a', '{"budget":{"ops":1}}'))).toMatchObject({
    ok: false,
    refusal: { code: 'denied', detail: 'Your ticket may not write /queen/ctl.' },
  });
  const wide = await queen(running, both('/queen/intents'), both('/queen/ctl'));
  expect(await wide.append('/queen/intents/ctl', intent('a', '{"budget":{"ops":1}}'))).toMatchObject({ ok: true });
});

it('a bind in an intent is looked at before it is accepted, and carried out once', async () => {
  const running = await place.start();
  const wide = await queen(running, both('/'));
  const bind = (from: string): string => JSON.stringify({ bind: { from, to: '/shadow' } });
  expect(await wide.append('/queen/intents/ctl', intent('b', bind('/nowhere')))).toMatchObject({
    ok: false,
    refusal: { code: 'invalid-path' },
  });
  const line = intent('c', bind('/proc/lifecycle'));
  for (let times = 0; times < 12; times++)
    expect(await wide.append('/queen/intents/ctl', line)).toMatchObject({ ok: true });
  expect(await wide.list('/shadow')).toMatchObject({ ok: true });
});

it('what an intent carries is charged to the rate of the scope it is for', async () => {
  const running = await place.start();
  const limited = await queen(running, both('/queen/intents'), { path: '/queen/ctl', verbs: 'both', ratePerS: 2 });
  // In one turn of the event loop, so that nothing comes back meanwhile.
  const sent = ['{"budget":{"ops":1}}', '{"budget":{"ops":2}}', '{"budget":{"ops":3}}', '{'].map((cmd, index) =>
    limited.append('/queen/intents/ctl', intent(`r${index}`, cmd)),
  );
  const direct = limited.append('/queen/ctl', '{"budget":{"ops":4}}\n');
  const codes = (await Promise.all([...sent, direct])).map((result) => (result.ok ? 'ok' : result.refusal.code));
  expect(codes).toEqual(['ok', 'ok', 'rate-limited', 'rate-limited', 'rate-limited']);
});
