// Manifests of tests with two MODBUS buses, one DNP3 bus and one radio.

import type { LoraAdapter, Manifest } from '@cohesix/manifest';

const bus = (name: string) => {
  const spool = { max_entries: 4, max_bytes: 64 };
  return { id: name, mount: name, scope: name, link: 'serial', baud: 9600, spool } as const;
};

const RADIO = {
  id: 'radio-1',
  mount: 'radio-1',
  scope: 'radio-1',
  region: 'EU868',
  duty_cycle_percent: 1,
  window_ms: 300_000,
  max_payload_bytes: 51,
  tamper_log_max_entries: 3,
} as const;

/** Gives a manifest the buses `plc-1`, `plc-2` and `rtu-1`, and the radio `radio-1` with what a test wants of it. */
export function withSidecars({ sidecars }: Pick<Manifest, 'sidecars'>, radio: Partial<LoraAdapter> = {}): void {
  Object.assign(sidecars.modbus, { enable: true, adapters: [bus('plc-1'), bus('plc-2')] });
  Object.assign(sidecars.dnp3, { enable: true, adapters: [bus('rtu-1')] });
  Object.assign(sidecars.lora, { enable: true, adapters: [{ ...RADIO, ...radio }] });
}
