// Telemetry as CBOR frames in a running hive: what its own workers send, what is taken of others, what readers get, and that lines
// are as they were. Another decoder (cborg) agrees on every byte.

import type { Manifest } from '@cohesix/manifest';
import type { PathSession } from '@cohesix/ninedoor';
import { encodeFrame, type Frame, frameLines } from '@cohesix/telemetry';
import { decodeFirst, encode } from 'cborg';
import { describe, expect, it, vi } from 'vitest';
import type { Hive } from '../src/hive.ts';
import { codeOf, guestOf, ticketOf } from './clients.ts';
import { placeForEach, queenOf, textOf } from './fixture.ts';

const place = placeForEach();
const PATH = '/worker/worker-1/telemetry';
const CTL = '/queen/ctl';

function framed(telemetry: Partial<Manifest['telemetry']> = {}): (manifest: Manifest) => Manifest {
  return (manifest) => ({
    ...manifest,
    telemetry: { ...manifest.telemetry, frame_schema: 'cbor-v1', ...telemetry },
    workers: { ...manifest.workers, heartbeat_interval_ms: 3_600_000 },
  });
}

/** A hive with a heartbeat worker that has told one frame. */
async function withWorker(change: (manifest: Manifest) => Manifest): Promise<{ hive: Hive; queen: PathSession }> {
  const hive = await place.start(change);
  const queen = queenOf(hive);
  expect(codeOf(await queen.append(CTL, '{"spawn":"heartbeat","ticks":1000,"budget":{}}\n'))).toBe('ok');
  await vi.waitFor(async () => expect((await bytesOf(queen)).length).toBeGreaterThan(0), { timeout: 10_000 });
  return { hive, queen };
}

async function bytesOf(session: PathSession): Promise<Uint8Array> {
  const read = await session.read(PATH, 1_000_000);
  if (!read.ok) throw new Error(read.refusal.detail);
  return read.value;
}

function frame(seq: number, fields: Partial<Frame> = {}): Uint8Array {
  return encodeFrame({ worker_id: 'worker-1', role: 'worker-heartbeat', seq, emitted_ms: 1, payload: {}, ...fields });
}

/** All items of a sequence, by the other decoder. */
function itemsOf(bytes: Uint8Array): readonly Record<string, unknown>[] {
  const items: Record<string, unknown>[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    const [item, left] = decodeFirst(rest);
    items.push(item as Record<string, unknown>);
    rest = left;
  }
  return items;
}

describe('a hive whose telemetry is frames', () => {
  it('sends frames of its own workers, in the bytes that another encoder makes', async () => {
    const { queen } = await withWorker(framed());
    const bytes = await bytesOf(queen);
    const [first] = itemsOf(bytes);
    expect(first).toMatchObject({
      schema: 'telemetry-frame/v1',
      worker_id: 'worker-1',
      role: 'worker-heartbeat',
      seq: 0,
      payload: { tick: 1 },
    });
    expect(Buffer.from(encode(first)).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
  });

  it('takes frames of the worker, one or several, and nothing else', async () => {
    const { queen } = await withWorker(framed());
    const append = async (...parts: Uint8Array[]): Promise<string> =>
      codeOf(await queen.append(PATH, Buffer.concat(parts)));
    expect(await append(frame(5))).toBe('ok');
    expect(await append(frame(6), frame(9))).toBe('ok');
    expect(await append(frame(9))).toBe('stale');
    expect(await append(frame(10), frame(10))).toBe('stale');
    expect(await append(frame(10, { worker_id: 'worker-2' }))).toBe('denied');
    expect(await append(frame(10, { role: 'worker-host' }))).toBe('denied');
    expect(await append(frame(10, { payload: { x: 'y'.repeat(5000) } }))).toBe('too-big');
    expect(await append(frame(10).subarray(1))).toBe('invalid-payload');
    expect(codeOf(await queen.append(PATH, '{"tick":7}\n'))).toBe('invalid-payload');
    expect(itemsOf(await bytesOf(queen)).map(({ seq }) => seq)).toEqual([0, 5, 6, 9]);
  });

  it('lets nobody else write in a worker’s name, and a worker only its own', async () => {
    const { hive, queen } = await withWorker(framed());
    expect(codeOf(await queen.append(CTL, '{"spawn":"heartbeat","ticks":1000,"budget":{}}\n'))).toBe('ok');
    await vi.waitFor(() => expect(textOf(queen, '/proc/workers')).resolves.toContain('running=2'), { timeout: 10_000 });
    const own = hive.attach(await ticketOf(hive, { role: 'worker-heartbeat', subject: 'worker-1' }));
    if (!own.ok) throw new Error(own.refusal.detail);
    expect(codeOf(await own.value.append(PATH, frame(3)))).toBe('ok');
    const other = frame(3, { worker_id: 'worker-2' });
    expect(codeOf(await own.value.append('/worker/worker-2/telemetry', other))).toBe('invalid-path');
    expect(codeOf(await own.value.append(PATH, other))).toBe('denied');
  });

  it('gives a follower over 9P whole frames, and the loss as a frame of its own', async () => {
    const { hive, queen } = await withWorker(framed({ ring_bytes_per_worker: 512 }));
    const { client } = await guestOf(hive, await ticketOf(hive));
    const follow = await client.follow(PATH, { from: 0n });
    if (!follow.ok) throw new Error(follow.refusal.detail);
    const chunks = follow.value[Symbol.asyncIterator]();
    const got: Record<string, unknown>[] = [];
    const take = async (): Promise<void> => {
      const chunk = await chunks.next();
      if (chunk.done !== true) got.push(...itemsOf(chunk.value));
    };
    await take();
    expect(got.map(({ seq }) => seq)).toEqual([0]);
    let written = (await bytesOf(queen)).length;
    for (let seq = 1; seq <= 20; seq++) {
      written += frame(seq).length;
      expect(codeOf(await queen.append(PATH, frame(seq)))).toBe('ok');
    }
    while (got.at(-1)?.seq !== 20) await take();
    let cursor = 0;
    for (const item of got) {
      const isLoss = item.schema === 'telemetry-loss/v1';
      if (isLoss) expect(Number(item.next) - Number(item.bytes)).toBe(cursor);
      cursor = isLoss ? Number(item.next) : cursor + encode(item).length;
    }
    expect(cursor, 'what was given and what was told lost is what was written').toBe(written);
    follow.value.stop();
    await client.close();
  });

  it('goes on after a stop with its frames, its cursor and its numbers', async () => {
    const { hive, queen } = await withWorker(framed());
    await queen.append(PATH, frame(40));
    const before = frameLines(await bytesOf(queen)).lines;
    await hive.stop();
    const again = queenOf(await place.start(framed()));
    await vi.waitFor(async () => expect(frameLines(await bytesOf(again)).lines).toHaveLength(3), { timeout: 10_000 });
    const after = frameLines(await bytesOf(again)).lines;
    expect(after.slice(0, 2)).toEqual(before);
    expect(after[2]).toContain('"seq":41');
    expect(codeOf(await again.append(PATH, frame(41)))).toBe('stale');
  });

  it('that was told to send lines before begins anew where those ended', async () => {
    const lines = (manifest: Manifest): Manifest => framed({ frame_schema: 'legacy-plaintext' })(manifest);
    const { hive, queen } = await withWorker(lines);
    const { length } = await bytesOf(queen);
    await hive.stop();
    const again = queenOf(await place.start(framed()));
    await vi.waitFor(async () => expect(itemsOf(await bytesOf(again))).toHaveLength(2), { timeout: 10_000 });
    expect(itemsOf(await bytesOf(again))).toMatchObject([
      { schema: 'telemetry-loss/v1', bytes: length, next: length },
      { worker_id: 'worker-1' },
    ]);
  });
});

it('a hive whose telemetry is lines takes no frames', async () => {
  const { queen } = await withWorker(framed({ frame_schema: 'legacy-plaintext' }));
  expect(codeOf(await queen.append(PATH, frame(1)))).toBe('invalid-payload');
  expect(codeOf(await queen.append(PATH, 'free text\n'))).toBe('ok');
  expect(await textOf(queen, PATH)).toMatch(/^\{"tick":1,"ts_ms":\d+\}\nfree text\n$/);
});
