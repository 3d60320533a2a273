// Field buses and LoRa radios (contracts-1, 4.9; m18): what sidecars bring. Here are the decisions: whether a link is up, what is
// sent over a radio and when that is too much, what was replayed. Frames are bytes and are not here: they are in the hive's
// spools and streams.

import type { Manifest } from '@cohesix/manifest';
import type { Capability, Names } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import { busAt, busesOf, radioAt, radiosOf } from './adapters.ts';
import { busControls } from './bus-files.ts';
import { type BusesSlice, evolveBuses } from './changes.ts';
import { SLOTS_MAX } from './duty.ts';
import { radioControls } from './radio-files.ts';
import { busViews } from './views.ts';

/** The adapters of the manifest, also before their first line. */
const busNames: readonly Names<BusesSlice>[] = [
  named('/bus/:adapter', busesOf, busAt),
  named('/lora/:adapter', radiosOf, radioAt),
];

function named(
  pattern: string,
  all: (manifest: Manifest) => readonly { readonly mount: string }[],
  at: (manifest: Manifest, mount: string) => object | undefined,
): Names<BusesSlice> {
  return {
    pattern,
    list: (_slice, _params, state) => all(manifestIn(state)).map(({ mount }) => mount),
    has: (_slice, name, _params, state) => at(manifestIn(state), name) !== undefined,
  };
}

/** Most adapters of one tree any manifest lists (two kinds of bus), and as many of the manifest before it. */
const RECORDS_MAX = 64;
/** Most entries of a tamper log any manifest allows. */
const TAMPER_EVER_MAX = 256;

function invariants({ buses, radios }: Readonly<BusesSlice>): string[] {
  const broken: string[] = [];
  if (buses.size > RECORDS_MAX || radios.size > RECORDS_MAX)
    broken.push(`buses: ${buses.size} buses and ${radios.size} radios are kept`);
  for (const [mount, { replays, entries, through }] of buses) {
    if (entries > through) broken.push(`buses: ${mount} replayed ${entries} frames, the last of which is ${through}`);
    if (replays === 0 && through > 0) broken.push(`buses: ${mount} replayed frames and never was replayed`);
  }
  for (const [mount, { slots, tamper, tampered }] of radios) {
    if (slots.length > SLOTS_MAX) broken.push(`buses: ${mount} keeps ${slots.length} slots`);
    if (tamper.length > Math.min(TAMPER_EVER_MAX, tampered))
      broken.push(`buses: ${mount} lists ${tamper.length} of ${tampered} refused payloads`);
    if (slots.some(({ first, last }, index) => first > last || first < (slots[index - 1]?.last ?? 0)))
      broken.push(`buses: the slots of ${mount} are not in order`);
  }
  return broken;
}

/** Buses and radios: `/bus/:adapter/{ctl,link,replay,status}`, `/lora/:adapter/{ctl,tamper,status}`, `/sys/lora/ctl`. */
export const busesCapability: Capability<BusesSlice> = {
  name: 'buses',
  controls: [...busControls, ...radioControls],
  views: busViews,
  names: busNames,
  initial: () => ({ buses: new Map(), radios: new Map() }),
  evolve: evolveBuses,
  invariants,
};
