// What `/proc/ingest` tells, over a hive whose disk waits for the test and whose clock the test turns: latencies, what waits for
// the journal, what is lost, the watch; and that a CBOR twin says what its text says.

import { type Disk, type DiskFile, nodeDisk } from '@cohesix/journal';
import type { Manifest } from '@cohesix/manifest';
import type { PathSession } from '@cohesix/ninedoor';
import { decode } from 'cborg';
import { describe, expect, it } from 'vitest';
import { nodeTimers } from '../src/host.ts';
import { Ingest } from '../src/ingest.ts';
import { placeForEach, queenOf, textOf } from './fixture.ts';

/** A disk whose syncs wait while it is held. */
class HeldDisk {
  readonly #waiting: (() => void)[] = [];
  isHeld = false;

  readonly disk: Disk = { ...nodeDisk, open: async (path, mode) => this.#file(await nodeDisk.open(path, mode)) };

  release(): void {
    this.isHeld = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  #file(file: DiskFile): DiskFile {
    return {
      read: (target, position) => file.read(target, position),
      writev: (chunks, position) => file.writev(chunks, position),
      datasync: async () => {
        if (this.isHeld) await new Promise<void>((resolve) => this.#waiting.push(resolve));
        await file.datasync();
      },
      truncate: (size) => file.truncate(size),
      close: () => file.close(),
    };
  }
}

const place = placeForEach();

/** A hive on a held disk and a clock of the test's own. */
async function started(change?: (manifest: Manifest) => Manifest) {
  const held = new HeldDisk();
  const clock = { ms: 1000 };
  const hive = await place.start(change, { disk: held.disk, timers: { ...nodeTimers, nowMs: () => clock.ms } });
  return { held, clock, door: hive.door, queen: queenOf(hive) };
}

/** The number behind `name=` of `/proc/ingest/<name>`. */
async function measure(queen: PathSession, name: string): Promise<number> {
  const [key, value] = (await textOf(queen, `/proc/ingest/${name}`)).trimEnd().split('=');
  expect(key).toBe(name);
  return Number(value);
}

const set = { set: { level: 'info' } };
const write = (queen: PathSession, path: string, line: object | string) =>
  queen.append(path, `${typeof line === 'string' ? line : JSON.stringify(line)}\n`);

describe('/proc/ingest', () => {
  it('counts what waits for the journal, and how long it waited', async () => {
    const { held, clock, queen } = await started();
    expect(await Promise.all(['queued', 'p50_ms', 'p95_ms'].map((name) => measure(queen, name)))).toEqual([0, 0, 0]);
    held.isHeld = true;
    const both = [write(queen, '/trace/ctl', set), write(queen, '/trace/ctl', set)];
    expect(await measure(queen, 'queued')).toBe(2);
    clock.ms += 40;
    held.release();
    await Promise.all(both);
    expect(await Promise.all(['queued', 'p50_ms', 'p95_ms'].map((name) => measure(queen, name)))).toEqual([0, 40, 40]);
  });

  it('counts refusals that mean "later" as backpressure, others not', async () => {
    const { queen } = await started();
    expect((await write(queen, '/queen/ctl', { spawn: 'heartbeat', ticks: 1000 })).ok).toBe(true);
    expect((await write(queen, '/queen/ctl', 'no json')).ok).toBe(false);
    expect(await measure(queen, 'backpressure')).toBe(0);
    expect(await write(queen, '/queen/lifecycle/ctl', 'quiesce')).toMatchObject({ refusal: { code: 'busy' } });
    expect(await measure(queen, 'backpressure')).toBe(1);
    expect(await textOf(queen, '/proc/pressure/busy')).toBe('busy=1\n');
  });

  it('counts the telemetry lines that are gone, also of a worker that is gone', async () => {
    const { queen } = await started((manifest) => ({
      ...manifest,
      telemetry: { ...manifest.telemetry, ring_bytes_per_worker: 256 },
      workers: { ...manifest.workers, heartbeat_interval_ms: 3_600_000 },
    }));
    await write(queen, '/queen/ctl', { spawn: 'heartbeat', ticks: 1000 });
    const path = '/worker/worker-1/telemetry';
    const stat = await queen.stat(path);
    const taken = stat.ok ? Number(stat.value.size) : Number.NaN;
    const line = 'x'.repeat(63);
    await write(queen, path, [line, line, line].join('\n'));
    expect([taken < 64, await measure(queen, 'dropped')]).toEqual([true, 0]);
    await write(queen, path, [line, line].join('\n'));
    expect(await measure(queen, 'dropped')).toBe(2);
    expect(await write(queen, path, 'y'.repeat(256))).toMatchObject({ refusal: { code: 'too-big' } });
    expect(await measure(queen, 'dropped')).toBe(3);
    await write(queen, '/queen/ctl', { kill: 'worker-1' });
    expect(await measure(queen, 'dropped')).toBe(3);
  });

  it('has no other file', async () => {
    const { queen } = await started();
    expect(await textOf(queen, '/proc/ingest/p99_ms')).toBe('invalid-path');
  });
});

describe('/proc/ingest/watch', () => {
  it('takes a line on reading, when something changed and the interval has passed', async () => {
    const { clock, queen } = await started();
    const lines = async (): Promise<string[]> => (await textOf(queen, '/proc/ingest/watch')).trimEnd().split('\n');
    expect(await lines()).toEqual([
      expect.stringMatching(
        /^watch ts_ms=\d+ p50_ms=0 p95_ms=0 queued=0 backpressure=0 dropped=0 ui_reads=0 ui_denies=0$/,
      ),
    ]);
    clock.ms += 1000;
    expect(await lines()).toHaveLength(1);
    await textOf(queen, '/proc/9p/sessions.cbor');
    await textOf(queen, '/policy/preflight/req.cbor');
    expect((await lines())[1]).toMatch(/ ui_reads=1 ui_denies=1$/);
    await textOf(queen, '/proc/9p/sessions.cbor');
    expect(await lines()).toHaveLength(2);
    clock.ms += 49;
    expect(await lines()).toHaveLength(2);
    clock.ms += 1;
    expect((await lines())[2]).toMatch(/ ui_reads=2 ui_denies=1$/);
  });

  it('retains so many lines', async () => {
    const { clock, queen } = await started();
    for (let round = 0; round < 20; round++) {
      clock.ms += 50;
      await textOf(queen, '/proc/9p/sessions.cbor');
      await textOf(queen, '/proc/ingest/watch');
    }
    const [marker, ...kept] = (await textOf(queen, '/proc/ingest/watch')).trimEnd().split('\n');
    expect(marker).toMatch(/^~ lost bytes=\d+ next=\d+$/);
    expect(kept.map((line) => / ui_reads=(\d+) /.exec(line)?.[1])).toEqual(
      Array.from({ length: 16 }, (_, index) => String(index + 5)),
    );
  });

  it('can be followed: a reader that waits gets a line when something changes', async () => {
    const { clock, queen } = await started((manifest) => ({
      ...manifest,
      observability: { ...manifest.observability, watch_min_interval_ms: 1 },
    }));
    const follow = await queen.follow('/proc/ingest/watch', undefined);
    if (!follow.ok) throw new Error(follow.refusal.detail);
    for (const reads of [1, 2]) {
      clock.ms += 1;
      await textOf(queen, '/proc/9p/sessions.cbor');
      const chunk = await follow.value.next();
      expect(chunk.ok && Buffer.from(chunk.value ?? []).toString()).toContain(` ui_reads=${reads} `);
    }
    follow.value.stop();
  });
});

describe('a CBOR twin', () => {
  /** What both forms of a file say. */
  async function both(queen: PathSession, path: string): Promise<{ readonly text: string; readonly map: unknown }> {
    const bytes = await queen.read(`${path}.cbor`, 65_536);
    if (!bytes.ok) throw new Error(`${path}.cbor: ${bytes.refusal.code}`);
    return { text: await textOf(queen, path), map: decode(bytes.value) };
  }

  it('says what its text says', async () => {
    const { queen } = await started();
    await write(queen, '/queen/ctl', { spawn: 'heartbeat', ticks: 1000 });
    await write(queen, '/queen/lifecycle/ctl', 'quiesce');
    const sessions = await both(queen, '/proc/9p/sessions');
    expect(sessions.text).toBe('sessions total=2 worker=1 shard_bits=8 shard_count=256\nshard 13 1\n');
    expect(sessions.map).toEqual({
      total: 2,
      worker: 1,
      shard_bits: 8,
      shard_count: 256,
      shards: [{ label: '13', count: 1 }],
    });
    for (const path of ['/proc/9p/outstanding', '/proc/9p/short_writes']) {
      const { text, map } = await both(queen, path);
      const pairs = Object.entries(map as object).map(([key, value]) => `${key}=${value}`);
      expect(text.trimEnd().split(' ').slice(1).sort()).toEqual(pairs.sort());
    }
    expect(await both(queen, '/proc/ingest/backpressure')).toEqual({
      text: 'backpressure=1\n',
      map: { backpressure: 1 },
    });
    expect(await both(queen, '/proc/ingest/p50_ms')).toEqual({ text: 'p50_ms=0\n', map: { p50_ms: 0 } });
  });

  it('of the preflight is there when it is switched on', async () => {
    const { queen } = await started((manifest) => ({
      ...manifest,
      policy: { ...manifest.policy, enabled: true },
      ui_providers: { ...manifest.ui_providers, policy_preflight: { req: true, diff: true } },
    }));
    const request = { id: 'a', target: '/queen/ctl', line: '{"spawn":"host"}', decision: 'request' };
    await write(queen, '/actions/queue', request);
    expect(await both(queen, '/policy/preflight/req')).toEqual({
      text: 'req total=1 queued=0 consumed=0\nreq id=a target=/queen/ctl decision=request state=requested\n',
      map: {
        total: 1,
        queued: 0,
        consumed: 0,
        entries: [{ id: 'a', target: '/queen/ctl', decision: 'request', state: 'requested' }],
      },
    });
    const diff = await both(queen, '/policy/preflight/diff');
    expect(diff.map).toMatchObject({ actions: 1, unmatched: 0 });
    expect((diff.map as { entries: object[] }).entries).toContainEqual({
      id: 'queen-ctl',
      target: '/queen/ctl',
      queued: 0,
      consumed: 0,
    });
    expect(diff.text).toContain('rule id=queen-ctl target=/queen/ctl queued=0 consumed=0\n');
  });

  it('that is off is not there', async () => {
    const { queen } = await started((manifest) => ({
      ...manifest,
      ui_providers: { ...manifest.ui_providers, proc_9p: { sessions: false, outstanding: true, short_writes: true } },
    }));
    expect(await textOf(queen, '/proc/9p/sessions.cbor')).toBe('invalid-path');
    expect(await queen.list('/proc/9p')).toMatchObject({
      value: ['outstanding', 'outstanding.cbor', 'session', 'sessions', 'short_writes', 'short_writes.cbor'],
    });
    expect(await queen.list('/policy/preflight')).toMatchObject({ value: ['diff', 'req'] });
  });
});

describe('measured latencies', () => {
  it('are those of the last appends', () => {
    const clock = { ms: 0 };
    const ingest = new Ingest({ monotonicMs: () => clock.ms, samplesMax: 4 });
    const take = (ms: number): void => {
      ingest.measured((_who, _path, _lines, done) => {
        clock.ms += ms;
        done({ ok: true, value: undefined });
      })({} as never, '/x', [], () => undefined);
    };
    for (const ms of [1000, 1, 2, 3, 4]) take(ms);
    expect([50, 95, 25].map((percent) => ingest.percentileMs(percent))).toEqual([2, 4, 1]);
  });

  it('of streams are taken one in sixteen', () => {
    let looks = 0;
    const ingest = new Ingest({ monotonicMs: () => looks++, samplesMax: 32 });
    for (let append = 0; append < 32; append++) ingest.stream(() => append);
    expect(looks).toBe(4);
  });
});
