// Why a spool does not take a record, in words that say what to do.

import { type Refusal, refusal } from '@cohesix/wire';
import type { SpoolMode } from './spool-state.ts';

/** What is wrong with the size of a payload, if anything. */
export function sizeFault(size: number, recordBytesMax: number): Refusal | undefined {
  if (size === 0) return refusal('invalid-payload', 'A record has at least one byte.');
  if (size <= recordBytesMax) return undefined;
  return refusal('too-big', `The record has ${size} bytes; spool.record_bytes_max is ${recordBytesMax}.`);
}

/** There is no room in a ring of `bytes`. */
export function ringFull(mode: SpoolMode, bytes: number): Refusal {
  const why =
    mode === 'refuse'
      ? 'and with spool.mode = "refuse" nothing is overwritten; use "overwrite_acked", or make it anew with coh spool init'
      : 'and its oldest record is not acknowledged; read it and acknowledge it';
  return refusal('buffer-full', `The spool is full (${bytes} bytes), ${why}.`);
}

/** The index has no room. */
export function tooManyWait(recordsMax: number): Refusal {
  return refusal('buffer-full', `${recordsMax} records wait for an acknowledgement (spool.records_max).`);
}
