// What the gpus room knows: which hosts publish which GPUs (`hosts`, `devices`), who holds a part of one (`holdings`; time,
// memory and fence are in the leases room), which jobs are under way, and which snapshots are being uploaded.
//
// A GPU is known by its host and its id, so that two hosts never mean each other's. Its name as a resource of leases is
// `gpu:<host>:<id>`. A GPU that went away stays as `gone` while a lease is on it; then the clock forgets it.

import type { LeaseResource } from '@cohesix/manifest';
import { sliceOf } from '../../kernel/slice.ts';
import type { Party } from '../../principal.ts';
import type { State } from '../../types.ts';

/** What a publisher says about a GPU (contracts-1 5.6); `uuid` is ours. */
export interface GpuInfo {
  readonly id: string;
  readonly name: string;
  readonly memory_mb: number;
  readonly sm_count: number;
  readonly driver_version: string;
  readonly runtime_version: string;
  /** Which piece of hardware it is; another one under the same id is another GPU. */
  readonly uuid?: string;
}

/** Why leases on a GPU end although their time is not up. */
export type LossReason = 'gpu-lost' | 'gpu-changed' | 'gpu-reset';

/** A GPU of a host. */
export interface Device {
  readonly host: string;
  readonly info: GpuInfo;
  /** `gone`: its host does not publish it any more, and a lease is on it. */
  readonly state: 'live' | 'gone';
  /** Leases granted before this journal entry do not hold any more; 0: none are. */
  readonly since: number;
  /** Why not. */
  readonly why: LossReason;
}

/** A host that publishes. */
export interface GpuHost {
  readonly host: string;
  readonly by: Party;
  /** Journal entry and time of its last publish. */
  readonly entry: number;
  readonly at: number;
  /** When its word is out of date, ms; null: never. */
  readonly expiresAt: number | null;
}

/** A part of a GPU that a worker holds. */
export interface Holding {
  /** Id and fence of the lease. */
  readonly lease: string;
  readonly fence: number;
  readonly worker: string;
  readonly host: string;
  readonly gpu: string;
  /** Whether the worker was started for it and ends with it. */
  readonly isOwn: boolean;
  /** The word with which it is being given back; null: it is not. */
  readonly ending: string | null;
}

/** How a job stands; the last three are ends. */
export type JobState = 'QUEUED' | 'RUNNING' | 'OK' | 'ERR' | 'TIMEOUT';

/** A job that has not ended. */
export interface GpuJob {
  readonly job: string;
  readonly host: string;
  readonly gpu: string;
  readonly worker: string;
  /** Lease and fence it runs under. */
  readonly lease: string;
  readonly fence: number;
  readonly state: 'QUEUED' | 'RUNNING';
  /** The line that asked for it: what the bridge carries out. */
  readonly line: string;
  readonly entry: number;
  readonly queuedAt: number;
  readonly timeoutMs: number;
  /** When it is over time, ms; null while it is queued. */
  readonly dueAt: number | null;
}

/** A job that ended. */
export interface EndedJob {
  readonly key: string;
  readonly state: JobState;
  readonly detail: string;
  readonly endedAt: number;
}

/** A snapshot on its way, of one session. */
export interface Upload {
  readonly host: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly ttlS: number | null;
  readonly startedAt: number;
  /** Journal entry of its `begin`. */
  readonly entry: number;
  /** Bytes that came. */
  readonly got: number;
  /** Base64, a piece a line. */
  readonly pieces: readonly string[];
}

/** What the last whole upload was. */
export interface Uploaded {
  readonly bytes: number;
  readonly sha256: string;
  readonly entry: number;
}

/** The slice of the GPUs. */
export interface GpusSlice {
  readonly hosts: Map<string, GpuHost>;
  /** By `resourceOf`. */
  readonly devices: Map<string, Device>;
  /** By lease. */
  readonly holdings: Map<string, Holding>;
  /** By `jobKey`. */
  readonly jobs: Map<string, GpuJob>;
  /** Oldest first. */
  readonly ended: EndedJob[];
  /** By session. */
  readonly uploads: Map<string, Upload>;
  uploaded: Uploaded | null;
  /** The GPUs that are there as resources of leases, in order of their names: made anew when they change, because every lease asks. */
  resources: readonly LeaseResource[];
  /** Journal entry since which that is so; 0: never any. */
  listedSince: number;
}

/** The slice of a state. */
export function gpusSlice(state: Readonly<State>): GpusSlice {
  return sliceOf<GpusSlice>(state, 'gpus');
}

/** What the names of resources of GPUs begin with. */
export const RESOURCE_PREFIX = 'gpu:';

/** Name of a GPU as a resource of leases. */
export function resourceOf({ host, gpu }: { readonly host: string; readonly gpu: string }): string {
  return `${RESOURCE_PREFIX}${host}:${gpu}`;
}

/** Key of a job. */
export function jobKey({
  host,
  gpu,
  job,
}: {
  readonly host: string;
  readonly gpu: string;
  readonly job: string;
}): string {
  return `${host}/${gpu}/${job}`;
}

/** The GPUs that a host publishes, or all that are there, in order of host and id. */
export function liveDevices({ devices }: Readonly<GpusSlice>, host?: string): readonly Device[] {
  const live = [...devices].filter(([, one]) => one.state === 'live' && (host === undefined || one.host === host));
  return live.sort(([left], [right]) => (left < right ? -1 : 1)).map(([, one]) => one);
}
