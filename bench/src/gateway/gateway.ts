// `gateway`: what the doors of HTTP cost. Parts:
//
// reads     governed reads beside a bare `node:http` server that answers the same bytes, 16 connections, in turns
// parallel  64 clients: as fast as they can, then at a steady pace
// hostile   an honest client's p99 alone, and beside 1,000 hostile clients
// mcp       a tool call beside the same write in the hive's process

import { Agent } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Verdict } from '../bars.ts';
import { startUntilLine } from '../child.ts';
import { cpuTimeUs, processTree } from '../cpu.ts';
import { findPlace } from '../journal/place.ts';
import { type Machine, machine, median } from '../report.ts';
import { type HiveHandle, startHive } from '../target-hive.ts';
import { judgeGateway } from './bars.ts';
import { type McpCost, measureMcp } from './mcp.ts';
import { type PacedStretch, paced } from './paced.ts';
import { type WrkLoad, type WrkStretch, wrk, wrkMissing } from './wrk.ts';

/** How long, and how many of each. */
export interface GatewayBenchOptions {
  /** Seconds of a stretch. */
  readonly seconds: number;
  /** Rounds in which targets take turns; a figure is the median. */
  readonly rounds: number;
  /** Hostile clients of each of the five kinds. */
  readonly hostileEach: number;
  readonly mcpCalls: number;
  readonly directory?: string;
  /** Runs only the parts whose name has this in it. */
  readonly only?: string;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** A row of `reads` and `parallel`. */
export interface WrkRow extends WrkStretch {
  readonly target: string;
  readonly connections: number;
  /** CPU time of the server for each request, microseconds: moves less with what else the machine does than a rate. */
  readonly cpuUs: number;
}

/** Everything a run found; parts that did not run are absent. */
export interface GatewayReport {
  readonly benchmark: 'gateway';
  readonly machine: Machine;
  readonly rows: readonly WrkRow[];
  readonly steady?: PacedStretch;
  readonly quiet?: PacedStretch;
  readonly hostile?: PacedStretch;
  readonly hostileClients: number;
  readonly mcp?: McpCost;
  readonly missing: readonly string[];
  readonly verdicts: readonly Verdict[];
}

const READ = '/v1/fs/cat?path=/proc/lifecycle/state&max_bytes=4096';
/** Connections of `reads` and `parallel` (the issue's). */
const READ_CONNECTIONS = 16;
const PARALLEL_CONNECTIONS = 64;
/** Offered in `parallel`: what the source system was offered when it failed 5.98 % of 879/s. */
const OFFERED_PER_SECOND = 3600;
/** The honest client of `hostile`. */
const HONEST = { perSecond: 200, connections: 4 } as const;

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

type Parts = {
  -readonly [Part in 'steady' | 'quiet' | 'hostile' | 'mcp']?: NonNullable<GatewayReport[Part]>;
};

/** Runs the benchmark. @throws Error when something does not come up or an answer is not right. */
export async function gateway(options: GatewayBenchOptions): Promise<GatewayReport> {
  const isWanted = (part: string): boolean => options.only === undefined || part.includes(options.only);
  const rows: WrkRow[] = [];
  const parts: Parts = {};
  const missing = wrkMissing();
  if (['reads', 'parallel', 'hostile'].some(isWanted)) {
    const hive = await startHive();
    const url = `${hive.http}${READ}`;
    try {
      if (isWanted('reads') && missing === undefined) rows.push(...(await besideBare(options, url, hive)));
      if (isWanted('parallel')) {
        if (missing === undefined) rows.push(await parallel(options, url, hive));
        parts.steady = await paced({
          ...{ url, ticket: hive.ticket, signal: options.signal },
          ...{ perSecond: OFFERED_PER_SECOND, connections: PARALLEL_CONNECTIONS, seconds: options.seconds * 2 },
        });
        options.onProgress(`steady: ${parts.steady.okPerSecond.toFixed(0)} ok/s, ${parts.steady.errors} errors`);
      }
      if (isWanted('hostile')) Object.assign(parts, await besideHostile(options, hive));
    } finally {
      await hive.stop();
    }
  }
  if (isWanted('mcp')) {
    const { directory } = findPlace(options.directory);
    parts.mcp = await measureMcp({ calls: options.mcpCalls, directory, signal: options.signal });
  }
  const found = {
    benchmark: 'gateway' as const,
    machine: machine(),
    rows,
    hostileClients: options.hostileEach * HOSTILE_KINDS,
    missing: missing === undefined ? [] : [missing],
    ...parts,
  };
  return { ...found, verdicts: judgeGateway(found) };
}

const HOSTILE_KINDS = 5;

async function besideBare(
  options: GatewayBenchOptions,
  url: string,
  { ticket, pid }: HiveHandle,
): Promise<readonly WrkRow[]> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${ticket}` } });
  const body = await answer.text();
  if (answer.status !== 200) throw new Error(`a read was answered with ${answer.status} ${body}`);
  const bare = await startUntilLine({ command: process.execPath, args: [program('./bare-server.ts'), body] }, (line) =>
    line.startsWith('http://') ? line : undefined,
  );
  try {
    const load = { connections: READ_CONNECTIONS, seconds: options.seconds, signal: options.signal };
    const targets = [
      { target: 'bare node:http', pid: bare.pid, load: { ...load, url: bare.value } },
      { target: 'hive', pid, load: { ...load, url, ticket } },
    ];
    const stretches: WrkRow[] = [];
    for (let round = 0; round < options.rounds; round += 1)
      for (const each of targets) {
        const row = { target: each.target, connections: READ_CONNECTIONS, ...(await costed(each.pid, each.load)) };
        options.onProgress(
          `${row.target}: ${row.okPerSecond.toFixed(0)} reads/s, ${row.cpuUs.toFixed(1)} us of CPU each`,
        );
        stretches.push(row);
      }
    return targets.map(({ target }) => middle(stretches.filter((row) => row.target === target)));
  } finally {
    await bare.stop();
  }
}

/** A stretch, and what each of its requests cost the server. */
async function costed(pid: number, load: WrkLoad): Promise<Omit<WrkRow, 'target' | 'connections'>> {
  const pids = processTree(pid);
  const before = cpuTimeUs(pids);
  const stretch = await wrk(load);
  return { ...stretch, cpuUs: (cpuTimeUs(pids) - before) / stretch.requests };
}

async function parallel(options: GatewayBenchOptions, url: string, { ticket, pid }: HiveHandle): Promise<WrkRow> {
  const rows: WrkRow[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    const load = { url, ticket, connections: PARALLEL_CONNECTIONS, seconds: options.seconds, signal: options.signal };
    rows.push({ target: 'hive', connections: PARALLEL_CONNECTIONS, ...(await costed(pid, load)) });
  }
  const row = middle(rows);
  options.onProgress(`${PARALLEL_CONNECTIONS} clients: ${row.okPerSecond.toFixed(0)} reads/s`);
  return { ...row, errors: rows.reduce((sum, { errors }) => sum + errors, 0) };
}

/** The row in the middle. */
function middle(rows: readonly WrkRow[]): WrkRow {
  const speed = median(rows.map(({ okPerSecond }) => okPerSecond));
  return rows.find(({ okPerSecond }) => okPerSecond === speed) as WrkRow;
}

/** In turns, because an hour of this machine is not like another: the round in the middle of each. */
async function besideHostile(
  options: GatewayBenchOptions,
  hive: HiveHandle,
): Promise<Pick<Parts, 'quiet' | 'hostile'>> {
  const { hostname, port } = new URL(hive.http);
  const seconds = options.seconds * 2;
  // One client all the time: whoever comes while a thousand connect waits among them for his turn.
  const agent = new Agent({ keepAlive: true, maxSockets: HONEST.connections });
  const load = { url: `${hive.http}${READ}`, ticket: hive.ticket, ...HONEST, agent, seconds, signal: options.signal };
  const args = [program('./hostile-clients.ts'), hostname, port, hive.otherTicket, String(options.hostileEach)];
  const quiet: PacedStretch[] = [];
  const hostile: PacedStretch[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    await paced({ ...load, seconds: 2 }); // not compiled yet, or still rid of the last ones
    const alone = await paced(load);
    // They are there to hurt the hive, not to take its processor: on a machine of two cores they come last.
    const clients = await startUntilLine({ command: 'nice', args: ['-n', '19', process.execPath, ...args] }, (line) =>
      line === 'ready' ? line : undefined,
    );
    const beside = await paced(load).finally(() => clients.stop());
    options.onProgress(`honest p99: ${alone.p99Ms.toFixed(2)} ms alone, ${beside.p99Ms.toFixed(2)} ms beside others`);
    quiet.push(alone);
    hostile.push(beside);
  }
  agent.destroy();
  return { quiet: middlePaced(quiet), hostile: middlePaced(hostile) };
}

/** The stretch whose p99 is in the middle, with the errors of all. */
function middlePaced(stretches: readonly PacedStretch[]): PacedStretch {
  const p99Ms = median(stretches.map((each) => each.p99Ms));
  const middle = stretches.find((each) => each.p99Ms === p99Ms) as PacedStretch;
  return { ...middle, errors: stretches.reduce((sum, { errors }) => sum + errors, 0) };
}
