// POST /v1/fs/echo and echo-batch: what is written, by whom, how often, and what is said when nobody knows.

import { gzipSync } from 'node:zlib';
import { APPEND_MAX_BYTES_DEFAULT, type HiveClient } from '@cohesix/client';
import { ok, refuse } from '@cohesix/wire';
import { describe, expect, it, vi } from 'vitest';
import { type Answered, type Files, filesForEach, withOthers } from './files-kit.ts';

const start = filesForEach();

const CTL = '/queen/ctl';
const SPAWN = '{"spawn":"heartbeat","ticks":5}';
const spawn = { path: CTL, line: SPAWN };

async function workers({ get }: Files): Promise<number> {
  const { json } = await get('/v1/fs/ls?path=/worker');
  return ((json.lines ?? []) as unknown[]).length;
}

it('answers with the journal entry and what the line gave back', async () => {
  const files = await start();
  const { status, json } = await files.post('/v1/fs/echo', spawn);
  expect(status).toBe(200);
  expect(json).toMatchObject({ status: 'OK', verb: 'ECHO', path: CTL, end: true, bytes: SPAWN.length });
  expect(json).toMatchObject({ reply: { id: 'worker-1' } });
  const log = await files.get(`/v1/fs/cat?path=${CTL}&max_bytes=65536`);
  expect((log.json.lines as string[]).join('\n')).toContain(`"seq":${Number(json.seq)},`);
});

it('tells concurrent writers of one ticket each its own entry', async () => {
  const files = await start();
  const answers = await Promise.all(Array.from({ length: 8 }, () => files.post('/v1/fs/echo', spawn)));
  const ids = answers.map(({ json }) => (json.reply as { id: string }).id);
  expect(new Set(ids).size).toBe(8);
  expect(new Set(answers.map(({ json }) => json.seq)).size).toBe(8);
});

it('is 200 with ERR when the hive refuses the line', async () => {
  const files = await start();
  const { status, json } = await files.post('/v1/fs/echo', { path: CTL, line: '{"kill":"worker-77"}' });
  expect(status).toBe(200);
  expect(json).toMatchObject({ status: 'ERR', verb: 'ECHO', path: CTL, end: true, code: 'not-found' });
  expect(json.error).toMatch(/^ERR ECHO reason=policy detail=not-found /);
});

it('refuses where the ticket may not write, and counts it under the caller', async () => {
  const files = await start();
  const reader = await files.ticketOf({ subject: 'reader', scopes: [{ path: '/', verbs: 'read', ratePerS: 0 }] });
  const { json } = await files.post('/v1/fs/echo', spawn, { ticket: reader });
  expect(json).toMatchObject({ status: 'ERR', code: 'denied' });
  expect(await workers(files)).toBe(0);
});

it('appends several lines all or not at all', async () => {
  const files = await start();
  const text = `${SPAWN}\n${SPAWN}\n`;
  const both = await files.post('/v1/fs/echo', { path: CTL, text });
  expect(both.json).toMatchObject({ status: 'OK', bytes: text.length, results: [{ line: 1 }, { line: 2 }] });
  const none = await files.post('/v1/fs/echo', { path: CTL, text: `${SPAWN}\n{"kill":"worker-77"}\n` });
  expect(none.json).toMatchObject({ status: 'ERR', results: [{ result: 'dropped' }, { result: 'refused' }] });
  expect(await workers(files)).toBe(2);
});

describe('a body that is refused before anything is written', () => {
  const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
  const bad: readonly (readonly [string, string | Uint8Array, number])[] = [
    ['no JSON', 'path=/queen/ctl', 400],
    ['nothing', '', 400],
    ['an array', '[]', 400],
    ['a field given twice', '{"path":"/queen/ctl","path":"/queen/ctl","line":"x"}', 400],
    ['__proto__', '{"path":"/queen/ctl","line":"x","__proto__":{"isAdmin":true}}', 400],
    ['an unknown field', '{"path":"/queen/ctl","line":"x","constructor":{}}', 400],
    ['a depth of ten thousand', `{"path":"/queen/ctl","line":${deep}}`, 400],
    ['a comment', '{"path":"/queen/ctl",/* */"line":"x"}', 400],
    ['a byte order mark', '\ufeff{"path":"/queen/ctl","line":"x"}', 400],
    ['bytes that are not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 400],
    ['a lone surrogate', '{"path":"/queen/ctl","line":"\\ud800"}', 400],
    ['NaN', '{"path":"/queen/ctl","line":"x","issued_unix_ms":NaN}', 400],
    ['a number beyond 2^53', '{"path":"/queen/ctl","line":"x","issued_unix_ms":9007199254740993}', 400],
    ['text behind the object', '{"path":"/queen/ctl","line":"x"}{}', 400],
    ['a line that is no text', '{"path":"/queen/ctl","line":{"spawn":"heartbeat"}}', 400],
    ['no line', '{"path":"/queen/ctl"}', 400],
    ['line and text', '{"path":"/queen/ctl","line":"x","text":"x"}', 400],
    ['two lines in one', '{"path":"/queen/ctl","line":"{}\\n{}"}', 400],
    ['a path that climbs', '{"path":"/queen/../ctl","line":"x"}', 400],
  ];
  it.each(bad)('%s', async (_, body, status) => {
    const files = await start();
    const answer = await files.post('/v1/fs/echo', body);
    expect([answer.status, answer.type]).toEqual([status, 'application/problem+json']);
    expect(answer.json.detail).not.toBe('');
    expect((await files.get('/v1/fs/cat?path=/proc/self/results&max_bytes=100')).json.bytes).toBe(0);
  });

  it('a form, as a page of another site could send it', async () => {
    const files = await start();
    const headers = { 'content-type': 'text/plain' };
    expect(await files.post('/v1/fs/echo', spawn, { headers })).toMatchObject({ status: 415 });
  });

  it('a compressed one, whatever it would grow to', async () => {
    const files = await start();
    const headers = { 'content-encoding': 'gzip' };
    const answer = await files.post('/v1/fs/echo', gzipSync(JSON.stringify(spawn)), { headers });
    expect([answer.status, answer.json.code]).toEqual([415, 'unsupported']);
  });

  it('is as long as the bound, and not a byte longer', async () => {
    const files = await start({ settings: { bodyBytesMax: 200 } });
    const body = JSON.stringify(spawn);
    const ask = (bytes: number): Promise<Answered> => files.post('/v1/fs/echo', body.padEnd(bytes));
    expect((await ask(200)).json.status).toBe('OK');
    expect(await ask(201)).toMatchObject({ status: 413, json: { code: 'too-big' } });
    expect(await workers(files)).toBe(1);
  });

  it('a line as long as an append may be, and one byte longer', async () => {
    const files = await start();
    const line = (bytes: number) => ({ path: '/log/queen.log', line: 'x'.repeat(bytes) });
    const fits = await files.post('/v1/fs/echo', line(APPEND_MAX_BYTES_DEFAULT - 1));
    expect(fits.json).toMatchObject({ status: 'OK', bytes: APPEND_MAX_BYTES_DEFAULT - 1 });
    const over = await files.post('/v1/fs/echo', line(APPEND_MAX_BYTES_DEFAULT));
    expect(over).toMatchObject({ status: 400, json: { code: 'too-big' } });
  });
});

describe('with an idempotency key', () => {
  const once = (key: string) => ({ headers: { 'idempotency-key': key } });

  it('the same request writes once and gets the same answer', async () => {
    const files = await start();
    const first = await files.post('/v1/fs/echo', spawn, once('k-1'));
    const again = await files.post('/v1/fs/echo', spawn, once('"k-1"'));
    expect(again.bytes).toEqual(first.bytes);
    expect([first, again].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true']);
    expect(await workers(files)).toBe(1);
  });

  it('those that come while the first is under way wait for it', async () => {
    const gate = Promise.withResolvers<void>();
    let begun = 0;
    const files = await start({
      wrap: (client) =>
        withOthers(client, {
          append: async (path, text) => {
            begun += 1;
            await gate.promise;
            return client.append(path, text);
          },
        }),
    });
    const asked = Array.from({ length: 5 }, () => files.post('/v1/fs/echo', spawn, once('k-race')));
    await vi.waitFor(() => expect(begun).toBe(1));
    gate.resolve();
    const answers = await Promise.all(asked);
    for (const { bytes } of answers) expect(bytes).toEqual(answers[0]?.bytes);
    expect(await workers(files)).toBe(1);
    expect(begun).toBe(1);
  });

  it('another body is 422, and is not written', async () => {
    const files = await start();
    await files.post('/v1/fs/echo', spawn, once('k-2'));
    const other = await files.post('/v1/fs/echo', { path: CTL, line: '{"spawn":"heartbeat","ticks":6}' }, once('k-2'));
    expect(other).toMatchObject({ status: 422, json: { code: 'exists' } });
    expect(await workers(files)).toBe(1);
  });

  it('the key of another ticket is another key', async () => {
    const files = await start();
    const other = await files.ticketOf({ subject: 'other' });
    await files.post('/v1/fs/echo', spawn, once('k-3'));
    await files.post('/v1/fs/echo', spawn, { ...once('k-3'), ticket: other });
    expect(await workers(files)).toBe(2);
  });

  it('a refused write left nothing behind and may be tried again', async () => {
    const files = await start();
    const cordon = { path: '/queen/lifecycle/ctl', line: 'resume' };
    const first = await files.post('/v1/fs/echo', cordon, once('k-4'));
    expect(first.json.status).toBe('ERR');
    await files.post('/v1/fs/echo', { path: '/queen/lifecycle/ctl', line: 'cordon' });
    expect((await files.post('/v1/fs/echo', cordon, once('k-4'))).json.status).toBe('OK');
  });

  it.each(['', 'a b', 'x'.repeat(129), '"'])('the key %j is none', async (key) => {
    const files = await start();
    const answer = await files.post('/v1/fs/echo', { ...spawn, idempotency_key: key });
    expect([answer.status, answer.json.code]).toEqual([400, 'invalid-payload']);
  });

  it('a key may be as long as 128 characters', async () => {
    const files = await start();
    expect((await files.post('/v1/fs/echo', spawn, once('x'.repeat(128)))).json.status).toBe('OK');
  });

  it('one of the header and one of the body that differ are refused', async () => {
    const files = await start();
    const answer = await files.post('/v1/fs/echo', { ...spawn, idempotency_key: 'a' }, once('b'));
    expect(answer.status).toBe(400);
  });

  it('a key whose answer was heard is free again when its caller says so', async () => {
    const files = await start();
    await files.post('/v1/fs/echo', spawn, once('k-7'));
    const settled = { headers: { 'idempotency-key': 'k-8', 'x-cohesix-settled': 'k-7,none' } };
    await files.post('/v1/fs/echo', spawn, settled);
    const again = await files.post('/v1/fs/echo', spawn, once('k-7'));
    expect(again.headers.get('idempotent-replayed')).toBeNull();
    expect(await workers(files)).toBe(3);
  });

  it('a retry that meets another gateway than the first try is told that nobody knows, and is not written', async () => {
    const files = await start();
    const named = { 'x-cohesix-session': 'session-of-a-test' };
    const seen = await files.ask('GET', '/v1/fs/ls?path=/', { headers: named });
    const instance = seen.headers.get('x-cohesix-instance') ?? '';
    const retry = (expected: string) =>
      files.post('/v1/fs/echo', spawn, {
        headers: { 'idempotency-key': 'k-9', 'x-cohesix-expect-instance': expected },
      });
    expect(await retry('0123456789abcdef')).toMatchObject({
      status: 412,
      json: { code: 'timeout', outcome: 'unknown' },
    });
    expect(await workers(files)).toBe(0);
    expect((await retry(instance)).json.status).toBe('OK');
  });

  it('a batch is written once as a whole', async () => {
    const files = await start();
    const writes = [spawn, { path: CTL, line: '{"kill":"worker-77"}' }, spawn];
    const first = await files.post('/v1/fs/echo-batch', { writes, idempotency_key: 'k-5' });
    const again = await files.post('/v1/fs/echo-batch', { writes, idempotency_key: 'k-5' });
    expect(again.bytes).toEqual(first.bytes);
    expect(await workers(files)).toBe(2);
  });
});

describe('with an idempotency key and the time of issue', () => {
  const durable = { ...spawn, idempotency_key: 'job-1', issued_unix_ms: 1_000 };

  it('the hive remembers whose it is, whichever gateway asks', async () => {
    const one = await start();
    const other = await start();
    expect(other.hive).toBe(one.hive);
    const fresh = await one.post('/v1/fs/echo', durable);
    expect(fresh.json).toMatchObject({ status: 'OK', path: CTL, reply: { id: 'worker-1', dedupe: 'fresh' } });
    const somebody = await one.ticketOf({ subject: 'somebody' });
    const theirs = await other.post('/v1/fs/echo', durable, { ticket: somebody });
    expect(theirs.json).toMatchObject({ status: 'ERR', code: 'exists' });
  });

  it('a repeat gets the first answer from a gateway that never saw it', async () => {
    const one = await start();
    const other = await start();
    await one.post('/v1/fs/echo', durable);
    const again = await other.post('/v1/fs/echo', durable);
    expect(again.json).toMatchObject({ status: 'OK', reply: { id: 'worker-1', dedupe: 'duplicate' } });
    expect(await workers(one)).toBe(1);
  });

  it('is refused for files no intent can be for', async () => {
    const files = await start();
    const answer = await files.post('/v1/fs/echo', { ...durable, path: '/queen/ticket/ctl' });
    expect([answer.status, answer.json.code]).toEqual([400, 'unsupported']);
  });
});

describe('when nobody knows', () => {
  /** A door that takes lines to the hive and never brings the answer. */
  const losesAnswers = (client: HiveClient): HiveClient =>
    withOthers(client, {
      append: (path, text) => client.append(path, text).then(() => new Promise<never>(() => {})),
    });

  it('a write over its deadline is unknown, and stays so under its key', async () => {
    const files = await start({ settings: { deadlineMs: 50 }, wrap: losesAnswers });
    const ask = () => files.post('/v1/fs/echo', { ...spawn, idempotency_key: 'k-6' });
    const first = await ask();
    expect(first).toMatchObject({ status: 504, json: { code: 'timeout', outcome: 'unknown', path: CTL } });
    expect(first.json.detail).toContain(`may or may not have happened; look at ${CTL}`);
    const again = await ask();
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([504, 'true']);
    expect(await workers(files)).toBe(1);
  });

  it('one that waits behind it was not begun, and that is said', async () => {
    const files = await start({ settings: { deadlineMs: 50 }, wrap: losesAnswers });
    const [, second] = await Promise.all([files.post('/v1/fs/echo', spawn), files.post('/v1/fs/echo', spawn)]);
    expect(second).toMatchObject({ status: 503, json: { code: 'busy', outcome: 'not-written' } });
    expect(await workers(files)).toBe(1);
  });

  it('so is one whose connection to the hive was lost', async () => {
    const files = await start({ wrap: (client) => withOthers(client, { append: async () => refuse('unreachable') }) });
    const { status, json } = await files.post('/v1/fs/echo', spawn);
    expect([status, json.outcome]).toEqual([504, 'unknown']);
  });

  it('in a batch it is said of each', async () => {
    let count = 0;
    const files = await start({
      settings: { deadlineMs: 100 },
      wrap: (client) =>
        withOthers(client, { append: async () => (count++ === 0 ? ok({ bytes: 2 }) : new Promise<never>(() => {})) }),
    });
    const { json } = await files.post('/v1/fs/echo-batch', { writes: [spawn, spawn, spawn] });
    const answers = json.answers as Record<string, unknown>[];
    expect(answers.map(({ status, outcome }) => [status, outcome])).toEqual([
      ['OK', undefined],
      ['ERR', 'unknown'],
      ['ERR', 'not-written'],
    ]);
  });
});

describe('a batch of writes', () => {
  it('is answered each for itself and in order', async () => {
    const files = await start();
    const writes = [spawn, { path: 'queen' }, { path: CTL, line: '{"kill":"worker-77"}' }, { ...spawn, at: 1 }, spawn];
    const { status, json } = await files.post('/v1/fs/echo-batch', { writes });
    expect(status).toBe(200);
    const answers = json.answers as Record<string, unknown>[];
    expect(answers.map(({ status: of, code }) => [of, code])).toEqual([
      ['OK', undefined],
      ['ERR', 'invalid-path'],
      ['ERR', 'not-found'],
      ['ERR', 'invalid-payload'],
      ['OK', undefined],
    ]);
    expect(await workers(files)).toBe(2);
  });

  it('has 1 to 64 writes', async () => {
    const files = await start();
    const writes = (count: number) => ({ writes: Array.from({ length: count }, () => ({ path: '/nope', line: 'x' })) });
    expect((await files.post('/v1/fs/echo-batch', writes(64))).status).toBe(200);
    expect(await files.post('/v1/fs/echo-batch', writes(65))).toMatchObject({ status: 400, json: { code: 'too-big' } });
    expect(await files.post('/v1/fs/echo-batch', { writes: [] })).toMatchObject({ status: 400 });
  });
});
