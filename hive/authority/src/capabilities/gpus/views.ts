// What people and bridges read about GPUs. `/gpu/<host>/…` tells the same of all GPUs of a host, and `/gpu/<id>/…` leads to a GPU
// while exactly one host publishes.

import { parseJson } from '../../kernel/json.ts';
import { logField } from '../../kernel/text.ts';
import type { Names, State, View } from '../../types.ts';
import { leasesOn, leasesSlice } from '../leases/record.ts';
import { placesOf, useText } from '../leases/resource.ts';
import { leaseLines } from './lease-lines.ts';
import { onlyHost, placeAt } from './names.ts';
import { leasesIn } from './queries.ts';
import {
  type Device,
  type GpuHost,
  type GpuInfo,
  type GpuJob,
  type GpusSlice,
  liveDevices,
  resourceOf,
} from './record.ts';
import { TELEMETRY_SCHEMA_TEXT } from './telemetry.ts';
import { wholeOf } from './upload.ts';

const LIST_BYTES_MAX = 262_144;
const JOBS_BYTES_MAX = 1_048_576;

type Params = Readonly<Record<string, string>>;
type Slice = Readonly<GpusSlice>;

/** Names of the levels below `/gpu`. */
export const gpuNames: readonly Names<GpusSlice>[] = [
  {
    pattern: '/gpu/:host',
    list: (slice) => new Set([...slice.hosts.keys(), ...liveDevices(slice, onlyHost(slice) ?? '').map(idOf)]),
    has: (slice, name) => slice.hosts.has(name) || placeAt(slice, { host: name }) !== undefined,
  },
  {
    pattern: '/gpu/:host/:gpu',
    list: (slice, { host = '' }) => liveDevices(slice, host).map(idOf),
    has: (slice, gpu, { host = '' }) => placeAt(slice, { host, gpu }) !== undefined,
  },
];

function idOf({ info }: Device): string {
  return info.id;
}

/** The views of the GPUs. */
export const gpuViews: readonly View<GpusSlice>[] = [
  ...both('info', {
    summary: 'One JSON line: id, name, memory_mb, sm_count, driver_version, runtime_version, uuid?.',
    boundBytes: LIST_BYTES_MAX,
    ofGpu: ({ info }) => infoText(info),
    ofHost: hostText,
  }),
  ...both('lease', {
    summary: 'gpu-lease/v1 lines: ACTIVE for each grant, RELEASED for each end; `fence` and `expires_ms` with it.',
    boundBytes: LIST_BYTES_MAX,
    ofGpu: (device, _slice, state) => leaseLines(device, state),
    ofHost: (host, slice, state) =>
      liveDevices(slice, host.host)
        .map((device) => leaseLines(device, state))
        .join(''),
  }),
  ...both('jobs', {
    summary: 'Jobs that have not ended, oldest first, as JSON lines; `line` is what is to be run.',
    boundBytes: JOBS_BYTES_MAX,
    ofGpu: ({ host, info }, slice) => jobsText(slice, (job) => job.host === host && job.gpu === info.id),
    ofHost: ({ host }, slice) => jobsText(slice, (job) => job.host === host),
  }),
  {
    pattern: '/proc/gpus',
    summary:
      'GPUs that are published: `host= id= name= memory_mb= sm_count= driver= runtime= holders= mem_mb=<held>/<all> streams=<held>/<all>`.',
    boundBytes: LIST_BYTES_MAX,
    render: gpusText,
  },
  {
    pattern: '/gpu/bridge/status',
    summary:
      '`state=idle`, `state=receiving bytes=`, `state=ok bytes= sha256=`, or `state=err reason=` of the last snapshot.',
    boundBytes: 512,
    render: bridgeText,
  },
  {
    pattern: '/gpu/telemetry/schema.json',
    summary: 'The schema of gpu-telemetry/v1 records.',
    boundBytes: 4096,
    render: () => TELEMETRY_SCHEMA_TEXT,
  },
];

/** A file of every GPU, and the same of a host. */
interface Both {
  readonly summary: string;
  readonly boundBytes: number;
  readonly ofGpu: (device: Device, slice: Slice, state: Readonly<State>) => string;
  readonly ofHost: (host: GpuHost, slice: Slice, state: Readonly<State>) => string;
}

function both(file: string, { summary, boundBytes, ofGpu, ofHost }: Both): readonly View<GpusSlice>[] {
  const ofPlace = (slice: Slice, params: Params, state: Readonly<State>): string => {
    const device = placeAt(slice, params);
    return device === undefined ? '' : ofGpu(device, slice, state);
  };
  return [
    { pattern: `/gpu/:host/:gpu/${file}`, summary, boundBytes, render: ofPlace },
    {
      pattern: `/gpu/:host/${file}`,
      summary: `The same of all GPUs of a host, or of a GPU of the only host.`,
      boundBytes,
      render: (slice, params, state) => {
        const host = slice.hosts.get(params.host ?? '');
        return host === undefined ? ofPlace(slice, params, state) : ofHost(host, slice, state);
      },
    },
  ];
}

function gpusText(slice: Slice, _params: Params, state: Readonly<State>): string {
  const { resources } = leasesIn(state);
  const lines = liveDevices(slice).flatMap(({ host, info }) => {
    const { id, name, memory_mb, sm_count, driver_version, runtime_version } = info;
    const versions = `driver=${logField(driver_version)} runtime=${logField(runtime_version)}`;
    const what = `host=${host} id=${id} name=${logField(name)} memory_mb=${memory_mb} sm_count=${sm_count} ${versions}`;
    const resource = resourceOf({ host, gpu: id });
    return placesOf(resources, resource).map(
      (place) => `${what} ${useText(place, leasesOn(leasesSlice(state), resource))}\n`,
    );
  });
  return lines.join('');
}

/** A line about the host, then one for each of its GPUs. */
function hostText({ host, by, at, expiresAt, entry }: GpuHost, slice: Slice): string {
  const devices = liveDevices(slice, host);
  const about = { host, gpus: devices.length, by: by.subject, published_ms: at, expires_ms: expiresAt, entry };
  return jsonLine(about) + devices.map(({ info }) => infoText(info)).join('');
}

/** The fields in the order of the source. */
function infoText({ id, name, memory_mb, sm_count, driver_version, runtime_version, uuid }: GpuInfo): string {
  return jsonLine({ id, name, memory_mb, sm_count, driver_version, runtime_version, uuid });
}

function jobsText({ jobs }: Slice, isShown: (job: GpuJob) => boolean): string {
  const shown = [...jobs.values()].filter(isShown).sort((left, right) => left.entry - right.entry);
  return shown.map(jobText).join('');
}

function jobText({ job, host, gpu, worker, lease, fence, state, line, entry, queuedAt, dueAt }: GpuJob): string {
  const spec = parseJson(line);
  const times = { queued_ms: queuedAt, due_ms: dueAt };
  return jsonLine({ job, host, gpu, worker, lease, fence, state, entry, ...times, spec: spec.ok ? spec.value : null });
}

/** The newest upload that is under way, else the last that was published. */
function bridgeText({ uploads, uploaded }: Slice): string {
  const newest = [...uploads.values()].sort((left, right) => right.entry - left.entry)[0];
  if (newest !== undefined && newest.entry > (uploaded?.entry ?? 0)) {
    const whole = newest.got === newest.bytes ? wholeOf(newest) : undefined;
    return typeof whole === 'string'
      ? `state=err reason=${JSON.stringify(whole)}\n`
      : `state=receiving bytes=${newest.got}\n`;
  }
  return uploaded === null ? 'state=idle\n' : `state=ok bytes=${uploaded.bytes} sha256=${uploaded.sha256}\n`;
}

function jsonLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
