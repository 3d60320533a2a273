// Sections about what is told of a running hive: [trace] and [ui_providers]. Bounds from contracts-1 section 4.6 and contracts-2
// section 6.1 where the product keeps them; ranges are ours.

import { flag, int, KIB, MIB, type Table, table } from './field.ts';

/** `[trace]`: what `/trace/events`, `/kmesg` and `/proc/<worker>/trace` retain. */
export interface Trace {
  readonly events_max: number;
  readonly worker_events_max: number;
  readonly ring_budget_bytes: number;
}

/** Twins of the files under `/proc/9p`. */
export interface NinepTwins {
  readonly sessions: boolean;
  readonly outstanding: boolean;
  readonly short_writes: boolean;
}

/** Twins of the files under `/proc/ingest`. */
export interface IngestTwins {
  readonly p50_ms: boolean;
  readonly p95_ms: boolean;
  readonly backpressure: boolean;
}

/** Twins of the files under `/policy/preflight`. */
export interface PreflightTwins {
  readonly req: boolean;
  readonly diff: boolean;
}

/** Twins under `/updates`. */
export interface UpdateTwins {
  readonly status: boolean;
}

/** `[ui_providers]`: which files have a CBOR twin beside them. */
export interface UiProviders {
  readonly proc_9p: NinepTwins;
  readonly proc_ingest: IngestTwins;
  readonly policy_preflight: PreflightTwins;
  readonly updates: UpdateTwins;
}

/** Schema of `[trace]`. */
export const trace: Table<Trace> = table<Trace>(
  'What is retained of the events of `/trace/events`; `/trace/ctl` filters them.',
  {
    events_max: int({ is: 256, min: 16, max: 65_536 }, 'Events that `/trace/events` retains, and `/kmesg` of its own.'),
    worker_events_max: int({ is: 32, min: 1, max: 4096 }, 'Events that each `/proc/<worker>/trace` retains.'),
    ring_budget_bytes: int(
      { is: 16 * MIB, min: 64 * KIB, max: KIB * MIB },
      'Bytes the events of all workers may take together; an event that finds no room is in `/trace/events` only.',
    ),
  },
);

function twin(is: boolean, path: string): ReturnType<typeof flag> {
  return flag({ is }, `Show \`${path}.cbor\`.`);
}

/** Schema of `[ui_providers]`. */
export const uiProviders: Table<UiProviders> = table<UiProviders>(
  'Which small files have a CBOR twin with the same fields.',
  {
    proc_9p: table<NinepTwins>('Twins under `/proc/9p`.', {
      sessions: twin(true, '/proc/9p/sessions'),
      outstanding: twin(true, '/proc/9p/outstanding'),
      short_writes: twin(true, '/proc/9p/short_writes'),
    }),
    proc_ingest: table<IngestTwins>('Twins under `/proc/ingest`.', {
      p50_ms: twin(true, '/proc/ingest/p50_ms'),
      p95_ms: twin(true, '/proc/ingest/p95_ms'),
      backpressure: twin(true, '/proc/ingest/backpressure'),
    }),
    policy_preflight: table<PreflightTwins>('Twins under `/policy/preflight`.', {
      req: twin(false, '/policy/preflight/req'),
      diff: twin(false, '/policy/preflight/diff'),
    }),
    updates: table<UpdateTwins>('Twins under `/updates`.', {
      status: twin(true, '/updates/<epoch>/status'),
    }),
  },
);
