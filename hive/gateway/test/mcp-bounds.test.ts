// What is bounded in MCP: streams nobody reads, files that are watched, calls at a time.

import type { Follow, HiveClient } from '@cohesix/client';
import { ok, refuse } from '@cohesix/wire';
import { Server } from '@modelcontextprotocol/server';
import { describe, expect, it, vi } from 'vitest';
import { startGateway } from '../src/gateway.ts';
import { EventQueue } from '../src/mcp/event-queue.ts';
import { mcpLimits } from '../src/mcp/limits.ts';
import { mcpPart } from '../src/mcp/routes.ts';
import { catalogueOf, Seat } from '../src/mcp/seat.ts';
import type { McpService } from '../src/mcp/service.ts';
import { Watches } from '../src/mcp/watch.ts';
import { GATEWAY_DEFAULTS } from '../src/settings.ts';

describe('a stream', () => {
  it('keeps so much for a reader who does not read, and no more', async () => {
    const at = streamOf(3);
    const kept = new EventQueue(at.body, 3, () => {});
    await at.taken;
    expect([await kept.next(), await kept.next(), await kept.next()].map(({ done }) => done)).toEqual([
      false,
      false,
      false,
    ]);
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const over = new EventQueue(streamOf(4).body, 3, resolve);
    await ended;
    await expect(over.next()).rejects.toThrow('did not read');
  });

  it('is given back when its reader leaves, also before it read', async () => {
    let isCancelled = false;
    const body = new ReadableStream<Uint8Array>({
      cancel: () => {
        isCancelled = true;
      },
    });
    let ends = 0;
    const queue = new EventQueue(body, 3, () => {
      ends += 1;
    });
    await queue.return();
    expect(isCancelled).toBe(true);
    expect(ends).toBe(1);
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  it('wakes a reader who waits when it ends', async () => {
    const { promise: close, resolve } = Promise.withResolvers<void>();
    const body = new ReadableStream<Uint8Array>({ start: (controller) => close.then(() => controller.close()) });
    const queue = new EventQueue(body, 3, () => {});
    const next = queue.next();
    resolve();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});

describe('watches', () => {
  it('are so many files at a time, whoever listens, and end with their last listener', async () => {
    const limits = { watchesMax: 2, pollMs: 10_000, quietMs: 0 };
    const watches = new Watches({ client: fakeClient(), refused: () => {}, limits });
    const first = watches.add('/a', () => {});
    const again = watches.add('/a', () => {});
    expect([watches.size, watches.add('/b', () => {}) !== undefined, watches.add('/c', () => {})]).toEqual([
      1,
      true,
      undefined,
    ]);
    await first?.ready;
    first?.stop();
    expect(watches.size).toBe(2);
    again?.stop();
    expect(watches.size).toBe(1);
    watches.close();
  });

  it('tell of every line of a stream since they were ready', async () => {
    const lines = [new Uint8Array(1), new Uint8Array(1)];
    let from: bigint | undefined;
    const client = fakeClient({
      stat: async () => ok({ kind: 'stream' as const, mode: 0o444, size: 42n, qidPath: 1n, qidVersion: 1 }),
      follow: async (_, options) => {
        from = options?.from;
        return ok(followOf(lines));
      },
    });
    const watches = new Watches({ client, refused: () => {}, limits: { watchesMax: 2, pollMs: 10_000, quietMs: 0 } });
    const { promise, resolve } = Promise.withResolvers<void>();
    let told = 0;
    const tell = (): void => {
      told += 1;
      if (told === 2) resolve();
    };
    await watches.add('/log', tell)?.ready;
    await promise;
    expect(from).toBe(42n);
    watches.close();
  });

  it('tell their session what the hive refuses', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const client = fakeClient({ stat: async () => refuse('revoked') });
    const limits = { watchesMax: 2, pollMs: 10_000, quietMs: 0 };
    const watches = new Watches({ client, refused: ({ code }) => resolve(code), limits });
    watches.add('/a', () => {});
    expect(await promise).toBe('revoked');
    watches.close();
  });
});

describe('a seat', () => {
  it('takes so many calls at a time, and says busy to the next', async () => {
    const { promise: hold, resolve } = Promise.withResolvers<void>();
    const client = fakeClient({ append: () => hold.then(() => ok({ bytes: 1 })) });
    const seat = seatOf(client, { callsMax: 2 });
    const calls = [seat.call('a_ctl', {}, false), seat.call('a_ctl', {}, false)];
    expect(await seat.call('a_ctl', {}, false)).toMatchObject({ isError: true, structuredContent: { code: 'busy' } });
    resolve();
    for (const called of await Promise.all(calls))
      expect(called).toMatchObject({ structuredContent: { status: 'accepted' } });
    expect(await seat.call('a_ctl', {}, false)).toMatchObject({ structuredContent: { status: 'accepted' } });
  });

  it('is over once when the hive ends its session, and not when a line is about something that ended', async () => {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    let ends = 0;
    let isEnded = false;
    const refused = async () => refuse('expired');
    const ping = async () => (isEnded ? refuse('revoked') : ok(undefined));
    const seat = seatOf(fakeClient({ append: refused, list: refused, ping }), {}, () => {
      ends += 1;
      resolve();
    });
    expect(await seat.call('a_ctl', {}, false)).toMatchObject({ structuredContent: { code: 'expired' } });
    await seat.tools();
    expect(ends).toBe(0);
    isEnded = true;
    await Promise.all([seat.tools(), seat.call('a_ctl', {}, false)]);
    await over;
    expect(ends).toBe(1);
  });
});

describe('a session of an older client', () => {
  it('is ended when nobody uses it', async () => {
    const nothing = { stop: (): void => {}, ready: Promise.resolve() };
    const service: McpService = {
      serve: () => new Server({ name: 'test', version: '1' }, { capabilities: {} }),
      watch: async () => ok(nothing),
      watchTools: () => nothing,
      isInUse: () => false,
      close: () => {},
    };
    const attach = async () => ok(fakeClient({ close: async () => {} }));
    const nobody = async () => refuse('unsupported');
    const started = await startGateway({
      hive: { attach, ninep: nobody, ready: async () => ok(undefined), controls: [], files: [] },
      listen: { host: '127.0.0.1', port: 0 },
      settings: { sessionIdleMs: 4 },
      parts: [(context) => mcpPart(context, () => service)],
    });
    if (!started.ok) throw new Error(started.refusal.detail);
    const ask = (message: object, session?: string): Promise<Response> =>
      fetch(`${started.value.url}/mcp`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          authorization: 'Bearer t',
          ...(session === undefined ? {} : { 'mcp-session-id': session }),
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }),
      });
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'a', version: '1' } };
    const opened = await ask({ method: 'initialize', params });
    await opened.text();
    const session = opened.headers.get('mcp-session-id') ?? '';
    expect(session).not.toBe('');
    // Looked for more rarely than it is kept: looking is using.
    await vi.waitFor(async () => expect((await ask({ method: 'ping' }, session)).status).toBe(404), {
      timeout: 10_000,
      interval: 250,
    });
    expect((await ask({ method: 'initialize', params: {} })).headers.get('mcp-session-id')).toBe(null);
    await started.value.close();
  });
});

function seatOf(client: HiveClient, more: object, whenOver: () => void = () => {}): Seat {
  const control = {
    pattern: '/a/ctl',
    summary: 'A.',
    schema: { type: 'object', properties: {} },
    isWord: false,
    writers: ['queen'],
    lineBytesMax: 100,
    examples: [],
  };
  const limits = { ...mcpLimits(GATEWAY_DEFAULTS), ...more };
  return new Seat({ client, catalogue: catalogueOf([control], []), limits, hold: () => () => {}, whenOver });
}

function fakeClient(more: Partial<HiveClient> = {}): HiveClient {
  const nothing = async () => refuse('invalid-path');
  return { list: nothing, read: nothing, stat: nothing, explain: async () => undefined, ...more } as HiveClient;
}

function followOf(lines: readonly Uint8Array[]): Follow {
  const iterate = async function* () {
    yield* lines;
  };
  return { stop: () => {}, ended: Promise.resolve(ok(undefined)), [Symbol.asyncIterator]: iterate };
}

/** A stream of so many pieces; `taken` settles when all were asked for. */
function streamOf(count: number): { readonly body: ReadableStream<Uint8Array>; readonly taken: Promise<void> } {
  const { promise: taken, resolve } = Promise.withResolvers<void>();
  let sent = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        if (sent === count) resolve();
        else controller.enqueue(new Uint8Array([sent]));
        sent += 1;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, taken };
}
