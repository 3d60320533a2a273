// The control client: one person or program at work on a hive that is busy with its fleet. It goes through `@cohesix/client`
// as any program does, so a read is walk, open, reads and clunk, and a write is walk, open, write and clunk; an operation is all of it.
//
// Half of the operations are reads and half are durable lines. Paced, an operation counts from when it was due, so that
// a stall is in the figures of all that should have begun meanwhile; else some wait for each other's answers.

import { connect, type HiveClient } from '@cohesix/client';
import type { HiveProcess } from './hive-process.ts';
import { HOLD_S, LEASE_CTL, leaseId, renewLine } from './lease-lines.ts';
import { type Spread, Tally } from './spread.ts';

/** How often, how long. */
export interface ControlLoad {
  readonly workers: number;
  readonly seconds: number;
  /** Operations a second; undefined: as many as the hive answers, `IN_FLIGHT` at a time. */
  readonly perSecond: number | undefined;
  /** Whether single leases are read and renewed; not while they are meant to end. */
  readonly withLeases: boolean;
  readonly signal: AbortSignal;
}

/** Reads and writes apart, and all together. */
export interface ControlSpread {
  readonly all: Spread;
  readonly reads: Spread;
  readonly writes: Spread;
}

const IN_FLIGHT = 12;

interface Desk {
  readonly client: HiveClient;
  readonly workers: number;
  readonly reads: readonly ((which: number) => string)[];
  readonly lines: readonly ControlLine[];
  readonly tallies: { readonly all: Tally; readonly reads: Tally; readonly writes: Tally };
  count: number;
}

/** Puts control load on a hive. @throws Error when the client cannot attach. */
export async function controlLoad(hive: HiveProcess, load: ControlLoad): Promise<ControlSpread> {
  const client = await connect({ url: `unix:${hive.socket}`, role: 'queen', ticket: hive.queen, deadlineMs: 60_000 });
  if (!client.ok) throw new Error(`the control client was refused: ${client.refusal.detail}`);
  const tallies = { all: new Tally(), reads: new Tally(), writes: new Tally() };
  const desk: Desk = {
    client: client.value,
    workers: load.workers,
    reads: load.withLeases ? [...READS, READ_LEASE] : READS,
    lines: load.withLeases ? [BUDGET, RENEW_LEASE] : [BUDGET],
    tallies,
    count: 0,
  };
  try {
    await (load.perSecond === undefined ? flatOut(desk, load) : paced(desk, { ...load, perSecond: load.perSecond }));
    return { all: tallies.all.spread(), reads: tallies.reads.spread(), writes: tallies.writes.spread() };
  } finally {
    await client.value.close();
  }
}

async function paced(desk: Desk, { seconds, perSecond, signal }: ControlLoad & { perSecond: number }): Promise<void> {
  const begin = performance.now();
  const under: Promise<void>[] = [];
  for (let index = 0; index < seconds * perSecond; index++) {
    const due = begin + (index * 1000) / perSecond;
    await until(due);
    if (signal.aborted) throw new Error('the run was ended');
    under.push(operation(desk, due));
  }
  await Promise.all(under);
}

async function flatOut(desk: Desk, { seconds, signal }: ControlLoad): Promise<void> {
  const end = performance.now() + seconds * 1000;
  const one = async (): Promise<void> => {
    while (performance.now() < end && !signal.aborted) await operation(desk, performance.now());
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
  if (signal.aborted) throw new Error('the run was ended');
}

function until(due: number): Promise<void> {
  const waitMs = due - performance.now();
  return waitMs <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, waitMs));
}

/** The next operation: reads and lines in turn, over all workers and leases. */
async function operation(desk: Desk, begin: number): Promise<void> {
  const number = desk.count++;
  const which = 1 + (number % desk.workers);
  const isRead = number % 2 === 0;
  const path = isRead ? pick(desk.reads, number)(which) : undefined;
  const line = pick(desk.lines, number);
  const result =
    path === undefined ? await desk.client.append(line.path, line.of(which)) : await desk.client.read(path);
  const ms = performance.now() - begin;
  const error = result.ok ? undefined : `${result.refusal.code} for ${path ?? line.path}`;
  desk.tallies.all.add(ms, error);
  desk.tallies[isRead ? 'reads' : 'writes'].add(ms, error);
}

const READS: readonly ((which: number) => string)[] = [
  () => '/proc/workers',
  (which) => `/worker/worker-${which}/info`,
  () => '/proc/lease/summary',
];
const READ_LEASE = (which: number): string => `/proc/lease/by-id/${leaseId(which)}`;

interface ControlLine {
  readonly path: string;
  readonly of: (which: number) => string;
}

/** Sets the default budget to what it is. */
const BUDGET: ControlLine = { path: '/queen/ctl', of: () => '{"budget":{"ops":1000000}}' };
const RENEW_LEASE: ControlLine = { path: LEASE_CTL, of: (which) => renewLine(which, HOLD_S) };

function pick<T>(list: readonly T[], number: number): T {
  return list[Math.floor(number / 2) % list.length] as T;
}
