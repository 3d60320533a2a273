// 1,000 followers of one stream: each gets every line. Paced, at so many lines a second, and as fast as the last of them has what
// was sent. And a reader that was away meanwhile: what it is told it missed, and what it gets, is all that was written.

import { cpuTimeUs, processTree } from '../cpu.ts';
import { Pipe } from '../fleet/pipe.ts';
import { type Spread, Tally } from '../fleet/spread.ts';
import { O_APPEND, O_WRONLY } from '../frames.ts';
import { FOLLOWERS_A_CONNECTION, FollowConnection } from './follow-connection.ts';
import { LINE_BYTES, linesFrom } from './lines.ts';
import { type HiveOfRings, telemetryPath } from './target-hive.ts';

/** Lines of an append, and time between two when paced: 500 lines a second. */
const BATCH = 10;
const EVERY_MS = 20;
/** How long the last follower may take to have a batch. */
const LATE_MS = 30_000;

/** How many follow, and for how long at each pace. */
export interface FollowersLoad {
  readonly followers: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** One stretch. */
export interface FollowersStretch {
  readonly pace: 'paced' | 'flat out';
  readonly followers: number;
  readonly lines: number;
  /** Lines that followers got, all together. */
  readonly delivered: number;
  readonly linesPerSecond: number;
  readonly deliveredPerSecond: number;
  /** From sending an append to its arrival at the last follower. */
  readonly lastHasIt: Spread;
  /** CPU time of the hive for a line that a follower got. */
  readonly serverCpuUs: number;
  readonly memoryBytes: number;
}

/** What a reader that was away found. */
export interface AwayRow {
  readonly writtenBytes: number;
  readonly toldLostBytes: number;
  readonly givenBytes: number;
}

/** What followers found. */
export interface FollowersRow {
  readonly stretches: readonly FollowersStretch[];
  readonly away: AwayRow;
}

/** Runs both stretches on the telemetry of one worker. @throws Error when a follower misses a line or is refused. */
export async function measureFollowers(rings: HiveOfRings, load: FollowersLoad): Promise<FollowersRow> {
  const path = telemetryPath(0);
  const audience = await Audience.open(rings, path, load.followers);
  try {
    const begin = await endOf(rings, path);
    audience.begin(begin);
    const stretches: FollowersStretch[] = [];
    for (const pace of ['paced', 'flat out'] as const)
      stretches.push(await stretch(rings, audience, { ...load, pace }));
    const written = (await endOf(rings, path)) - begin;
    return { stretches, away: await awayFrom(rings, { path, begin, written }) };
  } finally {
    audience.close();
  }
}

async function stretch(
  rings: HiveOfRings,
  audience: Audience,
  { pace, seconds, signal, followers }: FollowersLoad & Pick<FollowersStretch, 'pace'>,
): Promise<FollowersStretch> {
  const pids = processTree(rings.hive.pid);
  const cpuBefore = cpuTimeUs(pids);
  const tally = new Tally();
  const begin = performance.now();
  const gotBefore = audience.got;
  let batches = 0;
  while (performance.now() - begin < seconds * 1000 && !signal.aborted) {
    const due = pace === 'paced' ? begin + batches * EVERY_MS : 0;
    await until(due);
    const sent = performance.now();
    await audience.send(BATCH);
    tally.add(performance.now() - sent);
    batches += 1;
  }
  const took = (performance.now() - begin) / 1000;
  const lines = batches * BATCH;
  const delivered = audience.got - gotBefore;
  return {
    pace,
    followers,
    lines,
    delivered,
    linesPerSecond: lines / took,
    deliveredPerSecond: delivered / took,
    lastHasIt: tally.spread(),
    serverCpuUs: (cpuTimeUs(pids) - cpuBefore) / delivered,
    memoryBytes: rings.memory(),
  };
}

function until(due: number): Promise<void> {
  const ms = due - performance.now();
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}

/** All followers, and who writes for them. */
class Audience {
  readonly #connections: readonly FollowConnection[];
  readonly #pipe: Pipe;
  readonly #fid: number;
  readonly #state: { got: number; wake: () => void; problem: string | undefined };
  readonly #followers: number;
  #sent = 0;

  private constructor(
    connections: readonly FollowConnection[],
    writer: { readonly pipe: Pipe; readonly fid: number },
    followers: number,
    state: { got: number; wake: () => void; problem: string | undefined },
  ) {
    this.#connections = connections;
    this.#pipe = writer.pipe;
    this.#fid = writer.fid;
    this.#followers = followers;
    this.#state = state;
  }

  static async open({ hive }: HiveOfRings, path: string, followers: number): Promise<Audience> {
    const state = { got: 0, wake: () => {}, problem: undefined as string | undefined };
    const ports = {
      onLines: (lines: number) => {
        state.got += lines;
        state.wake();
      },
      onError: (why: string) => {
        state.problem ??= why;
        state.wake();
      },
    };
    const connections: FollowConnection[] = [];
    for (let left = followers; left > 0; left -= FOLLOWERS_A_CONNECTION)
      connections.push(
        await FollowConnection.open(hive, { path, count: Math.min(left, FOLLOWERS_A_CONNECTION) }, ports),
      );
    const pipe = await Pipe.open(hive.socket);
    const fid = await pipe.open(await pipe.attach(hive.queen), path, O_WRONLY | O_APPEND);
    return new Audience(connections, { pipe, fid }, followers, state);
  }

  /** Lines that followers have, all together. */
  get got(): number {
    return this.#state.got;
  }

  /** All follow from the end on. */
  begin(cursor: number): void {
    for (const connection of this.#connections) connection.begin(cursor, 0);
  }

  /** Appends lines; resolves when every follower has them. @throws Error when one misses any. */
  async send(count: number): Promise<void> {
    const { errno } = await this.#pipe.write(this.#fid, linesFrom(this.#sent, count));
    if (errno !== 0) throw new Error(`an append was refused with errno ${errno}`);
    this.#sent += count;
    const end = performance.now() + LATE_MS;
    while (this.#state.got < this.#sent * this.#followers) {
      if (this.#state.problem !== undefined) throw new Error(this.#state.problem);
      if (performance.now() > end)
        throw new Error(`${this.#state.got} lines arrived of ${this.#sent * this.#followers}`);
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, LATE_MS);
        this.#state.wake = () => {
          clearTimeout(late);
          resolve();
        };
      });
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
    this.#pipe.close();
  }
}

async function endOf({ client }: HiveOfRings, path: string): Promise<number> {
  const stat = await client.stat(path);
  if (!stat.ok) throw new Error(stat.refusal.detail);
  return Number(stat.value.size);
}

const MARKER = /^~ lost bytes=(\d+) next=\d+\n/;

/** Reads from where all began, long after: a loss, and the rest. */
async function awayFrom(
  { client }: HiveOfRings,
  { path, begin, written }: { readonly path: string; readonly begin: number; readonly written: number },
): Promise<AwayRow> {
  const content = await client.read(path, { from: BigInt(begin), maxBytes: written + LINE_BYTES });
  if (!content.ok) throw new Error(content.refusal.detail);
  const marker = MARKER.exec(Buffer.from(content.value).toString('latin1', 0, 2 * LINE_BYTES));
  const givenBytes = content.value.length - (marker?.[0].length ?? 0);
  return { writtenBytes: written, toldLostBytes: Number(marker?.[1] ?? 0), givenBytes };
}
