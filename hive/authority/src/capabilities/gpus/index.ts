// GPUs (contracts-1 4.8 and 5.6, m06): what hosts publish, who holds which part of what, and the jobs on them. Hosts never overwrite each
// other; a job has the fence of a lease; how a job stands comes from the bridge of its host and from nobody else.

import type { Capability, State } from '../../types.ts';
import { leasesSlice } from '../leases/record.ts';
import { bridgeCtl, hostCtl } from './bridge-ctl.ts';
import { ENDED_MAX, evolveGpus } from './changes.ts';
import { deviceControls } from './device-ctl.ts';
import { jobControls } from './jobs.ts';
import { nameProblem } from './names.ts';
import { type GpusSlice, jobKey, resourceOf } from './record.ts';
import { reportCtl } from './reports.ts';
import { gpusDeadline, gpusTick } from './upkeep.ts';
import { SNAPSHOT_BYTES_MAX } from './upload.ts';
import { gpuNames, gpuViews } from './views.ts';

function invariants(slice: Readonly<GpusSlice>, state: Readonly<State>): string[] {
  return [...deviceProblems(slice), ...holdingProblems(slice, state), ...jobProblems(slice), ...boundProblems(slice)];
}

/** Every GPU is kept under its name, and its host publishes unless it is gone. */
function deviceProblems({ hosts, devices, resources }: Readonly<GpusSlice>): string[] {
  const live = [...devices].filter(([, { state }]) => state === 'live');
  const broken =
    live.length === resources.length ? [] : [`gpus: ${live.length} are there, ${resources.length} are listed`];
  for (const { id, mem_mb: mem } of resources)
    if (devices.get(id)?.info.memory_mb !== mem) broken.push(`gpus: ${id} is listed with ${mem} MiB`);
  for (const [key, { host, info, state }] of devices) {
    if (key !== resourceOf({ host, gpu: info.id })) broken.push(`gpus: ${host}/${info.id} is kept as ${key}`);
    if (state === 'live' && !hosts.has(host)) broken.push(`gpus: ${key} is live, and its host does not publish`);
    const unfit = nameProblem(host, info.id);
    if (unfit !== undefined) broken.push(`gpus: ${unfit}`);
  }
  for (const [key, { host }] of hosts) if (key !== host) broken.push(`gpus: host ${host} is kept as ${key}`);
  return broken;
}

/** A holding is of the lease whose fence it has; one whose lease has ended waits for the clock. */
function holdingProblems({ holdings }: Readonly<GpusSlice>, state: Readonly<State>): string[] {
  const { active, nextFence } = leasesSlice(state);
  const broken: string[] = [];
  for (const [key, { lease, fence, worker, host, gpu }] of holdings) {
    if (key !== lease) broken.push(`gpus: ${lease} is kept as ${key}`);
    if (fence >= nextFence) broken.push(`gpus: ${lease} has fence ${fence}, at or above the next ${nextFence}`);
    const held = active.get(lease);
    const isIts = held?.subject === worker && held.resource === resourceOf({ host, gpu });
    if (held?.fence === fence && !isIts) broken.push(`gpus: ${lease} is of ${held.subject} on ${held.resource}`);
  }
  return broken;
}

/** A job has the lease of a holding. */
function jobProblems({ jobs, holdings, ended }: Readonly<GpusSlice>): string[] {
  const broken: string[] = [];
  for (const [key, job] of jobs) {
    if (key !== jobKey(job)) broken.push(`gpus: job ${job.job} is kept as ${key}`);
    if (holdings.get(job.lease)?.fence !== job.fence) broken.push(`gpus: job ${key} has no lease`);
    if ((job.state === 'RUNNING') !== (job.dueAt !== null))
      broken.push(`gpus: job ${key} is ${job.state}, due ${job.dueAt}`);
    if (ended.some((one) => one.key === key)) broken.push(`gpus: job ${key} has ended and has not`);
  }
  return broken;
}

/** Most any manifest allows; a lowered bound drops nothing by itself. */
const DEVICES_EVER_MAX = 64 * 64 + 100_000;
const JOBS_EVER_MAX = 1024;

function boundProblems({ devices, jobs, ended, uploads }: Readonly<GpusSlice>): string[] {
  const isBounded = devices.size <= DEVICES_EVER_MAX && jobs.size <= JOBS_EVER_MAX && ended.length <= ENDED_MAX;
  const broken = isBounded ? [] : [`gpus: ${devices.size} devices, ${jobs.size} jobs, ${ended.length} ended`];
  for (const [session, { got, bytes }] of uploads)
    if (got > bytes || bytes > SNAPSHOT_BYTES_MAX) broken.push(`gpus: session ${session} uploads ${got} of ${bytes}`);
  return broken;
}

/** GPUs: `/gpu/bridge/*`, `/gpu/ctl`, `/gpu/:host/...`. Its place is after the leases and the schedule, whose ticks it goes on from. */
export const gpusCapability: Capability<GpusSlice> = {
  name: 'gpus',
  controls: [bridgeCtl, reportCtl, hostCtl, ...deviceControls, ...jobControls],
  views: gpuViews,
  names: gpuNames,
  initial: () => ({
    hosts: new Map(),
    devices: new Map(),
    holdings: new Map(),
    jobs: new Map(),
    ended: [],
    uploads: new Map(),
    uploaded: null,
    resources: [],
    listedSince: 0,
  }),
  evolve: evolveGpus,
  invariants,
  deadline: gpusDeadline,
  tick: gpusTick,
};
