// Who may ask at all: names, origins and headers, before any work is done (fault list F6: rebinding, forged Origin, CSRF).

import { expect, it } from 'vitest';
import { filesForEach } from './files-kit.ts';
import { rawAsk, requestText } from './raw-http.ts';

const start = filesForEach();
const LS = '/v1/fs/ls?path=/';
const STATE = '/v1/fs/cat?path=/proc/lifecycle/state&max_bytes=100';

it('answers to the names of loopback, with any port, and to names that are listed', async () => {
  const { gateway, ticket } = await start({ more: { hosts: ['hive.example'] } });
  const signed = `Authorization: Bearer ${ticket}`;
  for (const host of ['localhost', 'LOCALHOST:8080', '127.0.0.1:1', '127.8.8.8', '[::1]:5641', 'hive.example:443']) {
    const answer = await rawAsk(gateway.url, requestText(`GET ${LS}`, [`Host: ${host}`, signed]));
    expect([host, answer.status]).toEqual([host, 200]);
  }
});

it('turns a rebound name away, although the ticket is good', async () => {
  const { gateway, ticket, hive } = await start();
  const before = hive.door.sessions.size;
  for (const host of ['evil.example', 'localhost.evil.example', '10.0.0.8', '[::2]', 'localhost@evil', '', 'a b']) {
    const answer = await rawAsk(
      gateway.url,
      requestText(`GET ${LS}`, [`Host: ${host}`, `x-cohesix-ticket: ${ticket}`]),
    );
    expect([host, answer.status]).toEqual([host, 421]);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'denied', status: 421 });
  }
  const without = await rawAsk(gateway.url, `GET ${LS} HTTP/1.1\r\nx-cohesix-ticket: ${ticket}\r\n\r\n`);
  expect(without.status).toBe(421);
  expect(hive.door.sessions.size).toBe(before);
});

it('turns pages of other sites away before the ticket is looked at, writes included', async () => {
  const { gateway, ask, ticket, get } = await start();
  const write = { body: { path: '/queen/lifecycle/ctl', line: 'cordon' } };
  const forged = ['http://evil.example', 'null', 'http://127.0.0.1:1', gateway.url.replace('http', 'https')];
  for (const origin of forged) {
    const answered = await ask('POST', '/v1/fs/echo', { ...write, headers: { origin } });
    expect([origin, answered.status, answered.json.code]).toEqual([origin, 403, 'denied']);
    expect(answered.headers.get('access-control-allow-origin')).toBeNull();
  }
  const quiet = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors', `Authorization: Bearer ${ticket}`];
  expect((await rawAsk(gateway.url, requestText(`GET ${LS}`, quiet))).status).toBe(403);
  expect((await get(STATE)).json.lines).toContain('state=ONLINE');
});

it('answers its own pages, a link from elsewhere, and listed origins, whose pages may read the answer', async () => {
  const { gateway, ask, ticket } = await start({ more: { origins: ['https://panel.example'] } });
  expect((await ask('GET', LS, { headers: { origin: gateway.url } })).status).toBe(200);
  const link = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', `Authorization: Bearer ${ticket}`];
  expect((await rawAsk(gateway.url, requestText(`GET ${LS}`, link))).status).toBe(200);
  const listed = await ask('GET', LS, { headers: { origin: 'https://panel.example' } });
  expect(listed.status).toBe(200);
  expect(listed.headers.get('access-control-allow-origin')).toBe('https://panel.example');
  expect(listed.headers.get('vary')).toBe('Origin');
});

it('grants a preflight to listed origins only', async () => {
  const { gateway } = await start({ more: { origins: ['https://panel.example'] } });
  const asks = 'Access-Control-Request-Method: POST';
  const listed = await rawAsk(
    gateway.url,
    requestText('OPTIONS /v1/fs/echo', ['Origin: https://panel.example', asks, 'Connection: close']),
  );
  expect(listed.status).toBe(204);
  expect(listed.headers['access-control-allow-headers']).toContain('authorization');
  expect(listed.headers['access-control-allow-methods']).toContain('POST');
  const foreign = await rawAsk(gateway.url, requestText('OPTIONS /v1/fs/echo', ['Origin: https://evil.example', asks]));
  expect(foreign.status).toBe(403);
  expect(foreign.headers['access-control-allow-methods']).toBeUndefined();
});

it('refuses a header twice that two readers could take differently, and too many headers', async () => {
  const { gateway, ticket, get } = await start({ settings: { headersMax: 16 } });
  const signed = `Authorization: Bearer ${ticket}`;
  for (const twice of [
    ['Host: localhost', 'host: evil.example', signed],
    [signed, 'authorization: Bearer other'],
    [`x-cohesix-ticket: ${ticket}`, 'X-Cohesix-Ticket: other'],
    [signed, 'Origin: http://localhost', 'Origin: http://evil.example'],
  ]) {
    const answer = await rawAsk(gateway.url, requestText(`GET ${LS}`, twice));
    expect([twice, answer.status, JSON.parse(answer.body).code]).toEqual([twice, 400, 'invalid-frame']);
  }
  const many = (count: number) => [signed, ...Array.from({ length: count }, (_, index) => `X-${index}: 1`)];
  expect((await rawAsk(gateway.url, requestText(`GET ${LS}`, many(14)))).status).toBe(200);
  expect((await rawAsk(gateway.url, requestText(`GET ${LS}`, many(15)))).status).toBe(431);
  expect((await get(LS)).status).toBe(200);
});

it('says on every answer that it is not to be run, framed, guessed or kept', async () => {
  const { gateway, ticket } = await start();
  const signed = `Authorization: Bearer ${ticket}`;
  for (const [line, headers] of [
    [`GET ${LS}`, [signed]],
    [`GET ${LS}`, []],
    ['GET /nothing', [signed]],
    [`GET ${LS}`, ['Host: evil.example']],
  ] as const) {
    const { headers: answered } = await rawAsk(gateway.url, requestText(line, headers));
    expect(answered).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    });
  }
});

it('lets no page be framed', async () => {
  const { gateway } = await start();
  const { headers } = await rawAsk(gateway.url, requestText('GET /docs'));
  expect(headers['content-type']).toContain('text/html');
  expect(headers['x-frame-options']).toBe('DENY');
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
});

it('takes the ticket of Authorization first, else that of x-cohesix-ticket, and never shows it', async () => {
  const { gateway, ticket } = await start();
  const ask = (...headers: string[]) => rawAsk(gateway.url, requestText(`GET ${LS}`, headers));
  expect((await ask(`x-cohesix-ticket: ${ticket}`)).status).toBe(200);
  expect((await ask(`authorization: bEaReR ${ticket}`, 'x-cohesix-ticket: other')).status).toBe(200);
  const wrong = await ask('Authorization: Bearer not-a-ticket-at-all', `x-cohesix-ticket: ${ticket}`);
  expect(wrong.status).toBe(401);
  expect(wrong.headers['www-authenticate']).toBe('Bearer realm="cohesix"');
  expect(wrong.body).not.toContain('not-a-ticket-at-all');
  const basic = await ask('Authorization: Basic cXVlZW46cXVlZW4=', `x-cohesix-ticket: ${ticket}`);
  expect([basic.status, JSON.parse(basic.body).code]).toEqual([401, 'unauthenticated']);
});
