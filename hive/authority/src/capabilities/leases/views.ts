// What people and tools read about leases. The first line of the summary and the fields up to `seq=` are the source's
// (contracts-1, 4.3); what follows is ours.

import { compareText } from '../../kernel/plain.ts';
import { logField } from '../../kernel/text.ts';
import type { State, View } from '../../types.ts';
import { leasesIn } from '../gpus/queries.ts';
import {
  type EndedLease,
  type Lease,
  type LeasesSlice,
  leasesOn,
  type Preemption,
  quotaKey,
  type Request,
} from './record.ts';
import { placesOf, useText } from './resource.ts';

const LIST_BYTES_MAX = 1_048_576;

/** The views of the leases. */
export const leaseViews: readonly View<LeasesSlice>[] = [
  {
    pattern: '/proc/lease/summary',
    summary:
      '`active= preemptions= quotas= max_active= max_preemptions=`, then `waiting= max_waiting= next_fence= dropped_preemptions= dropped_history=`.',
    boundBytes: 512,
    render: summaryText,
  },
  {
    pattern: '/proc/lease/active',
    summary:
      'Leases that are held, oldest first: `id= subject= resource= ttl_s= priority= state=active seq= fence= expires_ms= mem_mb= streams=`; `all`: the whole resource, `job`: ends with its job.',
    boundBytes: LIST_BYTES_MAX,
    render: ({ active }) => bySeq(active.values()).map(activeText).join(''),
  },
  {
    pattern: '/proc/lease/waiting',
    summary:
      'Requests that wait, by arrival: `id= subject= resource= ttl_s= priority= state=waiting seq= until_ms= mem_mb= streams= charge=`.',
    boundBytes: LIST_BYTES_MAX,
    render: ({ waiting, charges }) =>
      bySeq(waiting.values())
        .map((request) => waitingText(request, charges.get(request.subject) ?? 0))
        .join(''),
  },
  {
    pattern: '/proc/lease/preemptions',
    summary: 'Leases that were taken away, oldest first: `id= subject= resource= reason= seq= fence= at_ms=`.',
    boundBytes: LIST_BYTES_MAX,
    render: ({ preemptions }) => preemptions.map(preemptionText).join(''),
  },
  {
    pattern: '/proc/lease/history',
    summary:
      'Leases and requests that ended, oldest first: `id= subject= resource= fence= granted_ms= ended_ms= reason=`.',
    boundBytes: LIST_BYTES_MAX,
    render: ({ history }) => history.map(endedText).join(''),
  },
  {
    pattern: '/proc/lease/quotas',
    summary: 'Quotas: `subject= resource= max_active= max_preemptions=`.',
    boundBytes: LIST_BYTES_MAX,
    render: quotasText,
  },
  {
    pattern: '/proc/lease/resources',
    summary: 'Resources that can be shared or are held: `resource= holders= mem_mb=<held>/<all> streams=<held>/<all>`.',
    boundBytes: LIST_BYTES_MAX,
    render: resourcesText,
  },
  {
    pattern: '/proc/lease/by-id/:lease',
    summary: 'One JSON line: the lease that is held, else the request that waits, else the last of that id that ended.',
    boundBytes: 2048,
    render: (slice, { lease = '' }) => byIdText(slice, lease),
  },
];

function bySeq<T extends Lease | Request>(all: Iterable<T>): T[] {
  return [...all].sort((left, right) => left.entry - right.entry || left.seq - right.seq);
}

function summaryText(slice: Readonly<LeasesSlice>, _params: unknown, state: Readonly<State>): string {
  const leases = leasesIn(state);
  const { active, preemptions, quotas, waiting, nextFence, droppedPreemptions, droppedHistory } = slice;
  return [
    `active=${active.size} preemptions=${preemptions.length} quotas=${quotas.size}`,
    ` max_active=${leases.active_max} max_preemptions=${leases.preemptions_max}\n`,
    `waiting=${waiting.size} max_waiting=${leases.waiting_max} next_fence=${nextFence}`,
    ` dropped_preemptions=${droppedPreemptions} dropped_history=${droppedHistory}\n`,
  ].join('');
}

function whatText({ id, subject, resource }: Pick<Lease, 'id' | 'subject' | 'resource'>): string {
  return `id=${id} subject=${logField(subject)} resource=${resource}`;
}

function demandText({ demand: { mem_mb, streams } }: Pick<Lease, 'demand'>): string {
  return `mem_mb=${mem_mb ?? 'all'} streams=${streams ?? 'all'}`;
}

function activeText(lease: Lease): string {
  const { ttlS, priority, seq, fence, expiresAt } = lease;
  const source = `${whatText(lease)} ttl_s=${ttlS} priority=${priority} state=active seq=${seq}`;
  return `${source} fence=${fence} expires_ms=${expiresAt ?? 'job'} ${demandText(lease)}\n`;
}

function waitingText(request: Request, charge: number): string {
  const { ttlS, priority, seq, waitsUntil } = request;
  const source = `${whatText(request)} ttl_s=${ttlS} priority=${priority} state=waiting seq=${seq}`;
  return `${source} until_ms=${waitsUntil} ${demandText(request)} charge=${charge}\n`;
}

function preemptionText(one: Preemption): string {
  return `${whatText(one)} reason=${one.reason} seq=${one.seq} fence=${one.fence} at_ms=${one.at}\n`;
}

function endedText(ended: EndedLease): string {
  const { fence, grantedAt, endedAt, reason } = ended;
  return `${whatText(ended)} fence=${fence ?? 'none'} granted_ms=${grantedAt ?? 'none'} ended_ms=${endedAt} reason=${reason}\n`;
}

function quotasText({ quotas }: Readonly<LeasesSlice>): string {
  const sorted = [...quotas.values()].sort((left, right) =>
    compareText(quotaKey(left.subject, left.resource), quotaKey(right.subject, right.resource)),
  );
  const line = ({ subject, resource, max_active, max_preemptions }: (typeof sorted)[number]) =>
    `subject=${logField(subject)} resource=${resource} max_active=${max_active} max_preemptions=${max_preemptions}\n`;
  return sorted.map(line).join('');
}

function resourcesText(slice: Readonly<LeasesSlice>, _params: unknown, state: Readonly<State>): string {
  const { resources } = leasesIn(state);
  const names = new Set([...resources.map(({ id }) => id), ...slice.held.keys()]);
  return [...names]
    .sort(compareText)
    .flatMap((name) => placesOf(resources, name))
    .map((place) => `resource=${place.resource} ${useText(place, leasesOn(slice, place.resource))}\n`)
    .join('');
}

function byIdText(slice: Readonly<LeasesSlice>, id: string): string {
  const active = slice.active.get(id);
  if (active !== undefined) return leaseText(active);
  const waiting = slice.waiting.get(id);
  if (waiting !== undefined) return requestText(waiting);
  const ended = slice.history.findLast((one) => one.id === id);
  if (ended === undefined) return '';
  const { subject, resource, fence, grantedAt, endedAt, reason } = ended;
  const times = { granted_ms: grantedAt, ended_ms: endedAt };
  return jsonLine({ id, state: 'ended', subject, resource, fence, ...times, reason });
}

function leaseText(lease: Lease): string {
  const { id, subject, resource, demand, ttlS, priority, seq, fence, entry, by, job } = lease;
  const times = { granted_ms: lease.grantedAt, expires_ms: lease.expiresAt, ends_ms: lease.endsAt };
  const what = { id, state: 'active', subject, resource, ...demand, ttl_s: ttlS, priority, seq, fence, entry };
  return jsonLine({ ...what, ...times, job, granted_by: { subject: by.subject, ticket: by.ticket } });
}

function requestText(request: Request): string {
  const { id, subject, resource, demand, ttlS, priority, seq, entry, askedAt, waitsUntil, by } = request;
  const what = { id, state: 'waiting', subject, resource, ...demand, ttl_s: ttlS, priority, seq, entry };
  const times = { asked_ms: askedAt, until_ms: waitsUntil };
  return jsonLine({ ...what, ...times, asked_by: { subject: by.subject, ticket: by.ticket } });
}

function jsonLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
