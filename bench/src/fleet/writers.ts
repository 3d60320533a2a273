// Durable lines by several writers at once: connections of the Queen with several requests in flight on each, every one of
// which waits for its line before it sends the next.

import { O_APPEND, O_WRONLY } from '../frames.ts';
import type { HiveProcess } from './hive-process.ts';
import { Pipe } from './pipe.ts';
import { type Spread, Tally } from './spread.ts';

/** How many write, and what. */
export interface Writing {
  readonly path: string;
  readonly lines: Iterable<string>;
  readonly signal: AbortSignal;
}

const CONNECTIONS = 4;
const TAGS = 16;
const TEXT = new TextEncoder();

/** Appends each line once; a refusal is counted and never tried again. @throws Error when a connection ends. */
export async function writeAll(hive: HiveProcess, { path, lines, signal }: Writing): Promise<Spread> {
  const pipes = await Promise.all(Array.from({ length: CONNECTIONS }, () => Pipe.open(hive.socket)));
  try {
    const slots = await Promise.all(pipes.map((pipe) => slotsOn(pipe, hive.queen, path)));
    const tally = new Tally();
    const queue = lines[Symbol.iterator]();
    await Promise.all(slots.flat().map((write) => drain(write, queue, { tally, signal })));
    return tally.spread();
  } finally {
    for (const pipe of pipes) pipe.close();
  }
}

type Write = (line: string) => ReturnType<Pipe['write']>;

/** A fid for each request in flight: a hive works on one message of a fid at a time. */
async function slotsOn(pipe: Pipe, ticket: string, path: string): Promise<readonly Write[]> {
  const root = await pipe.attach(ticket);
  const fids = Array.from({ length: TAGS }, () => pipe.open(root, path, O_WRONLY | O_APPEND));
  return (await Promise.all(fids)).map((fid) => (line) => pipe.write(fid, TEXT.encode(`${line}\n`)));
}

async function drain(
  write: Write,
  queue: Iterator<string>,
  { tally, signal }: { readonly tally: Tally; readonly signal: AbortSignal },
): Promise<void> {
  for (let next = queue.next(); next.done !== true; next = queue.next()) {
    if (signal.aborted) throw new Error('the run was ended');
    const begin = performance.now();
    const { errno, at } = await write(next.value);
    tally.add(at - begin, errno === 0 ? undefined : `errno ${errno} for ${next.value}`);
  }
}
