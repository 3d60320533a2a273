// `/v1/meta/status` (contracts-2, 7.6): how the gateway and its way to the hive are. The contract's members for a cache of reads and for
// a relay are left out: this gateway has neither, and says nothing it did not count.

import type { GatewayCounts, RouteCount } from '../counters.ts';
import type { OtlpCounts } from '../metrics/otlp-exporter.ts';
import type { Noticed } from './readiness.ts';

/** What the document is made from. */
export interface StatusSources {
  readonly isReady: boolean;
  readonly noticed: Noticed;
  readonly counts: GatewayCounts;
  /** Keys of writes that are remembered, and what was counted of them. */
  readonly idempotency: Readonly<Record<string, number>>;
  /** Undefined: nothing is exported. */
  readonly otlp: OtlpCounts | undefined;
}

/** The document. `connects` and `reconnects` are of sessions: attached in all, and ended by the hive so far. */
export function statusDocument({
  isReady,
  noticed,
  counts,
  idempotency,
  otlp,
}: StatusSources): Readonly<Record<string, unknown>> {
  const { control, telemetry, sessions, streams, connections, turnedAway, running, requests } = counts;
  return {
    connected: isReady,
    ...(noticed.lastError === undefined ? {} : { last_error: noticed.lastError }),
    ...(noticed.changedAtMs === undefined ? {} : { last_change_unix_ms: noticed.changedAtMs }),
    reconnects: noticed.recoveries,
    connects: sessions.attached,
    broker: {
      control_waiters: control.waiting,
      telemetry_waiters: telemetry.waiting,
      control_waited: control.waited,
      telemetry_waited: telemetry.waited,
      queue_full_rejections: control.refusedFull + telemetry.refusedFull,
      timeout_rejections: control.refusedLate + telemetry.refusedLate,
    },
    requests: { running, answered: answeredBy(requests), turned_away: turnedAway },
    sessions,
    streams,
    connections,
    idempotency,
    ...(otlp === undefined ? {} : { otlp: otlpMembers(otlp) }),
  };
}

function otlpMembers({ rejectedPoints, lastError, ...counts }: OtlpCounts): Readonly<Record<string, unknown>> {
  return { ...counts, rejected_points: rejectedPoints, ...(lastError === undefined ? {} : { last_error: lastError }) };
}

/** Answers of all routes by class of status: `2xx`, `4xx`. */
function answeredBy(requests: readonly RouteCount[]): Readonly<Record<string, number>> {
  const classes: Record<string, number> = {};
  for (const { status, count } of requests) {
    const key = `${Math.trunc(status / 100)}xx`;
    classes[key] = (classes[key] ?? 0) + count;
  }
  return classes;
}
