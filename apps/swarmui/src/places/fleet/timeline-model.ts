// Leases in time: who held what, from when to when, and how it ended. Made of `/proc/lease/history` and `/proc/lease/active`.

import type { Row } from '@cohesix/client/core';

/** One hold of a resource. */
export interface Hold {
  readonly id: string;
  readonly subject: string;
  readonly fromMs: number;
  /** Undefined: it is held now. */
  readonly toMs: number | undefined;
  /** Why it ended; `held` while it has not. */
  readonly reason: string;
}

/** The holds of one resource, in the order of their beginnings. */
export interface Lane {
  readonly resource: string;
  /** Rows of holds that do not overlap. */
  readonly rows: readonly (readonly Hold[])[];
}

/** All lanes, and the span they are drawn in. */
export interface Timeline {
  readonly lanes: readonly Lane[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** Holds drawn at most: the last ones. */
const HOLDS_MAX = 200;
const ROWS_MAX = 6;

/** The timeline as seen at `nowMs`; a held lease is drawn from when it was granted or last renewed. */
export function timelineOf(history: readonly Row[], active: readonly Row[], nowMs: number): Timeline {
  const ended = history.flatMap((row) => holdOf(row, number(row.granted_ms), number(row.ended_ms)));
  const held = active.flatMap((row) => holdOf({ ...row, reason: 'held' }, Math.min(heldFrom(row), nowMs), undefined));
  const all = [...ended, ...held].slice(-HOLDS_MAX);
  const fromMs = Math.min(nowMs, ...all.map(({ hold }) => hold.fromMs));
  return { lanes: lanesOf(all), fromMs, toMs: Math.max(nowMs, fromMs + 1) };
}

/** The last moment that the lists speak of. */
export function lastMoment(history: readonly Row[], active: readonly Row[]): number {
  const moments = [
    ...history.flatMap((row) => [number(row.granted_ms), number(row.ended_ms)]),
    ...active.map(heldFrom),
  ];
  return moments.filter(Number.isFinite).reduce((last, moment) => Math.max(last, moment), 1);
}

/** When a held lease was granted, or last renewed. */
function heldFrom(row: Row): number {
  return number(row.expires_ms) - number(row.ttl_s) * 1000;
}

interface Placed {
  readonly resource: string;
  readonly hold: Hold;
}

function holdOf(row: Row, fromMs: number, toMs: number | undefined): readonly Placed[] {
  if (!Number.isFinite(fromMs) || (toMs !== undefined && !Number.isFinite(toMs))) return [];
  const { id, subject, resource, reason } = row;
  const hold = { id: String(id), subject: String(subject), fromMs, toMs, reason: String(reason ?? '') };
  return [{ resource: String(resource), hold }];
}

function number(cell: Row[string] | undefined): number {
  return typeof cell === 'number' ? cell : Number.NaN;
}

function lanesOf(all: readonly Placed[]): readonly Lane[] {
  const byResource = Map.groupBy(all, ({ resource }) => resource);
  return [...byResource]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([resource, placed]) => ({
      resource,
      rows: stacked(placed.map(({ hold }) => hold).sort((one, other) => one.fromMs - other.fromMs)),
    }));
}

/** Shares of a resource are held at the same time: each hold goes into the first row where it has room. */
function stacked(holds: readonly Hold[]): readonly (readonly Hold[])[] {
  const rows: Hold[][] = [];
  for (const hold of holds) {
    const free = rows.find((row) => (row.at(-1)?.toMs ?? Infinity) <= hold.fromMs);
    if (free !== undefined) free.push(hold);
    else if (rows.length < ROWS_MAX) rows.push([hold]);
    else rows.at(-1)?.push(hold);
  }
  return rows;
}

/** Where a hold lies, in percent of the span. */
export function placeOf({ fromMs, toMs }: Timeline, hold: Hold): { readonly left: number; readonly width: number } {
  const span = toMs - fromMs;
  const left = ((hold.fromMs - fromMs) / span) * 100;
  return { left, width: Math.max((((hold.toMs ?? toMs) - hold.fromMs) / span) * 100, 0) };
}
