// Readers that are slow, away or back again, over 9P: they delay no writer, cost bounded memory, and learn exactly how much they
// missed. Whatever the writer appends and whenever the reader reads: bytes given and bytes told lost are the bytes written.

import type { Manifest } from '@cohesix/manifest';
import type { PathSession } from '@cohesix/ninedoor';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { codeOf, guestOf, ticketOf } from './clients.ts';
import { placeForEach, queenOf, textOf } from './fixture.ts';

const SEED = 20261121;
const PATH = '/worker/worker-1/telemetry';
const RING_BYTES = 1024;
const TIMEOUT_MS = 60_000;
const place = placeForEach();

function small(manifest: Manifest): Manifest {
  const telemetry = { ...manifest.telemetry, ring_bytes_per_worker: RING_BYTES, ring_budget_bytes: 65_536 };
  return { ...manifest, telemetry, workers: { ...manifest.workers, heartbeat_interval_ms: 3_600_000 } };
}

async function queenWithWorker(): Promise<PathSession> {
  const queen = queenOf(await place.start(small));
  expect(codeOf(await queen.append('/queen/ctl', '{"spawn":"heartbeat","ticks":1000,"budget":{}}\n'))).toBe('ok');
  await vi.waitFor(async () => expect(await textOf(queen, PATH)).toContain('tick'), { timeout: 10_000 });
  return queen;
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('read' as const), count: fc.integer({ min: 1, max: 3 }) }) },
);

it('every byte is given or told lost, whoever reads when', { timeout: TIMEOUT_MS }, async () => {
  const queen = await queenWithWorker();
  if (place.hive === undefined) throw new Error('no hive');
  const { client } = await guestOf(place.hive, await ticketOf(place.hive));
  let number = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const start = await endOf(queen);
      const follow = await client.follow(PATH, { from: BigInt(start) });
      if (!follow.ok) throw new Error(follow.refusal.detail);
      const chunks = follow.value[Symbol.asyncIterator]();
      const read: string[] = [];
      const take = async (): Promise<void> => {
        const chunk = await chunks.next();
        if (chunk.done !== true) read.push(Buffer.from(chunk.value).toString());
      };
      let written = '';
      for (const { kind, count } of steps) {
        if (kind === 'append') {
          const lines = Array.from({ length: count }, () => `line ${number++} ${'x'.repeat(number % 40)}\n`).join('');
          const isTaken = codeOf(await queen.append(PATH, lines)) === 'ok';
          expect(isTaken).toBe(lines.length <= RING_BYTES);
          if (isTaken) written += lines;
        } else for (let time = 0; time < count && reached(read, written) < written.length; time++) await take();
      }
      while (reached(read, written) < written.length) await take();
      expect(reached(read, written)).toBe(written.length);
      follow.value.stop();
    }),
    { seed: SEED, numRuns: 60 },
  );
  await client.close();
});

async function endOf(session: PathSession): Promise<number> {
  const stat = await session.stat(PATH);
  return stat.ok ? Number(stat.value.size) : -1;
}

/** How far in what was written a reader has come; fails where it was given something else than what stands there. */
function reached(chunks: readonly string[], written: string): number {
  let cursor = 0;
  for (const line of chunks.join('').split(/(?<=\n)/)) {
    const lost = /^~ lost bytes=(\d+) next=\d+\n$/.exec(line)?.[1];
    if (lost === undefined) expect(written.startsWith(line, cursor), `at ${cursor}: ${line}`).toBe(true);
    cursor += lost === undefined ? line.length : Number(lost);
  }
  return cursor;
}

it('a reader that stands still keeps neither the writer waiting nor more than the ring', {
  timeout: TIMEOUT_MS,
}, async () => {
  const queen = await queenWithWorker();
  if (place.hive === undefined) throw new Error('no hive');
  const { client } = await guestOf(place.hive, await ticketOf(place.hive));
  const start = await endOf(queen);
  const follow = await client.follow(PATH, { from: BigInt(start) });
  if (!follow.ok) throw new Error(follow.refusal.detail);
  const line = `${'y'.repeat(99)}\n`;
  let written = 0;
  for (let count = 0; count < 20_000; count++) {
    // Nobody reads, and each append is answered all the same.
    expect((await queen.append(PATH, line)).ok).toBe(true);
    written += line.length;
  }
  let [given, lost] = [0, 0];
  for await (const chunk of follow.value) {
    for (const each of Buffer.from(chunk)
      .toString()
      .split(/(?<=\n)/)) {
      const told = /^~ lost bytes=(\d+) next=\d+\n$/.exec(each)?.[1];
      if (told === undefined) given += each.length;
      else lost += Number(told);
    }
    if (given + lost >= written) break;
  }
  expect(given + lost).toBe(written);
  const log = await textOf(queen, '/log/queen.log');
  expect(
    log.match(/telemetry cursor stale worker=worker-1 requested=\d+ rewind_to=\d+ retain_on_boot=yes/g),
  ).toHaveLength(1);
  expect(given, 'what waited for it: the ring, and what was on its way').toBeLessThanOrEqual(2 * RING_BYTES);
  await client.close();
});
