// A record of the journal, as the ledger writes it and everybody reads it: UTF-8 JSON, one object, in this order:
//
//   seq        number of its first line; line i has seq + i
//   at         wall time, ms since the epoch, never less than that of the record before
//   mono_us    monotonic time since the process started, microseconds
//   who        subject, role, fingerprint of the ticket, ids of its chain, session: never the ticket itself
//   path       control file
//   lines      the exact lines of one append: durable together or not at all
//   outcomes   what the authority made of each
//   decisions  why the policy let each through
//   state      SHA-256 (hex) of the state before this record; now and then, so that a replay and a snapshot can be checked

import type { Admission, Outcome, Principal } from '@cohesix/authority';

/** A journal record as it was written. */
export interface LedgerRecord {
  readonly seq: number;
  readonly at: number;
  /** Absent in journals of before 0.1.0's second format, like `decisions`. */
  readonly mono_us?: number;
  readonly who: Principal;
  readonly path: string;
  readonly lines: readonly string[];
  readonly outcomes: readonly Outcome[];
  readonly decisions?: readonly Admission[];
  readonly state?: string;
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { fatal: true });

/** The body of a record. */
export function encodeRecord(record: LedgerRecord): Uint8Array {
  return ENCODER.encode(JSON.stringify(record));
}

/** A record from its body; undefined when it is none: the journal proves who wrote the bytes, not that they are a record. */
export function parseRecord(body: Uint8Array): LedgerRecord | undefined {
  try {
    const record = JSON.parse(DECODER.decode(body)) as Partial<LedgerRecord> | null;
    return record !== null && isRecord(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(record: Partial<LedgerRecord>): record is LedgerRecord {
  const { seq, at, who, path, lines, outcomes } = record;
  if (!Number.isSafeInteger(seq) || !Number.isSafeInteger(at) || typeof path !== 'string') return false;
  if (typeof who !== 'object' || who === null || !Array.isArray(who.ticketIds)) return false;
  if (!Array.isArray(lines) || !lines.every((line) => typeof line === 'string')) return false;
  return Array.isArray(outcomes) && outcomes.length === lines.length;
}
