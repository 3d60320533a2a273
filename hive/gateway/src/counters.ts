// What a gateway counts, as plain numbers that others show: status document, metrics.

import type { Router } from './http/router.ts';
import type { FairQueue, LaneCounts } from './queues/fair-queue.ts';
import type { StreamSlots } from './queues/stream-slots.ts';
import type { SessionPool } from './sessions/session-pool.ts';

/** Answers of one route. */
export interface RouteCount {
  readonly method: string;
  readonly pattern: string;
  readonly status: number;
  readonly count: number;
}

/** All counts at one moment; totals are since the start of the gateway. */
export interface GatewayCounts {
  readonly requests: readonly RouteCount[];
  /** Requests that no route answered, by why: `bad-request` (not HTTP as we take it), `foreign` (Host, Origin), `no-route`. */
  readonly turnedAway: Readonly<Record<TurnedAway, number>>;
  readonly running: number;
  readonly control: Readonly<LaneCounts>;
  readonly telemetry: Readonly<LaneCounts>;
  readonly sessions: { open: number; attached: number; refused: number; ended: number; evicted: number };
  readonly streams: { open: number; refused: number };
  readonly connections: { open: number; dropped: number };
}

/** Why a request got to no route. */
export type TurnedAway = 'bad-request' | 'foreign' | 'no-route';

/** Counts that nothing else keeps. */
export interface Tally {
  readonly turnedAway: Record<TurnedAway, number>;
  readonly connections: { open: number; dropped: number };
}

/** A tally of nothing. */
export function newTally(): Tally {
  return { turnedAway: { 'bad-request': 0, foreign: 0, 'no-route': 0 }, connections: { open: 0, dropped: 0 } };
}

/** Who counts. */
export interface Counted {
  readonly router: Router;
  readonly queue: FairQueue;
  readonly sessions: SessionPool;
  readonly streams: StreamSlots;
  readonly tally: Tally;
}

/** The counts now. */
export function countsOf({ router, queue, sessions, streams, tally }: Counted): GatewayCounts {
  const { control, telemetry } = queue.counts;
  return {
    requests: router.all.flatMap(({ route: { method, pattern }, statuses }) =>
      [...statuses].map(([status, count]) => ({ method, pattern, status, count })),
    ),
    turnedAway: { ...tally.turnedAway },
    running: queue.running,
    control: { ...control },
    telemetry: { ...telemetry },
    sessions: { open: sessions.size, ...sessions.counts },
    streams: { open: streams.open, refused: streams.refused },
    connections: { ...tally.connections },
  };
}
