// Names of hosts and GPUs: which are legal, which the namespace has already, and where a path or a word leads. Without a host
// a GPU is meant by its id alone while exactly one host publishes.

import { ok, type Result, refuse } from '@cohesix/wire';
import Type, { type TString } from 'typebox';
import { type Device, type GpusSlice, liveDevices, resourceOf } from './record.ts';

/** Host of a publisher that names none. */
export const DEFAULT_HOST = 'local';

/** Names on the levels of hosts and of GPUs that lead elsewhere. */
const RESERVED: ReadonlySet<string> = new Set([
  'models',
  'telemetry',
  'bridge',
  'ctl',
  'info',
  'lease',
  'job',
  'jobs',
  'status',
]);

const NAME = '^(?!\\.\\.?$)[A-Za-z0-9._-]{1,40}$';

/** Name of a host in a line. */
export const hostField: TString = Type.String({ pattern: NAME, description: 'Host that has the GPUs.' });

/** Id of a GPU in a line. */
export const gpuField: TString = Type.String({ pattern: NAME, description: 'Id of the GPU on its host.' });

/** Longest name of a resource of leases (contracts-1 5.2). */
const RESOURCE_CHARACTERS_MAX = 48;

/** Why a host or a GPU cannot be called so; undefined when it can. */
export function nameProblem(host: string, gpu?: string): string | undefined {
  for (const name of [host, gpu ?? '']) if (RESERVED.has(name)) return `${name} is a name of the namespace itself`;
  if (gpu === undefined || resourceOf({ host, gpu }).length <= RESOURCE_CHARACTERS_MAX) return undefined;
  return `the names of host and GPU have more than ${RESOURCE_CHARACTERS_MAX - 5} characters together`;
}

/** A GPU by its place. */
export interface GpuPlace {
  readonly host: string;
  readonly gpu: string;
}

/** The only host that publishes; undefined when there are more or none. */
export function onlyHost({ hosts }: Readonly<GpusSlice>): string | undefined {
  return hosts.size === 1 ? [...hosts.keys()][0] : undefined;
}

/** What `/gpu/<name>` means: a host, or a GPU of the only one. A host comes first. */
export function aliasOf(slice: Readonly<GpusSlice>, name: string): GpuPlace | undefined {
  const host = onlyHost(slice);
  if (host === undefined || slice.hosts.has(name)) return undefined;
  return slice.devices.get(resourceOf({ host, gpu: name }))?.state === 'live' ? { host, gpu: name } : undefined;
}

/** The GPU that the parameters of a path name: `/gpu/:host/:gpu/…`, or `/gpu/:host/…` as its alias. */
export function placeAt(
  slice: Readonly<GpusSlice>,
  { host = '', gpu }: Readonly<Record<string, string>>,
): Device | undefined {
  const place = gpu === undefined ? aliasOf(slice, host) : { host, gpu };
  const device = place === undefined ? undefined : slice.devices.get(resourceOf(place));
  return device?.state === 'live' ? device : undefined;
}

/** The GPU that a word of a line names: `GPU-0`, or `host/GPU-0`. Refused: `busy` while no host publishes, `not-found`. */
export function deviceNamed(slice: Readonly<GpusSlice>, word: string): Result<Device> {
  if (slice.hosts.size === 0) return refuse('busy', 'No host publishes GPUs; a bridge must come first.');
  const [first = '', second] = word.split('/', 2);
  const found = placeAt(slice, second === undefined ? { host: first } : { host: first, gpu: second });
  if (found !== undefined) return ok(found);
  const known = liveDevices(slice)
    .slice(0, 8)
    .map(({ host, info }) => `${host}/${info.id}`);
  const hint = slice.hosts.size > 1 && second === undefined ? ' Several hosts publish: say HOST/GPU.' : '';
  return refuse('not-found', `No GPU ${word};${hint} there are ${known.join(', ') || 'none'}.`);
}
