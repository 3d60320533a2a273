// `fleet`: 10,000 workers and 10,000 leases in one hive, at work. The hive is a process of its own on a real data directory;
// its clients are in this one, over 9P. Parts, in the order in which one stands on the other:
//
// spawn     durable spawns by 4 connections with 16 requests in flight each, until all run
// leases    a grant for each worker
// steady    telemetry of all workers, beside a control client
// sessions  as many sessions at work, and revocations
// expiry    all leases end at once
// kill      every worker is killed, until none is left

import { type ConnectOptions, connect, type HiveClient } from '@cohesix/client';
import type { Verdict } from '../bars.ts';
import { findPlace } from '../journal/place.ts';
import { type Machine, machine } from '../report.ts';
import { judgeFleet } from './bars.ts';
import type { ControlSpread } from './control.ts';
import { countsOf, untilCounts } from './counts.ts';
import { type ExpiryRow, measureExpiry } from './expiry.ts';
import { type HiveProcess, type Memory, startFleetHive } from './hive-process.ts';
import { grantLine, LEASE_CTL } from './lease-lines.ts';
import { measureSessions, type SessionsRow } from './sessions.ts';
import type { Spread } from './spread.ts';
import { measureSteady, type SteadyRow } from './steady.ts';
import { writeAll } from './writers.ts';

/** How large a fleet, how long each stretch. */
export interface FleetOptions {
  readonly workers: number;
  /** Seconds of each stretch of `steady`. */
  readonly seconds: number;
  /** Time between two lines of a worker. */
  readonly telemetryMs: number;
  /** Tickets that are revoked, one after the other. */
  readonly tickets: number;
  /** Folder for the hive; a temporary one on a disk when absent. */
  readonly directory?: string;
  /** Runs only the parts whose name has this in it, and those that they stand on. */
  readonly only?: string;
  /** Ends the run early; `fleet` then throws, after ending the hive. */
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** Resident memory of the hive after a part. */
export interface MemoryRow extends Memory {
  readonly after: string;
}

/** Everything a run found; parts that did not run are absent. */
export interface FleetReport {
  readonly benchmark: 'fleet';
  readonly machine: Machine;
  readonly fileSystem: string;
  readonly workers: number;
  readonly telemetryMs: number;
  readonly spawn?: SpawnRow;
  readonly leases?: Spread;
  readonly steady?: readonly SteadyRow[];
  readonly sessions?: SessionsRow;
  readonly expiry?: ExpiryRow;
  readonly kill?: KillRow;
  readonly memory: readonly MemoryRow[];
  /** Operations that were refused or unanswered, over all parts. */
  readonly errors: number;
  /** What the first of each kind was. */
  readonly failures: readonly string[];
  readonly verdicts: readonly Verdict[];
}

/** Spawns. */
export interface SpawnRow {
  readonly write: Spread;
  /** Until the last worker had said that it runs, seconds. */
  readonly allRunSeconds: number;
}

/** Kills. */
export interface KillRow {
  readonly write: Spread;
  /** Until the last worker had said that it ended, seconds. */
  readonly allEndedSeconds: number;
}

/** How long control goes on after the end of all leases, at most. */
const EXPIRY_S = 5;
const SPAWN_LINE = '{"spawn":"heartbeat","ticks":1000000}';
/** How long workers may take to say that they run, after the last spawn was acknowledged. */
const RUN_S = 60;

type Parts = {
  -readonly [Part in 'spawn' | 'leases' | 'steady' | 'sessions' | 'expiry' | 'kill']?: NonNullable<FleetReport[Part]>;
};

interface Run {
  readonly hive: HiveProcess;
  readonly client: HiveClient;
  readonly options: FleetOptions;
}

/** Runs the benchmark. @throws Error when the hive does not come up, refuses an attach or ends a connection. */
export async function fleet(options: FleetOptions): Promise<FleetReport> {
  const { workers, telemetryMs } = options;
  const { directory, fileSystem } = findPlace(options.directory);
  const hive = await startFleetHive({ workers, sessions: 2 * workers, telemetryMs, directory });
  try {
    const client = await clientOf({
      url: `unix:${hive.socket}`,
      role: 'queen',
      ticket: hive.queen,
      deadlineMs: 60_000,
    });
    const memory: MemoryRow[] = [{ after: 'start', ...hive.memory() }];
    const parts = await runParts({ hive, client, options }, memory);
    await client.close();
    const found = { machine: machine(), fileSystem, workers, telemetryMs, ...parts, memory, ...errorsOf(parts) };
    return { benchmark: 'fleet', ...found, verdicts: judgeFleet({ benchmark: 'fleet', ...found }) };
  } finally {
    await hive.stop();
  }
}

async function clientOf(options: ConnectOptions): Promise<HiveClient> {
  const client = await connect(options);
  if (!client.ok) throw new Error(client.refusal.detail);
  return client.value;
}

async function runParts(run: Run, memory: MemoryRow[]): Promise<Parts> {
  const { hive, client, options } = run;
  const { workers, seconds, telemetryMs, tickets, signal, onProgress } = options;
  const parts: Parts = {};
  const done = (name: string): void => void memory.push({ after: name, ...hive.memory() });
  parts.spawn = await measureSpawn(run);
  done('spawn');
  parts.leases = await measureLeases(run);
  done('leases');
  if (isWanted(options, 'steady')) {
    parts.steady = await measureSteady(hive, client, { workers, seconds, telemetryMs, signal, onProgress });
    done('steady');
  }
  if (isWanted(options, 'sessions')) {
    parts.sessions = await measureSessions(hive, { sessions: workers, tickets, signal });
    onProgress(`sessions: revoked within p99 ${parts.sessions.revoke.p99Ms.toFixed(1)} ms`);
    done('sessions');
  }
  if (isWanted(options, 'expiry')) {
    parts.expiry = await measureExpiry(hive, client, { leases: workers, seconds: Math.min(seconds, EXPIRY_S), signal });
    onProgress(`expiry: none held after ${parts.expiry.lateMs.toFixed(0)} ms`);
    done('expiry');
  }
  if (isWanted(options, 'kill')) {
    parts.kill = await measureKill(run);
    done('kill');
  }
  return parts;
}

function isWanted({ only }: FleetOptions, part: string): boolean {
  return only === undefined || part.includes(only);
}

async function measureSpawn({ hive, client, options }: Run): Promise<SpawnRow> {
  const { workers, signal, onProgress } = options;
  const begin = performance.now();
  const lines = Array.from({ length: workers }, () => SPAWN_LINE);
  const write = await writeAll(hive, { path: '/queen/ctl', lines, signal });
  if (write.errors > 0) throw new Error(`${write.errors} spawns were refused, the first: ${write.firstError}`);
  await untilCounts(client, ({ running }) => running === workers, RUN_S);
  const allRunSeconds = (performance.now() - begin) / 1000;
  onProgress(`spawn: ${write.perSecond.toFixed(0)}/s, all run after ${allRunSeconds.toFixed(1)} s`);
  return { write, allRunSeconds };
}

async function measureKill({ hive, client, options }: Run): Promise<KillRow> {
  const { workers, signal, onProgress } = options;
  const begin = performance.now();
  const lines = Array.from({ length: workers }, (_, index) => `{"kill":"worker-${index + 1}"}`);
  const write = await writeAll(hive, { path: '/queen/ctl', lines, signal });
  await untilCounts(client, ({ running }) => running === 0, RUN_S);
  const allEndedSeconds = (performance.now() - begin) / 1000;
  onProgress(`kill: ${write.perSecond.toFixed(0)}/s, all ended after ${allEndedSeconds.toFixed(1)} s`);
  return { write, allEndedSeconds };
}

async function measureLeases({ hive, client, options }: Run): Promise<Spread> {
  const { workers, signal, onProgress } = options;
  const lines = Array.from({ length: workers }, (_, index) => grantLine(index + 1));
  const granted = await writeAll(hive, { path: LEASE_CTL, lines, signal });
  const { leases } = await countsOf(client);
  if (leases !== workers) throw new Error(`${leases} leases are held, not ${workers}: ${granted.firstError}`);
  onProgress(`leases: ${granted.perSecond.toFixed(0)}/s`);
  return granted;
}

/** Every stretch of load, with a name for its errors. */
function errorsOf({
  spawn,
  leases,
  steady = [],
  sessions,
  expiry,
  kill,
}: Parts): Pick<FleetReport, 'errors' | 'failures'> {
  const control = (name: string, { all }: ControlSpread) => [name, all] as const;
  const all: (readonly [string, Spread | undefined])[] = [
    ['spawn', spawn?.write],
    ['leases', leases],
    ...steady.flatMap((row) => [control(row.name, row.control), [`${row.name}, outside`, row.outside] as const]),
    ['attach', sessions?.attach],
    ['sessions', sessions?.operations],
    ['renew', expiry?.renew],
    ['kill', kill?.write],
    ...(expiry === undefined ? [] : [control('expiry', expiry.control)]),
  ];
  const wrong = sessions?.wrong ?? 0;
  const failures = all.flatMap(([name, spread]) =>
    spread?.firstError === undefined ? [] : [`${name}: ${spread.errors} errors, the first: ${spread.firstError}`],
  );
  return {
    errors: all.reduce((sum, [, spread]) => sum + (spread?.errors ?? 0), wrong),
    failures: wrong === 0 ? failures : [...failures, `sessions: ${wrong} were not refused with revoked`],
  };
}
