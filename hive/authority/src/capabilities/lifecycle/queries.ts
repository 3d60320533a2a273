// What others may ask about the lifecycle.

import { ok, type Result, refuse } from '@cohesix/wire';
import { sliceOf } from '../../kernel/slice.ts';
import type { Gate, State } from '../../types.ts';
import { GATES, type LifecycleState } from './table.ts';

/** Where the node is in its life, since when, and under which boot. */
export interface LifecycleSlice {
  state: LifecycleState;
  reason: string;
  /** Time of the command that led here, ms; 0 before the first boot. */
  sinceMs: number;
  /** Writer epoch: number of the last boot; 0 before the first. */
  epoch: number;
  /** Fingerprint of the manifest of the last boot. */
  fingerprint: string;
  /** Version of the program of the last boot. */
  version: string;
}

/** The lifecycle state of the node. */
export function lifecycleState(state: Readonly<State>): LifecycleState {
  return sliceOf<LifecycleSlice>(state, 'lifecycle').state;
}

/** The writer epoch: receipts of another epoch are stale. */
export function bootEpoch(state: Readonly<State>): number {
  return sliceOf<LifecycleSlice>(state, 'lifecycle').epoch;
}

/** Whether a gate is open; else `lifecycle-denied` with the state and what would open it. */
export function checkGate(state: Readonly<State>, gate: Gate): Result<void> {
  const now = lifecycleState(state);
  if (GATES[gate].includes(now)) return ok(undefined);
  return refuse('lifecycle-denied', `The node is ${now}; ${gate} needs ${GATES[gate].join(' or ')}.`);
}
