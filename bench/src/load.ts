// One measurement: an operation against a running server with so many connections and tags, for a stretch of time.
//
// The window is cut by two timers that read clock, count and CPU time together, so the three belong to each other
// however late a timer fires. Cycles under way at the end are finished before the connections close.

import { cpuTimeUs, processTree } from './cpu.ts';
import { Histogram } from './histogram.ts';
import { LoadConnection } from './load-connection.ts';
import { clunkRoot, type OperationName, operationNamed, sessionSteps } from './operations.ts';
import type { TargetPaths } from './target.ts';

/** What to measure. Plain data: it travels between processes. */
export interface Job {
  readonly operation: OperationName;
  readonly connections: number;
  /** Requests in flight on each connection, 1 to 64. */
  readonly tags: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  readonly host: string;
  readonly port: number;
  readonly uname: string;
  readonly aname: string;
  readonly paths: TargetPaths;
  /** Process id of the server. */
  readonly pid: number;
}

/** What was measured. */
export interface Measurement {
  readonly operations: number;
  readonly opsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** CPU time of the server per operation in microseconds. */
  readonly serverCpuUs: number;
  /** Cores the load client itself used; near 1 means that it, not the server, was the limit. */
  readonly clientCores: number;
}

interface Reading {
  readonly at: number;
  readonly operations: number;
  readonly serverUs: number;
  readonly clientUs: number;
}

const ANSWER_MS = 10_000;
const US_PER_MS = 1000;

/** Runs one job. Rejects when an answer is wrong, an Rlerror, or missing for 10 s after the window. */
export async function measure(job: Job): Promise<Measurement> {
  const window = new Window(job);
  const running = job.operation === 'session' ? sessions(job, window) : slots(job, window);
  await withDeadline(running, job.warmupMs + job.measureMs + ANSWER_MS);
  return window.result();
}

class Window {
  readonly #pids: readonly number[];
  readonly #job: Job;
  readonly #latencies = new Histogram();
  #begin: Reading | undefined;
  #end: Reading | undefined;

  constructor(job: Job) {
    this.#job = job;
    this.#pids = processTree(job.pid);
  }

  /** Starts the clock; to be called when everything is prepared. */
  start(): void {
    const { warmupMs, measureMs } = this.#job;
    setTimeout(() => {
      this.#latencies.clear();
      this.#begin = this.#read();
      setTimeout(() => {
        this.#end = this.#read();
      }, measureMs);
    }, warmupMs);
  }

  /** Counts a cycle; false when the window is over. */
  readonly cycle = (now: number, startedAt: number): boolean => {
    if (this.#end) return false;
    this.#latencies.add((now - startedAt) * US_PER_MS);
    return true;
  };

  result(): Measurement {
    const [begin, end] = [this.#begin, this.#end];
    if (!begin || !end || end.operations === 0) throw new Error('no operation was answered');
    const us = (end.at - begin.at) * US_PER_MS;
    return {
      operations: end.operations,
      opsPerSecond: (end.operations / us) * 1e6,
      p50Us: this.#latencies.quantile(0.5),
      p99Us: this.#latencies.quantile(0.99),
      serverCpuUs: (end.serverUs - begin.serverUs) / end.operations,
      clientCores: (end.clientUs - begin.clientUs) / us,
    };
  }

  #read(): Reading {
    const { user, system } = process.cpuUsage();
    return {
      at: performance.now(),
      operations: this.#latencies.total,
      serverUs: cpuTimeUs(this.#pids),
      clientUs: user + system,
    };
  }
}

async function slots(job: Job, window: Window): Promise<void> {
  const operation = operationNamed(job.operation);
  const programs = Array.from({ length: job.tags }, (_, slot) => operation.program(slot, job.paths));
  const connections = await all(job.connections, () => attached(job));
  try {
    const prepare = programs.map((program) => program.prepare).filter((steps) => steps.length > 0);
    if (prepare.length > 0) await Promise.all(connections.map((each) => each.run(prepare, () => false)));
    window.start();
    const cycles = programs.map((program) => program.cycle);
    await Promise.all(connections.map((each) => each.run(cycles, window.cycle)));
  } finally {
    for (const connection of connections) connection.close();
  }
}

async function sessions(job: Job, window: Window): Promise<void> {
  window.start();
  const steps = [...sessionSteps(job), clunkRoot()];
  await all(job.connections * job.tags, async () => {
    for (let isOn = true; isOn; ) {
      const startedAt = performance.now();
      const connection = await LoadConnection.open(job);
      await connection.run([steps], () => false);
      connection.close();
      isOn = window.cycle(performance.now(), startedAt);
    }
  });
}

async function attached(job: Job): Promise<LoadConnection> {
  const connection = await LoadConnection.open(job);
  await connection.run([sessionSteps(job)], () => false);
  return connection;
}

function all<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, make));
}

async function withDeadline(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not all answered after ${ms} ms`)), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
