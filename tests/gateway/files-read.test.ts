// GET /v1/fs/ls, stat, cat, tail, and batches of reads, at a hive that runs.

import { CONSOLE_CAPS } from '@cohesix/wire';
import { describe, expect, it, vi } from 'vitest';
import { type Files, filesForEach, withOthers } from './files-kit.ts';

const start = filesForEach();

it('lists, tells and reads as contracts-2 7.3 says', async () => {
  const { get, hive } = await start();
  const ls = await get('/v1/fs/ls?path=/queen');
  expect(ls).toMatchObject({ status: 200, json: { status: 'OK', verb: 'LS', path: '/queen', end: true } });
  expect(ls.json.lines).toContain('ctl');
  const cat = await get('/v1/fs/cat?path=/proc/lifecycle/state&max_bytes=100');
  const text = String((cat.json.lines as string[]).join('\n'));
  expect(cat).toMatchObject({ status: 200, json: { status: 'OK', verb: 'CAT', end: true, bytes: text.length } });
  expect(text).toContain('ONLINE');
  const stat = await get('/v1/fs/stat?path=/log/queen.log');
  const { size } = (stat.json.stat ?? {}) as { size: string };
  expect(stat.json).toMatchObject({ status: 'OK', verb: 'STAT', stat: { kind: 'stream' } });
  expect(BigInt(size)).toBeGreaterThan(0n);
  expect(hive.door.sessions.size).toBeGreaterThan(0);
});

it('leaves lines out when there are none', async () => {
  const { get } = await start();
  const { json } = await get('/v1/fs/cat?path=/proc/self/results&max_bytes=10');
  expect(json).toEqual({ status: 'OK', verb: 'CAT', path: '/proc/self/results', end: true, bytes: 0 });
});

it('gives the bytes as they are to who asks for them by name', async () => {
  const { ask, get } = await start();
  const headers = { accept: 'application/octet-stream' };
  const raw = await ask('GET', '/v1/fs/cat?path=/proc/lifecycle/state&max_bytes=100', { headers });
  const json = await get('/v1/fs/cat?path=/proc/lifecycle/state&max_bytes=100');
  expect(raw.type).toBe('application/octet-stream');
  expect(Buffer.from(raw.bytes).toString()).toBe(`${(json.json.lines as string[]).join('\n')}\n`);
});

it('refuses to show bytes as text that are none', async () => {
  const { ask, get } = await start();
  const shown = await get('/v1/fs/cat?path=/proc/9p/sessions.cbor&max_bytes=4096');
  expect(shown).toMatchObject({ status: 406, json: { code: 'unsupported' } });
  expect(shown.json.detail).toContain('application/octet-stream');
  const headers = { accept: 'application/octet-stream' };
  const raw = await ask('GET', '/v1/fs/cat?path=/proc/9p/sessions.cbor&max_bytes=4096', { headers });
  expect(raw.status).toBe(200);
});

it('is 200 with ERR, its code and its sentence when the hive refuses', async () => {
  const { get } = await start();
  const { status, json } = await get('/v1/fs/cat?path=/nope&max_bytes=10');
  expect(status).toBe(200);
  expect(json).toMatchObject({ status: 'ERR', verb: 'CAT', path: '/nope', end: true, code: 'invalid-path' });
  expect(json.error).toBe('ERR CAT reason=policy detail=invalid-path path=/nope error=ENOENT');
  expect(json.detail).not.toBe('');
});

describe('a request that breaks a rule of its own is 400', () => {
  const long = (bytes: number): string => `/${'a'.repeat(bytes - 1)}`;
  const bad: readonly (readonly [string, string, string])[] = [
    ['no path', '', 'invalid-path'],
    ['an empty path', 'path=', 'invalid-path'],
    ['a relative path', 'path=proc', 'invalid-path'],
    ['a NUL', 'path=/a%00b', 'invalid-path'],
    ['dot dot', 'path=/proc/../queen&max_bytes=9', 'invalid-path'],
    ['dot', 'path=/proc/.&max_bytes=9', 'invalid-path'],
    ['an empty name', 'path=/proc//x&max_bytes=9', 'invalid-path'],
    ['nine names', 'path=/1/2/3/4/5/6/7/8/9&max_bytes=9', 'invalid-path'],
    ['nine names in the past', 'path=/replay/at/1/1/2/3/4/5/6/7/8/9&max_bytes=9', 'invalid-path'],
    ['one byte too many', `path=${long(CONSOLE_CAPS.pathBytesMax + 1)}`, 'invalid-path'],
    ['no max_bytes', 'path=/proc', 'invalid-payload'],
    ['max_bytes of zero', 'path=/proc&max_bytes=0', 'invalid-payload'],
    ['max_bytes that is no number', 'path=/proc&max_bytes=1e3', 'invalid-payload'],
    ['max_bytes over the bound', 'path=/proc&max_bytes=1048577', 'too-big'],
    ['a cursor below zero', 'path=/proc&max_bytes=1&from=-1', 'invalid-payload'],
    ['a path given twice', 'path=/log&path=/queen&max_bytes=9', 'invalid-payload'],
    ['no lines', 'path=/proc&max_bytes=1&lines=0', 'invalid-payload'],
    ['too many lines', 'path=/proc&max_bytes=1&lines=257', 'too-big'],
  ];
  it.each(bad)('%s', async (_, query, code) => {
    const { get } = await start();
    const { status, type, json } = await get(`/v1/fs/cat?${query}`);
    expect([status, type, json.code]).toEqual([400, 'application/problem+json', code]);
  });

  it('is counted by the hive as at any other door when the path is one that no hive has', async () => {
    const { get } = await start();
    const policy = async () => String((await get('/v1/fs/cat?path=/proc/pressure/policy&max_bytes=999')).json.lines);
    const before = await policy();
    await get('/v1/fs/ls?path=/proc/../queen');
    expect(Number(/\d+/.exec(await policy())?.[0])).toBe(Number(/\d+/.exec(before)?.[0]) + 1);
  });

  it('but what is just inside the rules reaches the hive', async () => {
    const { get } = await start();
    for (const path of ['/1/2/3/4/5/6/7/8', '/replay/at/1/1/2/3/4/5/6/7/8', long(CONSOLE_CAPS.pathBytesMax)])
      expect(await get(`/v1/fs/cat?path=${path}&max_bytes=1048576`)).toMatchObject({
        status: 200,
        json: { status: 'ERR' },
      });
    expect((await get('/v1/fs/tail?path=/log/queen.log&max_bytes=1048576&lines=256')).json.status).toBe('OK');
  });
});

it('refuses a content longer than max_bytes, and gives one that is as long', async () => {
  const { get } = await start();
  const whole = await get('/v1/fs/cat?path=/proc/lifecycle/state&max_bytes=1000');
  const size = Number(whole.json.bytes) + 1; // The last LF is not counted in `bytes`.
  expect((await get(`/v1/fs/cat?path=/proc/lifecycle/state&max_bytes=${size}`)).json.status).toBe('OK');
  const over = await get(`/v1/fs/cat?path=/proc/lifecycle/state&max_bytes=${size - 1}`);
  expect(over).toMatchObject({ status: 400, json: { code: 'too-big' } });
});

it('tells who polls a stream where to ask from the next time', async () => {
  const files = await start();
  const whole = await settledLog(files);
  const polled: string[] = [];
  let next = 0;
  const poll = async () => {
    const { json } = await files.get(`/v1/fs/cat?path=/log/queen.log&max_bytes=65536&from=${next}`);
    next = Number(json.next);
    polled.push(...((json.lines ?? []) as string[]));
  };
  await poll();
  expect(polled).toEqual(whole);
  await poll();
  expect(polled).toEqual(whole);
  await files.post('/v1/fs/echo', { path: '/log/queen.log', line: 'äöü' });
  await poll();
  expect(polled.at(-1)).toBe('note queen:tester äöü');
});

describe('tail', () => {
  it('gives the last lines of a stream, which it does not read as a whole', async () => {
    const files = await start();
    const whole = await settledLog(files);
    const last = await files.get('/v1/fs/tail?path=/log/queen.log&max_bytes=400&lines=2');
    expect(last.json.lines).toEqual(whole.slice(-2));
    expect(last.json.bytes).toBe(whole.slice(-2).join('\n').length);
  });

  it('without lines gives as many whole ones as fit', async () => {
    const files = await start();
    const whole = await settledLog(files);
    const last = whole.at(-1) ?? '';
    for (const [most, wanted] of [
      [last.length, [last]],
      [last.length - 1, undefined],
    ] as const)
      expect((await files.get(`/v1/fs/tail?path=/log/queen.log&max_bytes=${most}`)).json.lines).toEqual(wanted);
  });

  it('refuses when the lines that are asked for do not fit', async () => {
    const { get } = await start();
    const { status, json } = await get('/v1/fs/tail?path=/log/queen.log&max_bytes=20&lines=2');
    expect([status, json.code]).toEqual([400, 'too-big']);
  });
});

it('each caller sees and pays for what its own ticket allows', async () => {
  const { get, ticketOf } = await start();
  const narrow = await ticketOf({ subject: 'narrow', scopes: [{ path: '/log', verbs: 'read', ratePerS: 0 }] });
  expect((await get('/v1/fs/ls?path=/log', narrow)).json.status).toBe('OK');
  expect((await get('/v1/fs/ls?path=/queen', narrow)).json).toMatchObject({ status: 'ERR', code: 'invalid-path' });
  expect((await get('/v1/fs/ls?path=/queen')).json.status).toBe('OK');
  const log = await get('/v1/fs/cat?path=/log/queen.log&max_bytes=1048576');
  const attached = (log.json.lines as string[]).filter(
    (line) => line.includes('session.attach') && line.includes('door=rest'),
  );
  for (const subject of ['narrow', 'tester'])
    expect(attached.some((line) => line.includes(`subject=${subject} `))).toBe(true);
});

it('tells who is over the quota of its ticket so, and nobody else', async () => {
  const { get, ticketOf } = await start();
  const poor = await ticketOf({ subject: 'poor', quotas: { operationsBurst: 2 } });
  const asked = async () => (await get('/v1/fs/ls?path=/log', poor)).json;
  expect((await asked()).status).toBe('OK');
  expect((await asked()).status).toBe('OK');
  expect(await asked()).toMatchObject({ status: 'ERR', code: 'exhausted' });
  expect((await get('/v1/fs/ls?path=/log')).json.status).toBe('OK');
});

it('answers 504 timeout when the hive does not answer a read in time', async () => {
  const never = new Promise<never>(() => {});
  const { get } = await start({
    settings: { deadlineMs: 20 },
    wrap: (client) => withOthers(client, { list: () => never }),
  });
  const { status, json } = await get('/v1/fs/ls?path=/');
  expect([status, json.code]).toEqual([504, 'timeout']);
  expect(json.detail).toContain('nothing was changed');
});

describe('a batch of reads', () => {
  it('is answered each for itself and in order', async () => {
    const { post } = await start();
    const reads = [
      { op: 'cat', path: '/proc/lifecycle/state' },
      { op: 'ls', path: '/nope' },
      { op: 'zap', path: '/log' },
      { op: 'stat', path: 'log' },
      { op: 'tail', path: '/log/queen.log', lines: 1 },
      { op: 'ls', path: '/log', depth: 2 },
    ];
    const { status, json } = await post('/v1/fs/batch', { reads });
    expect(status).toBe(200);
    expect(json).toMatchObject({ status: 'OK', verb: 'BATCH', end: true });
    const answers = json.answers as Record<string, unknown>[];
    expect(answers.map(({ status: of, verb, code }) => [of, verb, code])).toEqual([
      ['OK', 'CAT', undefined],
      ['ERR', 'LS', 'invalid-path'],
      ['ERR', 'CAT', 'invalid-payload'],
      ['ERR', 'STAT', 'invalid-path'],
      ['OK', 'TAIL', undefined],
      ['ERR', 'LS', 'invalid-payload'],
    ]);
    expect(answers[4]?.lines).toHaveLength(1);
  });

  it('has 1 to 64 reads', async () => {
    const { post } = await start();
    const reads = (count: number) => ({ reads: Array.from({ length: count }, () => ({ op: 'ls', path: '/log' })) });
    expect((await post('/v1/fs/batch', reads(64))).status).toBe(200);
    expect(await post('/v1/fs/batch', reads(65))).toMatchObject({ status: 400, json: { code: 'too-big' } });
    expect(await post('/v1/fs/batch', reads(0))).toMatchObject({ status: 400, json: { code: 'invalid-payload' } });
  });

  it('has no more bytes altogether than one answer may have', async () => {
    const { post, get } = await start({ settings: { answerBytesMax: 600 } });
    const { bytes } = (await get('/v1/fs/cat?path=/proc/bounds&max_bytes=600')).json;
    expect(bytes).toBeUndefined(); // longer than one answer by itself
    const state = { op: 'cat', path: '/proc/self/session' };
    const { json } = await post('/v1/fs/batch', { reads: Array.from({ length: 12 }, () => state) });
    const codes = (json.answers as Record<string, unknown>[]).map(({ code }) => code);
    expect(codes[0]).toBeUndefined();
    expect(codes.at(-1)).toBe('too-big');
    const bytesOf = (json.answers as { bytes?: number }[]).reduce((sum, answer) => sum + (answer.bytes ?? 0), 0);
    expect(bytesOf).toBeLessThanOrEqual(600);
  });
});

/** The lines of the hive's log, once the last line that a start brings is there. */
async function settledLog({ get }: Files): Promise<readonly string[]> {
  return vi.waitFor(async () => {
    const { lines } = (await get('/v1/fs/cat?path=/log/queen.log&max_bytes=1048576')).json;
    expect(lines).toContain('root reachable');
    return lines as string[];
  });
}
