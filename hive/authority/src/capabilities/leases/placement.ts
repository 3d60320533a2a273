// Where a demand goes now, or why nowhere. Three rules keep everybody from waiting for ever:
//
// 1. A grant by a line does not pass a request that waits for the same resource.
// 2. Requests and jobs that fit may be served before those that do not (backfill).
// 3. What has waited for `reserve_after_s` claims a resource: the first by id that could ever hold it and that no
//    earlier claim has. Nobody else is put there. Leases end (`max_total_s`), so the claim is met.

import type { State } from '../../types.ts';
import { leasesIn } from '../gpus/queries.ts';
import { jobClaims } from '../schedule/queries.ts';
import { manifestIn } from '../settings/queries.ts';
import { quotaAgainst } from './quotas.ts';
import { type Claim, type Demand, type LeasesSlice, leasesOn, type Request, requestKey } from './record.ts';
import { bestPlace, fits, isNamedBy, isPossible, type Place, placesOf } from './resource.ts';

/** The leases at a moment, and which resources are kept free for whom. */
export interface Scene {
  readonly slice: Readonly<LeasesSlice>;
  readonly state: Readonly<State>;
  readonly at: number;
  /** Resource → key of the claim on it. */
  readonly reserved: ReadonlyMap<string, string>;
}

/** Who asks for what. */
export interface Wish {
  /** Key of the claim it would have. */
  readonly key: string;
  readonly subject: string;
  /** A resource or a class. */
  readonly resource: string;
  readonly demand: Demand;
  /** Whether it must not pass requests that wait for the same resource. */
  readonly isBehindQueue: boolean;
}

/** Why a wish is not met: never, by a quota, kept for others, or in use. */
export type Hindrance = 'impossible' | 'quota' | 'reserved' | 'in-use';

/** Looks at the leases of a state or of a draft. */
export function sceneOf(slice: Readonly<LeasesSlice>, state: Readonly<State>, at: number): Scene {
  return { slice, state, at, reserved: reservations(slice, state, at) };
}

/** Whether a request has waited so long that it goes first. */
export function isAged({ askedAt }: Request, state: Readonly<State>, at: number): boolean {
  return at - askedAt >= manifestIn(state).leases.reserve_after_s * 1000;
}

function reservations(slice: Readonly<LeasesSlice>, state: Readonly<State>, at: number): ReadonlyMap<string, string> {
  const aged = [...slice.waiting.values()].filter((one) => isAged(one, state, at) && at < one.waitsUntil);
  const requests = aged.map(claimOf);
  const claims = [...requests, ...jobClaims(state, at)].sort((left, right) => left.entry - right.entry);
  const { resources } = leasesIn(state);
  const reserved = new Map<string, string>();
  for (const { key, subject, resource, demand } of claims) {
    const place = placesOf(resources, resource).find(
      (one) =>
        isPossible(one, demand) &&
        !reserved.has(one.resource) &&
        quotaAgainst(slice, subject, one.resource) === undefined,
    );
    if (place !== undefined) reserved.set(place.resource, key);
  }
  return reserved;
}

function claimOf({ id, subject, resource, demand, entry }: Request): Claim {
  return { key: requestKey(id), subject, resource, demand, entry };
}

/** Where a wish is met now, or why nowhere. */
export function placeFor(scene: Scene, wish: Wish): Place | Hindrance {
  const { slice, state } = scene;
  const possible = placesOf(leasesIn(state).resources, wish.resource).filter((place) => isPossible(place, wish.demand));
  if (possible.length === 0) return 'impossible';
  const allowed = possible.filter(({ resource }) => quotaAgainst(slice, wish.subject, resource) === undefined);
  if (allowed.length === 0) return 'quota';
  const fitting = allowed.filter((place) => fits(place, leasesOn(slice, place.resource), wish.demand));
  if (fitting.length === 0) return 'in-use';
  return (
    bestPlace(
      slice,
      fitting.filter(({ resource }) => isFreeFor(scene, wish, resource)),
    ) ?? 'reserved'
  );
}

/** Whether nobody who comes before a wish wants a resource. */
export function isFreeFor(scene: Scene, wish: Wish, resource: string): boolean {
  const claimant = scene.reserved.get(resource);
  if (claimant !== undefined && claimant !== wish.key) return false;
  return !wish.isBehindQueue || rivalsFor(scene, resource).length === 0;
}

/** The requests that wait for a resource and could be given it by their quotas. */
export function rivalsFor({ slice, at }: Scene, resource: string): Request[] {
  if (slice.waiting.size === 0) return [];
  return [...slice.waiting.values()].filter(
    (request) =>
      at < request.waitsUntil &&
      isNamedBy(resource, request.resource) &&
      quotaAgainst(slice, request.subject, resource) === undefined,
  );
}
