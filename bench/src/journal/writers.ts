// The load: writers that each submit one record, wait until it is durable, and submit the next.

import { cpuTimeUs, processTree } from '../cpu.ts';
import { Histogram } from '../histogram.ts';
import type { Store } from './store.ts';

/** How many writers and for how long. */
export interface Load {
  readonly writers: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  /** Records to submit, in turn. */
  readonly bodies: readonly Uint8Array[];
}

/** What one load measured; counts what became durable between warm-up and end. */
export interface Measurement {
  readonly changesPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** CPU time for one change, of this process and of the store's, warm-up included. */
  readonly cpuUs: number;
  /** How many cores this process, writers and all, kept busy. */
  readonly coresHere: number;
  readonly changes: number;
  /** All that were acknowledged, warm-up and tail included. */
  readonly acknowledged: number;
}

/** A store that does not answer for so long is broken. */
const ANSWER_MS = 30_000;

/** Loads the store. Rejects when a record was not stored or not answered; nothing is under way when it resolves. */
export async function measure(store: Store, load: Load): Promise<Measurement> {
  const begin = performance.now();
  const before = cpuUs(store);
  const { histogram, acknowledged } = await write(store, load);
  const wallUs = (performance.now() - begin) * 1000;
  const after = cpuUs(store);
  return {
    changesPerSecond: histogram.total / (load.measureMs / 1000),
    p50Us: histogram.quantile(0.5),
    p99Us: histogram.quantile(0.99),
    cpuUs: (after.here - before.here + after.there - before.there) / acknowledged,
    coresHere: (after.here - before.here) / wallUs,
    changes: histogram.total,
    acknowledged,
  };
}

interface Written {
  readonly histogram: Histogram;
  readonly acknowledged: number;
}

function write(store: Store, { writers, warmupMs, measureMs, bodies }: Load): Promise<Written> {
  const histogram = new Histogram();
  const from = performance.now() + warmupMs;
  const end = from + measureMs;
  let [next, acknowledged, underWay] = [0, 0, 0];
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`${underWay} records were not answered`)),
      warmupMs + measureMs + ANSWER_MS,
    );
    const settle = (act: () => void): void => {
      clearTimeout(late);
      act();
    };
    const submit = (): void => {
      const body = bodies[next++ % bodies.length] ?? new Uint8Array(1);
      const begun = performance.now();
      underWay += 1;
      store.submit(body, (problem) => {
        const now = performance.now();
        underWay -= 1;
        if (problem !== undefined) return settle(() => reject(new Error(`not stored: ${problem}`)));
        acknowledged += 1;
        if (now >= from && now < end) histogram.add((now - begun) * 1000);
        if (now < end) submit();
        else if (underWay === 0) settle(() => resolve({ histogram, acknowledged }));
      });
    };
    for (let writer = 0; writer < writers; writer++) submit();
  });
}

function cpuUs({ pid }: Store): { readonly here: number; readonly there: number } {
  const { user, system } = process.cpuUsage();
  return { here: user + system, there: pid === undefined ? 0 : cpuTimeUs(processTree(pid)) };
}
