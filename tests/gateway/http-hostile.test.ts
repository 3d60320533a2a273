// What a socket may do to the server (fault list F6), with an honest client served meanwhile.

import { expect, it, vi } from 'vitest';
import { type Files, type FilesOptions, filesForEach } from './files-kit.ts';
import { type RawConnection, rawAsk, rawConnect, requestText } from './raw-http.ts';

const begin = filesForEach();
const LS = '/v1/fs/ls?path=/';
const STATE = '/v1/fs/cat?path=/proc/lifecycle/state&max_bytes=100';

/** A gateway, and an honest request that must be answered whatever others do. */
async function start(options: FilesOptions = {}): Promise<Files & { readonly honest: () => Promise<void> }> {
  const files = await begin(options);
  const honest = async (): Promise<void> => expect((await files.get(LS)).status).toBe(200);
  await honest();
  return { ...files, honest };
}

function codeOf(body: string): string {
  return (JSON.parse(body) as { readonly code: string }).code;
}

it('ends a head that trickles in (slow-loris), and one that never begins', async () => {
  const { gateway, honest } = await start({ settings: { headersTimeoutMs: 200, bodyTimeoutMs: 400 } });
  const [slow, silent] = [await rawConnect(gateway.url), await rawConnect(gateway.url)];
  slow.send(`GET ${LS} HTTP/1.1\r\nHost: localhost\r\nX-Padding: `);
  const drip = setInterval(() => slow.send('x'), 20);
  await honest();
  const answer = await slow.answer();
  clearInterval(drip);
  expect([answer.status, codeOf(answer.body)]).toEqual([408, 'timeout']);
  await Promise.all([slow.closed, silent.closed]);
  await honest();
});

it('ends a body that trickles in', async () => {
  const { gateway, ticket, honest } = await start({ settings: { headersTimeoutMs: 200, bodyTimeoutMs: 400 } });
  const slow = await rawConnect(gateway.url);
  const headers = [`Authorization: Bearer ${ticket}`, 'Content-Type: application/json', 'Content-Length: 4000'];
  slow.send(requestText('POST /v1/fs/echo', headers, '{"path":"'));
  const drip = setInterval(() => slow.send('x'), 20);
  await honest();
  const answer = await slow.answer();
  clearInterval(drip);
  expect([answer.status, codeOf(answer.body)]).toEqual([408, 'timeout']);
  await slow.closed;
  await honest();
});

it('reads a request that comes byte by byte', async () => {
  const { gateway, ticket } = await start();
  const connection = await rawConnect(gateway.url);
  connection.socket.setNoDelay(true);
  for (const byte of requestText(`GET ${LS}`, [`Authorization: Bearer ${ticket}`])) {
    connection.send(byte);
    await new Promise(setImmediate);
  }
  expect((await connection.answer()).status).toBe(200);
  connection.socket.destroy();
});

/** Heads and bodies that two readers could take differently, or that are no HTTP. */
const MALFORMED: readonly (readonly [string, string, number])[] = [
  [
    'a length and chunks',
    'POST /v1/fs/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  [
    'two lengths',
    'POST /v1/fs/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!',
    400,
  ],
  ['a signed length', 'POST /v1/fs/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: +5\r\n\r\nhello', 400],
  [
    'chunks that are not last',
    'POST /v1/fs/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
    400,
  ],
  [
    'a bad chunk size',
    'POST /v1/fs/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n',
    400,
  ],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost : localhost\r\n\r\n', 400],
  ['a folded header', 'GET / HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\n 2\r\n\r\n', 400],
  ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: localhost\r\nX-A: 1\x002\r\n\r\n', 400],
  ['a bare line feed', 'GET / HTTP/1.1\nHost: localhost\n\n', 400],
  ['HTTP/0.9', 'GET /\r\n\r\n', 505],
  ['HTTP/3.0', 'GET / HTTP/3.0\r\nHost: localhost\r\n\r\n', 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['TLS on a plain port', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['a method nobody knows', 'STEAL / HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
  ['an absolute URI', `GET http://localhost${LS} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 400],
  ['an absolute URI of elsewhere', 'GET http://169.254.169.254/ HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
  ['a tunnel', 'CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n\r\n', 405],
];

it('refuses what is no HTTP, or could be read in two ways', async () => {
  const { gateway, ticket, honest } = await start();
  for (const [what, text, status] of MALFORMED) {
    const signed = text.replace('\r\nHost: localhost', `\r\nHost: localhost\r\nAuthorization: Bearer ${ticket}`);
    for (const sent of [text, signed]) {
      const answer = await rawAsk(gateway.url, sent);
      expect([what, answer.status, answer.headers['content-type']]).toEqual([what, status, 'application/problem+json']);
    }
    await honest();
  }
});

it('does not read a second request out of the body of the first (smuggling)', async () => {
  const { gateway, ticket, get } = await start();
  const line = '{"path":"/queen/lifecycle/ctl","line":"cordon"}';
  const signed = [`Authorization: Bearer ${ticket}`, 'Content-Type: application/json'];
  const smuggled = requestText('POST /v1/fs/echo', [...signed, `Content-Length: ${line.length}`], line);
  const connection = await rawConnect(gateway.url);
  connection.send(
    requestText(
      'POST /v1/fs/echo',
      [...signed, 'Content-Length: 4', 'Transfer-Encoding: chunked'],
      `0\r\n\r\n${smuggled}`,
    ),
  );
  expect((await connection.answer()).status).toBe(400);
  await connection.closed;
  expect(connection.left()).toBe('');
  expect((await get(STATE)).json.lines).toContain('state=ONLINE');
});

/** Paths that a second decoder, or a file system, could read differently. */
const TARGETS = [
  '/v1/../v1/fs/ls?path=/',
  '/v1/fs/../../etc/passwd',
  '/v1/fs/%2e%2e/ls?path=/',
  '/v1/fs/.%2E/ls?path=/',
  '/v1/fs/%252e%252e/ls?path=/',
  '/v1%2ffs/ls?path=/',
  '/v1/fs//ls?path=/',
  '/v1/fs/ls%00?path=/',
  '/v1/fs/ls%0d%0aX-A:1?path=/',
  '/v1\\fs\\ls?path=/',
  '/v1/fs/ls%c0%ae?path=/',
  '/v1/fs/ls%zz?path=/',
  '/v1/fs/ls#?path=/',
  '*',
];

it('refuses targets that another reader could take for another path', async () => {
  const { gateway, ticket } = await start();
  for (const target of TARGETS) {
    const answer = await rawAsk(gateway.url, requestText(`GET ${target}`, [`Authorization: Bearer ${ticket}`]));
    expect([target, answer.status, codeOf(answer.body)]).toEqual([target, 400, 'invalid-frame']);
  }
});

it('decodes a path once', async () => {
  const { gateway, ticket } = await start();
  const answer = await rawAsk(
    gateway.url,
    requestText('GET /v1/fs/%6cs?path=%2F', [`Authorization: Bearer ${ticket}`]),
  );
  expect(answer.status).toBe(200);
});

it('takes headers up to the bound, and not one byte more', async () => {
  const { gateway, ticket, honest } = await start({ settings: { headerBytesMax: 4096 } });
  const padded = (bytes: number) =>
    requestText(`GET ${LS}`, [`Authorization: Bearer ${ticket}`, `X-Padding: ${'x'.repeat(bytes)}`]);
  expect((await rawAsk(gateway.url, padded(2048))).status).toBe(200);
  const over = await rawAsk(gateway.url, padded(4096));
  expect([over.status, codeOf(over.body)]).toEqual([431, 'too-big']);
  await honest();
});

it('does not let a header change the method', async () => {
  const { gateway, ticket, get } = await start();
  const override = ['X-HTTP-Method-Override: POST', 'X-Method-Override: POST', 'X-HTTP-Method: POST'];
  const answer = await rawAsk(
    gateway.url,
    requestText('GET /v1/fs/echo?_method=POST&path=/queen/lifecycle/ctl&line=cordon', [
      `Authorization: Bearer ${ticket}`,
      ...override,
    ]),
  );
  expect([answer.status, answer.headers.allow]).toEqual([405, 'OPTIONS, POST']);
  expect((await get(STATE)).json.lines).toContain('state=ONLINE');
});

it('answers HEAD as GET without the body, and goes on in step', async () => {
  const { gateway, ticket } = await start();
  const connection = await rawConnect(gateway.url);
  const signed = [`Authorization: Bearer ${ticket}`];
  connection.send(requestText(`HEAD ${LS}`, signed));
  await vi.waitFor(() => expect(connection.left()).toContain('\r\n\r\n'));
  expect(connection.left()).toMatch(/^HTTP\/1\.1 200 .*content-length: [1-9]/s);
  expect(connection.left().endsWith('\r\n\r\n')).toBe(true);
  connection.socket.destroy();
});

it('refuses a compressed body instead of finding out how large it is', async () => {
  const { ask } = await start();
  const answered = await ask('POST', '/v1/fs/echo', { body: 'x', headers: { 'content-encoding': 'gzip' } });
  expect(answered.status).toBeGreaterThanOrEqual(400);
  expect(answered.json.code).toBe('unsupported');
});

it('refuses a body over the bound before it has come, and in chunks when it is reached', async () => {
  const { gateway, ticket, honest } = await start({ settings: { bodyBytesMax: 1024 } });
  const signed = [`Authorization: Bearer ${ticket}`, 'Content-Type: application/json'];
  const declared = await rawAsk(gateway.url, requestText('POST /v1/fs/echo', [...signed, 'Content-Length: 1025']));
  expect([declared.status, codeOf(declared.body)]).toEqual([413, 'too-big']);
  const chunk = `400\r\n${'x'.repeat(1024)}\r\n`;
  const chunked = await rawAsk(
    gateway.url,
    requestText('POST /v1/fs/echo', [...signed, 'Transfer-Encoding: chunked'], `${chunk}${chunk}`),
  );
  expect([chunked.status, codeOf(chunked.body)]).toEqual([413, 'too-big']);
  expect(chunked.headers.connection).toBe('close');
  await honest();
});

it('says that a body is wanted only to who may send it', async () => {
  const { gateway, ticket } = await start();
  const expecting = ['Content-Type: application/json', 'Content-Length: 47', 'Expect: 100-continue'];
  const foreign = await rawAsk(gateway.url, requestText('POST /v1/fs/echo', expecting));
  expect(foreign.status).toBe(401);
  const connection = await rawConnect(gateway.url);
  connection.send(requestText('POST /v1/fs/echo', [`Authorization: Bearer ${ticket}`, ...expecting]));
  expect((await connection.answer()).status).toBe(100);
  connection.socket.destroy();
});

it('answers requests that come without waiting in their order, and cuts a flood of them', async () => {
  const { gateway, ticket, honest } = await start();
  const signed = [`Authorization: Bearer ${ticket}`];
  const paths = ['/', '/proc', '/queen', '/log', '/'];
  const connection = await rawConnect(gateway.url);
  connection.send(paths.map((path) => requestText(`GET /v1/fs/ls?path=${path}`, signed)).join(''));
  const answered: string[] = [];
  for (const _ of paths) answered.push((JSON.parse((await connection.answer()).body) as { path: string }).path);
  expect(answered).toEqual(paths);
  connection.send(requestText(`GET ${LS}`, signed).repeat(200));
  await connection.closed;
  await honest();
});

it('does not wait for a side that has ended, and serves on', async () => {
  const { gateway, ticket, honest } = await start();
  const half = await rawConnect(gateway.url);
  half.send(requestText('POST /v1/fs/echo', [`Authorization: Bearer ${ticket}`, 'Content-Length: 4000'], '{"path"'));
  half.socket.end();
  await half.closed;
  const reset = await rawConnect(gateway.url);
  reset.send(`GET ${LS} HTTP/1.1\r\nHost: loc`);
  reset.socket.resetAndDestroy();
  await honest();
});

it('takes so many connections and no more, and takes new ones when others end', async () => {
  const { gateway, ticket } = await start({ settings: { connectionsMax: 4 } });
  const held: RawConnection[] = [];
  const signed = requestText(`GET ${LS}`, [`Authorization: Bearer ${ticket}`]);
  // What the honest client of `start` keeps open counts too; it ends by itself.
  await vi.waitFor(async () => {
    for (const each of held.splice(0)) each.socket.destroy();
    for (let count = 0; count < 4; count += 1) {
      const connection = await rawConnect(gateway.url);
      held.push(connection);
      connection.send(signed);
      expect((await connection.answer()).status).toBe(200);
    }
  }, 20_000);
  const over = await rawConnect(gateway.url);
  await over.closed;
  held[0]?.socket.destroy();
  await vi.waitFor(async () => expect((await rawAsk(gateway.url, signed)).status).toBe(200), 5000);
  for (const each of held) each.socket.destroy();
});

it('holds the refusals of a flood without a ticket, and serves whoever has one', async () => {
  const settings = { refusalsPerSecond: 4, refusalHoldMs: 60_000, refusalsHeldMax: 8 };
  const { gateway, honest } = await start({ settings });
  const flood = await Promise.all(Array.from({ length: 32 }, () => rawConnect(gateway.url)));
  const outcomes = flood.map(async (each) => {
    each.send(requestText(`GET ${LS}`));
    return await Promise.race([each.answer().then(({ status }) => status), each.closed.then(() => 'cut')]).catch(
      () => 'cut',
    );
  });
  const settled: (string | number)[] = [];
  for (const each of outcomes) void each.then((outcome) => settled.push(outcome));
  await vi.waitFor(() => expect(settled.length).toBeGreaterThanOrEqual(24));
  expect(settled.filter((each) => each === 401)).toHaveLength(4);
  expect(settled.filter((each) => each === 'cut')).toHaveLength(20);
  await honest();
  for (const each of flood) each.socket.destroy();
});

it('gives another protocol only to our own pages, and only where there is one', async () => {
  const { gateway, ticket } = await start();
  const signed = `Authorization: Bearer ${ticket}`;
  const socket = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'];
  const key = ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Protocol: 9p2000.L'];
  const ask = (line: string, ...more: string[]) => rawAsk(gateway.url, requestText(line, [signed, ...more]));
  expect((await ask('GET /v1/9p', ...socket, ...key)).status).toBe(101);
  expect((await ask('GET /v1/9p', ...socket, ...key, 'Origin: https://evil.example')).status).toBe(403);
  expect((await ask('GET /v1/9p', 'Host: evil.example', ...socket, ...key)).status).toBe(421);
  expect((await ask(`GET ${LS}`, ...socket, ...key)).status).toBe(200);
  expect((await ask(`GET ${LS}`, 'Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings')).status).toBe(200);
});

it('sends an answer whole, whatever ranges are asked for', async () => {
  const { gateway, ticket } = await start();
  const ranges = `Range: bytes=${'0-,'.repeat(500)}0-`;
  const answer = await rawAsk(gateway.url, requestText(`GET ${LS}`, [`Authorization: Bearer ${ticket}`, ranges]));
  expect([answer.status, answer.headers['content-range']]).toEqual([200, undefined]);
});

it('closes with an answer for what is under way', async () => {
  const { gateway, hive, ticketOf } = await start();
  const idle = await rawConnect(gateway.url);
  const busy = await rawConnect(gateway.url);
  const body = '{"reads":[]}';
  const ticket = await ticketOf({ subject: 'slow' });
  const sessions = hive.door.sessions.size;
  busy.send(requestText('POST /v1/fs/batch', [`Authorization: Bearer ${ticket}`, `Content-Length: ${body.length}`]));
  await vi.waitFor(() => expect(hive.door.sessions.size).toBe(sessions + 1));
  const closing = gateway.close();
  busy.send(body);
  expect((await busy.answer()).headers.connection).toBe('close');
  await Promise.all([closing, idle.closed, busy.closed]);
});
