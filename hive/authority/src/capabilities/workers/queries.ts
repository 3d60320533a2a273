// What others may ask about workers, and what a boot makes of them.

import type { Acceptance, Effect, State } from '../../types.ts';
import { settingsIn } from '../settings/queries.ts';
import { type Boot, spawnedLine, startEffect, workersChange } from './changes.ts';
import { inOrder, isLive, NO_BUDGET, survives, type WorkerKind, type WorkerRecord, workersSlice } from './record.ts';

/** How many workers are live (start or run): what blocks a drain. */
export function outstandingWorkers(state: Readonly<State>): number {
  let count = 0;
  for (const worker of workersSlice(state).workers.values()) count += isLive(worker) ? 1 : 0;
  return count;
}

/** The record of a live worker, or undefined. Read only. */
export function liveWorker(state: Readonly<State>, id: string): Readonly<WorkerRecord> | undefined {
  const worker = workersSlice(state).workers.get(id);
  return worker !== undefined && isLive(worker) ? worker : undefined;
}

/** The live worker that serves the adapter of a scope, or undefined. Read only. */
export function adapterWorker(state: Readonly<State>, scope: string): Readonly<WorkerRecord> | undefined {
  for (const worker of workersSlice(state).workers.values())
    if (worker.adapter === scope && isLive(worker)) return worker;
  return undefined;
}

/** Fence of the last start of a worker that starts, runs or is being stopped; undefined when it has no record any more. */
export function workerFence(state: Readonly<State>, id: string): number | undefined {
  return workersSlice(state).workers.get(id)?.fence;
}

/** How many more workers may be started. */
export function workersRoom(state: Readonly<State>): number {
  return settingsIn(state).workers.max - workersSlice(state).workers.size;
}

type BootParts = Required<Pick<Acceptance, 'changes' | 'effects' | 'log'>>;

/**
 * The first boot: the workers of the manifest. They are on no budget, because they belong to the machine and not to a
 * job. As at every boot, one change and one effect whatever their number; the hive asks `startOrders` for what to start.
 */
export function startsAtFirstBoot(state: Readonly<State>, boot: Boot, kinds: readonly WorkerKind[]): BootParts {
  if (kinds.length === 0) return { changes: [], effects: [], log: [] };
  const { nextId } = workersSlice(state);
  return {
    changes: [workersChange({ kind: 'first', kinds, ...boot })],
    effects: [bootEffect(boot)],
    log: kinds.map((_, index) => spawnedLine(`worker-${nextId + index}`, NO_BUDGET)),
  };
}

/**
 * A later boot: every live worker is started again with a new fence, unless its time ran out meanwhile; those that were
 * being stopped ended with the hive.
 */
export function restartsAtBoot(state: Readonly<State>, boot: Boot): BootParts {
  const all = [...workersSlice(state).workers.values()];
  if (all.length === 0) return { changes: [], effects: [], log: [] };
  const restarted = all.filter((worker) => survives(worker, boot.at)).length;
  const expired = all.filter((worker) => isLive(worker)).length - restarted;
  return {
    changes: [workersChange({ kind: 'reboot', ...boot })],
    effects: [bootEffect(boot)],
    log: restarted + expired === 0 ? [] : [`restarted workers=${restarted} expired=${expired}`],
  };
}

function bootEffect({ entry, epoch }: Boot): Effect {
  return { kind: 'workers.restart', entry, epoch };
}

/** The start effects of all workers that wait to be started, in the order of their spawn: what a boot asks for. */
export function startOrders(state: Readonly<State>): readonly Effect[] {
  const waiting = [...workersSlice(state).workers.values()].filter((worker) => worker.state === 'starting');
  return inOrder(waiting).map(startEffect);
}
