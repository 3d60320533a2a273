// What others may ask about GPUs. Nothing here imports the rooms that ask.

import type { Leases } from '@cohesix/manifest';
import type { State } from '../../types.ts';
import { manifestEntry, manifestIn } from '../settings/queries.ts';
import { workerFence } from '../workers/queries.ts';
import { aliasOf, placeAt } from './names.ts';
import { gpusSlice, type LossReason, RESOURCE_PREFIX } from './record.ts';

/**
 * The bounds of leases with everything that can be shared: what the manifest lists, and the GPUs that hosts publish, each
 * with its memory. What the manifest says about a GPU comes first.
 */
export function leasesIn(state: Readonly<State>): Leases {
  const { leases } = manifestIn(state);
  const { resources: published } = gpusSlice(state);
  if (published.length === 0) return leases;
  if (leases.resources.length === 0) return { ...leases, resources: published };
  const listed = new Set(leases.resources.map(({ id }) => id));
  return { ...leases, resources: [...leases.resources, ...published.filter(({ id }) => !listed.has(id))] };
}

/** The journal entry since which that is so. */
export function listedSince(state: Readonly<State>): number {
  return Math.max(manifestEntry(state), gpusSlice(state).listedSince);
}

/** What a lease must tell. */
interface LeaseOf {
  readonly id: string;
  readonly resource: string;
  readonly entry: number;
  readonly fence: number;
  readonly job: string | null;
}

/** Why a lease must end: its GPU went away or is another one now, or its worker has no record any more. */
export function gpuLeaseEnd(state: Readonly<State>, lease: LeaseOf): LossReason | 'worker-ended' | undefined {
  if (!lease.resource.startsWith(RESOURCE_PREFIX) || lease.job !== null) return undefined;
  const slice = gpusSlice(state);
  const device = slice.devices.get(lease.resource);
  if (device !== undefined && (device.state === 'gone' || lease.entry < device.since)) return device.why;
  const holding = slice.holdings.get(lease.id);
  const isGone = holding?.fence === lease.fence && workerFence(state, holding.worker) === undefined;
  return isGone ? 'worker-ended' : undefined;
}

/** The GPU that the parameters of a path name, and nothing else: for streams, which are not state. */
export function gpuAt(
  state: Readonly<State>,
  params: Readonly<Record<string, string>>,
): { readonly host: string; readonly gpu: string } | undefined {
  const device = placeAt(gpusSlice(state), params);
  return device === undefined ? undefined : { host: device.host, gpu: device.info.id };
}

/** Whether a host publishes. */
export function isGpuHost(state: Readonly<State>, host: string): boolean {
  return gpusSlice(state).hosts.has(host);
}

/** Another path of the file at a path below `/gpu`: with its host, or without it while that is the only one. */
export function otherGpuPath(state: Readonly<State>, path: string): string | undefined {
  const [, root, first = '', ...rest] = path.split('/');
  if (root !== 'gpu' || rest.length === 0) return undefined;
  const slice = gpusSlice(state);
  const alias = rest.length === 1 ? aliasOf(slice, first) : undefined;
  if (alias !== undefined) return `/gpu/${alias.host}/${alias.gpu}/${rest[0]}`;
  const [gpu = '', file] = rest;
  return file !== undefined && aliasOf(slice, gpu)?.host === first ? `/gpu/${gpu}/${file}` : undefined;
}
