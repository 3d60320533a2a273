// Runs the workers of the hive's own kinds in its event loop. A worker is a record in the authority; what runs here is
// its effect: started by `worker.start` after the record is durable, stopped by `worker.stop`, and answering with
// receipts to `/sys/workers/ctl` that carry its fence and epoch. Each worker acts through a session of its own, with a
// ticket of its own, like any client.

import type { PathSession } from '@cohesix/ninedoor';
import { type Cancel, every, type Timers } from '@cohesix/time';
import type { Result } from '@cohesix/wire';
import { isPlace } from '../buses/workers.ts';
import { type HostSample, hostLine } from './host-metrics.ts';
import { ROUND_STEPS, Rounds } from './rounds.ts';

/** The `worker.start` effect. Idempotent by `entry`; void under an older fence. */
export interface WorkerOrder {
  readonly worker: string;
  readonly workerKind: string;
  /** Of kinds `bus` and `lora`: the scope of the adapter. */
  readonly adapter?: string;
  /** Null fields are unlimited. */
  readonly budget: { readonly ticks: number | null; readonly ops: number | null };
  /** Used before this start, since the spawn. */
  readonly used: { readonly ticks: number; readonly ops: number };
  readonly entry: number;
  readonly fence: number;
  readonly epoch: number;
}

/** The `worker.stop` effect. */
export interface StopOrder {
  readonly worker: string;
  readonly adapter?: string;
  readonly fence: number;
  readonly epoch: number;
  readonly reason: string;
}

/** What the runtime needs of the hive. */
export interface WorkerPorts {
  readonly now: () => number;
  readonly timers: Timers;
  /** Counters of the machine at a monotonic time, for workers of kind `host`. */
  readonly sampleHost: (monotonicMs: number) => Promise<HostSample>;
  /** Attaches as the worker, with a ticket made for it. */
  readonly attach: (order: WorkerOrder) => Result<PathSession>;
  /** A receipt: a line of `/sys/workers/ctl`. */
  readonly report: (receipt: object) => void;
  /** Where a worker appends its telemetry; default: `/worker/<id>/telemetry`. */
  readonly telemetryPath?: (worker: string) => string;
  /** What a worker appends that tells this line (without LF); default: the line. */
  readonly telemetry?: (order: WorkerOrder, line: string) => string | Uint8Array;
  readonly heartbeatIntervalMs: number;
  readonly hostIntervalMs: number;
}

interface Running {
  readonly order: WorkerOrder;
  readonly session: PathSession;
  timer: Cancel | undefined;
  /** Used since the spawn. */
  ticks: number;
  ops: number;
  reportedTicks: number;
  reportedOps: number;
  /** Last sample of a host worker. */
  sample: HostSample | undefined;
  isBusy: boolean;
}

/** How often the used budget of each worker is reported: what a crash can forget of it. */
const REPORT_MS = 10_000;
/** Workers of a boot that are started at once; the others follow, so many at a time. */
const STARTS_AT_ONCE = 64;
const STARTS_MS = 20;

export class WorkerRuntime {
  readonly #ports: WorkerPorts;
  readonly #running = new Map<string, Running>();
  /** Workers that are to be started: those of a boot, and those that may not attach in this state of the node. */
  readonly #waiting = new Map<string, WorkerOrder>();
  /** While the next of them are due. */
  #starts: Cancel | undefined;
  readonly #rounds = new Rounds<Running>();
  readonly #reports: Cancel;
  #isClosed = false;

  constructor(ports: WorkerPorts) {
    this.#ports = ports;
    this.#reports = every(ports.timers, REPORT_MS / ROUND_STEPS, () => this.#reportNews(this.#rounds.step()));
  }

  /**
   * Starts a worker; does nothing when it runs already under this fence or a newer one, nor after `close`. One that the
   * state of the node keeps out waits for `startWaiting`: its record and its budget must not end with a reboot.
   */
  start(order: WorkerOrder): void {
    if (this.#isClosed) return;
    const known = this.#running.get(order.worker);
    if (known !== undefined && known.order.fence >= order.fence) return;
    if (known !== undefined) this.#end(known);
    const session = this.#ports.attach(order);
    if (!session.ok && session.refusal.code === 'lifecycle-denied') {
      this.#waiting.set(order.worker, order);
      return;
    }
    this.#waiting.delete(order.worker);
    if (!session.ok) {
      this.#ports.report({ failed: { ...receiptOf(order), entry: order.entry, reason: session.refusal.code } });
      return;
    }
    const running: Running = {
      order,
      session: session.value,
      timer: undefined,
      ticks: order.used.ticks,
      ops: order.used.ops,
      reportedTicks: order.used.ticks,
      reportedOps: order.used.ops,
      sample: undefined,
      isBusy: false,
    };
    this.#running.set(order.worker, running);
    this.#rounds.add(running);
    this.#ports.report({ started: receiptOf(order) });
    if (isPlace(order.workerKind)) return;
    const intervalMs = order.workerKind === 'host' ? this.#ports.hostIntervalMs : this.#ports.heartbeatIntervalMs;
    running.timer = every(this.#ports.timers, intervalMs, () => void this.#tick(running));
    void this.#tick(running);
  }

  /** Starts the workers of a boot, some now and some soon: all at once would hold up the hive, and would tick at once for ever. */
  startAll(orders: readonly WorkerOrder[]): void {
    if (this.#isClosed) return;
    for (const order of orders) this.#waiting.set(order.worker, order);
    this.startWaiting();
  }

  /** Tries those again that could not attach because of the state of the node; cheap when there are none. */
  startWaiting(): void {
    if (this.#waiting.size > 0 && this.#starts === undefined) this.#startSome();
  }

  #startSome(): void {
    this.#starts = undefined;
    const before = this.#waiting.size;
    for (const order of [...this.#waiting.values()].slice(0, STARTS_AT_ONCE)) {
      this.#waiting.delete(order.worker);
      this.start(order);
    }
    // When none could attach, `startWaiting` is called once they may.
    const isGoingOn = this.#waiting.size > 0 && this.#waiting.size < before;
    if (isGoingOn) this.#starts = this.#ports.timers.after(STARTS_MS, () => this.#startSome());
  }

  /** Stops a worker under this fence or an older one, and says so; a worker that does not run is said to have ended. */
  stop(order: StopOrder): void {
    const running = this.#running.get(order.worker);
    if (running !== undefined && running.order.fence > order.fence) return;
    if (running !== undefined) this.#end(running);
    const waiting = this.#waiting.get(order.worker);
    if (waiting !== undefined && waiting.fence <= order.fence) this.#waiting.delete(order.worker);
    this.#ports.report({ exited: { ...receiptOf(order), reason: order.reason } });
  }

  /** Charges one operation to a worker's budget; false when it is used up. */
  charge(worker: string): boolean {
    const running = this.#running.get(worker);
    if (running === undefined) return true;
    const { ops } = running.order.budget;
    if (ops !== null && running.ops >= ops) return false;
    running.ops += 1;
    if (ops !== null && running.ops === ops) this.#report(running);
    return true;
  }

  /** What is left of a worker's operations, and how many it was given; undefined when they have no end. */
  budgetOf(worker: string): { readonly left: number; readonly of: number } | undefined {
    const running = this.#running.get(worker);
    const of = running?.order.budget.ops ?? null;
    return running === undefined || of === null ? undefined : { left: Math.max(0, of - running.ops), of };
  }

  /** Reports what budgets were used since the last report. */
  reportUsed(): void {
    this.#reportNews(this.#running.values());
  }

  #reportNews(workers: Iterable<Running>): void {
    for (const running of workers) {
      // What no budget limits is told at the end only: an idle hive writes nothing.
      const { ticks, ops } = running.order.budget;
      if (ticks === null && ops === null && !this.#isClosed) continue;
      const isNews = running.ticks !== running.reportedTicks || running.ops !== running.reportedOps;
      if (isNews) this.#report(running);
    }
  }

  /** Stops all workers without reporting their end: they go on after a restart. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
    this.#starts?.();
    this.#reports();
    this.reportUsed();
    for (const running of [...this.#running.values()]) this.#end(running);
  }

  async #tick(running: Running): Promise<void> {
    const { order } = running;
    const isOut = order.budget.ticks !== null && running.ticks >= order.budget.ticks;
    if (running.isBusy || isOut) return;
    running.isBusy = true;
    const line = order.workerKind === 'host' ? await this.#hostLine(running) : this.#heartbeatLine(running);
    // A refusal (lifecycle gate closed, budget used up) is counted and audited by the door; the next tick tries again.
    if (line !== undefined) {
      const told = this.#ports.telemetry?.(order, line) ?? `${line}\n`;
      const path = this.#ports.telemetryPath?.(order.worker) ?? `/worker/${order.worker}/telemetry`;
      await running.session.append(path, told);
    }
    running.isBusy = false;
    if (running.ticks === order.budget.ticks) this.#report(running);
  }

  #heartbeatLine(running: Running): string {
    running.ticks += 1;
    return JSON.stringify({ tick: running.ticks, ts_ms: this.#ports.now() });
  }

  /** The first tick only takes a sample: rates need two. */
  async #hostLine(running: Running): Promise<string | undefined> {
    const before = running.sample;
    const sample = await this.#ports.sampleHost(this.#ports.timers.nowMs());
    running.sample = sample;
    if (before === undefined) return undefined;
    running.ticks += 1;
    return hostLine(before, sample, this.#ports.now());
  }

  #report(running: Running): void {
    running.reportedTicks = running.ticks;
    running.reportedOps = running.ops;
    this.#ports.report({ used: { ...receiptOf(running.order), ticks: running.ticks, ops: running.ops } });
  }

  #end(running: Running): void {
    running.timer?.();
    this.#running.delete(running.order.worker);
    this.#rounds.delete(running);
    void running.session.close();
  }
}

function receiptOf(order: { readonly worker: string; readonly fence: number; readonly epoch: number }): object {
  return { worker: order.worker, fence: order.fence, epoch: order.epoch };
}
