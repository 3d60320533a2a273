// Resources and what fits onto them. A resource that the manifest lists can be shared: leases are packed onto it while the
// sums of memory and streams stay within it. Any other is a unit with one holder. A name that ends with `*` is a class,
// the listed resources that begin alike, and a grant of it takes the fullest one into which it fits (best fit), so that
// large demands find room later.

import type { LeaseResource } from '@cohesix/manifest';
import { compareText } from '../../kernel/plain.ts';
import { type Demand, type Lease, type LeasesSlice, leasesOn } from './record.ts';

/** All of a resource. */
export const WHOLE: Demand = { mem_mb: null, streams: null };

/** A resource on which a demand could be put, and what it has; undefined: a unit. */
export interface Place {
  readonly resource: string;
  readonly capacity: LeaseResource | undefined;
}

/** Whether a name stands for a class. */
function isClass(resource: string): boolean {
  return resource.endsWith('*');
}

/** Whether a resource is the one that is named, or of the class. */
export function isNamedBy(resource: string, name: string): boolean {
  return isClass(name) ? resource.startsWith(name.slice(0, -1)) : resource === name;
}

/** The resources that a name stands for, in order of their ids: one, or the listed ones of the class. */
export function placesOf(listed: readonly LeaseResource[], name: string): readonly Place[] {
  if (!isClass(name)) return [{ resource: name, capacity: listed.find(({ id }) => id === name) }];
  return listed
    .filter(({ id }) => isNamedBy(id, name))
    .map((capacity) => ({ resource: capacity.id, capacity }))
    .sort((left, right) => compareText(left.resource, right.resource));
}

/** A demand as a line gives it: without an amount the whole; with one, no memory or one stream where it is left out. */
export function demandOf(given: { readonly mem_mb?: number; readonly streams?: number }): Demand {
  if (given.mem_mb === undefined && given.streams === undefined) return WHOLE;
  return { mem_mb: given.mem_mb ?? 0, streams: given.streams ?? 1 };
}

/** Whether a demand could ever be met by a place, were it free. */
export function isPossible({ capacity }: Place, { mem_mb: mem, streams }: Demand): boolean {
  if (mem === null || streams === null) return true;
  return capacity !== undefined && mem <= capacity.mem_mb && streams <= capacity.streams;
}

interface Use {
  readonly holders: number;
  readonly mem: number;
  readonly streams: number;
  /** Whether one holder has all of it. */
  readonly isWhole: boolean;
}

function useOf(leases: readonly Lease[]): Use {
  let [mem, streams, isWhole] = [0, 0, false];
  for (const { demand } of leases) {
    if (demand.mem_mb === null || demand.streams === null) isWhole = true;
    else {
      mem += demand.mem_mb;
      streams += demand.streams;
    }
  }
  return { holders: leases.length, mem, streams, isWhole };
}

/** Whether a demand fits beside these leases. */
export function fits(place: Place, leases: readonly Lease[], demand: Demand): boolean {
  if (!isPossible(place, demand)) return false;
  const { capacity } = place;
  if (leases.length === 0) return true;
  const use = useOf(leases);
  if (use.isWhole || capacity === undefined || demand.mem_mb === null || demand.streams === null) return false;
  return use.mem + demand.mem_mb <= capacity.mem_mb && use.streams + demand.streams <= capacity.streams;
}

/** Whether what is held of a place is more than it has: after a manifest that lists it otherwise. */
export function isOverfull({ capacity }: Place, leases: readonly Lease[]): boolean {
  const use = useOf(leases);
  if (use.holders > 1 && (use.isWhole || capacity === undefined)) return true;
  return capacity !== undefined && (use.mem > capacity.mem_mb || use.streams > capacity.streams);
}

/** Of places into which a demand fits, the one that has least left; the first by id among equals. */
export function bestPlace(slice: Readonly<LeasesSlice>, fitting: readonly Place[]): Place | undefined {
  const ranked = fitting.map((place) => ({ place, left: leftOf(place, leasesOn(slice, place.resource)) }));
  ranked.sort((left, right) => left.left.mem - right.left.mem || left.left.streams - right.left.streams);
  return ranked[0]?.place;
}

function leftOf({ capacity }: Place, leases: readonly Lease[]): { readonly mem: number; readonly streams: number } {
  const use = useOf(leases);
  return { mem: (capacity?.mem_mb ?? 0) - use.mem, streams: (capacity?.streams ?? 0) - use.streams };
}

/** Sums of a place for people: `holders=2 mem_mb=40/80 streams=3/8`. */
export function useText({ capacity }: Place, leases: readonly Lease[]): string {
  const use = useOf(leases);
  if (capacity === undefined) return `holders=${use.holders}/1`;
  const mem = use.isWhole ? capacity.mem_mb : use.mem;
  const streams = use.isWhole ? capacity.streams : use.streams;
  return `holders=${use.holders} mem_mb=${mem}/${capacity.mem_mb} streams=${streams}/${capacity.streams}`;
}

/** How much of a place a demand is, in thousandths: its larger part of memory and streams. */
export function permille({ capacity }: Place, { mem_mb: mem, streams }: Demand): number {
  if (capacity === undefined || mem === null || streams === null) return 1000;
  return Math.max(1, Math.ceil((1000 * mem) / capacity.mem_mb), Math.ceil((1000 * streams) / capacity.streams));
}
