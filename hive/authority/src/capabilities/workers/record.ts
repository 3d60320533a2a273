// The record of a worker and what its budget allows. A budget field is a whole number, or null for unlimited.

import { sliceOf } from '../../kernel/slice.ts';
import type { State } from '../../types.ts';
import type { AdapterKind } from '../buses/adapters.ts';

/** Kinds of worker this hive can start. */
export type WorkerKind = 'heartbeat' | 'host' | 'gpu' | AdapterKind;

/** What a worker may use; null = unlimited. */
export interface Budget {
  readonly ticks: number | null;
  readonly ops: number | null;
  readonly ttl_s: number | null;
}

/** Unlimited in everything. */
export const NO_BUDGET: Budget = { ticks: null, ops: null, ttl_s: null };

/** A worker from spawn until its end is reported. */
export interface WorkerRecord {
  readonly id: string;
  readonly kind: WorkerKind;
  /** Of a worker of kind `bus` or `lora`: the scope of its adapter, which is the subject of its tickets. */
  readonly adapter?: string;
  readonly budget: Budget;
  /** What it has used, as last reported; never falls. */
  used: { ticks: number; ops: number };
  /** `stopping`: no longer live, its end is awaited so that what it holds is not given out twice. */
  state: 'starting' | 'running' | 'stopping';
  /** Whether it ever reported that it started; after that a failure gives no approval back. */
  hasRun: boolean;
  /** Journal entry of its spawn. */
  readonly spawnedSeq: number;
  /** Journal entry of its last start: the spawn, or a boot. */
  startSeq: number;
  readonly spawnedAt: number;
  /** When its time is up, ms; null = never. */
  readonly expiresAt: number | null;
  /** Number of its last start, unique in the hive; receipts with another are stale. */
  fence: number;
  /** Writer epoch of its last start. */
  epoch: number;
  readonly spawnedBy: { readonly subject: string; readonly ticket: string };
}

/** All workers, and the numbers given out. */
export interface WorkersSlice {
  readonly workers: Map<string, WorkerRecord>;
  /** Number of the next worker id; ids are never reused. */
  nextId: number;
  /** Number of the next start. */
  nextFence: number;
  /** Fields of the default budget set at `/queen/ctl`; the others come from the settings. */
  defaults: { ticks?: number | null; ops?: number | null; ttl_s?: number | null };
}

/** The slice of the workers. */
export function workersSlice(state: Readonly<State>): WorkersSlice {
  return sliceOf<WorkersSlice>(state, 'workers');
}

/** Whether a worker counts as work: it starts or runs. */
export function isLive(worker: WorkerRecord): boolean {
  return worker.state !== 'stopping';
}

/** Why a worker is revoked whose time is up. */
export const TTL_EXPIRED = 'ticket ttl expired';

/** Whether the time of a worker is up at `at`: from its very millisecond on. */
export function isOver({ expiresAt }: WorkerRecord, at: number): boolean {
  return expiresAt !== null && expiresAt <= at;
}

/** Whether a worker goes on after a boot at `at`: it was live, and its time is not up. */
export function survives(worker: WorkerRecord, at: number): boolean {
  return isLive(worker) && !isOver(worker, at);
}

/**
 * Workers in the order of their numbers: whatever order a map has them in, because that is not the same after a snapshot as
 * after a replay. The entry of the spawn does not tell them apart: those of the first boot have one.
 */
export function inOrder(workers: Iterable<WorkerRecord>): WorkerRecord[] {
  return [...workers].sort((left, right) => numberOf(left) - numberOf(right));
}

function numberOf({ id }: WorkerRecord): number {
  return Number(id.slice('worker-'.length));
}

/** A budget field as text: the number, or the infinity sign. */
export function budgetText(value: number | null): string {
  return value === null ? '∞' : String(value);
}

/** A field of the settings as a budget field: 0 means unlimited there. */
export function fromSetting(value: number): number | null {
  return value === 0 ? null : value;
}

/** Why a worker has used up its budget; undefined while it has not. */
export function exhaustion(budget: Budget, used: { readonly ticks: number; readonly ops: number }): string | undefined {
  if (budget.ticks !== null && used.ticks >= budget.ticks) return 'tick budget exhausted';
  if (budget.ops !== null && used.ops >= budget.ops) return 'operation budget exhausted';
  return undefined;
}
