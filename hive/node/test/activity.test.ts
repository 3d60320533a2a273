// `/proc/activity`: what its lines say, when there are some, how long they are; and in a running hive that it counts what workers
// write and are refused, for those who may see every worker.

import type { PathSession } from '@cohesix/ninedoor';
import type { Ring } from '@cohesix/telemetry';
import type { Scope } from '@cohesix/ticket';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ACTIVITY_INTERVAL_MS, ACTIVITY_LINE_BYTES_MAX, Activity } from '../src/activity.ts';
import type { Hive } from '../src/hive.ts';
import { nodeTimers } from '../src/host.ts';
import { type Guest, guestOf, ticketOf } from './clients.ts';
import { placeForEach, queenOf, textOf } from './fixture.ts';

interface Line {
  readonly ts_ms: number;
  readonly n: readonly (readonly [worker: string, records: number, refusals: number])[];
}

function parsed(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

describe('the lines', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** An activity that somebody follows from now on. */
  function followed() {
    const switches: boolean[] = [];
    const activity = new Activity({ timers: nodeTimers, now: () => 7, onSwitch: (isOn) => switches.push(isOn) });
    const { ring } = activity;
    const listener = (): void => undefined;
    ring.addListener(listener);
    return { activity, ring, switches, listener };
  }
  const textIn = (ring: Ring): string => Buffer.from(ring.snapshot()).toString();
  const interval = (count = 1): unknown => vi.advanceTimersByTime(count * ACTIVITY_INTERVAL_MS);

  it('say who did what since the one before, and nothing when nobody did', () => {
    const { activity, ring } = followed();
    activity.wrote('worker-7', 2);
    activity.refused('worker-9');
    activity.wrote('worker-7', 1);
    expect(textIn(ring)).toBe('');
    interval();
    expect(textIn(ring)).toBe('{"ts_ms":7,"n":[["worker-7",3,0],["worker-9",0,1]]}\n');
    interval(3);
    activity.refused('worker-7');
    interval();
    expect(parsed(textIn(ring)).slice(1)).toEqual([{ ts_ms: 7, n: [['worker-7', 0, 1]] }]);
  });

  it('are several of one moment where a line would be too long, and each worker is in one of them', () => {
    const { activity, ring } = followed();
    for (let id = 1; id <= 10_000; id++) activity.wrote(`worker-${id}`, 123_456_789);
    interval();
    const text = textIn(ring);
    const lengths = text.split('\n').map((line) => line.length + 1);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(ACTIVITY_LINE_BYTES_MAX);
    // As few lines as that takes: every one but the last has no room for another worker.
    expect(Math.min(...lengths.slice(0, -2))).toBeGreaterThan(
      ACTIVITY_LINE_BYTES_MAX - '["worker-10000",123456789,0],'.length,
    );
    const all = parsed(text).flatMap(({ n }) => n);
    expect(all.map(([worker]) => worker)).toEqual(Array.from({ length: 10_000 }, (_, index) => `worker-${index + 1}`));
    expect(new Set(parsed(text).map(({ ts_ms }) => ts_ms))).toEqual(new Set([7]));
  });

  it('are made only while somebody follows: a moment without a reader is none, some seconds are', () => {
    const { activity, ring, switches, listener } = followed();
    expect(switches).toEqual([true]);
    ring.removeListener(listener);
    interval(20);
    activity.wrote('worker-1', 1);
    ring.addListener(listener);
    interval();
    expect(parsed(textIn(ring))).toHaveLength(1);
    expect(switches).toEqual([true]);
    ring.removeListener(listener);
    interval(50);
    expect(switches).toEqual([true, false]);
    expect(activity.isOn).toBe(false);
    // Nothing is kept for nobody, and cursors go on.
    expect([textIn(ring), ring.bufferSize, ring.base]).toEqual(['', 0, ring.end]);
    expect(vi.getTimerCount()).toBe(0);
    ring.addListener(listener);
    expect(switches).toEqual([true, false, true]);
    interval();
    expect(textIn(ring)).toBe('');
  });

  it('end with the hive', () => {
    const { activity, switches } = followed();
    activity.stop();
    activity.stop();
    expect(switches).toEqual([true, false]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

const place = placeForEach();

async function must(session: PathSession, path: string, ...lines: readonly object[]): Promise<void> {
  const done = await session.append(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  if (!done.ok) throw new Error(`${path}: ${done.refusal.code}: ${done.refusal.detail}`);
}

/** A hive whose workers write nothing by themselves, and the activity of each worker so far, as a reader adds it up. */
async function started(spawns: readonly object[], change?: Parameters<typeof place.start>[0]) {
  const hive = await place.start((plain) => {
    const manifest = change?.(plain) ?? plain;
    return { ...manifest, workers: { ...manifest.workers, heartbeat_interval_ms: 60_000 } };
  });
  const queen = queenOf(hive);
  await must(queen, '/queen/ctl', ...spawns);
  const totals = new Map<string, { records: number; refusals: number }>();
  const follow = async (session: PathSession = queen): Promise<() => void> => {
    const stream = await session.follow('/proc/activity', undefined);
    if (!stream.ok) throw new Error(stream.refusal.code);
    void (async () => {
      for (;;) {
        const chunk = await stream.value.next();
        if (!chunk.ok || chunk.value === undefined) return;
        for (const { n } of parsed(Buffer.from(chunk.value).toString()))
          for (const [worker, records, refusals] of n) {
            const total = totals.get(worker) ?? { records: 0, refusals: 0 };
            totals.set(worker, { records: total.records + records, refusals: total.refusals + refusals });
          }
      }
    })();
    return () => stream.value.stop();
  };
  return { hive, queen, totals, follow };
}

const heartbeat = { spawn: 'heartbeat', ticks: 1000 };

describe('/proc/activity', () => {
  it('tells its reader how many lines each worker wrote, whoever wrote them', async () => {
    const { queen, totals, follow } = await started([heartbeat, heartbeat, heartbeat]);
    await queen.append('/worker/worker-1/telemetry', 'before anybody looked\n');
    const stop = await follow();
    await queen.append('/worker/worker-1/telemetry', 'a\nb\n');
    await queen.append('/worker/worker-2/telemetry', 'c\n');
    await queen.append('/worker/worker-1/telemetry', 'd\n');
    await vi.waitFor(() => expect(totals.get('worker-1')?.records).toBe(3));
    expect(Object.fromEntries(totals)).toEqual({
      'worker-1': { records: 3, refusals: 0 },
      'worker-2': { records: 1, refusals: 0 },
    });
    stop();
    await expect(queen.append('/proc/activity', 'x\n')).resolves.toMatchObject({ refusal: { code: 'denied' } });
  });

  it('counts frames as records', async () => {
    const { totals, follow } = await started([], (manifest) => ({
      ...manifest,
      telemetry: { ...manifest.telemetry, frame_schema: 'cbor-v1' },
    }));
    await follow();
    const queen = queenOf(place.hive as Hive);
    await must(queen, '/queen/ctl', heartbeat);
    // The first tick of the worker itself: one frame, whatever bytes are in it.
    await vi.waitFor(() => expect(totals.get('worker-1')).toEqual({ records: 1, refusals: 0 }));
  });

  it('counts what the sessions of a worker are refused, narrowed tickets too, and not what others are', async () => {
    const { hive, queen, totals, follow } = await started([heartbeat, heartbeat]);
    await follow();
    const guest = async (subject: string): Promise<Guest> =>
      guestOf(hive, await ticketOf(hive, { role: 'worker-heartbeat', subject }), 'worker-heartbeat');
    const one = await guest('worker-1');
    const two = await guest('worker-2');
    await one.client.read('/queen/ctl');
    await one.client.append('/worker/worker-2/telemetry', 'not mine');
    await one.client.append('/worker/worker-1/telemetry', 'mine');
    await two.client.append('/log/queen.log', 'no');
    await queen.append('/queen/ctl', '{"spawn":"nothing"}\n');
    await vi.waitFor(() => expect(totals.get('worker-2')?.refusals).toBe(1));
    await vi.waitFor(() => expect(totals.get('worker-1')).toEqual({ records: 1, refusals: 2 }));
    expect([...totals.keys()].sort()).toEqual(['worker-1', 'worker-2']);
  });

  it('counts frames to a bus as written by the worker of its adapter, and refusals there', async () => {
    const spool = { max_entries: 3, max_bytes: 64 };
    const bus = { id: 'plc', mount: 'plc', scope: 'plc', link: 'serial', baud: 9600, spool } as const;
    const { hive, totals, follow } = await started([{ spawn: 'bus', adapter: 'plc' }], (manifest) => ({
      ...manifest,
      sidecars: { ...manifest.sidecars, modbus: { ...manifest.sidecars.modbus, enable: true, adapters: [bus] } },
    }));
    await follow();
    const plc = await guestOf(hive, await ticketOf(hive, { role: 'worker-bus', subject: 'plc' }), 'worker-bus');
    for (const frame of ['1', '2']) await plc.client.append('/bus/plc/telemetry', frame);
    await plc.client.append('/bus/plc/telemetry', 'base64:?');
    await vi.waitFor(() => expect(totals.get('worker-1')).toEqual({ records: 2, refusals: 1 }));
  });

  it('tells nothing to a ticket that may not read every worker, and two readers the same', async () => {
    const { hive, queen, totals, follow } = await started([heartbeat]);
    const narrowed = async (...paths: readonly string[]): Promise<PathSession> => {
      const scopes: Scope[] = paths.map((path) => ({ path, verbs: 'read', ratePerS: 0 }));
      const session = hive.attach(await ticketOf(hive, { scopes }));
      if (!session.ok) throw new Error(session.refusal.detail);
      return session.value;
    };
    const some = await narrowed('/proc', '/worker/worker-1');
    expect(await textOf(some, '/proc/activity')).toBe('denied');
    expect(await some.follow('/proc/activity', undefined)).toMatchObject({ refusal: { code: 'denied' } });
    expect(await some.stat('/proc/activity')).toMatchObject({ value: { mode: 0 } });
    await follow(await narrowed('/proc/activity', '/worker'));
    await follow();
    await queen.append('/worker/worker-1/telemetry', 'seen by two\n');
    await vi.waitFor(() => expect(totals.get('worker-1')?.records).toBe(2));
  });
});
