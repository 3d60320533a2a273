// The section about field buses and radios: [sidecars.modbus], [sidecars.dnp3] and [sidecars.lora]. Fields and rules: contracts-2,
// sections 6.1 and 6.2. A sidecar is a program beside the hive that speaks to a bus; here is which adapters it may have, and
// what the hive keeps for each.

import { choice, flag, int, KIB, list, MIB, type Table, table, word } from './field.ts';
import { LORA_PAYLOAD_MAX, LORA_REGIONS, type LoraRegion } from './lora-airtime.ts';

/** What a bus keeps while its link is offline. */
export interface Spool {
  readonly max_entries: number;
  readonly max_bytes: number;
}

/** An adapter of a field bus. */
export interface BusAdapter {
  readonly id: string;
  readonly mount: string;
  readonly scope: string;
  readonly link: 'serial' | 'tcp';
  readonly baud: number;
  readonly spool: Spool;
}

/** `[sidecars.modbus]`, `[sidecars.dnp3]`. */
export interface BusSidecar {
  readonly enable: boolean;
  readonly mount_at: '/bus';
  readonly adapters: readonly BusAdapter[];
}

/** An adapter of a LoRa radio. */
export interface LoraAdapter {
  readonly id: string;
  readonly mount: string;
  readonly scope: string;
  readonly region: LoraRegion;
  readonly duty_cycle_percent: number;
  readonly window_ms: number;
  readonly max_payload_bytes: number;
  readonly tamper_log_max_entries: number;
}

/** `[sidecars.lora]`. */
export interface LoraSidecar {
  readonly enable: boolean;
  readonly mount_at: '/lora';
  readonly adapters: readonly LoraAdapter[];
}

/** `[sidecars]`. */
export interface Sidecars {
  readonly modbus: BusSidecar;
  readonly dnp3: BusSidecar;
  readonly lora: LoraSidecar;
}

/** Most adapters of one kind. */
const ADAPTERS_MAX = 16;

/** A name of one component that is no worker id: a ticket's subject is one or the other. */
const NAME_PATTERN = '^(?!\\.\\.?$)(?!worker-[0-9]+$)[A-Za-z0-9._-]{1,64}$';
const NAME_FORM = '1 to 64 of letters, digits, . _ and -, not like worker-7';

/** The names of an adapter: one is enough. */
function names(tree: '/bus' | '/lora') {
  return {
    id: word({ pattern: NAME_PATTERN, form: NAME_FORM }, 'Name of the adapter, unique.'),
    mount: word({ from: 'id', pattern: NAME_PATTERN, form: NAME_FORM }, `Its directory below ${tree}, unique there.`),
    scope: word(
      { from: 'id', pattern: NAME_PATTERN, form: NAME_FORM },
      'Subject of the tickets for it, unique; the same as `mount`.',
    ),
  };
}

const spool: Table<Spool> = table<Spool>('What is kept on disk while the link is offline; one frame more is refused.', {
  max_entries: int({ is: 256, min: 1, max: 4096 }, 'Frames it keeps.'),
  max_bytes: int({ is: 64 * KIB, min: 1, max: MIB }, 'Bytes it keeps.'),
});

const busAdapter: Table<BusAdapter> = table<BusAdapter>('An adapter of a field bus.', {
  ...names('/bus'),
  link: choice({ is: 'serial', of: ['serial', 'tcp'] }, 'How the sidecar reaches the bus.'),
  baud: int({ is: 9600, min: 0, max: 4_000_000 }, 'Bits a second of a serial link; 0 for tcp.'),
  spool,
});

const loraAdapter: Table<LoraAdapter> = table<LoraAdapter>('A LoRa radio.', {
  ...names('/lora'),
  region: choice(
    { is: 'EU868', of: LORA_REGIONS },
    'Regional parameters; time on air counts at the slowest data rate of the region.',
  ),
  duty_cycle_percent: int({ is: 1, min: 1, max: 100 }, 'Part of the window it may be on the air.'),
  window_ms: int({ is: 3_600_000, min: 1000, max: 86_400_000 }, 'Length of the window.'),
  max_payload_bytes: int({ is: 51, min: 1, max: LORA_PAYLOAD_MAX }, 'Largest payload of one frame.'),
  tamper_log_max_entries: int({ is: 64, min: 1, max: 256 }, 'Entries of `tamper`; the oldest are dropped.'),
});

function bus(text: string): Table<BusSidecar> {
  return table<BusSidecar>(text, {
    enable: flag({ is: false }, 'Whether its adapters are there.'),
    mount_at: choice({ is: '/bus', of: ['/bus'] }, 'Where they are; always here, a session binds them elsewhere.'),
    adapters: list<BusAdapter>({ is: [], of: busAdapter, max: ADAPTERS_MAX }, 'The adapters, each with its spool.'),
  });
}

/** Schema of `[sidecars]`. */
export const sidecars: Table<Sidecars> = table<Sidecars>('Field buses and radios that sidecars bring.', {
  modbus: bus('Adapters of MODBUS.'),
  dnp3: bus('Adapters of DNP3.'),
  lora: table<LoraSidecar>('LoRa radios.', {
    enable: flag({ is: false }, 'Whether its radios are there.'),
    mount_at: choice({ is: '/lora', of: ['/lora'] }, 'Where they are; always here, a session binds them elsewhere.'),
    adapters: list<LoraAdapter>({ is: [], of: loraAdapter, max: ADAPTERS_MAX }, 'The radios, each with its limits.'),
  }),
});
