// Preemption by priority: a grant that takes its resource from leases of lower priority.

import { leasesIn } from '../gpus/queries.ts';
import { type LeasesDraft, preemptLease } from './draft.ts';
import { wishOf } from './lease.ts';
import { isFreeFor, rivalsFor, type Scene } from './placement.ts';
import { quotaAgainst, quotaAgainstPreempting } from './quotas.ts';
import { type Lease, type LeasesSlice, leasesOn, type Request } from './record.ts';
import { fits, type Place, placesOf } from './resource.ts';

/** Leases taken away by one line: its outcome must fit into a journal record. */
const TAKEN_MAX = 64;

/**
 * Takes leases away, the least important and newest first and no more than needed, on the place where fewest go. Not those
 * of jobs: their workers would go on. A request that waits for the place with as much priority, or for so long that the
 * place is kept for it, comes first. Undefined when there is no such place; then nothing is taken.
 */
export function takePlace(draft: LeasesDraft, scene: Scene, request: Request): Place | undefined {
  const { slice, state, at } = scene;
  const leases = leasesIn(state);
  const options = placesOf(leases.resources, request.resource)
    .filter(({ resource }) => mayTake(scene, request, resource))
    .flatMap((place) => {
      const victims = victimsOn(slice, place, request);
      return victims === undefined ? [] : [{ place, victims }];
    })
    .sort((left, right) => left.victims.length - right.victims.length);
  for (const lease of options[0]?.victims ?? []) preemptLease(draft, lease, { reason: 'priority', at, leases });
  return options[0]?.place;
}

function mayTake(scene: Scene, request: Request, resource: string): boolean {
  if (quotaAgainst(scene.slice, request.subject, resource) !== undefined) return false;
  if (!isFreeFor(scene, wishOf(request, false), resource)) return false;
  return rivalsFor(scene, resource).every(({ priority }) => priority < request.priority);
}

/** Which leases must go from a place so that a request fits; undefined when all that may go are not enough. */
function victimsOn(slice: Readonly<LeasesSlice>, place: Place, request: Request): readonly Lease[] | undefined {
  const all = leasesOn(slice, place.resource);
  const mayGo = all
    .filter(({ job, priority }) => job === null && priority < request.priority)
    .sort((left, right) => left.priority - right.priority || right.seq - left.seq);
  const gone: Lease[] = [];
  for (const lease of mayGo) {
    const left = all.filter((other) => !gone.includes(other));
    if (fits(place, left, request.demand)) return gone;
    if (gone.length === TAKEN_MAX) return undefined;
    if (quotaAgainstPreempting(slice, lease, gone) === undefined) gone.push(lease);
  }
  const left = all.filter((other) => !gone.includes(other));
  return fits(place, left, request.demand) ? gone : undefined;
}
