// The fleet as the canvas and its text show it, read from `/proc/fleet` (hive/node, fleet.ts): a row for each live worker. A row that has no
// worker is left out and counted, so that one bad line does not hide a fleet.

import { type Row, rowsIn } from '@cohesix/client/core';

/** A worker of the fleet. */
export interface FleetWorker {
  readonly id: string;
  /** The number at the end of the id; orders workers and labels them. */
  readonly number: number;
  readonly kind: string;
  readonly state: string;
  /** Its whole row, `id` too. */
  readonly fields: Row;
}

/** What a text of `/proc/fleet` says. */
export interface Fleet {
  /** In the order of their numbers. */
  readonly workers: readonly FleetWorker[];
  /** Lines that are not of the form. */
  readonly unread: number;
  /** The hive has more than it showed. */
  readonly isCut: boolean;
}

/** No workers. */
export const NO_FLEET: Fleet = { workers: [], unread: 0, isCut: false };

/** Most workers that are kept; `workers.max` of a manifest is at most as large. */
const WORKERS_MAX = 131_072;
/** Kinds that are told apart; the hive has six. Workers of further ones are shown as `unknown`. */
const KINDS_MAX = 24;
/** Longest id that is drawn or compared; the hive's are far shorter. */
const ID_LENGTH_MAX = 64;

/** Reads `/proc/fleet`. */
export function parseFleet(text: string): Fleet {
  const workers: FleetWorker[] = [];
  const kinds = new Set<string>();
  let unread = 0;
  const { rows, isCut } = rowsIn(text);
  for (const row of rows) {
    const worker = workers.length < WORKERS_MAX ? workerOf(row, kinds) : undefined;
    if (worker === undefined) unread += 1;
    else workers.push(worker);
  }
  workers.sort((one, other) => one.number - other.number || compare(one.id, other.id));
  return { workers, unread, isCut };
}

function workerOf(fields: Row, kinds: Set<string>): FleetWorker | undefined {
  const { id, kind: ofKind, state } = fields;
  if (typeof id !== 'string' || id === '' || id.length > ID_LENGTH_MAX) return undefined;
  const kind = String(ofKind ?? 'unknown');
  if (kinds.size < KINDS_MAX) kinds.add(kind);
  return {
    id,
    number: numberOf(id),
    kind: kinds.has(kind) ? kind : 'unknown',
    state: String(state ?? 'unknown'),
    fields,
  };
}

/** The number at the end of an id: 7 of `worker-7`; 0 when there is none. */
function numberOf(id: string): number {
  const digits = /\d{1,15}$/.exec(id)?.[0];
  return digits === undefined ? 0 : Number(digits);
}

/** How many workers there are of each kind, or in each state; by falling count, then by name. */
export function countsBy(fleet: Fleet, field: 'kind' | 'state'): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const worker of fleet.workers) counts.set(worker[field], (counts.get(worker[field]) ?? 0) + 1);
  return [...counts].sort(([one, ones], [other, others]) => others - ones || compare(one, other));
}

/** Where the telemetry of a worker is: by its shard, where only that leads to it. */
export function telemetryPath({ id, fields }: FleetWorker): string {
  const { shard } = fields;
  return shard === undefined || shard === null ? `/worker/${id}/telemetry` : `/shard/${shard}/worker/${id}/telemetry`;
}

/** The path of the file that an operator would read for all that the hive knows of a worker. */
export function infoPath({ id }: Pick<FleetWorker, 'id'>): string {
  return `/worker/${id}/info`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
