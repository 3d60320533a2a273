// What time and free resources make of the leases: those that are over end, those that no longer fit after a manifest that
// lists less go, and requests that wait are served. All of it in a clock command, never before its time in the journal.

import type { Leases } from '@cohesix/manifest';
import { lastTime } from '../../kernel/kernel-capability.ts';
import type { Command, State } from '../../types.ts';
import { gpuLeaseEnd, leasesIn } from '../gpus/queries.ts';
import { RESOURCE_PREFIX } from '../gpus/record.ts';
import { checkGate } from '../lifecycle/queries.ts';
import { manifestIn } from '../settings/queries.ts';
import { keptOf } from './changes.ts';
import { draftOf, endOf, grantLease, type LeasesDraft, preemptLease } from './draft.ts';
import { leaseFor, termsOf, wishOf } from './lease.ts';
import { isAged, placeFor, type Scene, sceneOf } from './placement.ts';
import { isOver, type Lease, type LeasesSlice, leasesOn, leasesSlice, type Request } from './record.ts';
import { isOverfull, type Place, placesOf } from './resource.ts';
import { chargeOf } from './share.ts';

/** Leases and requests ended, and requests served, by one clock command: its outcome must fit into a journal record. */
const ENDED_PER_TICK_MAX = 48;
const SERVED_PER_TICK_MAX = 8;

type Clock = Pick<Command, 'at' | 'seq'>;

/** The leases after a clock command. The schedule goes on from here in the same command. */
export function leasesAfterTick(state: Readonly<State>, clock: Clock): LeasesDraft {
  const draft = draftOf(leasesSlice(state));
  const leases = leasesIn(state);
  endWhatIsOver(draft, clock.at, leases);
  endWhatLostItsGpu(draft, state, clock.at);
  fitToManifest(draft, clock.at, leases);
  if (!checkGate(state, 'new-work').ok) return draft;
  for (let count = 0; count < SERVED_PER_TICK_MAX; count++) {
    const next = nextServed(draft.slice, state, clock.at);
    if (next === undefined) break;
    const granting = { place: next.place, at: clock.at, entry: clock.seq, leases };
    grantLease(draft, leaseFor(draft.slice, termsOf(next.request, clock.at), granting));
  }
  return draft;
}

function endWhatIsOver(draft: LeasesDraft, at: number, leases: Leases): void {
  const { active, waiting } = draft.slice;
  const over = [...active.values()].filter((lease) => isOver(lease, at)).sort((a, b) => a.fence - b.fence);
  const late = [...waiting.values()].filter(({ waitsUntil }) => waitsUntil <= at).sort((a, b) => a.seq - b.seq);
  for (const what of [...over, ...late].slice(0, ENDED_PER_TICK_MAX)) {
    endOf(draft, what, { reason: 'fence' in what ? 'expired' : 'wait-expired', at, kept: keptOf(leases) });
  }
}

/** Leases whose GPU went away, or whose worker has ended. */
function endWhatLostItsGpu(draft: LeasesDraft, state: Readonly<State>, at: number): void {
  const leases = leasesIn(state);
  for (const { lease, why } of lostGpus(draft.slice, state).slice(0, ENDED_PER_TICK_MAX)) {
    if (why === 'worker-ended') endOf(draft, lease, { reason: why, at, kept: keptOf(leases) });
    else preemptLease(draft, lease, { reason: why, at, leases });
  }
}

/** Looks only at resources of GPUs, of which there are few. */
function lostGpus({ active, held }: Readonly<LeasesSlice>, state: Readonly<State>): readonly LostLease[] {
  const found: LostLease[] = [];
  for (const [resource, ids] of held) {
    if (!resource.startsWith(RESOURCE_PREFIX)) continue;
    for (const id of ids) {
      const lease = active.get(id);
      const why = lease === undefined ? undefined : gpuLeaseEnd(state, lease);
      if (lease !== undefined && why !== undefined) found.push({ lease, why });
    }
  }
  return found.sort((left, right) => left.lease.fence - right.lease.fence);
}

interface LostLease {
  readonly lease: Lease;
  readonly why: NonNullable<ReturnType<typeof gpuLeaseEnd>>;
}

/** Takes leases away, the least important and newest first, until what is held of every resource is within it. */
function fitToManifest(draft: LeasesDraft, at: number, leases: Leases): void {
  while (draft.changes.length < ENDED_PER_TICK_MAX) {
    const [place] = overfullPlaces(draft.slice, leases);
    const victim = place === undefined ? undefined : leastOn(draft.slice, place);
    if (victim === undefined) return;
    preemptLease(draft, victim, { reason: 'capacity', at, leases });
  }
}

/** Places of which more is held than they have, and a lease of no job among it. Costs nothing while all units have one holder. */
function overfullPlaces(slice: Readonly<LeasesSlice>, { resources }: Leases): readonly Place[] {
  const { active, held } = slice;
  const names = new Set(resources.map(({ id }) => id).filter((id) => held.has(id)));
  if (active.size > held.size) for (const [resource, ids] of held) if (ids.length > 1) names.add(resource);
  return [...names]
    .flatMap((name) => placesOf(resources, name))
    .filter((place) => isOverfull(place, leasesOn(slice, place.resource)))
    .filter((place) => leastOn(slice, place) !== undefined);
}

function leastOn(slice: Readonly<LeasesSlice>, { resource }: Place): Lease | undefined {
  const mayGo = leasesOn(slice, resource).filter(({ job }) => job === null);
  return mayGo.sort((left, right) => left.priority - right.priority || right.fence - left.fence)[0];
}

/** Who is served next, and where; undefined when nobody can be. */
function nextServed(
  slice: Readonly<LeasesSlice>,
  state: Readonly<State>,
  at: number,
): { readonly request: Request; readonly place: Place } | undefined {
  if (slice.waiting.size === 0 || slice.active.size >= manifestIn(state).leases.active_max) return undefined;
  const scene = sceneOf(slice, state, at);
  for (const request of inTurn(scene)) {
    const place = placeFor(scene, wishOf(request, false));
    if (typeof place !== 'string') return { request, place };
  }
  return undefined;
}

/** Those who wait, in the order of their turns: who waited too long by arrival; then by charge, priority and arrival. */
function inTurn({ slice, state, at }: Scene): readonly Request[] {
  const waiting = [...slice.waiting.values()].filter(({ waitsUntil }) => at < waitsUntil);
  const byArrival = waiting.sort((left, right) => left.entry - right.entry || left.seq - right.seq);
  const aged = byArrival.filter((request) => isAged(request, state, at));
  const others = byArrival.filter((request) => !isAged(request, state, at));
  others.sort(
    (left, right) => chargeOf(slice, left.subject) - chargeOf(slice, right.subject) || right.priority - left.priority,
  );
  return [...aged, ...others];
}

/** When a clock command would change a lease; 0: at once. */
export function leasesDeadline(slice: Readonly<LeasesSlice>, state: Readonly<State>): number | undefined {
  if (slice.active.size + slice.waiting.size === 0) return undefined;
  const leases = leasesIn(state);
  if (overfullPlaces(slice, leases).length > 0 || lostGpus(slice, state).length > 0) return 0;
  if (checkGate(state, 'new-work').ok && nextServed(slice, state, lastTime(state)) !== undefined) return 0;
  let earliest = Number.POSITIVE_INFINITY;
  for (const { expiresAt } of slice.active.values()) earliest = Math.min(earliest, expiresAt ?? earliest);
  for (const { waitsUntil } of slice.waiting.values()) earliest = Math.min(earliest, waitsUntil);
  return Number.isFinite(earliest) ? earliest : undefined;
}
