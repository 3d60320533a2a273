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

/** The part of a record that says what was asked, and the text of the rest, which says what came of it. */
export interface SplitRecord {
  readonly asked: Omit<LedgerRecord, 'outcomes' | 'decisions' | 'state'>;
  /** Hash of the state before it, when it carries one. */
  readonly state: string | undefined;
  /** From `,"outcomes":` to the end. */
  readonly answered: string;
}

/** Begins the answers. In JSON text a quote inside a string has a backslash before it, so this cannot be part of one. */
const ANSWERED = ',"outcomes":[';
/** Ends a record that carries a hash. */
const STATE = /,"state":"([0-9a-f]{64})"\}$/;

/**
 * Splits a body that `encodeRecord` made, without reading what came of its lines: whoever decides them again compares that
 * as text (a fifth of a replay). Undefined for any other body; `parseRecord` may still read it.
 */
export function splitRecord(body: Uint8Array): SplitRecord | undefined {
  try {
    const text = DECODER.decode(body);
    const at = text.indexOf(ANSWERED);
    if (at < 0) return undefined;
    const asked = JSON.parse(`${text.slice(0, at)}}`) as Partial<LedgerRecord> | null;
    const answered = text.slice(at);
    if (asked === null || !isAsked(asked)) return undefined;
    return { asked, state: answered.endsWith('"}') ? STATE.exec(answered)?.[1] : undefined, answered };
  } catch {
    return undefined;
  }
}

/** The text of `SplitRecord.answered` for these answers. */
export function answeredText(record: Pick<LedgerRecord, 'outcomes' | 'decisions' | 'state'>): string {
  const { outcomes, decisions, state } = record;
  return `,${JSON.stringify({ outcomes, decisions, state }).slice(1)}`;
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
  const { outcomes } = record;
  return isAsked(record) && Array.isArray(outcomes) && outcomes.length === record.lines.length;
}

function isAsked(record: Partial<LedgerRecord>): record is SplitRecord['asked'] {
  const { seq, at, who, path, lines } = record;
  if (!Number.isSafeInteger(seq) || !Number.isSafeInteger(at) || typeof path !== 'string') return false;
  if (typeof who !== 'object' || who === null || !Array.isArray(who.ticketIds)) return false;
  return Array.isArray(lines) && lines.every((line) => typeof line === 'string');
}
