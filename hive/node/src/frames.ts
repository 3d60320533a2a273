// Telemetry as CBOR frames, where the manifest says `frame_schema = "cbor-v1"`: what is accepted for a worker, and the frames of
// the hive's own workers.

import { liveWorker, type State } from '@cohesix/authority';
import { type CborMap, checkFrames, encodeFrame, type Frames } from '@cohesix/telemetry';
import { type Result, refuse } from '@cohesix/wire';
import type { Streams } from './streams.ts';

/** The role that the frames of a worker of this kind have. */
function roleOf(kind: string): string {
  return `worker-${kind}`;
}

/** What somebody appends for a worker: the frames must be its own, with its name, its role, and a `seq` above the last. */
export function framesOf(
  { shown, streams }: { readonly shown: () => State; readonly streams: Streams },
  worker: string,
  bytes: Uint8Array,
): Result<Frames> {
  const record = liveWorker(shown(), worker);
  if (record === undefined) return refuse('invalid-path');
  return checkFrames(bytes, { worker, role: roleOf(record.kind), seq: streams.lastSeq(worker) });
}

/** What a worker of the hive's own tells. */
export interface Told {
  readonly worker: string;
  readonly workerKind: string;
  /** A JSON object. */
  readonly line: string;
}

/** The frame that has a worker's line as its payload and comes after its last. */
export function frameOf(streams: Streams, { worker, workerKind, line }: Told, nowMs: number): Uint8Array {
  return encodeFrame({
    worker_id: worker,
    role: roleOf(workerKind),
    seq: streams.nextSeq(worker),
    emitted_ms: nowMs,
    payload: JSON.parse(line) as CborMap,
  });
}
