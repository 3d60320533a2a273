// What others may ask of buses and radios.

import type { Manifest } from '@cohesix/manifest';
import type { Change, State } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import { busesOf, radiosOf } from './adapters.ts';
import { type BusesSlice, busesChange, busesSlice, busRecord, type Link } from './changes.ts';

/** Whether a bus has its link. */
export function busLink(state: Readonly<State>, mount: string): Link {
  return busRecord(busesSlice(state), mount).link;
}

/** Number of the last frame of a bus that was replayed; 0 before the first. */
export function replayedThrough(state: Readonly<State>, mount: string): number {
  return busRecord(busesSlice(state), mount).through;
}

/** Whether a file of a bus or radio is there at all: a hive without any has no `/bus` and no `/lora`. */
export function isSidecarShown(manifest: Manifest, pattern: string): boolean {
  if (pattern.startsWith('/bus/')) return busesOf(manifest).length > 0;
  return !pattern.startsWith('/lora/') || radiosOf(manifest).length > 0;
}

/** Forgets adapters that the manifest has no more, so that their records are as many as a manifest may list. */
export function forgotten({ buses, radios }: Readonly<BusesSlice>, state: Readonly<State>): readonly Change[] {
  const manifest = manifestIn(state);
  const known = {
    buses: new Set(busesOf(manifest).map(({ mount }) => mount)),
    radios: new Set(radiosOf(manifest).map(({ mount }) => mount)),
  };
  return [
    ...[...buses.keys()].filter((mount) => !known.buses.has(mount)).map((mount) => gone('buses', mount)),
    ...[...radios.keys()].filter((mount) => !known.radios.has(mount)).map((mount) => gone('radios', mount)),
  ];
}

function gone(tree: 'buses' | 'radios', mount: string): Change {
  return busesChange({ kind: 'forget', tree, mount });
}
