// The files of `/proc/ingest`. `p50_ms`, `p95_ms` and `backpressure` have CBOR twins, as `[ui_providers.proc_ingest]` says.
//
//   p50_ms, p95_ms  of the last `observability.latency_samples` appends, whole ms (see `ingest.ts`)
//   backpressure    times a connection was paused because its peer did not read, and refusals tagged `busy`
//   dropped         telemetry lines that newer ones drove out of a worker's ring, or that found no room in it
//   queued          appends to control files that wait for the journal now
//   watch           all of these in a line, made when somebody reads and something changed, one each `watch_min_interval_ms` at most

import type { Manifest } from '@cohesix/manifest';
import { type NineDoor, type NodeDefinition, recordNodes } from '@cohesix/ninedoor';
import type { Timers } from '@cohesix/time';
import type { Ingest } from './ingest.ts';
import { IngestWatch } from './ingest-watch.ts';
import type { Streams } from './streams.ts';

/** What the files are made from; `door` is asked once the hive is there. */
export interface IngestView {
  readonly ingest: Ingest;
  readonly streams: Streams;
  readonly door: () => NineDoor;
  readonly manifest: Manifest;
  /** Wall time, ms. */
  readonly now: () => number;
  readonly timers: Timers;
}

/** The files, and the twins that are shown. */
export function ingestNodes(view: IngestView): readonly NodeDefinition[] {
  const { manifest, timers, now } = view;
  const { observability: bounds, ui_providers: providers } = manifest;
  const file = (name: keyof Measures, hasTwin = false): readonly NodeDefinition[] =>
    recordNodes(
      {
        pattern: `/proc/ingest/${name}`,
        boundBytes: bounds.ingest_bytes,
        record: () => ({ fields: { [name]: measuresOf(view)[name] } }),
        hasTwin,
      },
      () => view.door().traffic.countTwin(),
    );
  const watch = new IngestWatch({
    timers,
    linesMax: bounds.watch_max_entries,
    intervalMs: bounds.watch_min_interval_ms,
    now,
    text: () => watchText(view),
  });
  return [
    ...file('p50_ms', providers.proc_ingest.p50_ms),
    ...file('p95_ms', providers.proc_ingest.p95_ms),
    ...file('backpressure', providers.proc_ingest.backpressure),
    ...file('dropped'),
    ...file('queued'),
    { pattern: '/proc/ingest/watch', file: { kind: 'stream', ring: () => watch.opened(), append: undefined } },
  ];
}

interface Measures {
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly queued: number;
  readonly backpressure: number;
  readonly dropped: number;
}

function measuresOf({ ingest, streams, door }: IngestView): Measures {
  const { traffic, pressure } = door();
  return {
    p50_ms: ingest.percentileMs(50),
    p95_ms: ingest.percentileMs(95),
    queued: ingest.queued,
    backpressure: traffic.pauses + pressure.counts.busy,
    dropped: streams.droppedLines,
  };
}

/** A line of the watch but for its time; `ui_reads` and `ui_denies` count requests for CBOR twins. */
function watchText(view: IngestView): string {
  const { twinReads, twinDenies } = view.door().traffic;
  const all = { ...measuresOf(view), ui_reads: twinReads, ui_denies: twinDenies };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
