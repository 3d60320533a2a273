// /v1/fs/content: stored files of any size over HTTP, in pieces, with the refusals that a transfer can end in.

import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { type Files, filesForEach, withOthers } from './files-kit.ts';

const start = filesForEach();
const DEVICE = '/queen/telemetry/cam-1';
const SEGMENT = `${DEVICE}/seg/seg-000001`;
const AT = `/v1/fs/content?path=${SEGMENT}`;

async function begin(files: Files): Promise<void> {
  const line = '{"new":"segment","mime":"text/plain"}';
  expect((await files.post('/v1/fs/echo', { path: `${DEVICE}/ctl`, line })).json.status).toBe('OK');
}

/** Text of lines, longer than one message to the hive. */
function longText(bytes: number): Buffer {
  const lines = randomBytes(Math.ceil(bytes / 2))
    .toString('hex')
    .slice(0, bytes);
  return Buffer.from(lines.replace(/(.{99})./g, '$1\n'));
}

function put({ ask }: Files, target: string, body: Uint8Array) {
  return ask('PUT', target, { body, headers: { 'content-type': 'application/octet-stream' } });
}

it('sends and fetches more than one message has', async () => {
  const files = await start();
  await begin(files);
  const content = longText(100_000);
  const sent = await put(files, AT, content);
  expect(sent).toMatchObject({
    status: 200,
    json: { status: 'OK', verb: 'PUSH', path: SEGMENT, bytes: content.length },
  });
  const whole = await files.get(AT);
  expect(whole.type).toBe('application/octet-stream');
  const stat = await files.get(`/v1/fs/stat?path=${SEGMENT}`);
  expect(stat.json.stat).toMatchObject({ size: String(whole.bytes.length) });
  expect(Buffer.from(whole.bytes).subarray(0, content.length).equals(content)).toBe(true);
  const part = await files.get(`${AT}&from=99000`);
  expect(Buffer.from(part.bytes).equals(Buffer.from(whole.bytes).subarray(99_000))).toBe(true);
});

it('goes on where the content ends, and refuses to leave a hole', async () => {
  const files = await start();
  await begin(files);
  await put(files, AT, Buffer.from('one\n'));
  expect((await put(files, `${AT}&from=4`, Buffer.from('two\n'))).json).toMatchObject({ status: 'OK', bytes: 4 });
  expect((await put(files, `${AT}&from=99`, Buffer.from('three\n'))).json.status).toBe('ERR');
  expect(Buffer.from((await files.get(AT)).bytes).toString()).toBe('one\ntwo\n');
});

it('tells a refusal as an answer, before the first byte', async () => {
  const files = await start();
  const reader = await files.ticketOf({ subject: 'reader', scopes: [{ path: '/', verbs: 'read', ratePerS: 0 }] });
  await begin(files);
  const headers = { 'content-type': 'application/octet-stream' };
  const denied = await files.ask('PUT', AT, { ticket: reader, body: 'x\n', headers });
  expect(denied).toMatchObject({ status: 200, json: { status: 'ERR', verb: 'PUSH', code: 'denied' } });
  expect(await files.get('/v1/fs/content?path=/log/queen.log')).toMatchObject({
    status: 200,
    json: { status: 'ERR', verb: 'PULL', code: 'unsupported' },
  });
  expect(await files.get('/v1/fs/content?path=/a/../b')).toMatchObject({ status: 400, json: { code: 'invalid-path' } });
});

it('keeps what came of an upload that broke off, and takes the rest', async () => {
  const files = await start();
  await begin(files);
  await new Promise<void>((resolve) => {
    const headers = { authorization: `Bearer ${files.ticket}`, 'content-length': '100000' };
    const upload = request(`${files.gateway.url}${AT}`, { method: 'PUT', headers });
    upload.on('error', () => resolve());
    upload.write(`${'a'.repeat(9_999)}\n`, () => setImmediate(() => upload.destroy()));
  });
  const size = async () =>
    Number(((await files.get(`/v1/fs/stat?path=${SEGMENT}`)).json.stat as { size: string }).size);
  const from = await size();
  expect(from).toBeLessThanOrEqual(10_000);
  const rest = Buffer.from('the rest\n');
  expect((await put(files, `${AT}&from=${from}`, rest)).json).toMatchObject({ status: 'OK' });
  expect(await size()).toBe(from + rest.length);
});

it('takes nothing that is compressed on its way: what is sent is what is kept', async () => {
  const files = await start();
  await begin(files);
  const headers = { 'content-type': 'application/octet-stream', 'content-encoding': 'gzip' };
  const answer = await files.ask('PUT', AT, { body: gzipSync('a\n'.repeat(1000)), headers });
  expect([answer.status, answer.json.code]).toEqual([415, 'unsupported']);
  expect((await files.get(`/v1/fs/stat?path=${SEGMENT}`)).json.stat).toMatchObject({ size: '0' });
});

it('has nothing behind its end, however far behind', async () => {
  const files = await start();
  await begin(files);
  await put(files, AT, Buffer.from('one\n'));
  for (const from of [4, 5, Number.MAX_SAFE_INTEGER]) {
    const { status, bytes } = await files.get(`${AT}&from=${from}`);
    expect([status, bytes.length]).toEqual([200, 0]);
  }
  expect(await files.get(`${AT}&from=9007199254740992`)).toMatchObject({
    status: 400,
    json: { code: 'invalid-payload' },
  });
});

it('is unknown when the hive does not answer, however much was sent', async () => {
  const files = await start({
    settings: { deadlineMs: 50 },
    wrap: (client) => withOthers(client, { push: () => new Promise<never>(() => {}) }),
  });
  const { status, json } = await put(files, AT, Buffer.from('x\n'));
  expect([status, json.code, json.outcome]).toEqual([504, 'timeout', 'unknown']);
});

it('cuts the connection when the content breaks off in the middle', async () => {
  const files = await start({
    wrap: (client) =>
      withOthers(client, {
        pull: async (path, options) => {
          const pulled = await client.pull(path, options);
          if (!pulled.ok) return pulled;
          const ended = Promise.resolve({ ok: false, refusal: { code: 'revoked', detail: 'Gone.' } } as const);
          async function* one() {
            yield Buffer.from('the beginning');
          }
          return { ok: true, value: { stop: () => {}, ended, [Symbol.asyncIterator]: one } };
        },
      }),
  });
  await begin(files);
  await expect(files.get(AT)).rejects.toThrow();
});
