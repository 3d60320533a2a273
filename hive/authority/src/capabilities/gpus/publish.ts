// A host says which GPUs it has. Who said so first keeps the name of the host until it is released or out of date, so that two
// publishers never overwrite each other. A GPU that is another one now, or is not there any more, takes its leases with it;
// the clock ends them.

import { reject } from '../../kernel/decision.ts';
import { isSameJson } from '../../kernel/plain.ts';
import { logField } from '../../kernel/text.ts';
import { type Party, partyOf } from '../../principal.ts';
import type { Acceptance, Change, Command, Rejection, State } from '../../types.ts';
import { leasesOn, leasesSlice } from '../leases/record.ts';
import { manifestIn } from '../settings/queries.ts';
import { gpusChange } from './changes.ts';
import { statusEffect } from './effects.ts';
import { nameProblem } from './names.ts';
import { type Device, type GpuInfo, type GpusSlice, liveDevices, resourceOf } from './record.ts';

/** What a publisher says. */
export interface Inventory {
  readonly host: string;
  readonly gpus: readonly GpuInfo[];
  /** Seconds for which it is right; undefined: until it is said anew. */
  readonly ttlS: number | undefined;
}

/** Acceptance of an inventory, or why it is refused: `exists` (the host is another publisher's), `limit`, `invalid-payload`. */
export function decideInventory(
  slice: Readonly<GpusSlice>,
  command: Pick<Command, 'at' | 'seq' | 'who'>,
  { inventory, state }: { readonly inventory: Inventory; readonly state: Readonly<State> },
): Required<Pick<Acceptance, 'changes' | 'effects' | 'log'>> | Rejection {
  const problem =
    ownerProblem(slice, inventory.host, partyOf(command.who)) ?? inventoryProblem(slice, inventory, state);
  if (problem !== undefined) return problem;
  const { host, gpus, ttlS } = inventory;
  const { at, seq: entry, who } = command;
  const devices = gpus.map((info) => deviceOf(slice, { host, info, entry }));
  const gone = goneOf(
    state,
    liveDevices(slice, host).filter(({ info }) => !gpus.some(({ id }) => id === info.id)),
  );
  const expiresAt = ttlS === undefined ? null : at + ttlS * 1000;
  const changed = devices.filter(({ since }) => since === entry).map(({ info }) => info.id);
  const published = { host, by: partyOf(who), entry, at, expiresAt };
  const { streams_per_device: streams } = manifestIn(state).gpu;
  const isNews =
    !isSameJson(
      liveDevices(slice, host).map(({ info }) => info),
      gpus,
    ) || !slice.hosts.has(host);
  return {
    changes: [gpusChange({ kind: 'publish', host: published, devices, gone, streams })],
    effects: isNews
      ? [statusEffect({ host, gpu: null }, entry, [{ state: 'PUBLISHED', gpus: gpus.length, changed }])]
      : [],
    log: isNews ? [`gpu published host=${host} gpus=${gpus.length} by=${logField(who.subject)}`] : [],
  };
}

function ownerProblem({ hosts }: Readonly<GpusSlice>, host: string, who: Party): Rejection | undefined {
  const known = hosts.get(host);
  if (known === undefined || known.by.ticketIds[0] === who.ticketIds[0]) return undefined;
  const detail = `Host ${host} is published by ${known.by.subject} with another ticket; take another name, or release it at /gpu/ctl.`;
  return reject('exists', detail);
}

function inventoryProblem(
  slice: Readonly<GpusSlice>,
  { host, gpus }: Inventory,
  state: Readonly<State>,
): Rejection | undefined {
  const { gpu: bounds } = manifestIn(state);
  if (!slice.hosts.has(host) && slice.hosts.size >= bounds.hosts_max)
    return reject('limit', `gpu.hosts_max is ${bounds.hosts_max}, and as many publish.`);
  if (gpus.length > bounds.devices_per_host_max)
    return reject('limit', `gpu.devices_per_host_max is ${bounds.devices_per_host_max}, not ${gpus.length}.`);
  const ids = gpus.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) < index);
  if (twice !== undefined) return reject('invalid-payload', `$: GPU ${twice} is listed twice.`);
  const unfit = nameProblem(host) ?? ids.map((id) => nameProblem(host, id)).find((one) => one !== undefined);
  return unfit === undefined ? undefined : reject('invalid-payload', `$: ${unfit}.`);
}

/** A GPU that is new under its id has no leases; one whose layout changed loses those it has. */
function deviceOf(
  { devices }: Readonly<GpusSlice>,
  { host, info, entry }: { readonly host: string; readonly info: GpuInfo; readonly entry: number },
): Device {
  const known = devices.get(resourceOf({ host, gpu: info.id }));
  if (known === undefined) return { host, info, state: 'live', since: 0, why: 'gpu-lost' };
  if (known.state === 'gone') return { host, info, state: 'live', since: entry, why: 'gpu-lost' };
  if (isSameLayout(known.info, info)) return { ...known, info };
  return { host, info, state: 'live', since: entry, why: 'gpu-changed' };
}

function isSameLayout(before: GpuInfo, now: GpuInfo): boolean {
  const isSame = before.memory_mb === now.memory_mb && before.sm_count === now.sm_count && before.name === now.name;
  return isSame && before.uuid === now.uuid;
}

/** Which GPUs that go away have leases, so that they are remembered until those have ended. */
function goneOf(state: Readonly<State>, devices: readonly Device[]): readonly string[] {
  const leases = leasesSlice(state);
  return devices
    .map(({ host, info }) => resourceOf({ host, gpu: info.id }))
    .filter((resource) => leasesOn(leases, resource).length > 0);
}

/** What makes a host publish no more. */
export function unpublishParts(
  slice: Readonly<GpusSlice>,
  { host, entry, reason }: { readonly host: string; readonly entry: number; readonly reason: string },
  state: Readonly<State>,
): { readonly changes: readonly Change[]; readonly log: readonly string[] } {
  const gone = goneOf(state, liveDevices(slice, host));
  return {
    changes: [gpusChange({ kind: 'unpublish', host, gone, entry })],
    log: [`gpu host gone host=${host} reason=${logField(reason)}`],
  };
}
