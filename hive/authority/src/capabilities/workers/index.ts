// Workers: who runs, under which budget, since which journal entry. A record is written before anything is started;
// starting, stopping and reporting are effects and receipts.

import { accept } from '../../kernel/decision.ts';
import type { Acceptance, Capability, Command, Names, State, View } from '../../types.ts';
import { workerEndChanges } from '../schedule/worker-end.ts';
import { settingsIn } from '../settings/queries.ts';
import { evolveWorkers, revokedLine, stopParts } from './changes.ts';
import { queenCtl } from './queen-ctl.ts';
import { inOrder, isLive, isOver, TTL_EXPIRED, type WorkerRecord, type WorkersSlice } from './record.ts';
import { workersSysCtl } from './sys-ctl.ts';

const workerNames: Names<WorkersSlice> = {
  pattern: '/worker/:worker',
  list: ({ workers }) => [...workers.values()].filter(isLive).map(({ id }) => id),
  has: ({ workers }, name) => {
    const worker = workers.get(name);
    return worker !== undefined && isLive(worker);
  },
};

const infoView: View<WorkersSlice> = {
  pattern: '/worker/:worker/info',
  summary: 'One JSON line: kind, state, budget and use (null = unlimited), spawn entry, fence, who spawned it.',
  boundBytes: 1024,
  render: ({ workers }, { worker = '' }) => infoText(workers.get(worker)),
};

function infoText(worker: WorkerRecord | undefined): string {
  if (worker === undefined) return '';
  const { id, kind, adapter, state, budget, used, spawnedSeq, spawnedAt, expiresAt, fence, epoch, spawnedBy } = worker;
  return `${JSON.stringify({
    id,
    kind,
    adapter,
    state,
    ticks: { used: used.ticks, max: budget.ticks },
    ops: { used: used.ops, max: budget.ops },
    ttl_s: budget.ttl_s,
    entry: spawnedSeq,
    spawned_ms: spawnedAt,
    expires_ms: expiresAt,
    fence,
    epoch,
    spawned_by: spawnedBy,
  })}\n`;
}

const countsView: View<WorkersSlice> = {
  pattern: '/proc/workers',
  summary: '`workers total=<u64> running=<u64> max=<u64>`: live workers, those that run, and the limit.',
  boundBytes: 128,
  render({ workers }, _params, state) {
    let [live, running] = [0, 0];
    for (const worker of workers.values()) {
      if (isLive(worker)) live += 1;
      if (worker.state === 'running') running += 1;
    }
    return `workers total=${live} running=${running} max=${settingsIn(state).workers.max}\n`;
  },
};

/** Workers stopped by one clock command: its outcome must fit into a journal record. The deadline stays due for the rest. */
const EXPIRED_PER_TICK_MAX = 64;

/** Workers whose time is up at `at` are stopped, in the order of their spawn. */
function tick(
  { workers }: Readonly<WorkersSlice>,
  clock: Pick<Command, 'at' | 'seq'>,
  state: Readonly<State>,
): Acceptance {
  const reason = TTL_EXPIRED;
  const due = [...workers.values()].filter((worker) => isLive(worker) && isOver(worker, clock.at));
  const over = inOrder(due).slice(0, EXPIRED_PER_TICK_MAX);
  const parts = over.map((worker) =>
    stopParts(worker, { reason, entry: clock.seq, line: revokedLine(worker.id, reason) }),
  );
  const ends = over.flatMap(({ id }) => workerEndChanges(state, id, ['ttl', reason]));
  return accept({
    changes: [...parts.flatMap(({ changes }) => changes), ...ends],
    effects: parts.flatMap(({ effects }) => effects),
    log: parts.flatMap(({ log }) => log),
  });
}

function deadline({ workers }: Readonly<WorkersSlice>): number | undefined {
  let earliest: number | undefined;
  for (const worker of workers.values()) {
    if (!isLive(worker) || worker.expiresAt === null) continue;
    if (earliest === undefined || worker.expiresAt < earliest) earliest = worker.expiresAt;
  }
  return earliest;
}

function invariants({ workers, nextId, nextFence }: Readonly<WorkersSlice>, _state: Readonly<State>): string[] {
  const fences = new Set([...workers.values()].map(({ fence }) => fence));
  const broken = fences.size === workers.size ? [] : ['workers: two workers have one fence'];
  for (const [key, { id, fence }] of workers) {
    if (key !== id) broken.push(`workers: ${id} is kept as ${key}`);
    if (Number(id.slice('worker-'.length)) >= nextId)
      broken.push(`workers: ${id} is at or above the next id ${nextId}`);
    if (fence >= nextFence) broken.push(`workers: ${id} has fence ${fence}, at or above the next ${nextFence}`);
  }
  return broken;
}

/** Workers: `/queen/ctl`, `/sys/workers/ctl`, `/proc/workers`, `/worker/:worker/info`. */
export const workersCapability: Capability<WorkersSlice> = {
  name: 'workers',
  controls: [queenCtl, workersSysCtl],
  views: [countsView, infoView],
  names: [workerNames],
  initial: () => ({ workers: new Map(), nextId: 1, nextFence: 1, defaults: {} }),
  evolve: evolveWorkers,
  invariants,
  deadline,
  tick,
};
