// Who holds parts of GPUs, for those outside the authority who act on it or tell it.

import type { State } from '../../types.ts';
import { isOver, leasesOn, leasesSlice } from '../leases/record.ts';
import { gpusSlice, resourceOf } from './record.ts';

/** Whether a lease of this fence holds on a GPU at `at`, ms, also when no clock command has said yet that it does not. */
export function holdsGpu(
  state: Readonly<State>,
  { host, gpu, fence }: { readonly host: string; readonly gpu: string; readonly fence: number },
  at: number,
): boolean {
  const held = leasesOn(leasesSlice(state), resourceOf({ host, gpu }));
  return held.some((lease) => lease.fence === fence && !isOver(lease, at));
}

/** GPUs of which a worker holds a part now, as `<host>/<gpu>`. */
export function gpusOf(state: Readonly<State>, worker: string): readonly string[] {
  const { holdings } = gpusSlice(state);
  return [...holdings.values()].flatMap(({ worker: holder, host, gpu }) =>
    holder === worker ? [`${host}/${gpu}`] : [],
  );
}

/** What goes on at a GPU. */
export interface GpuNews {
  readonly host: string;
  readonly gpu: string;
  /** JSON, as in the status. */
  readonly line: string;
}

/** What goes on at all GPUs, in its order: with what a status begins after a start. */
export function gpuNews(state: Readonly<State>): readonly GpuNews[] {
  const { holdings, jobs } = gpusSlice(state);
  const detail = 'since before the start of the hive';
  const held = [...holdings.values()].sort((left, right) => left.fence - right.fence);
  const waiting = [...jobs.values()].sort((left, right) => left.entry - right.entry);
  return [
    ...held.map(({ worker, fence, ...at }) => ({
      ...at,
      fields: { job: worker, state: 'LEASED', detail, worker, fence },
    })),
    ...waiting.map(({ job, state: is, worker, fence, ...at }) => ({
      ...at,
      fields: { job, state: is, detail, worker, fence },
    })),
  ].map(({ host, gpu, fields }) => ({ host, gpu, line: JSON.stringify(fields) }));
}
