// Which adapters a manifest gives: those of the sidecars that are enabled, in the order of the file. The directory of an adapter,
// its `mount`, is its name everywhere here.

import type { BusAdapter, LoraAdapter, Manifest } from '@cohesix/manifest';

/** The protocol of a bus. */
export type BusKind = 'modbus' | 'dnp3';

/** A bus as the manifest has it. */
export interface Bus extends BusAdapter {
  readonly kind: BusKind;
}

/** The kinds of worker that serve an adapter. */
export type AdapterKind = 'bus' | 'lora';

/** Every bus of the sidecars that are enabled. */
export function busesOf({ sidecars }: Manifest): readonly Bus[] {
  return (['modbus', 'dnp3'] as const).flatMap((kind) =>
    sidecars[kind].enable ? sidecars[kind].adapters.map((adapter) => ({ ...adapter, kind })) : [],
  );
}

/** Every radio, when they are enabled. */
export function radiosOf({ sidecars }: Manifest): readonly LoraAdapter[] {
  return sidecars.lora.enable ? sidecars.lora.adapters : [];
}

/** The bus at `/bus/<mount>`. */
export function busAt(manifest: Manifest, mount: string): Bus | undefined {
  return busesOf(manifest).find((bus) => bus.mount === mount);
}

/** The radio at `/lora/<mount>`. */
export function radioAt(manifest: Manifest, mount: string): LoraAdapter | undefined {
  return radiosOf(manifest).find((radio) => radio.mount === mount);
}

/** What workers of a kind can serve: directories, and subjects of their tickets. */
export function adaptersOf(manifest: Manifest, kind: AdapterKind): readonly Pick<BusAdapter, 'mount' | 'scope'>[] {
  return kind === 'bus' ? busesOf(manifest) : radiosOf(manifest);
}
