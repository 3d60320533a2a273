// What a gateway keeps of a connection and of a question from one request to the next, and that it is not taken for more than it is.

import { expect, it } from 'vitest';
import { filesForEach, withOthers } from './files-kit.ts';
import { rawConnect, requestText } from './raw-http.ts';

const start = filesForEach();
const STATE = '/v1/fs/cat?path=/proc/lifecycle/state&max_bytes=100';
const LS = '/v1/fs/ls?path=/';

type Asked = readonly [status: number, said: unknown];

/** Asks over one connection, with any ticket. */
async function oneConnection(url: string): Promise<(target: string, ticket?: string) => Promise<Asked>> {
  const connection = await rawConnect(url);
  return async (target, ticket) => {
    connection.send(requestText(`GET ${target}`, ticket === undefined ? [] : [`Authorization: Bearer ${ticket}`]));
    const { status, body } = await connection.answer();
    const { lines, code } = JSON.parse(body) as { readonly lines?: readonly string[]; readonly code?: string };
    return [status, code ?? lines];
  };
}

it('takes each request of a connection for what its own ticket says, whoever asked before', async () => {
  const { gateway, ticket, ticketOf } = await start();
  const narrow = await ticketOf({ subject: 'narrow', scopes: [{ path: '/log', verbs: 'read', ratePerS: 0 }] });
  const ask = await oneConnection(gateway.url);
  expect(await ask(STATE, ticket)).toEqual([200, ['state=ONLINE']]);
  expect(await ask(STATE, narrow)).toEqual([200, 'invalid-path']);
  expect(await ask(STATE)).toEqual([401, 'unauthenticated']);
  expect(await ask(STATE, ticket)).toEqual([200, ['state=ONLINE']]);
});

it('refuses the next request of a connection once its ticket is revoked', async () => {
  const { gateway, ticketOf, post } = await start();
  const id = '00112233445566778899aabbccddeeff';
  const lost = await ticketOf({ subject: 'lost', id: Buffer.from(id, 'hex') });
  const ask = await oneConnection(gateway.url);
  for (let count = 0; count < 2; count += 1) expect(await ask(STATE, lost)).toEqual([200, ['state=ONLINE']]);
  const line = JSON.stringify({ revoke: { id, reason: 'laptop lost' } });
  expect((await post('/v1/fs/echo', { path: '/queen/ticket/ctl', line })).json).toMatchObject({ status: 'OK' });
  expect(await ask(STATE, lost)).toEqual([401, 'revoked']);
});

it('charges each of the same reads, and answers what the file says by then', async () => {
  const { gateway, ticket, ticketOf, post } = await start();
  const few = await ticketOf({ subject: 'few', quotas: { operationsBurst: 2 } });
  const ask = await oneConnection(gateway.url);
  for (let count = 0; count < 2; count += 1) expect(await ask(STATE, few)).toEqual([200, ['state=ONLINE']]);
  expect(await ask(STATE, few)).toEqual([200, 'exhausted']);
  expect(await ask(STATE, ticket)).toEqual([200, ['state=ONLINE']]);
  await post('/v1/fs/echo', { path: '/queen/lifecycle/ctl', line: 'cordon' });
  expect(await ask(STATE, ticket)).toEqual([200, ['state=DRAINING']]);
  await post('/v1/fs/echo', { path: '/queen/lifecycle/ctl', line: 'resume' });
  expect(await ask(STATE, ticket)).toEqual([200, ['state=ONLINE']]);
});

it('gives the same query to each route as that route reads it', async () => {
  const { get } = await start();
  const query = '?path=/proc/lifecycle/state&max_bytes=100';
  const said = async (target: string) => (await get(`${target}${query}`)).json.verb;
  for (let count = 0; count < 2; count += 1)
    expect([await said('/v1/fs/cat'), await said('/v1/fs/tail')]).toEqual(['CAT', 'TAIL']);
  const bad = '/v1/fs/cat?path=/proc/lifecycle/state&max_bytes=0';
  for (let count = 0; count < 2; count += 1) expect((await get(bad)).status).toBe(400);
});

it('answers a request that could have a body and has none', async () => {
  const { gateway, ticket } = await start();
  const connection = await rawConnect(gateway.url);
  const signed = [`Authorization: Bearer ${ticket}`, 'Content-Type: application/json'];
  for (const length of [[], ['Content-Length: 0']]) {
    connection.send(requestText('POST /v1/fs/echo', [...signed, ...length]));
    const answer = await connection.answer();
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([400, 'invalid-payload']);
  }
  connection.send(requestText(`GET ${LS}`, signed));
  expect((await connection.answer()).status).toBe(200);
  connection.socket.destroy();
});

it('reads nothing more of a connection while requests of it wait', async () => {
  const held = Promise.withResolvers<void>();
  const { gateway, ticket } = await start({
    wrap: (client) =>
      withOthers(client, {
        list: async (path) => {
          if (path === '/proc') await held.promise;
          return client.list(path);
        },
      }),
  });
  const signed = [`Authorization: Bearer ${ticket}`];
  const connection = await rawConnect(gateway.url);
  const [waiting, behind] = [30, 50];
  const ask = await oneConnection(gateway.url);
  connection.send(requestText('GET /v1/fs/ls?path=/proc', signed) + requestText(`GET ${LS}`, signed).repeat(waiting));
  expect((await ask(LS, ticket))[0]).toBe(200);
  // If these were read now, more would wait than may.
  connection.send(requestText(`GET ${LS}`, signed).repeat(behind));
  for (let count = 0; count < 3; count += 1) expect((await ask(LS, ticket))[0]).toBe(200);
  held.resolve();
  for (let count = 0; count < 1 + waiting + behind; count += 1) expect((await connection.answer()).status).toBe(200);
  connection.socket.destroy();
});
