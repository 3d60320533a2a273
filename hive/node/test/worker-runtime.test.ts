// Workers in the event loop, with time under the test's control: ticks, budgets, fences, receipts.

import type { PathSession } from '@cohesix/ninedoor';
import { ok, type Result, refuse } from '@cohesix/wire';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nodeTimers } from '../src/host.ts';
import { sampleHost } from '../src/workers/host-metrics.ts';
import { type WorkerOrder, WorkerRuntime } from '../src/workers/runtime.ts';

const TICK_MS = 1000;

interface Rig {
  readonly runtime: WorkerRuntime;
  /** `<path> <line>` of each append. */
  readonly appended: string[];
  readonly reports: Record<string, Record<string, unknown>>[];
  readonly attached: number[];
  readonly closed: number[];
  refusal: Result<never> | undefined;
}

function makeRig(): Rig {
  const rig = { appended: [], reports: [], attached: [], closed: [], refusal: undefined } as unknown as Rig & {
    runtime: WorkerRuntime;
  };
  const runtime = new WorkerRuntime({
    now: () => 7,
    timers: nodeTimers,
    sampleHost,
    attach: (order) => {
      rig.attached.push(order.fence);
      if (rig.refusal !== undefined) return rig.refusal;
      const session = {
        append: async (path: string, text: string) => {
          rig.appended.push(`${path} ${text}`);
          return ok({ bytes: text.length });
        },
        close: async () => {
          rig.closed.push(order.fence);
        },
      };
      return ok(session as unknown as PathSession);
    },
    report: (receipt) => rig.reports.push(receipt as Record<string, Record<string, unknown>>),
    heartbeatIntervalMs: TICK_MS,
    hostIntervalMs: TICK_MS,
  });
  return Object.assign(rig, { runtime });
}

function order(change: Partial<WorkerOrder> = {}): WorkerOrder {
  return {
    worker: 'worker-1',
    workerKind: 'heartbeat',
    budget: { ticks: null, ops: null },
    used: { ticks: 0, ops: 0 },
    entry: 5,
    fence: 3,
    epoch: 1,
    ...change,
  };
}

it('a worker that the state of the node keeps out waits, is stopped like any other, and starts when it may', () => {
  const rig = makeRig();
  rig.refusal = refuse('lifecycle-denied', 'booting');
  for (const [worker, fence] of [
    ['worker-1', 3],
    ['worker-2', 4],
  ] as const)
    rig.runtime.start(order({ worker, fence }));
  rig.runtime.startWaiting();
  expect(rig.reports).toEqual([]);
  rig.runtime.stop({ worker: 'worker-2', fence: 4, epoch: 1, reason: 'killed' });
  rig.refusal = undefined;
  rig.runtime.startWaiting();
  rig.runtime.startWaiting();
  expect(rig.reports).toEqual([
    { exited: { worker: 'worker-2', fence: 4, epoch: 1, reason: 'killed' } },
    { started: { worker: 'worker-1', fence: 3, epoch: 1 } },
  ]);
  rig.runtime.close();
});

it('the workers of a boot start a few at a time, also those that wait; one that is stopped meanwhile never does', async () => {
  const rig = makeRig();
  const orders = Array.from({ length: 200 }, (_, index) => order({ worker: `worker-${index}`, fence: index + 1 }));
  rig.runtime.startAll(orders);
  const atOnce = rig.attached.length;
  expect(atOnce).toBeGreaterThan(0);
  expect(atOnce).toBeLessThan(100);
  rig.runtime.startWaiting();
  expect(rig.attached.length).toBe(atOnce);
  rig.runtime.stop({ worker: 'worker-199', fence: 200, epoch: 1, reason: 'killed' });
  await vi.advanceTimersByTimeAsync(500);
  expect(rig.attached).toEqual(Array.from({ length: 199 }, (_, index) => index + 1));
  rig.runtime.close();
  expect(vi.getTimerCount()).toBe(0);
});

it('a boot in a state in which no worker may attach starts them once they may', async () => {
  const rig = makeRig();
  rig.refusal = refuse('lifecycle-denied', 'booting');
  rig.runtime.startAll(
    Array.from({ length: 150 }, (_, index) => order({ worker: `worker-${index}`, fence: index + 1 })),
  );
  await vi.advanceTimersByTimeAsync(1000);
  expect(rig.reports).toEqual([]);
  rig.refusal = undefined;
  rig.runtime.startWaiting();
  await vi.advanceTimersByTimeAsync(100);
  expect(new Set(rig.reports.map(({ started }) => started?.worker)).size).toBe(150);
  rig.runtime.close();
});

it('reports of many workers are spread over the ten seconds, and each comes', async () => {
  const rig = makeRig();
  const orders = Array.from({ length: 2000 }, (_, index) => order({ worker: `worker-${index}`, fence: index + 1 }));
  for (const each of orders) rig.runtime.start({ ...each, budget: { ticks: 1000, ops: null } });
  await vi.advanceTimersByTimeAsync(10_000);
  const perStep: number[] = [];
  for (let step = 0; step < 50; step++) {
    rig.reports.length = 0;
    await vi.advanceTimersByTimeAsync(200);
    perStep.push(rig.reports.length);
  }
  expect(Math.max(...perStep)).toBeLessThanOrEqual(64);
  expect(perStep.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(2000 - 64);
  rig.runtime.close();
});

const kinds = (rig: Rig): string[] => rig.reports.map((report) => Object.keys(report)[0] ?? '');

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a heartbeat worker', () => {
  it('says that it started and ticks at once and then at its interval', async () => {
    const rig = makeRig();
    rig.runtime.start(order());
    await vi.advanceTimersByTimeAsync(0);
    expect(rig.reports).toEqual([{ started: { worker: 'worker-1', fence: 3, epoch: 1 } }]);
    expect(rig.appended).toEqual(['/worker/worker-1/telemetry {"tick":1,"ts_ms":7}\n']);
    await vi.advanceTimersByTimeAsync(TICK_MS - 1);
    expect(rig.appended.length).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(rig.appended.length).toBe(2);
  });

  it('stops ticking at its tick budget and reports that it is used up, once', async () => {
    const rig = makeRig();
    rig.runtime.start(order({ budget: { ticks: 3, ops: null } }));
    await vi.advanceTimersByTimeAsync(10 * TICK_MS);
    expect(rig.appended.length).toBe(3);
    expect(rig.reports.slice(1)).toEqual([{ used: { worker: 'worker-1', fence: 3, epoch: 1, ticks: 3, ops: 0 } }]);
  });

  it('goes on from what it has used before', async () => {
    const rig = makeRig();
    rig.runtime.start(order({ budget: { ticks: 3, ops: null }, used: { ticks: 2, ops: 0 } }));
    await vi.advanceTimersByTimeAsync(5 * TICK_MS);
    expect(rig.appended).toEqual(['/worker/worker-1/telemetry {"tick":3,"ts_ms":7}\n']);
  });

  it('reports what it has used every ten seconds, when there is news', async () => {
    const rig = makeRig();
    rig.runtime.start(order({ budget: { ticks: 1000, ops: null } }));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(rig.reports.slice(1).map(({ used }) => used?.ticks)).toEqual([11, 21]);
    await vi.advanceTimersByTimeAsync(TICK_MS);
    rig.runtime.reportUsed();
    rig.runtime.reportUsed();
    expect(kinds(rig)).toEqual(['started', 'used', 'used', 'used']);
  });

  it('that no budget limits writes nothing until the hive stops', async () => {
    const rig = makeRig();
    rig.runtime.start(order({ budget: { ticks: null, ops: null } }));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(kinds(rig)).toEqual(['started']);
    rig.runtime.close();
    expect(kinds(rig)).toEqual(['started', 'used']);
  });
});

describe('the operation budget', () => {
  it('allows the last operation, refuses the next, and reports when it is used up', () => {
    const rig = makeRig();
    rig.runtime.start(order({ budget: { ticks: null, ops: 2 } }));
    expect([rig.runtime.charge('worker-1'), rig.runtime.charge('worker-1'), rig.runtime.charge('worker-1')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(rig.reports.at(-1)).toMatchObject({ used: { ops: 2 } });
    expect(kinds(rig)).toEqual(['started', 'used']);
  });

  it('is told as it goes, and not when it has no end or nobody runs', () => {
    const rig = makeRig();
    expect(rig.runtime.budgetOf('worker-1')).toBeUndefined();
    rig.runtime.start(order({ budget: { ticks: null, ops: 2 } }));
    expect(rig.runtime.budgetOf('worker-1')).toEqual({ left: 2, of: 2 });
    for (let count = 0; count < 3; count++) rig.runtime.charge('worker-1');
    expect(rig.runtime.budgetOf('worker-1')).toEqual({ left: 0, of: 2 });
    rig.runtime.start(order({ worker: 'worker-2', fence: 2, budget: { ticks: null, ops: null } }));
    expect(rig.runtime.budgetOf('worker-2')).toBeUndefined();
  });

  it('is nobody else’s, and unlimited when it is null', () => {
    const rig = makeRig();
    rig.runtime.start(order());
    for (let count = 0; count < 1000; count++) expect(rig.runtime.charge('worker-1')).toBe(true);
    expect(rig.runtime.charge('worker-2')).toBe(true);
  });
});

describe('fences', () => {
  it('start again under a newer one, with a session of its own, the old one closed', async () => {
    const rig = makeRig();
    rig.runtime.start(order());
    rig.runtime.start(order({ fence: 4, used: { ticks: 9, ops: 0 } }));
    expect(rig.attached).toEqual([3, 4]);
    expect(rig.closed).toEqual([3]);
    await vi.advanceTimersByTimeAsync(0);
    expect(rig.appended.at(-1)).toContain('"tick":10');
    await vi.advanceTimersByTimeAsync(TICK_MS);
    expect(rig.appended.length).toBe(3);
  });

  it('ignore a start under the same or an older one', () => {
    const rig = makeRig();
    rig.runtime.start(order());
    rig.runtime.start(order());
    rig.runtime.start(order({ fence: 2 }));
    expect(rig.attached).toEqual([3]);
    expect(kinds(rig)).toEqual(['started']);
  });

  it('ignore a stop under an older one and obey one under the same', async () => {
    const rig = makeRig();
    rig.runtime.start(order());
    rig.runtime.stop({ worker: 'worker-1', fence: 2, epoch: 1, reason: 'late' });
    await vi.advanceTimersByTimeAsync(TICK_MS);
    expect(rig.appended.length).toBe(2);
    rig.runtime.stop({ worker: 'worker-1', fence: 3, epoch: 1, reason: 'killed' });
    await vi.advanceTimersByTimeAsync(10 * TICK_MS);
    expect(rig.appended.length).toBe(2);
    expect(rig.closed).toEqual([3]);
    expect(rig.reports.at(-1)).toEqual({ exited: { worker: 'worker-1', fence: 3, epoch: 1, reason: 'killed' } });
  });

  it('answer a stop of a worker that does not run, so that nobody waits for it', () => {
    const rig = makeRig();
    rig.runtime.stop({ worker: 'worker-7', fence: 1, epoch: 1, reason: 'gone' });
    expect(rig.reports).toEqual([{ exited: { worker: 'worker-7', fence: 1, epoch: 1, reason: 'gone' } }]);
  });
});

describe('a worker that cannot attach', () => {
  it('is reported as failed with the reason and the entry, and does not tick', async () => {
    const rig = makeRig();
    rig.refusal = refuse('revoked');
    rig.runtime.start(order());
    await vi.advanceTimersByTimeAsync(5 * TICK_MS);
    expect(rig.reports).toEqual([{ failed: { worker: 'worker-1', fence: 3, epoch: 1, entry: 5, reason: 'revoked' } }]);
    expect(rig.appended).toEqual([]);
  });
});

describe('the end of the runtime', () => {
  it('reports what was used, says no end, and leaves no timer', async () => {
    const rig = makeRig();
    rig.runtime.start(order());
    await vi.advanceTimersByTimeAsync(2 * TICK_MS);
    rig.runtime.close();
    expect(kinds(rig)).toEqual(['started', 'used']);
    expect(vi.getTimerCount()).toBe(0);
    expect(rig.closed).toEqual([3]);
  });

  it('starts nothing that becomes durable meanwhile: the next boot will', () => {
    const rig = makeRig();
    rig.runtime.close();
    rig.runtime.start(order());
    expect(rig.attached).toEqual([]);
    expect(rig.reports).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
