// A stream as server-sent events: where it begins, that it goes on exactly, and how it ends.

import { connect } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import type { Follow } from '@cohesix/client';
import { expect, it, vi } from 'vitest';
import { type Files, filesForEach, withOthers } from './files-kit.ts';

const start = filesForEach();
const LOG = '/log/queen.log';

interface SentEvent {
  readonly name: string;
  readonly id: string | undefined;
  readonly data: string;
}

/** A reader of events: as far as they came. */
class Events {
  readonly all: SentEvent[] = [];
  readonly done: Promise<void>;
  readonly #aborter = new AbortController();
  status = 0;
  type = '';
  body = '';

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.done = this.#read(url, headers).catch(() => {});
  }

  async #read(url: string, headers: Readonly<Record<string, string>>): Promise<void> {
    const response = await fetch(url, { headers, signal: this.#aborter.signal });
    this.type = response.headers.get('content-type') ?? '';
    this.status = response.status;
    const decoder = new StringDecoder('utf8');
    for await (const piece of response.body ?? []) {
      this.body += decoder.write(Buffer.from(piece));
      for (let end = this.body.indexOf('\n\n'); end >= 0; end = this.body.indexOf('\n\n')) {
        this.#take(this.body.slice(0, end));
        this.body = this.body.slice(end + 2);
      }
    }
  }

  #take(text: string): void {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1];
    this.all.push({ name: field('event') ?? 'message', id: field('id'), data: field('data') ?? '' });
  }

  get lines(): string[] {
    return this.all.filter(({ name }) => name === 'message').map(({ data }) => data);
  }

  /** What somebody said, without who it was. */
  get said(): string[] {
    return this.lines.flatMap((line) => /^note queen:tester (.*)$/.exec(line)?.[1] ?? []);
  }

  get lastId(): string {
    return this.all.findLast(({ id }) => id !== undefined)?.id ?? '';
  }

  /** Goes away, as a caller does whose network is cut. */
  cut(): void {
    this.#aborter.abort();
  }
}

function follow(files: Files, query: string, headers: Readonly<Record<string, string>> = {}): Events {
  const url = `${files.gateway.url}/v1/fs/tail?path=${LOG}&${query}`;
  return new Events(url, { authorization: `Bearer ${files.ticket}`, ...headers });
}

async function say({ post }: Files, line: string): Promise<void> {
  expect((await post('/v1/fs/echo', { path: LOG, line })).json.status).toBe('OK');
}

it('begins at the end, and gives each line with the cursor behind it', async () => {
  const files = await start();
  await say(files, 'before');
  const events = follow(files, 'follow=1');
  await vi.waitFor(() => expect(events.all[0]?.name).toBe('start'));
  expect(events.type).toMatch(/^text\/event-stream/);
  await say(files, 'one');
  await say(files, 'two äöü');
  await vi.waitFor(() => expect(events.said).toContain('two äöü'));
  expect(events.said).not.toContain('before');
  const from = events.all[0]?.id ?? '';
  const headers = { accept: 'application/octet-stream' };
  const raw = await files.ask('GET', `/v1/fs/cat?path=${LOG}&from=${from}&max_bytes=100000`, { headers });
  const seen = `${events.lines.join('\n')}\n`;
  expect(Buffer.from(raw.bytes).toString().startsWith(seen)).toBe(true);
  expect(Number(events.lastId)).toBe(Number(from) + Buffer.byteLength(seen));
});

it('is also what `Accept: text/event-stream` asks for', async () => {
  const files = await start();
  const events = follow(files, '', { accept: 'text/event-stream' });
  await vi.waitFor(() => expect(events.all[0]?.name).toBe('start'));
});

it('goes on exactly where a cut reader was, with no line lost or doubled', async () => {
  const files = await start();
  const first = follow(files, 'follow=1');
  await vi.waitFor(() => expect(first.all.length).toBeGreaterThan(0));
  for (const line of ['a1', 'a2', 'a3']) await say(files, line);
  await vi.waitFor(() => expect(first.said).toContain('a3'));
  first.cut();
  await first.done;
  for (const line of ['a4', 'a5']) await say(files, line);
  const second = follow(files, 'follow=1&from=0', { 'last-event-id': first.lastId });
  await say(files, 'a6');
  await vi.waitFor(() => expect(second.said).toContain('a6'));
  const mine = [...first.said, ...second.said];
  expect(mine).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6']);
});

it('goes on in the middle of what one write brought', async () => {
  const files = await start();
  const whole = follow(files, 'follow=1');
  await vi.waitFor(() => expect(whole.all.length).toBeGreaterThan(0));
  await files.post('/v1/fs/echo', { path: LOG, text: 'b1\nb2\nb3\n' });
  await vi.waitFor(() => expect(whole.said).toContain('b3'));
  const second = whole.all.find(({ data }) => data.endsWith(' b2'))?.id ?? '';
  const rest = follow(files, 'follow=1', { 'last-event-id': second });
  await vi.waitFor(() => expect(rest.lines[0]).toBe('note queen:tester b3'));
});

it('names the gap when what was asked for is gone', async () => {
  const files = await start();
  const line = 'x'.repeat(4000);
  const { json } = await files.get(`/v1/fs/cat?path=${LOG}&max_bytes=1048576`);
  expect(json.status).toBe('OK');
  const retained = async () => (await files.get(`/v1/fs/cat?path=${LOG}&max_bytes=1048576&from=0`)).json;
  for (let round = 0; !String((await retained()).lines).startsWith('~ lost'); round++) {
    expect(round).toBeLessThan(100);
    for (let count = 0; count < 16; count++) await say(files, line);
  }
  const events = follow(files, 'follow=1&from=0');
  await vi.waitFor(() => expect(events.lines.length).toBeGreaterThan(0));
  const gap = events.all.find(({ name }) => name === 'gap');
  const { from, to, text } = JSON.parse(gap?.data ?? '{}') as { from: number; to: number; text: string };
  expect(from).toBe(0);
  expect(text).toBe(`~ lost bytes=${to} next=${to}\n`);
  expect(gap?.id).toBe(String(to));
});

it('says so when a cursor is of another stream, and begins at the end', async () => {
  const files = await start();
  const events = follow(files, 'follow=1&from=9000000000000');
  await vi.waitFor(() => expect(events.all.slice(0, 2).map(({ name }) => name)).toEqual(['start', 'gap']));
  expect(JSON.parse(events.all[1]?.data ?? '')).toMatchObject({
    from: 9_000_000_000_000,
    to: Number(events.all[0]?.id),
  });
});

it('ends with what ended it when the ticket is revoked', async () => {
  const files = await start();
  const events = follow(files, 'follow=1');
  await vi.waitFor(() => expect(events.all.length).toBeGreaterThan(0));
  for (const session of files.hive.door.sessions.values())
    if (session.principal.subject === 'tester') files.hive.door.close(session, { code: 'revoked', detail: 'Gone.' });
  await events.done;
  expect(events.all.at(-1)).toMatchObject({ name: 'end', id: undefined, data: '{"code":"revoked","detail":"Gone."}' });
});

it('ends in order when the gateway closes', async () => {
  const files = await start();
  const events = follow(files, 'follow=1');
  await vi.waitFor(() => expect(events.all.length).toBeGreaterThan(0));
  await files.gateway.close();
  await events.done;
  expect(events.all.at(-1)).toMatchObject({ name: 'end', data: '{}' });
});

it('stops following when its caller goes away', async () => {
  const follows: Follow[] = [];
  const files = await start({
    wrap: (client) =>
      withOthers(client, {
        follow: async (path, options) => {
          const started = await client.follow(path, options);
          if (started.ok) follows.push(started.value);
          return started;
        },
      }),
  });
  const events = follow(files, 'follow=1');
  await vi.waitFor(() => expect(events.all.length).toBeGreaterThan(0));
  events.cut();
  expect(await follows[0]?.ended).toEqual({ ok: true, value: undefined });
});

it('pulls no more for a reader that never reads, and lets it go in the end', async () => {
  const chunk = Buffer.from(`${'x'.repeat(65_535)}\n`);
  const over = Promise.withResolvers<void>();
  let pulled = 0;
  const endless: Follow = {
    stop: () => over.resolve(),
    ended: over.promise.then(() => ({ ok: true, value: undefined })),
    async *[Symbol.asyncIterator]() {
      for (;;) {
        pulled += chunk.length;
        yield chunk;
      }
    },
  };
  const files = await start({
    settings: { stallMs: 100 },
    wrap: (client) => withOthers(client, { follow: async () => ({ ok: true, value: endless }) }),
  });
  const { hostname: host, port } = new URL(files.gateway.url);
  const socket = connect({ host, port: Number(port) });
  socket.on('error', () => {});
  socket.pause();
  const head = [
    `GET /v1/fs/tail?path=${LOG}&follow=1 HTTP/1.1`,
    `host: ${host}`,
    `authorization: Bearer ${files.ticket}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  await over.promise;
  expect(pulled).toBeGreaterThan(0);
  expect(pulled).toBeLessThan(64 << 20); // What sockets of this machine hold, not what a follow gives.
  expect((await files.get('/v1/fs/ls?path=/log')).json.status).toBe('OK');
  socket.destroy();
});

it('has so many places and no more', async () => {
  const files = await start({ settings: { streamsMax: 2 } });
  const open = [follow(files, 'follow=1'), follow(files, 'follow=1')];
  for (const events of open) await vi.waitFor(() => expect(events.all.length).toBeGreaterThan(0));
  expect(await files.get(`/v1/fs/tail?path=${LOG}&follow=1`)).toMatchObject({ status: 429, json: { code: 'limit' } });
  open[0]?.cut();
  await vi.waitFor(async () => {
    const events = follow(files, 'follow=1');
    await vi.waitFor(() => expect(events.status).not.toBe(0));
    expect(events.status).toBe(200);
  });
});

it.each([
  ['path=/proc/lifecycle/state&follow=1', 200, 'unsupported'],
  ['path=/nope&follow=1', 200, 'invalid-path'],
  ['path=nope&follow=1', 400, 'invalid-path'],
  [`path=${LOG}&follow=1&from=x`, 400, 'invalid-payload'],
])('%s is refused before the first event', async (query, status, code) => {
  const files = await start();
  const answer = await files.get(`/v1/fs/tail?${query}`);
  expect([answer.status, answer.json.code]).toEqual([status, code]);
});

it('refuses a Last-Event-ID that is no cursor', async () => {
  const files = await start();
  const answer = await files.ask('GET', `/v1/fs/tail?path=${LOG}&follow=1`, { headers: { 'last-event-id': '1e9' } });
  expect(answer.status).toBe(400);
});
