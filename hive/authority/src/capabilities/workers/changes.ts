// What can change about workers, and how it is applied. Several decisions share these changes: a kill, an expiry and
// an exhausted budget all stop a worker; a spawn and a boot both start one.

import { assert, unreachable } from '@cohesix/check';
import { logField } from '../../kernel/text.ts';
import { SYSTEM } from '../../principal.ts';
import type { Acceptance, Change, Effect } from '../../types.ts';
import {
  type Budget,
  budgetText,
  inOrder,
  NO_BUDGET,
  survives,
  type WorkerKind,
  type WorkerRecord,
  type WorkersSlice,
} from './record.ts';

/** A start of the hive: its writer epoch, its journal entry, its time in ms. */
export interface Boot {
  readonly epoch: number;
  readonly entry: number;
  readonly at: number;
}

/** A change of the workers. */
export type WorkersChange =
  | { readonly kind: 'spawn'; readonly worker: WorkerRecord }
  | ({ readonly kind: 'first'; readonly kinds: readonly WorkerKind[] } & Boot)
  | ({ readonly kind: 'reboot' } & Boot)
  | { readonly kind: 'started'; readonly id: string }
  | { readonly kind: 'used'; readonly id: string; readonly ticks: number; readonly ops: number }
  | { readonly kind: 'stop'; readonly id: string }
  | { readonly kind: 'remove'; readonly id: string }
  | { readonly kind: 'defaults'; readonly budget: Partial<Budget> };

/** Wraps a change with its owner. */
export function workersChange(change: WorkersChange): Change {
  return { capability: 'workers', change };
}

/** Applies a change in place. */
export function evolveWorkers(slice: WorkersSlice, change: WorkersChange): void {
  switch (change.kind) {
    case 'spawn':
      return add(slice, change.worker);
    case 'first':
      for (const kind of change.kinds) add(slice, firstWorker(slice, kind, change));
      return;
    case 'reboot':
      return reboot(slice, change);
    case 'started':
      Object.assign(recordOf(slice, change.id), { state: 'running', hasRun: true });
      return;
    case 'used':
      // Names in order: such a record is printed several times faster (`plain.ts`).
      recordOf(slice, change.id).used = { ops: change.ops, ticks: change.ticks };
      return;
    case 'stop':
      recordOf(slice, change.id).state = 'stopping';
      return;
    case 'remove':
      slice.workers.delete(change.id);
      return;
    case 'defaults':
      Object.assign(slice.defaults, change.budget);
      return;
    default:
      unreachable(change);
  }
}

function add(slice: WorkersSlice, worker: WorkerRecord): void {
  slice.workers.set(worker.id, worker);
  slice.nextId += 1;
  slice.nextFence += 1;
}

function firstWorker(slice: WorkersSlice, kind: WorkerKind, { epoch, entry, at }: Boot): WorkerRecord {
  const spawnedBy = { subject: SYSTEM.subject, ticket: SYSTEM.ticket };
  return newRecord(slice, { kind, budget: NO_BUDGET, epoch, entry, at, spawnedBy });
}

/** A record of the next worker, waiting to be started. */
export function newRecord(
  { nextId, nextFence }: Pick<WorkersSlice, 'nextId' | 'nextFence'>,
  what: Boot & Pick<WorkerRecord, 'kind' | 'adapter' | 'budget' | 'spawnedBy'>,
): WorkerRecord {
  const { kind, budget, epoch, entry, at, spawnedBy } = what;
  return {
    id: `worker-${nextId}`,
    kind,
    ...adapterOf(what),
    budget,
    used: { ticks: 0, ops: 0 },
    state: 'starting',
    hasRun: false,
    spawnedSeq: entry,
    startSeq: entry,
    spawnedAt: at,
    expiresAt: budget.ttl_s === null ? null : at + budget.ttl_s * 1000,
    fence: nextFence,
    epoch,
    spawnedBy,
  };
}

/** Drops workers that ended with the hive or ran out of time; the others wait to be started, each under a new fence. */
function reboot(slice: WorkersSlice, boot: Boot): void {
  for (const worker of inOrder(slice.workers.values())) {
    if (!survives(worker, boot.at)) {
      slice.workers.delete(worker.id);
      continue;
    }
    Object.assign(worker, { state: 'starting', fence: slice.nextFence, epoch: boot.epoch, startSeq: boot.entry });
    slice.nextFence += 1;
  }
}

function recordOf(slice: WorkersSlice, id: string): WorkerRecord {
  const worker = slice.workers.get(id);
  assert(worker !== undefined, `no worker ${id}`);
  return worker;
}

/** The effect that starts a worker; idempotent by `entry`, void under an older fence or epoch. */
export function startEffect(worker: WorkerRecord): Effect {
  return {
    kind: 'worker.start',
    worker: worker.id,
    workerKind: worker.kind,
    ...adapterOf(worker),
    budget: worker.budget,
    used: worker.used,
    expiresAt: worker.expiresAt,
    entry: worker.startSeq,
    fence: worker.fence,
    epoch: worker.epoch,
  };
}

function adapterOf({ adapter }: Pick<WorkerRecord, 'adapter'>): Pick<WorkerRecord, 'adapter'> {
  return adapter === undefined ? {} : { adapter };
}

/** The line of contracts-1 4.11 for a spawn. */
export function spawnedLine(id: string, { ticks, ttl_s, ops }: Budget): string {
  return `spawned ${id} ticks=${budgetText(ticks)} ttl=${budgetText(ttl_s)} ops=${budgetText(ops)}`;
}

/** Ends a worker: it is no longer live at once; its record goes when its end is reported. */
export function stopParts(
  worker: WorkerRecord,
  why: { readonly reason: string; readonly entry: number; readonly line: string },
): Required<Pick<Acceptance, 'changes' | 'effects' | 'log'>> {
  const { id, fence, epoch } = worker;
  return {
    changes: [workersChange({ kind: 'stop', id })],
    effects: [
      { kind: 'worker.stop', worker: id, ...adapterOf(worker), entry: why.entry, fence, epoch, reason: why.reason },
    ],
    log: [why.line],
  };
}

/** The line of contracts-1 4.11 for a worker that lost its rights. */
export function revokedLine(id: string, reason: string): string {
  return `revoked ${id}: ${/^[\w .,:;()/-]+$/.test(reason) ? reason : logField(reason)}`;
}
