// The telemetry of the fleet: a look at how many lines arrive, and workers that send theirs from outside, each in a session of
// its own with a ticket of its own.

import type { HiveClient } from '@cohesix/client';
import { O_APPEND, O_WRONLY } from '../frames.ts';
import { textOf } from './counts.ts';
import type { HiveProcess } from './hive-process.ts';
import { Pipe } from './pipe.ts';
import { type Spread, Tally } from './spread.ts';

/** Workers whose telemetry is looked at. */
const SAMPLE = 100;
/** Attaches a connection has at most: the hive's bound. */
const PER_CONNECTION = 64;

/** How many lines the sampled workers have sent by now, and when that was. */
export interface Sample {
  readonly lines: number;
  readonly workers: number;
  readonly at: number;
}

/** Counts the lines of workers spread over the fleet. @throws Error when one cannot be read. */
export async function sampleTelemetry(client: HiveClient, workers: number): Promise<Sample> {
  const count = Math.min(SAMPLE, workers);
  let lines = 0;
  for (let index = 0; index < count; index++) {
    const text = await textOf(client, `/worker/worker-${1 + Math.floor((index * workers) / count)}/telemetry`);
    lines += text.split('\n').length - 1;
  }
  return { lines, workers: count, at: performance.now() };
}

/** Lines a second of the whole fleet, between two samples. */
export function linesPerSecond(before: Sample, after: Sample, workers: number): number {
  return ((after.lines - before.lines) * workers * 1000) / (before.workers * (after.at - before.at));
}

/** Workers that send from outside. */
export class RemoteWorkers {
  readonly #pipes: readonly Pipe[];
  readonly #write: readonly (() => ReturnType<Pipe['write']>)[];

  private constructor(pipes: readonly Pipe[], write: readonly (() => ReturnType<Pipe['write']>)[]) {
    this.#pipes = pipes;
    this.#write = write;
  }

  /** Attaches as each worker and opens its telemetry. @throws Error when one is refused. */
  static async attach(hive: HiveProcess, workers: number): Promise<RemoteWorkers> {
    const pipes = await Promise.all(
      Array.from({ length: Math.ceil(workers / PER_CONNECTION) }, () => Pipe.open(hive.socket)),
    );
    const write: (() => ReturnType<Pipe['write']>)[] = [];
    const onPipe = async (pipe: Pipe, first: number): Promise<void> => {
      for (let index = first; index < workers; index += pipes.length) {
        const worker = `worker-${index + 1}`;
        const root = await pipe.attach(hive.ticket({ role: 'worker-heartbeat', subject: worker }).token);
        const fid = await pipe.open(root, `worker/${worker}/telemetry`, O_WRONLY | O_APPEND);
        const line = new TextEncoder().encode(`{"from":"outside","worker":"${worker}"}\n`);
        write.push(() => pipe.write(fid, line));
      }
    };
    await Promise.all(pipes.map(onPipe));
    return new RemoteWorkers(pipes, write);
  }

  /** Each sends a line every `everyMs`, one after the other, until `seconds` have passed. */
  async send(everyMs: number, seconds: number): Promise<Spread> {
    const tally = new Tally();
    const begin = performance.now();
    const under: Promise<void>[] = [];
    const total = Math.floor((seconds * 1000 * this.#write.length) / everyMs);
    for (let index = 0; index < total; ) {
      const due = Math.min(total, ((performance.now() - begin) * this.#write.length) / everyMs);
      for (; index < due; index++) under.push(this.#one(index, tally));
      await new Promise((resolve) => setTimeout(resolve, PORTION_MS));
    }
    await Promise.all(under);
    return tally.spread();
  }

  async #one(index: number, tally: Tally): Promise<void> {
    const begin = performance.now();
    try {
      const answer = await this.#write[index % this.#write.length]?.();
      if (answer !== undefined) tally.add(answer.at - begin, answer.errno === 0 ? undefined : `errno ${answer.errno}`);
    } catch (error) {
      tally.add(performance.now() - begin, String(error));
    }
  }

  close(): void {
    for (const pipe of this.#pipes) pipe.close();
  }
}

const PORTION_MS = 10;
