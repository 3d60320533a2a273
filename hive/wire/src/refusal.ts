// The one table of refusals. Everything the hive can refuse has one row here, and every door (9P errno, console
// line, HTTP status, command-line exit status) is derived from that row and from nowhere else.
//
// The errno of a row is unique, so a 9P client that sees only `Rlerror ecode[4]` recovers the exact code and prints
// the same console line as the console does. Numbers are Linux's, asm-generic/errno-base.h and errno.h.

/** The four reasons of the console grammar; each refusal increments `/proc/pressure/<tag>`. */
export type RefusalTag = 'busy' | 'quota' | 'cut' | 'policy';

/** Exit statuses of `coh`. `usage` follows the shell convention of 2. */
export const EXIT = {
  ok: 0,
  generic: 1,
  usage: 2,
  denied: 3,
  needsApproval: 4,
  expired: 5,
  busy: 6,
  conflict: 7,
  unreachable: 8,
  auditUnavailable: 9,
} as const;

export interface RefusalRow {
  readonly tag: RefusalTag;
  /** Linux errno name, printed as `error=` on the console. */
  readonly errnoName: string;
  /** Linux errno number, the `ecode[4]` of Rlerror. */
  readonly errno: number;
  /** HTTP status of a problem (RFC 9110); an answer of the hive to an operation is 200 whatever it says (contracts-2, 7.3). */
  readonly status: number;
  /** Exit status of `coh`. */
  readonly exit: number;
  /** What a person should understand, and do. */
  readonly sentence: string;
}

function row(
  tag: RefusalTag,
  errnoName: string,
  errno: number,
  status: number,
  exit: number,
  sentence: string,
): RefusalRow {
  return { tag, errnoName, errno, status, exit, sentence };
}

/** A stable refusal code. */
export type RefusalCode =
  | 'denied'
  | 'invalid-path'
  | 'not-found'
  | 'internal'
  | 'bad-fid'
  | 'rate-limited'
  | 'unauthenticated'
  | 'busy'
  | 'exists'
  | 'not-directory'
  | 'is-directory'
  | 'invalid-payload'
  | 'limit'
  | 'buffer-full'
  | 'audit-unavailable'
  | 'closed'
  | 'invalid-frame'
  | 'invalid-claims'
  | 'throttled'
  | 'too-big'
  | 'invalid-role'
  | 'unsupported'
  | 'lifecycle-denied'
  | 'timeout'
  | 'unreachable'
  | 'root-unreachable'
  | 'invalid-transition'
  | 'stale'
  | 'exhausted'
  | 'cancelled'
  | 'needs-approval'
  | 'expired'
  | 'revoked'
  | 'approval-denied';

const { generic, usage, denied, needsApproval, expired, busy, conflict, unreachable, auditUnavailable } = EXIT;

/** Code → row. Adding a code: pick an errno no other row has; `test/refusal.test.ts` checks it. */
export const REFUSALS: Readonly<Record<RefusalCode, RefusalRow>> = {
  denied: row('policy', 'EPERM', 1, 403, denied, 'Your ticket does not allow this; ask for a wider one.'),
  'invalid-path': row('policy', 'ENOENT', 2, 404, generic, 'No such path for this ticket.'),
  'not-found': row('policy', 'ESRCH', 3, 404, generic, 'The line names something that does not exist.'),
  internal: row('cut', 'EIO', 5, 500, generic, 'The hive failed; see its log.'),
  'bad-fid': row('policy', 'EBADF', 9, 400, generic, 'The fid is unknown, in use, or not open for this.'),
  'rate-limited': row('quota', 'EAGAIN', 11, 429, busy, 'Too many operations; wait and try again.'),
  unauthenticated: row('policy', 'EACCES', 13, 401, denied, 'Attach with a valid ticket first.'),
  busy: row('busy', 'EBUSY', 16, 409, busy, 'In use, or work is outstanding; try again later.'),
  exists: row('policy', 'EEXIST', 17, 409, conflict, 'That id exists already.'),
  'not-directory': row('policy', 'ENOTDIR', 20, 400, generic, 'Not a directory.'),
  'is-directory': row('policy', 'EISDIR', 21, 400, generic, 'Is a directory.'),
  'invalid-payload': row('policy', 'EINVAL', 22, 400, usage, 'The line does not match the schema of this file.'),
  limit: row('busy', 'EMFILE', 24, 429, busy, 'A bound of the session was reached; see /proc/bounds.'),
  'buffer-full': row('quota', 'ENOSPC', 28, 429, busy, 'A bounded queue or log is full; see /proc/bounds.'),
  'audit-unavailable': row('cut', 'EROFS', 30, 503, auditUnavailable, 'The journal cannot be written; reads go on.'),
  closed: row('cut', 'EPIPE', 32, 503, unreachable, 'The session is closed.'),
  'invalid-frame': row('policy', 'EPROTO', 71, 400, generic, 'The message breaks the protocol.'),
  'invalid-claims': row('policy', 'EBADMSG', 74, 401, denied, 'The ticket does not parse or breaks a limit.'),
  throttled: row('quota', 'EUSERS', 87, 429, busy, 'Too many failed attempts; wait before the next.'),
  'too-big': row('quota', 'EMSGSIZE', 90, 413, generic, 'The message or line is over its bound; see /proc/bounds.'),
  'invalid-role': row('policy', 'EPROTOTYPE', 91, 400, usage, 'No such role.'),
  unsupported: row('policy', 'EOPNOTSUPP', 95, 501, generic, 'The hive does not do this.'),
  'lifecycle-denied': row('policy', 'ESHUTDOWN', 108, 409, busy, 'The lifecycle state does not allow this now.'),
  timeout: row('cut', 'ETIMEDOUT', 110, 504, unreachable, 'No answer in time; whether it happened is unknown.'),
  unreachable: row('cut', 'ECONNREFUSED', 111, 503, unreachable, 'The hive cannot be reached; is it running?'),
  'root-unreachable': row('cut', 'EHOSTUNREACH', 113, 503, denied, 'The Queen is cut off; workers cannot act.'),
  'invalid-transition': row('policy', 'EALREADY', 114, 409, conflict, 'Not possible from the present state.'),
  stale: row('quota', 'ESTALE', 116, 410, conflict, 'What this refers to is gone; read again.'),
  exhausted: row('quota', 'EDQUOT', 122, 429, busy, 'A quota of the ticket is used up; it refills with time.'),
  cancelled: row('cut', 'ECANCELED', 125, 503, generic, 'The operation was cancelled.'),
  'needs-approval': row('policy', 'ENOKEY', 126, 403, needsApproval, 'Needs the approval of somebody else.'),
  expired: row('quota', 'EKEYEXPIRED', 127, 401, expired, 'The ticket is not valid at this time.'),
  revoked: row('cut', 'EKEYREVOKED', 128, 401, denied, 'The ticket was revoked.'),
  'approval-denied': row('policy', 'EKEYREJECTED', 129, 403, denied, 'Somebody denied exactly this line.'),
};

/** An expected failure, as a value. Never thrown by library code. */
export interface Refusal {
  readonly code: RefusalCode;
  /** One sentence of what was wrong here and what to do. Shown to people; never matched on. Holds no secret. */
  readonly detail: string;
}

/** Success or refusal. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** Wraps a success. */
export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** Makes a failed result; `detail` defaults to the sentence of the table. */
export function refuse(code: RefusalCode, detail?: string): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: refusal(code, detail) };
}

/** Makes a refusal; `detail` defaults to the sentence of the table. */
export function refusal(code: RefusalCode, detail?: string): Refusal {
  return { code, detail: detail ?? REFUSALS[code].sentence };
}

/** The tag under which a code is counted in `/proc/pressure`. */
export function tagOf(code: RefusalCode): RefusalTag {
  return REFUSALS[code].tag;
}

/** Linux errno of a code, for `Rlerror ecode[4]`. */
export function errnoOf(code: RefusalCode): number {
  return REFUSALS[code].errno;
}

const CODE_BY_ERRNO: ReadonlyMap<number, RefusalCode> = new Map(
  Object.entries(REFUSALS).map(([code, { errno }]) => [errno, code as RefusalCode]),
);

/** The code a 9P client recovers from `Rlerror ecode[4]`; a number of another server's becomes `internal`. */
export function codeOfErrno(errno: number): RefusalCode {
  return CODE_BY_ERRNO.get(errno) ?? 'internal';
}
