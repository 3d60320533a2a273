// What the gateway itself counts, as metrics. The labels are the routes as they are written (`/v1/fs/ls`), never a path that
// somebody asked for.

import type { GatewayCounts } from '../counters.ts';
import type { Echo } from '../files/echo.ts';
import type { Family, Labels, Sample } from './family.ts';

/** Families of the counts, in the order in which they are written. */
export function gatewayFamilies(counts: GatewayCounts): readonly Family[] {
  const { sessions, streams, connections } = counts;
  return [
    counter('cohesix_gateway_requests', 'Requests that were answered.', requestSamples(counts)),
    counter(
      'cohesix_gateway_turned_away',
      'Requests that got to no route, by why.',
      samples('reason', counts.turnedAway),
    ),
    gauge('cohesix_gateway_requests_running', 'Requests that are being answered.', one(counts.running)),
    ...laneFamilies(counts),
    gauge('cohesix_gateway_sessions', 'Sessions of callers that are open.', one(sessions.open)),
    counter(
      'cohesix_gateway_session_events',
      'What happened to sessions of callers.',
      samples('event', {
        attached: sessions.attached,
        refused: sessions.refused,
        ended: sessions.ended,
        evicted: sessions.evicted,
      }),
    ),
    gauge('cohesix_gateway_streams', 'Event streams and WebSockets that are open.', one(streams.open)),
    counter(
      'cohesix_gateway_streams_refused',
      'Event streams and WebSockets that found no place.',
      one(streams.refused),
    ),
    gauge('cohesix_gateway_connections', 'Connections that are open.', one(connections.open)),
    counter('cohesix_gateway_connections_dropped', 'Connections that found no place.', one(connections.dropped)),
  ];
}

/** Families of the keys of writes. */
export function idempotencyFamilies({ remembered, ...counts }: Echo['idempotency']): readonly Family[] {
  return [
    gauge('cohesix_gateway_idempotency_keys', 'Keys of writes that are remembered.', one(remembered)),
    counter(
      'cohesix_gateway_idempotent_requests',
      'Writes with a key, by what came of it.',
      samples('result', { ...counts }),
    ),
  ];
}

function requestSamples({ requests }: GatewayCounts): readonly Sample[] {
  return requests.map(({ method, pattern, status, count }) => ({
    labels: { method, route: pattern, status: String(status) },
    value: count,
  }));
}

function laneFamilies({ control, telemetry }: GatewayCounts): readonly Family[] {
  const lanes = Object.entries({ control, telemetry });
  const of = (pick: (lane: GatewayCounts['control']) => number, more: Labels = {}): readonly Sample[] =>
    lanes.map(([lane, counted]) => ({ labels: { queue: lane, ...more }, value: pick(counted) }));
  return [
    gauge(
      'cohesix_gateway_queue_waiting',
      'Requests that wait for their turn.',
      of(({ waiting }) => waiting),
    ),
    counter(
      'cohesix_gateway_queue_waited',
      'Requests that had to wait.',
      of(({ waited }) => waited),
    ),
    {
      ...counter(
        'cohesix_gateway_queue_wait_seconds',
        'How long they waited, together.',
        of(({ waitedMs }) => waitedMs / 1000),
      ),
      unit: 'seconds',
    },
    counter('cohesix_gateway_queue_refused', 'Requests that were answered 429, by why.', [
      ...of(({ refusedFull }) => refusedFull, { reason: 'full' }),
      ...of(({ refusedLate }) => refusedLate, { reason: 'late' }),
    ]),
  ];
}

function samples(label: string, counted: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(counted).map(([key, value]) => ({ labels: { [label]: key }, value }));
}

function one(value: number): readonly Sample[] {
  return [{ labels: {}, value }];
}

function gauge(name: string, help: string, of: readonly Sample[]): Family {
  return { name, kind: 'gauge', help, samples: of };
}

function counter(name: string, help: string, of: readonly Sample[]): Family {
  return { name, kind: 'counter', help, samples: of };
}
