// The load client against servers that lie: a benchmark that counts wrong answers as fast ones is worse than none.

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type Job, measure } from '../src/load.ts';
import type { OperationName } from '../src/operations.ts';
import type { RunningTarget } from '../src/target.ts';
import { canned } from '../src/target-canned.ts';

const SHORT = { warmupMs: 10, measureMs: 50 } as const;
const leftovers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of leftovers.splice(0)) await stop();
});

async function cannedTarget(): Promise<RunningTarget> {
  const target = await canned.start();
  leftovers.push(() => target.stop());
  return target;
}

function job(target: RunningTarget, operation: OperationName, port = target.port): Job {
  const { host, uname, aname, paths, pid } = target;
  return { ...SHORT, operation, connections: 2, tags: 3, host, port, uname, aname, paths, pid };
}

/** A server in front of the canned one that passes every answer through `change`. */
async function lying(target: RunningTarget, change: (answers: Buffer, to: Socket) => void): Promise<number> {
  const { connect } = await import('node:net');
  const server: Server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => change(chunk, client));
    for (const [from, to] of [[client, upstream] as const, [upstream, client] as const]) {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  leftovers.push(async () => void server.close());
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no TCP address');
  return address.port;
}

describe('measure', () => {
  test.for(['getattr', 'read 128 B', 'walk 4 names+clunk', 'append 64 B', 'session'] as const)(
    'counts %s',
    async (operation) => {
      const found = await measure(job(await cannedTarget(), operation));
      expect(found.operations).toBeGreaterThan(0);
      expect(found.p99Us).toBeGreaterThanOrEqual(found.p50Us);
    },
  );

  test('puts answers together that arrive byte by byte', async () => {
    const target = await cannedTarget();
    const port = await lying(target, (answers, to) => {
      for (const byte of answers) to.write(Uint8Array.of(byte));
    });
    expect((await measure(job(target, 'read 128 B', port))).operations).toBeGreaterThan(0);
  });

  test('stops at an Rlerror and says which', async () => {
    const target = await cannedTarget();
    const port = await lying(target, (answers, to) => {
      const isGetattr = answers[4] === 25;
      to.write(isGetattr ? Uint8Array.of(11, 0, 0, 0, 7, 0, 0, 13, 0, 0, 0) : answers);
    });
    await expect(measure(job(target, 'getattr', port))).rejects.toThrow('T-message 24 was answered Rlerror 13');
  });

  test('does not count a short read', async () => {
    const target = await cannedTarget();
    const port = await lying(target, (answers, to) => {
      const isRead = answers[4] === 117;
      to.write(isRead ? Uint8Array.of(11, 0, 0, 0, 117, answers[5] ?? 0, 0, 0, 0, 0, 0) : answers);
    });
    await expect(measure(job(target, 'read 128 B', port))).rejects.toThrow('11 bytes instead of 139');
  });

  test('does not count a short write', async () => {
    const target = await cannedTarget();
    const port = await lying(target, (answers, to) => {
      if (answers[4] === 119) answers.writeUInt32LE(63, 7);
      to.write(answers);
    });
    await expect(measure(job(target, 'append 64 B', port))).rejects.toThrow('wrote 63 of 64 bytes');
  });

  test('says that the server hung up', async () => {
    const target = await cannedTarget();
    const port = await lying(target, (_answers, to) => to.destroy());
    await expect(measure(job(target, 'getattr', port))).rejects.toThrow('closed the connection');
  });
});
