// What others may ask about workers, and what a boot makes of them.

import type { Acceptance, State } from '../../types.ts';
import { revokedLine, startEffect, workersChange } from './changes.ts';
import { inOrder, isLive, isOver, TTL_EXPIRED, type WorkerRecord, workersSlice } from './record.ts';

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

/**
 * A boot: every live worker is started again with a new fence, unless its time ran out meanwhile; those that were being
 * stopped ended with the hive.
 */
export function restartsAtBoot(
  state: Readonly<State>,
  boot: { readonly epoch: number; readonly entry: number; readonly at: number },
): Pick<Acceptance, 'changes' | 'effects' | 'log'> {
  const slice = workersSlice(state);
  const all = inOrder(slice.workers.values());
  const over = all.filter((worker) => isLive(worker) && isOver(worker, boot.at));
  const ended = all.filter((worker) => !isLive(worker) || isOver(worker, boot.at));
  const kept = all.filter((worker) => !ended.includes(worker));
  const restarted = kept.map((worker, index): WorkerRecord => {
    return { ...worker, state: 'starting', fence: slice.nextFence + index, epoch: boot.epoch, startSeq: boot.entry };
  });
  return {
    changes: [
      ...ended.map(({ id }) => workersChange({ kind: 'remove', id })),
      ...restarted.map(({ id, fence, epoch, startSeq }) =>
        workersChange({ kind: 'restart', id, fence, epoch, entry: startSeq }),
      ),
    ],
    effects: restarted.map(startEffect),
    log: [...over.map(({ id }) => revokedLine(id, TTL_EXPIRED)), ...restarted.map(({ id }) => `restarted ${id}`)],
  };
}
