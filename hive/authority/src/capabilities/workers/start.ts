// The start of a worker: its record, the effect that starts it, the line in the log. For a spawn, and for other rooms.

import type { Acceptance, State } from '../../types.ts';
import { bootEpoch } from '../lifecycle/queries.ts';
import { newRecord, spawnedLine, startEffect, workersChange } from './changes.ts';
import { type WorkerRecord, workersSlice } from './record.ts';

/** A worker to start. */
export interface StartOrder extends Pick<WorkerRecord, 'kind' | 'adapter' | 'budget' | 'spawnedBy'> {
  readonly entry: number;
  readonly at: number;
  /** When its time is up, ms; by default the `ttl_s` of its budget from now. */
  readonly expiresAt?: number;
  /** How many others the same command starts before it; by default none. */
  readonly before?: number;
}

/** Starts a worker, for a spawn or for another room: its record, the effect and the line. `workersRoom` says whether it may. */
export function startParts(
  state: Readonly<State>,
  { expiresAt, before = 0, ...order }: StartOrder,
): Required<Pick<Acceptance, 'changes' | 'effects' | 'log'>> & { readonly worker: WorkerRecord } {
  const { nextId, nextFence } = workersSlice(state);
  const numbers = { nextId: nextId + before, nextFence: nextFence + before };
  const record = newRecord(numbers, { ...order, epoch: bootEpoch(state) });
  const worker = expiresAt === undefined ? record : { ...record, expiresAt };
  return {
    worker,
    changes: [workersChange({ kind: 'spawn', worker })],
    effects: [startEffect(worker)],
    log: [spawnedLine(worker.id, worker.budget)],
  };
}
