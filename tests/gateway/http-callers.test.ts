// Callers at a hive that runs: their sessions, their turns, and their streams.

import type { Follow } from '@cohesix/client';
import { ok } from '@cohesix/wire';
import { expect, it, vi } from 'vitest';
import { filesForEach, withOthers } from './files-kit.ts';
import { rawConnect, requestText } from './raw-http.ts';

const start = filesForEach();
const LS = '/v1/fs/ls?path=/';

it('opens one session for a ticket, whatever it asks at once, and another for another ticket', async () => {
  const { get, ticketOf, hive } = await start();
  const before = hive.door.sessions.size;
  await Promise.all(Array.from({ length: 20 }, () => get(LS)));
  expect(hive.door.sessions.size).toBe(before + 1);
  const other = await ticketOf({ subject: 'other' });
  await Promise.all(Array.from({ length: 5 }, () => get(LS, other)));
  expect(hive.door.sessions.size).toBe(before + 2);
  expect([...hive.door.sessions.values()].map(({ door }) => door)).toContain('rest');
});

it('refuses a revoked ticket with 401, and says so', async () => {
  const { get, ticketOf, post } = await start();
  const id = '00112233445566778899aabbccddeeff';
  const ticket = await ticketOf({ subject: 'lost', id: Buffer.from(id, 'hex') });
  expect((await get(LS, ticket)).status).toBe(200);
  const line = JSON.stringify({ revoke: { id, reason: 'laptop lost' } });
  expect((await post('/v1/fs/echo', { path: '/queen/ticket/ctl', line })).json).toMatchObject({ status: 'OK' });
  const refused = await get(LS, ticket);
  expect([refused.status, refused.json.code]).toEqual([401, 'revoked']);
  expect(refused.headers.get('www-authenticate')).toContain('Bearer');
});

it('says what is wrong with a ticket, and never the ticket', async () => {
  const { get, ticketOf } = await start();
  const expired = await get(LS, await ticketOf({ expiresMs: 1 }));
  expect([expired.status, expired.json.code]).toEqual([401, 'expired']);
  const { status, json } = await get(LS, 'no-ticket-but-long-enough-to-be-one');
  expect(status).toBe(401);
  expect(JSON.stringify(json)).not.toContain('no-ticket');
});

it('does not lock a caller of this machine out for the bad tickets of another', async () => {
  const { get, ticketOf } = await start();
  for (let count = 0; count < 8; count += 1) {
    const ticket = await ticketOf({ subject: `mallory-${count}` });
    const forged = `${ticket.slice(0, -6)}${ticket.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA'}`;
    expect((await get(LS, forged)).status).toBe(401);
  }
  expect((await get(LS, await ticketOf({ subject: 'other' }))).status).toBe(200);
});

it('answers 429 with Retry-After when a ticket asks more than waits, and serves other tickets at once', async () => {
  const held = Promise.withResolvers<void>();
  const { get, ticketOf } = await start({
    settings: { requestsPerTicket: 2, telemetryQueueMax: 3 },
    wrap: (client) =>
      withOthers(client, {
        list: async (path) => {
          if (path === '/held') await held.promise;
          return client.list('/');
        },
      }),
  });
  const asked = Array.from({ length: 7 }, () => get('/v1/fs/ls?path=/held'));
  const settled: number[] = [];
  for (const each of asked) void each.then(({ status }) => settled.push(status));
  await vi.waitFor(() => expect(settled).toEqual([429, 429]));
  const other = await ticketOf({ subject: 'other' });
  expect((await get(LS, other)).status).toBe(200);
  held.resolve();
  const answers = await Promise.all(asked);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 429, 429]);
  const refused = answers.find(({ status }) => status === 429);
  expect(refused?.headers.get('retry-after')).toBe('1');
  expect(refused?.json).toMatchObject({ code: 'buffer-full', tag: 'quota' });
});

it('turns away who waited too long, and gives up the place of who went away', async () => {
  const held = Promise.withResolvers<void>();
  let listed = 0;
  const { get, gateway, ticket } = await start({
    settings: { requestsPerTicket: 1, queueWaitMs: 200 },
    wrap: (client) =>
      withOthers(client, {
        list: async () => {
          listed += 1;
          await held.promise;
          return client.list('/');
        },
      }),
  });
  const first = get(LS);
  await vi.waitFor(() => expect(listed).toBe(1));
  const gone = await rawConnect(gateway.url);
  gone.send(requestText(`GET ${LS}`, [`Authorization: Bearer ${ticket}`]));
  const late = await get(LS);
  expect([late.status, late.json.code, late.headers.get('retry-after')]).toEqual([429, 'rate-limited', '1']);
  gone.socket.destroy();
  held.resolve();
  expect((await first).status).toBe(200);
  expect(listed).toBe(1);
});

it('asks a stream for no more while its reader does not read', async () => {
  let asked = 0;
  let isStopped = false;
  const line = `${'x'.repeat(65_535)}\n`;
  const endless: Follow = {
    stop: () => {
      isStopped = true;
    },
    ended: new Promise(() => undefined),
    async *[Symbol.asyncIterator]() {
      for (; !isStopped; asked += 1) yield Buffer.from(line);
    },
  };
  const { gateway, ticket, get } = await start({
    wrap: (client) => withOthers(client, { follow: async () => ok(endless) }),
  });
  const deaf = await rawConnect(gateway.url);
  deaf.socket.pause();
  deaf.send(requestText('GET /v1/fs/tail?path=/log/queen.log&follow=1', [`Authorization: Bearer ${ticket}`]));
  let before = -1;
  // It has stopped asking when a round trip of somebody else finds the same count twice, ten times over.
  for (let same = 0; same < 10; ) {
    expect((await get(LS)).status).toBe(200);
    same = asked === before && asked > 0 ? same + 1 : 0;
    before = asked;
  }
  expect(asked * line.length).toBeLessThan(64 << 20);
  deaf.socket.destroy();
  await vi.waitFor(() => expect(isStopped).toBe(true));
});

it('cuts a reader that takes nothing of what waits for it', async () => {
  const big = Buffer.alloc(32 << 20, 'x');
  const { gateway, ticket, get } = await start({
    settings: { stallMs: 300, answerBytesMax: 64 << 20 },
    wrap: (client) => withOthers(client, { read: async () => ok(big) }),
  });
  const deaf = await rawConnect(gateway.url);
  deaf.socket.pause();
  const target = `/v1/fs/cat?path=/log/queen.log&max_bytes=${big.length}`;
  deaf.send(requestText(`GET ${target}`, [`Authorization: Bearer ${ticket}`, 'Accept: application/octet-stream']));
  await vi.waitFor(async () => {
    const { connections } = (await counts(get)) as { connections: { open: number } };
    expect(connections.open).toBeLessThanOrEqual(1);
  }, 10_000);
  deaf.socket.resume();
  await deaf.closed;
});

it('opens so many streams for a ticket, and gives a place back when its reader goes', async () => {
  const { gateway, ticket } = await start({ settings: { streamsPerTicket: 2 } });
  const follow = async () => {
    const connection = await rawConnect(gateway.url);
    connection.send(requestText('GET /v1/fs/tail?path=/log/queen.log&follow=1', [`Authorization: Bearer ${ticket}`]));
    await vi.waitFor(() => expect(connection.left() + connection.socket.destroyed).toMatch(/^HTTP/));
    return { connection, status: Number(connection.left().split(' ')[1]) };
  };
  const [one, two, three] = [await follow(), await follow(), await follow()];
  expect([one.status, two.status, three.status]).toEqual([200, 200, 429]);
  expect(three.connection.left()).toContain('"code":"limit"');
  one.connection.socket.destroy();
  await vi.waitFor(async () => {
    const again = await follow();
    again.connection.socket.destroy();
    expect(again.status).toBe(200);
  });
  for (const { connection } of [two, three]) connection.socket.destroy();
});

async function counts(get: (target: string) => Promise<{ readonly json: unknown }>): Promise<unknown> {
  return (await get('/v1/meta/status')).json;
}
