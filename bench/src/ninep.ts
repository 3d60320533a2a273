// `ninep`: the hive, diod and the canned server side by side in one run.
//
// One load client process measures every row; for each row the targets take turns within each round, so that a slow
// minute of the machine is a slow minute for all of them. A figure is the median of the rounds.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { judge, type Row, rowOf, type Shape, type Verdict } from './bars.ts';
import { childEnvironment } from './child.ts';
import type { Job, Measurement } from './load.ts';
import type { JobReply } from './load-client.ts';
import { OPERATION_NAMES, type OperationName } from './operations.ts';
import { figure, type Machine, machine, median, table } from './report.ts';
import type { RunningTarget, Target } from './target.ts';

/** How long and with whom. */
export interface NinepOptions {
  readonly targets: readonly Target[];
  readonly rounds: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  /** Ends the run early; `ninep` then throws, after stopping every server. */
  readonly signal: AbortSignal;
  /** Only operations whose name contains this. */
  readonly only?: string;
  /** Called with each finished row's text, for a person who waits. */
  readonly onProgress: (line: string) => void;
}

/** Everything a run found. */
export interface NinepReport {
  readonly benchmark: 'ninep';
  readonly machine: Machine;
  readonly rounds: number;
  readonly measureMs: number;
  readonly versions: Readonly<Record<string, string>>;
  /** Targets that did not run, and why. */
  readonly skipped: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
  /** Rows that could not be measured, and why. */
  readonly failures: readonly string[];
  readonly verdicts: readonly Verdict[];
}

interface Cell {
  readonly operation: OperationName;
  readonly connections: number;
  readonly tags: number;
}

const LOAD_CLIENT = fileURLToPath(new URL('load-client.ts', import.meta.url));
const FILE_SHAPES: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 32],
  [4, 32],
];
const SHAPES: Readonly<Partial<Record<OperationName, readonly (readonly [number, number])[]>>> = {
  session: [
    [1, 1],
    [4, 1],
  ],
  'durable append': [
    [1, 1],
    [1, 16],
    [4, 32],
  ],
};

/** Runs the benchmark. Targets that cannot run here are named in `skipped`; a row that fails, in `failures`. */
export async function ninep(options: NinepOptions): Promise<NinepReport> {
  const skipped: Record<string, string> = {};
  const failures: string[] = [];
  const running = new Map<string, RunningTarget>();
  const client = fork(LOAD_CLIENT, [], { env: childEnvironment(), execArgv: [] });
  try {
    for (const target of options.targets) {
      const missing = target.missing();
      if (missing !== undefined) skipped[target.name] = missing;
      else await startInto(running, target, failures);
    }
    const rows = await measureAll(options, { running, client }, failures);
    const versions = Object.fromEntries([...running].map(([name, { version }]) => [name, version]));
    const { rounds, measureMs } = options;
    const verdicts = judge(rows);
    return { benchmark: 'ninep', machine: machine(), rounds, measureMs, versions, skipped, rows, failures, verdicts };
  } finally {
    client.kill();
    await Promise.all([...running.values()].map((each) => each.stop()));
  }
}

/** The report as a person reads it. */
export function ninepText(report: NinepReport): string {
  const head = ['operation', 'CxP', 'server', 'ops/s', 'p50 us', 'p99 us', 'CPU us/op', 'x diod', 'client cores'];
  const rows = report.rows.map((row) => [
    row.operation,
    row.shape,
    row.target,
    figure(row.opsPerSecond),
    figure(row.p50Us),
    figure(row.p99Us),
    figure(row.serverCpuUs),
    ratioText(report.rows, row),
    row.clientCores.toFixed(2),
  ]);
  const verdicts = report.verdicts.map(({ bar, verdict, figure: found }) => [bar, verdict, found]);
  return [
    `9P at msize 8192; median of ${report.rounds} rounds of ${report.measureMs} ms, targets interleaved.`,
    ...Object.entries(report.versions).map(([name, version]) => `${name}: ${version}`),
    ...Object.entries(report.skipped).map(([name, why]) => `${name}: skipped, ${why}`),
    '',
    table(head, rows),
    ...report.failures.map((failure) => `FAILED ${failure}`),
    '',
    table(['bar', 'verdict', 'figure'], verdicts),
  ].join('\n');
}

interface Bed {
  readonly running: ReadonlyMap<string, RunningTarget>;
  readonly client: ChildProcess;
}

/** A server that does not start is a failure of the run, but no reason not to measure the others. */
async function startInto(running: Map<string, RunningTarget>, target: Target, failures: string[]): Promise<void> {
  try {
    running.set(target.name, await target.start());
  } catch (error) {
    failures.push(`${target.name} did not start: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function measureAll(options: NinepOptions, bed: Bed, failures: string[]): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const cell of cells(options.only)) {
    for (const row of await measureCell(cell, options, { ...bed, failures })) {
      options.onProgress(`${row.operation} ${row.shape} ${row.target} ${figure(row.opsPerSecond)}/s`);
      rows.push(row);
    }
  }
  return rows;
}

function cells(only: string | undefined): readonly Cell[] {
  return OPERATION_NAMES.filter((name) => only === undefined || name.includes(only)).flatMap((name) =>
    (SHAPES[name] ?? FILE_SHAPES).map(([connections, tags]) => ({ operation: name, connections, tags })),
  );
}

async function measureCell(
  cell: Cell,
  options: NinepOptions,
  bed: Bed & { readonly failures: string[] },
): Promise<readonly Row[]> {
  const able = [...bed.running].filter(([, { paths }]) => cell.operation !== 'durable append' || paths.durable);
  const found = new Map<string, Measurement[]>(able.map(([name]) => [name, []]));
  for (let round = 0; round < options.rounds; round++) {
    for (const [name, { host, port, uname, aname, paths, pid }] of able) {
      const { warmupMs, measureMs } = options;
      if (options.signal.aborted) throw new Error('the run was ended');
      const reply = await ask(bed.client, { ...cell, warmupMs, measureMs, host, port, uname, aname, paths, pid });
      if (reply.ok) found.get(name)?.push(reply.value);
      else bed.failures.push(`${cell.operation} ${cell.connections}x${cell.tags} ${name}: ${reply.error}`);
    }
  }
  return [...found].filter(([, all]) => all.length > 0).map(([name, all]) => medians(cell, name, all));
}

async function ask(client: ChildProcess, job: Job): Promise<JobReply> {
  const ended = new AbortController();
  const answer = once(client, 'message', { signal: ended.signal });
  const exit = once(client, 'exit', { signal: ended.signal });
  for (const each of [answer, exit]) each.catch(() => undefined);
  client.send(job);
  const first = await Promise.race([answer, exit.then(() => undefined)]);
  ended.abort();
  if (!first) throw new Error('the load client ended');
  return first[0] as JobReply;
}

function medians(cell: Cell, target: string, all: readonly Measurement[]): Row {
  const of = (pick: (each: Measurement) => number) => median(all.map(pick));
  return {
    operation: cell.operation,
    shape: `${cell.connections}x${cell.tags}`,
    target,
    opsPerSecond: of((each) => each.opsPerSecond),
    p50Us: of((each) => each.p50Us),
    p99Us: of((each) => each.p99Us),
    serverCpuUs: of((each) => each.serverCpuUs),
    clientCores: of((each) => each.clientCores),
    operations: of((each) => each.operations),
  };
}

function ratioText(rows: readonly Row[], row: Row): string {
  const diod = rowOf(rows, { operation: row.operation, shape: row.shape as Shape, target: 'diod' });
  return diod ? (row.opsPerSecond / diod.opsPerSecond).toFixed(2) : '';
}
