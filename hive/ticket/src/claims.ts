// What a ticket says, as plain data. A ticket is a root block (`Claims`, made by a hive) and any number of restrictions
// (made by whoever holds the ticket). Authority is what the role's ceiling and *all* blocks allow at once.
//
// Every limiting field has one value that limits nothing, and it is the default: absent scopes, a rate of 0, a quota of
// 0, an expiry of 0. An empty list of scopes would read as "nothing" and as "no limit" to different people; it is
// refused where a ticket is made and where it is verified.

import type { Role } from './roles.ts';

/** What a scope lets its holder do with a path. */
export type Verbs = 'read' | 'write' | 'both';

/** A path prefix and what may be done below it. */
export interface Scope {
  /** Absolute path, matched by whole components; `/` (or empty) is everything. See `scope-path.ts`. */
  readonly path: string;
  readonly verbs: Verbs;
  /** Operations a second under this scope, 0 = unlimited. */
  readonly ratePerS: number;
}

/**
 * Refilling allowances, one token bucket each: `...PerS` is the refill in units a second, `...Burst` the size. Both 0
 * or absent: unlimited. Only the refill: the size is one second of it. Only the size: nothing refills it while the hive
 * runs. What was used is kept in memory only, so a hive that starts again starts with every allowance whole; what must
 * end for good needs an expiry. Non-negative integers up to 2^40.
 */
export interface Quotas {
  /** Bytes read and written. */
  readonly bandwidthBytesPerS?: number;
  readonly bandwidthBurst?: number;
  /** Operations after attach. */
  readonly operationsPerS?: number;
  readonly operationsBurst?: number;
  /** Reads of a stream: each one moves a cursor. */
  readonly cursorMovesPerS?: number;
  readonly cursorMovesBurst?: number;
  /** Reads of a stream at an offset below the end of the read before. */
  readonly cursorResumesPerS?: number;
  readonly cursorResumesBurst?: number;
}

/** The fields a root block and a restriction have in common. */
export interface Restraint {
  /** Absent: this block limits no path. Never empty. */
  readonly scopes?: readonly Scope[];
  readonly quotas?: Quotas;
  /** First moment of validity, ms since the epoch; 0 or absent = always. */
  readonly notBeforeMs?: number;
  /** First moment of invalidity, ms since the epoch; 0 or absent = never. */
  readonly expiresMs?: number;
}

/** What the hive that makes a ticket says about it. */
export interface Claims extends Restraint {
  /** 16 random bytes, never used before: what is revoked, counted and shown. */
  readonly id: Uint8Array;
  /** The hive id this ticket is for. 1 to 64 characters of `[A-Za-z0-9._:-]`. */
  readonly audience: string;
  readonly role: Role;
  /** Who this is: 1 to 128 characters of `[A-Za-z0-9._:@+-]`; for workers, the worker or adapter id. */
  readonly subject: string;
}

/** What a holder says when passing on a ticket: all of it narrows, whatever it says. */
export interface Restriction extends Restraint {
  /** 16 random bytes; they make this child another ticket than the next child with the same limits. */
  readonly nonce: Uint8Array;
  /** Name of the new holder: the effective subject becomes `<subject>/<suffix>`. Grammar as for subjects. */
  readonly subjectSuffix?: string;
}

/** A root block as it stands in a token: the claims and the id of the key that made it. */
export interface RootBlock extends Claims {
  readonly keyId: string;
}

/** Bytes of a ticket id and of a nonce. */
export const ID_BYTES = 16;

/** Longest key id and audience, in characters. */
const NAME_LENGTH_MAX = 64;

/** Longest root subject and longest suffix, in characters. */
const SUBJECT_LENGTH_MAX = 128;

/** Largest rate of a scope. */
export const RATE_MAX = 0xffff_ffff;

/** Largest quota value: a bucket counts thousandths in exact integers, so this times 1000 stays below 2^53. */
export const QUOTA_MAX: number = 2 ** 40;

/** One kind of allowance. */
export type QuotaKind = 'bandwidth' | 'operations' | 'cursorMoves' | 'cursorResumes';

interface QuotaRow {
  readonly kind: QuotaKind;
  readonly perS: keyof Quotas;
  readonly burst: keyof Quotas;
  /** The word of the text form. */
  readonly word: string;
}

/** Every kind of allowance with its fields, in the order of the wire form. */
export const QUOTA_ROWS: readonly QuotaRow[] = [
  { kind: 'bandwidth', perS: 'bandwidthBytesPerS', burst: 'bandwidthBurst', word: 'bandwidth' },
  { kind: 'operations', perS: 'operationsPerS', burst: 'operationsBurst', word: 'operations' },
  { kind: 'cursorMoves', perS: 'cursorMovesPerS', burst: 'cursorMovesBurst', word: 'cursor-moves' },
  { kind: 'cursorResumes', perS: 'cursorResumesPerS', burst: 'cursorResumesBurst', word: 'cursor-resumes' },
];

/** Whether a text may be a key id or an audience. */
export function isName(text: string): boolean {
  return text.length <= NAME_LENGTH_MAX && /^[A-Za-z0-9._:-]+$/.test(text);
}

/** Whether a text may be a root subject or a suffix: printable, one path component, no separator of a log line. */
export function isSubject(text: string): boolean {
  return text.length <= SUBJECT_LENGTH_MAX && /^[A-Za-z0-9._:@+-]+$/.test(text) && text !== '.' && text !== '..';
}
