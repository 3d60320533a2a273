// Signing in with a code over HTTP: the ticket comes out once, strangers learn nothing, and the log says who signed in.

import { makeSignInCode, realTimers, redeemSignInCode, signInCodeOf, signInLink } from '@cohesix/client';
import { expect, it, vi } from 'vitest';
import { type Files, filesForEach } from './files-kit.ts';
import { given } from './stand.ts';

const start = filesForEach();
const CODE = '/v1/signin/code';
const REDEEM = '/v1/signin/redeem';

/** Redeems without a ticket. */
function redeem({ ask }: Files, body: unknown): ReturnType<Files['ask']> {
  return ask('POST', REDEEM, { body, headers: { authorization: '' } });
}

async function codeOf({ post }: Files): Promise<string> {
  const { status, json } = await post(CODE, {});
  expect([status, json.status, json.expires_in_ms]).toEqual([200, 'OK', 600_000]);
  return String(json.code);
}

async function logOf({ get }: Files): Promise<string> {
  return Buffer.from((await get('/v1/fs/tail?path=/log/queen.log&max_bytes=65536')).bytes).toString();
}

it('gives the ticket of the caller for the code, once', async () => {
  const files = await start();
  const code = await codeOf(files);
  const first = await redeem(files, { code });
  expect([first.status, first.json]).toEqual([
    200,
    { status: 'OK', ticket: files.ticket, role: 'queen', subject: 'tester' },
  ]);
  expect(first.headers.get('cache-control')).toBe('no-store');
  const second = await redeem(files, { code });
  expect([second.status, second.json.code]).toEqual([403, 'denied']);
});

it('needs a ticket for a code, and a code for a ticket', async () => {
  const files = await start();
  const without = await fetch(`${files.gateway.url}${CODE}`, { method: 'POST' });
  expect(without.status).toBe(401);
  const bad = await files.ask('POST', CODE, { ticket: 'coh2.bad' });
  expect([bad.status, bad.json.code]).toEqual([401, 'invalid-claims']);
  const code = await codeOf(files);
  for (const body of ['', '[]', '{"code":1}', '{}', `{"code":"${code}","more":1}`, '{"code":"a","code":"b"}']) {
    const { status, json } = await redeem(files, body);
    expect([body, status >= 400, json.ticket]).toEqual([body, true, undefined]);
  }
  expect((await redeem(files, `{"code":"${'x'.repeat(1000)}"}`)).status).toBe(413);
  expect((await redeem(files, { code })).status).toBe(200);
});

it('refuses all bad codes alike, also the code of a ticket that was revoked meanwhile', async () => {
  const files = await start();
  const used = await codeOf(files);
  await redeem(files, { code: used });
  const id = Buffer.alloc(16, 7);
  const leaver = await files.ticketOf({ id, subject: 'leaver' });
  const { json } = await files.post(CODE, {}, { ticket: leaver });
  const line = JSON.stringify({ revoke: { id: id.toString('hex') } });
  expect((await files.post('/v1/fs/echo', { path: '/queen/ticket/ctl', line })).json.status).toBe('OK');
  const wrong = [json.code, used, 'A'.repeat(22), '', 'short'];
  const answers = await Promise.all(wrong.map(async (code) => redeem(files, { code })));
  const bodies = answers.map(({ status, bytes }) => `${status} ${Buffer.from(bytes)}`);
  expect(new Set(bodies).size).toBe(1);
  expect(bodies[0]).toMatch(/^403 .*coh ui/);
});

it('gives one of many who ask at once the ticket', async () => {
  const files = await start();
  const code = await codeOf(files);
  const statuses = await Promise.all(Array.from({ length: 16 }, async () => (await redeem(files, { code })).status));
  expect(statuses.toSorted()).toEqual([200, ...Array(15).fill(403)]);
});

it('makes a flood of guesses wait, and lets the code in all the same', async () => {
  const files = await start({ settings: { refusalsPerSecond: 4, refusalsHeldMax: 0 } });
  const code = await codeOf(files);
  const guesses = Array.from({ length: 24 }, (_, index) =>
    redeem(files, { code: String(index).padStart(22, 'A') }).then(
      ({ status }) => status,
      () => 'cut',
    ),
  );
  const answers = await Promise.all(guesses);
  expect(answers.filter((answer) => answer !== 'cut' && answer !== 403)).toEqual([]);
  expect(answers).toContain('cut');
  expect((await redeem(files, { code })).status).toBe(200);
});

it('tells the log who signed in with which ticket, and never the code or the ticket', async () => {
  const files = await start();
  const code = await codeOf(files);
  await redeem(files, { code: 'B'.repeat(22) });
  await redeem(files, { code });
  const isTold = async (): Promise<void> => {
    expect(await logOf(files)).toMatch(
      /audit session\.attach sid=\d+ role=queen subject=tester ticket=[0-9a-f]{16} door=sign-in/,
    );
  };
  await vi.waitFor(isTold);
  const log = await logOf(files);
  expect(log.match(/door=sign-in/g)).toHaveLength(1);
  for (const secret of [code, files.ticket, 'B'.repeat(22)]) expect(log).not.toContain(secret);
});

it('turns away pages of other sites', async () => {
  const files = await start();
  const code = await codeOf(files);
  const { status } = await files.ask('POST', REDEEM, { body: { code }, headers: { origin: 'http://evil.example' } });
  expect(status).toBe(403);
  expect((await redeem(files, { code })).status).toBe(200);
});

it('works through the client: a code, a link, the ticket', async () => {
  const { gateway, ticket } = await start();
  const options = { url: gateway.url, timers: realTimers };
  const { code, expiresInMs } = given(await makeSignInCode(ticket, options));
  expect(expiresInMs).toBe(600_000);
  const link = new URL(signInLink(gateway.url, code));
  expect([link.origin, link.pathname, signInCodeOf(link.hash)]).toEqual([gateway.url, '/', code]);
  expect([signInCodeOf('#/files/proc'), signInCodeOf('')]).toEqual([undefined, undefined]);
  expect(signInLink('http://0.0.0.0:1/', 'c')).toBe('http://127.0.0.1:1/#/sign-in/c');
  expect(signInLink('https://[::]:1', 'c')).toBe('https://[::1]:1/#/sign-in/c');
  expect(given(await redeemSignInCode(code, options))).toEqual({ ticket, role: 'queen', subject: 'tester' });
  expect(await redeemSignInCode(code, options)).toMatchObject({ refusal: { code: 'denied' } });
  expect(await makeSignInCode('coh2.bad', options)).toMatchObject({ refusal: { code: 'invalid-claims' } });
  const closed = new URL(gateway.signInLink(ticket));
  expect(given(await redeemSignInCode(signInCodeOf(closed.hash) ?? '', options)).ticket).toBe(ticket);
  await gateway.close();
  expect(await redeemSignInCode(code, options)).toMatchObject({ refusal: { code: 'unreachable' } });
});
