// What can change about GPUs, and how it is applied. Entries are replaced, never written into.

import { assert, unreachable } from '@cohesix/check';
import { compareText } from '../../kernel/plain.ts';
import type { Change } from '../../types.ts';
import {
  type Device,
  type EndedJob,
  type GpuHost,
  type GpuJob,
  type GpusSlice,
  type Holding,
  jobKey,
  type LossReason,
  resourceOf,
  type Upload,
  type Uploaded,
} from './record.ts';

/** Ended jobs that are remembered, so that a job is not begun twice under one name. */
export const ENDED_MAX = 256;

/** A change of the GPUs. */
export type GpusChange =
  | {
      /** A host says which GPUs it has; those that it had and has no more are in `gone` while a lease is on them. */
      readonly kind: 'publish';
      readonly host: GpuHost;
      readonly devices: readonly Device[];
      readonly gone: readonly string[];
      /** Streams that leases of one GPU may take. */
      readonly streams: number;
    }
  | { readonly kind: 'unpublish'; readonly host: string; readonly gone: readonly string[]; readonly entry: number }
  | { readonly kind: 'forget'; readonly resource: string }
  | { readonly kind: 'void'; readonly resource: string; readonly since: number; readonly why: LossReason }
  | { readonly kind: 'hold'; readonly holding: Holding }
  | { readonly kind: 'ending'; readonly lease: string; readonly reason: string }
  | { readonly kind: 'unhold'; readonly lease: string }
  | { readonly kind: 'queue'; readonly job: GpuJob }
  | { readonly kind: 'run'; readonly key: string; readonly dueAt: number }
  | ({ readonly kind: 'end' } & EndedJob)
  | { readonly kind: 'begin'; readonly session: string; readonly upload: Upload }
  | { readonly kind: 'piece'; readonly session: string; readonly piece: string; readonly bytes: number }
  | { readonly kind: 'drop-upload'; readonly session: string }
  | { readonly kind: 'uploaded'; readonly uploaded: Uploaded };

/** Wraps a change with its owner. */
export function gpusChange(change: GpusChange): Change {
  return { capability: 'gpus', change };
}

/** Applies a change in place. */
export function evolveGpus(slice: GpusSlice, change: GpusChange): void {
  switch (change.kind) {
    case 'publish':
      slice.hosts.set(change.host.host, change.host);
      slice.listedSince = change.host.entry;
      return replaceDevices(slice, change.host.host, change);
    case 'unpublish':
      slice.hosts.delete(change.host);
      slice.listedSince = change.entry;
      return replaceDevices(slice, change.host, { devices: [], gone: change.gone, streams: 0 });
    case 'forget':
      slice.devices.delete(change.resource);
      return;
    case 'void':
      slice.devices.set(change.resource, { ...deviceAt(slice, change.resource), since: change.since, why: change.why });
      return;
    case 'hold':
      slice.holdings.set(change.holding.lease, change.holding);
      return;
    case 'ending':
      return endHolding(slice, change);
    case 'unhold':
      slice.holdings.delete(change.lease);
      return;
    case 'queue':
      slice.jobs.set(jobKey(change.job), change.job);
      return;
    case 'run':
      slice.jobs.set(change.key, { ...jobAt(slice, change.key), state: 'RUNNING', dueAt: change.dueAt });
      return;
    case 'end':
      return endJob(slice, change);
    case 'begin':
      slice.uploads.set(change.session, change.upload);
      return;
    case 'piece':
      return addPiece(slice, change);
    case 'drop-upload':
      slice.uploads.delete(change.session);
      return;
    case 'uploaded':
      slice.uploaded = change.uploaded;
      return;
    default:
      unreachable(change);
  }
}

/** The GPUs of a host become these; of the others those stay that are `gone`. */
function replaceDevices(
  slice: GpusSlice,
  host: string,
  {
    devices,
    gone,
    streams,
  }: { readonly devices: readonly Device[]; readonly gone: readonly string[]; readonly streams: number },
): void {
  for (const [resource, device] of slice.devices) {
    if (device.host !== host) continue;
    if (gone.includes(resource)) slice.devices.set(resource, { ...device, state: 'gone', why: 'gpu-lost' });
    else slice.devices.delete(resource);
  }
  for (const device of devices) slice.devices.set(resourceOf({ host, gpu: device.info.id }), device);
  const own = devices.map(({ info }) => ({ id: resourceOf({ host, gpu: info.id }), mem_mb: info.memory_mb, streams }));
  const others = slice.resources.filter(({ id }) => slice.devices.get(id)?.host !== host && slice.devices.has(id));
  slice.resources = [...others, ...own].sort((left, right) => compareText(left.id, right.id));
}

/** A lease that no worker holds by this room has no holding; then there is nothing to remember. */
function endHolding(slice: GpusSlice, { lease, reason }: { readonly lease: string; readonly reason: string }): void {
  const holding = slice.holdings.get(lease);
  if (holding !== undefined) slice.holdings.set(lease, { ...holding, ending: reason });
}

function endJob(slice: GpusSlice, { key, state, detail, endedAt }: EndedJob): void {
  slice.jobs.delete(key);
  slice.ended.push({ key, state, detail, endedAt });
  slice.ended.splice(0, Math.max(0, slice.ended.length - ENDED_MAX));
}

function addPiece(
  slice: GpusSlice,
  { session, piece, bytes }: { readonly session: string; readonly piece: string; readonly bytes: number },
): void {
  const upload = slice.uploads.get(session);
  assert(upload !== undefined, `no upload of session ${session}`);
  slice.uploads.set(session, { ...upload, got: upload.got + bytes, pieces: [...upload.pieces, piece] });
}

function deviceAt(slice: GpusSlice, resource: string): Device {
  const device = slice.devices.get(resource);
  assert(device !== undefined, `no GPU ${resource}`);
  return device;
}

function jobAt(slice: GpusSlice, key: string): GpuJob {
  const job = slice.jobs.get(key);
  assert(job !== undefined, `no job ${key}`);
  return job;
}
