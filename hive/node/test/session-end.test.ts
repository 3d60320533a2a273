// How sessions end by order: one that is closed, one that finishes what it has open, and all that a revocation takes with it.

import { readFileSync } from 'node:fs';
import { attenuate } from '@cohesix/ticket';
import { nodeTicketCrypto, randomTicketId } from '@cohesix/ticket/node';
import { expect, it, vi } from 'vitest';
import type { Hive } from '../src/hive.ts';
import { codeOf, following, type Guest, guestOf, textFrom, ticketOf } from './clients.ts';
import { placeForEach } from './fixture.ts';

const SESSION_CTL = '/queen/session/ctl';
const LOG = '/log/queen.log';

const place = placeForEach();

/** A hive and its queen, who gives the orders. */
async function start(): Promise<{ readonly running: Hive; readonly queen: Guest }> {
  const running = await place.start((plain) => ({
    ...plain,
    workers: { ...plain.workers, start: [{ kind: 'heartbeat' }] },
  }));
  return { running, queen: await guestOf(running, readFileSync(running.paths.queenTicket, 'utf8').trim()) };
}

const append = async ({ client }: Guest, path: string, line: object): Promise<string> =>
  codeOf(await client.append(path, JSON.stringify(line)));

const sessions = async ({ client }: Guest): Promise<readonly string[]> => {
  const names = await client.list('/proc/9p/session');
  return names.ok ? names.value : [names.refusal.code];
};

it('a session that is closed ends at once, with its follow; its ticket stays good', async () => {
  const { running, queen } = await start();
  const ticket = await ticketOf(running);
  const guest = await guestOf(running, ticket);
  const log = await following(guest.client, LOG);
  expect(await append(queen, SESSION_CTL, { close: { session: guest.session, reason: 'idle' } })).toBe('ok');
  expect(await log.ended).toBe('closed');
  expect(await textFrom(guest.client, '/proc/boot')).toBe('closed');
  expect(await sessions(queen)).not.toContain(guest.session);
  expect(await textFrom((await guestOf(running, ticket)).client, '/proc/boot')).toMatch(/^Cohesix boot/);
});

it('a session that drains begins nothing new, finishes what it has open, and then ends', async () => {
  const { running, queen } = await start();
  const guest = await guestOf(running, await ticketOf(running));
  const log = await following(guest.client, LOG);
  const state = (): Promise<string> => textFrom(queen.client, `/proc/9p/session/${guest.session}/state`);
  const active = (): Promise<string> => textFrom(queen.client, '/proc/9p/session/active');
  expect([await state(), await active()]).toEqual(['state=ACTIVE\n', 'active=3 draining=0\n']);
  expect(await append(queen, SESSION_CTL, { drain: { session: guest.session } })).toBe('ok');
  await vi.waitFor(async () => expect(await state()).toBe('state=DRAINING\n'), 5000);
  expect(await active()).toBe('active=2 draining=1\n');
  expect(await textFrom(guest.client, '/proc/boot')).toBe('closed');
  expect(await append(guest, '/queen/ctl', { budget: { ops: 1 } })).toBe('closed');
  expect(await append(queen, LOG, { note: 'still read' })).toBe('ok');
  await vi.waitFor(() => expect(log.text).toContain('still read'), 5000);
  log.stop();
  await vi.waitFor(async () => expect(await sessions(queen)).not.toContain(guest.session), 5000);
  expect(await log.ended).toBe('ok');
  expect(await active()).toBe('active=2 draining=0\n');
});

it('a session that has nothing open ends as soon as it is drained', async () => {
  const { running, queen } = await start();
  const guest = await guestOf(running, await ticketOf(running));
  // The client clunks without waiting for the answer.
  await vi.waitFor(async () => {
    await guest.client.ping();
    await append(queen, SESSION_CTL, { drain: { session: guest.session } });
    expect(await sessions(queen)).not.toContain(guest.session);
  }, 5000);
});

it('an order about no session, or about a worker of the hive, is refused', async () => {
  const { running, queen } = await start();
  const all = await sessions(queen);
  const own = all.find((id) => running.door.sessions.get(id)?.door === 'in-process') ?? '';
  for (const [session, code] of [
    ['999', 'not-found'],
    [own, 'denied'],
  ] as const) {
    expect(await append(queen, SESSION_CTL, { close: { session } })).toBe(code);
    expect(await append(queen, SESSION_CTL, { drain: { session } })).toBe(code);
  }
  expect(await sessions(queen)).toEqual(all);
});

it('a ticket can revoke itself: that line is answered, and no other after it, not even in the same append', async () => {
  const { running, queen } = await start();
  const id = randomTicketId();
  const hex = Buffer.from(id).toString('hex');
  const guest = await guestOf(running, await ticketOf(running, { id }));
  const revoke = JSON.stringify({ revoke: { id: hex } });
  const again = JSON.stringify({ revoke: { id: hex, expires_ms: Date.now() + 1_000_000 } });
  expect(codeOf(await guest.client.append('/queen/ticket/ctl', `${revoke}\n${again}\n`))).toBe('revoked');
  expect(await textFrom(queen.client, '/proc/tickets/revoked'), 'all or nothing').toBe('');
  expect(codeOf(await guest.client.append('/queen/ticket/ctl', `${revoke}\n`))).toBe('ok');
  expect(await textFrom(guest.client, '/proc/boot')).toBe('revoked');
  expect(await textFrom(queen.client, '/proc/tickets/revoked')).toContain(`id=${hex} `);
});

it('a revocation takes sessions, fids, follows, leases and children with it, and says so', async () => {
  const { running, queen } = await start();
  const id = randomTicketId();
  const parent = await ticketOf(running, { id });
  const child = attenuate(nodeTicketCrypto, parent, { nonce: randomTicketId(), subjectSuffix: 'helper' });
  if (!child.ok) throw new Error(child.refusal.detail);
  const guests = [await guestOf(running, parent), await guestOf(running, child.value)];
  const follows = await Promise.all(guests.map(({ client }) => following(client, LOG)));
  const lease = (name: string, resource: string): object => ({
    op: 'grant',
    id: name,
    subject: name,
    resource,
    ttl_s: 300,
    priority: 1,
  });
  for (const [index, guest] of [...guests, queen].entries()) {
    expect(await append(guest, '/queen/lease/ctl', lease(`lease-${index}`, `disk-${index}`))).toBe('ok');
  }
  expect((await textFrom(queen.client, '/proc/lease/active')).match(/^id=\S+/gm)?.length).toBe(3);
  const before = await textFrom(queen.client, '/proc/pressure/cut');
  const hex = Buffer.from(id).toString('hex');
  expect(await append(queen, '/queen/ticket/ctl', { revoke: { id: hex, reason: 'laptop lost' } })).toBe('ok');
  expect(await Promise.all(follows.map(({ ended }) => ended))).toEqual(['revoked', 'revoked']);
  for (const { client, session } of guests) {
    expect(await textFrom(client, '/proc/boot')).toBe('revoked');
    expect(codeOf(await client.append('/queen/ctl', '{"budget":{"ops":1}}'))).toBe('revoked');
    expect(await sessions(queen)).not.toContain(session);
  }
  expect((await textFrom(queen.client, '/proc/lease/active')).match(/^id=\S+/gm)).toEqual(['id=lease-2']);
  for (const ticket of [parent, child.value]) await expect(guestOf(running, ticket)).rejects.toThrow(/revoked/);
  expect(await textFrom(queen.client, '/proc/pressure/cut'), 'and each of them is counted').not.toBe(before);
});
