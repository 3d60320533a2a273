// `/gpu/:host/:gpu/lease`: gpu-lease/v1 lines (contracts-1 5.6), made from the leases room each time: an ACTIVE line for each grant and a
// RELEASED line for each end, in their order. The source's fields come first; who wants to be sure of a lease compares `fence`
// and `expires_ms`, which are ours.

import type { State } from '../../types.ts';
import { type EndedLease, type Lease, leasesOn, leasesSlice } from '../leases/record.ts';
import { manifestIn } from '../settings/queries.ts';
import { type Device, resourceOf } from './record.ts';

/** Ended leases of one GPU that are shown. */
const ENDED_SHOWN = 32;

/** A line, and what orders it. */
interface Line {
  readonly at: number;
  readonly fence: number;
  /** Of two lines of one lease, the grant first. */
  readonly order: number;
  readonly text: string;
}

/** The lines of one GPU. */
export function leaseLines(device: Device, state: Readonly<State>): string {
  const { history } = leasesSlice(state);
  const resource = resourceOf({ host: device.host, gpu: device.info.id });
  const ended = history.filter((one) => one.resource === resource && one.fence !== null).slice(-ENDED_SHOWN);
  const held = leasesOn(leasesSlice(state), resource);
  const lines: Line[] = [
    ...ended.flatMap((one) => [activeOf(device, one, state), releasedOf(device, one, state)]),
    ...held.map((one) => activeOf(device, one, state)),
  ];
  // Of one moment: fences only grow, so what was freed then comes before what was given of it.
  lines.sort((left, right) => left.at - right.at || left.fence - right.fence || left.order - right.order);
  return lines.map(({ text }) => `${text}\n`).join('');
}

type Any = Lease | EndedLease;

function activeOf(device: Device, lease: Any, state: Readonly<State>): Line {
  const expires_ms = 'expiresAt' in lease ? lease.expiresAt : null;
  return lineOf(device, lease, { state, at: lease.grantedAt ?? 0, fields: { word: 'ACTIVE', more: { expires_ms } } });
}

function releasedOf(device: Device, lease: EndedLease, state: Readonly<State>): Line {
  const fields = { word: 'RELEASED', more: { reason: lease.reason, ended_ms: lease.endedAt } };
  return lineOf(device, lease, { state, at: lease.endedAt, fields });
}

interface About {
  readonly state: Readonly<State>;
  readonly at: number;
  readonly fields: { readonly word: string; readonly more: object };
}

function lineOf({ host, info }: Device, lease: Any, { state, at, fields }: About): Line {
  const { id, subject, demand, ttlS, priority, fence } = lease;
  const text = JSON.stringify({
    schema: 'gpu-lease/v1',
    state: fields.word,
    gpu_id: info.id,
    worker_id: subject,
    mem_mb: demand.mem_mb ?? info.memory_mb,
    streams: demand.streams ?? manifestIn(state).gpu.streams_per_device,
    ttl_s: ttlS,
    priority,
    host,
    lease: id,
    fence,
    ...fields.more,
  });
  return { at, fence: fence ?? 0, order: fields.word === 'ACTIVE' ? 0 : 1, text };
}
