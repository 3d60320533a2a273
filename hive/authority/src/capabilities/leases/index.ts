// Leases: who holds which resource until when, who waits for it, and what became of those before. Never two holders of one
// unit, never more of a shared resource than it has, and a fence that only grows: see `record.ts`, `placement.ts`, `share.ts`.

import { accept } from '../../kernel/decision.ts';
import type { Capability, Names, State } from '../../types.ts';
import { leasesIn, listedSince } from '../gpus/queries.ts';
import { evolveLeases } from './changes.ts';
import { leaseCtl } from './ctl.ts';
import { type LeasesSlice, leasesOn } from './record.ts';
import { isOverfull, placesOf } from './resource.ts';
import { leasesAfterTick, leasesDeadline } from './upkeep.ts';
import { leaseViews } from './views.ts';

const leaseNames: Names<LeasesSlice> = {
  pattern: '/proc/lease/by-id/:lease',
  list: ({ active, waiting, history }) =>
    new Set([...active.keys(), ...waiting.keys(), ...history.map(({ id }) => id)]),
  has: ({ active, waiting, history }, name) =>
    active.has(name) || waiting.has(name) || history.some(({ id }) => id === name),
};

function invariants(slice: Readonly<LeasesSlice>, state: Readonly<State>): string[] {
  return [
    ...indexProblems(slice),
    ...numberProblems(slice),
    ...capacityProblems(slice, state),
    ...boundProblems(slice),
  ];
}

/** Every lease is kept under its id and listed once under its resource; no id is held and waits. */
function indexProblems({ active, waiting, held }: Readonly<LeasesSlice>): string[] {
  const broken: string[] = [];
  let listed = 0;
  for (const [resource, ids] of held) {
    listed += ids.length;
    for (const id of ids)
      if (active.get(id)?.resource !== resource) broken.push(`leases: ${id} is listed under ${resource}`);
  }
  if (listed !== active.size) broken.push(`leases: ${listed} are listed, ${active.size} are held`);
  for (const table of [active, waiting])
    for (const [key, { id }] of table) if (key !== id) broken.push(`leases: ${id} is kept as ${key}`);
  for (const id of waiting.keys()) if (active.has(id)) broken.push(`leases: ${id} is held and waits`);
  return broken;
}

/** Fences are given once; no lease outlives its longest life. */
function numberProblems({ active, nextFence, nextSeq, waiting, charges }: Readonly<LeasesSlice>): string[] {
  const broken: string[] = [];
  const fences = new Set([...active.values()].map(({ fence }) => fence));
  if (fences.size !== active.size) broken.push('leases: two leases have one fence');
  for (const { id, fence, seq, expiresAt, endsAt, job } of active.values()) {
    if (fence >= nextFence) broken.push(`leases: ${id} has fence ${fence}, at or above the next ${nextFence}`);
    if (seq >= nextSeq) broken.push(`leases: ${id} has seq ${seq}, at or above the next ${nextSeq}`);
    if (expiresAt !== null && expiresAt > endsAt) broken.push(`leases: ${id} expires after its longest life`);
    if ((expiresAt === null) !== (job !== null)) broken.push(`leases: ${id} of job ${job} expires at ${expiresAt}`);
  }
  if (waiting.size === 0 && charges.size > 0) broken.push('leases: nobody waits, and somebody is charged');
  return broken;
}

/**
 * No more is held of a resource than it has. A boot may bring a manifest that lists less; until the next clock command only
 * leases from before it may be too much.
 */
function capacityProblems(slice: Readonly<LeasesSlice>, state: Readonly<State>): string[] {
  const { resources } = leasesIn(state);
  const since = listedSince(state);
  const listed = new Set(resources.map(({ id }) => id));
  // One lease on a unit is never too much: of ten thousand most need no closer look.
  const looked = [...slice.held].filter(([resource, ids]) => ids.length > 1 || listed.has(resource));
  return looked.flatMap(([resource]) =>
    placesOf(resources, resource)
      .filter((place) => isOverfull(place, leasesOn(slice, place.resource)))
      .filter(() => leasesOn(slice, resource).some(({ entry }) => entry > since))
      .map(() => `leases: more is held of ${resource} than it has`),
  );
}

/** Most any manifest allows; a lowered bound drops nothing by itself. */
const REMEMBERED_EVER_MAX = 4096;
const ACTIVE_EVER_MAX = 100_000;

function boundProblems({ active, waiting, history, preemptions, quotas }: Readonly<LeasesSlice>): string[] {
  const sizes = [waiting.size, history.length, preemptions.length, quotas.size];
  const isBounded = active.size <= ACTIVE_EVER_MAX && sizes.every((size) => size <= REMEMBERED_EVER_MAX);
  return isBounded ? [] : [`leases: ${active.size} are held, ${sizes.join(', ')} are remembered`];
}

/** Leases: `/queen/lease/ctl`, `/proc/lease/...`. */
export const leasesCapability: Capability<LeasesSlice> = {
  name: 'leases',
  controls: [leaseCtl],
  views: leaseViews,
  names: [leaseNames],
  initial: () => ({
    active: new Map(),
    waiting: new Map(),
    held: new Map(),
    preemptions: [],
    history: [],
    quotas: new Map(),
    charges: new Map(),
    served: 0,
    nextSeq: 1,
    nextFence: 1,
    droppedPreemptions: 0,
    droppedHistory: 0,
  }),
  evolve: evolveLeases,
  invariants,
  deadline: leasesDeadline,
  tick(_slice, clock, state) {
    const { changes, log } = leasesAfterTick(state, clock);
    return accept({ changes, log });
  },
};
