// Opening a file that somebody chose or dropped: a `.trace` of `coh sh --record` or of this page. Nothing is sent anywhere.

import { decodeTrace, TRACE_BYTES_MAX, TRACE_FAULTS } from '@cohesix/client/core';
import { ok, type Result, refuse } from '@cohesix/wire';
import { sha256 } from '../journal/sha256.ts';
import { TracePlayer } from './trace-player.ts';

/** A file of a browser. */
export type ChosenFile = Pick<File, 'name' | 'size' | 'arrayBuffer'>;

/** Reads a trace. A refusal's detail says what is wrong with the file. */
export async function openRecording(file: ChosenFile): Promise<Result<TracePlayer>> {
  if (file.size > TRACE_BYTES_MAX) return refuse('too-big', `${file.name}: ${TRACE_FAULTS['too-large']}`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const trace = decodeTrace(bytes, sha256);
  if (!trace.ok) return refuse('invalid-payload', `${file.name}: ${TRACE_FAULTS[trace.fault]}`);
  if (trace.value.exchanges.length === 0) return refuse('invalid-payload', `${file.name} holds no exchanges.`);
  return ok(new TracePlayer(trace.value));
}
