// The two records of a segment that the hive looks into (contracts-1, 5.4): `cohsh-telemetry-push/v1`, a numbered piece of a file,
// and `coh-ref-c/v1`, a piece of an artefact that lies elsewhere, by its hash. Any other line is a record of its own.

/** Schema of an inline piece. */
export const PUSH_SCHEMA = 'cohsh-telemetry-push/v1';

/** Schema of a reference. */
export const REFERENCE_SCHEMA = 'coh-ref-c/v1';

/** An inline piece of a file. */
export interface PushRecord {
  readonly schema: typeof PUSH_SCHEMA;
  /** From 1, one more each. */
  readonly seq: number;
  readonly mime: string;
  /** What it carries; the hive does not look into it. */
  readonly payload: unknown;
}

/** A piece of an artefact by its hash. */
export interface ReferenceRecord {
  readonly schema: typeof REFERENCE_SCHEMA;
  /** From 1, one more each. */
  readonly seq: number;
  /** Where the piece begins: where the one before ended. */
  readonly off: number;
  /** Bytes, at least 1. */
  readonly len: number;
  /** SHA-256 of the piece: 64 hex digits, or base64 of either alphabet. */
  readonly sha256: string;
}

/** What one line is. */
export type SegmentRecord =
  | { readonly kind: 'plain' }
  | { readonly kind: 'push'; readonly record: PushRecord }
  | { readonly kind: 'reference'; readonly record: ReferenceRecord }
  /** It says that it is one of the two, and is not. */
  | { readonly kind: 'wrong'; readonly problem: string };

const MIME_CHARACTERS_MAX = 128;
const SHA256 = /^(?:[0-9a-fA-F]{64}|[A-Za-z0-9+/_-]{43}=?)$/;
const PLAIN: SegmentRecord = { kind: 'plain' };

/** Reads one line, without its LF. */
export function readRecord(line: string): SegmentRecord {
  // Most lines are plain: those that cannot be one of the two are not parsed.
  if (!line.startsWith('{') || (!line.includes(PUSH_SCHEMA) && !line.includes(REFERENCE_SCHEMA))) return PLAIN;
  const value = parsed(line);
  if (typeof value !== 'object' || value === null || !('schema' in value)) return PLAIN;
  const fields = value as Readonly<Record<string, unknown>>;
  if (fields.schema === PUSH_SCHEMA) return pushRecord(fields);
  return fields.schema === REFERENCE_SCHEMA ? referenceRecord(fields) : PLAIN;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // No JSON: a line like any other.
  }
}

function pushRecord(fields: Readonly<Record<string, unknown>>): SegmentRecord {
  const { seq, mime } = fields;
  const problem =
    namesProblem(fields, ['schema', 'seq', 'mime', 'payload']) ??
    (isCount(seq, 1) ? undefined : '$.seq: expected a whole number from 1') ??
    (typeof mime === 'string' && mime.length >= 1 && mime.length <= MIME_CHARACTERS_MAX
      ? undefined
      : `$.mime: expected a text of 1 to ${MIME_CHARACTERS_MAX} characters`);
  return problem === undefined
    ? { kind: 'push', record: fields as unknown as PushRecord }
    : { kind: 'wrong', problem: `${PUSH_SCHEMA}: ${problem}.` };
}

function referenceRecord(fields: Readonly<Record<string, unknown>>): SegmentRecord {
  const { seq, off, len, sha256 } = fields;
  const problem =
    namesProblem(fields, ['schema', 'seq', 'off', 'len', 'sha256']) ??
    (isCount(seq, 1) ? undefined : '$.seq: expected a whole number from 1') ??
    (isCount(off, 0) ? undefined : '$.off: expected a whole number from 0') ??
    (isCount(len, 1) ? undefined : '$.len: expected a whole number from 1') ??
    (typeof sha256 === 'string' && SHA256.test(sha256)
      ? undefined
      : '$.sha256: expected 64 hex digits, or 32 bytes in base64');
  return problem === undefined
    ? { kind: 'reference', record: fields as unknown as ReferenceRecord }
    : { kind: 'wrong', problem: `${REFERENCE_SCHEMA}: ${problem}.` };
}

function namesProblem(fields: object, names: readonly string[]): string | undefined {
  const missing = names.find((name) => !Object.hasOwn(fields, name));
  if (missing !== undefined) return `$.${missing}: missing`;
  const other = Object.keys(fields).find((name) => !names.includes(name));
  return other === undefined ? undefined : `$: unknown field ${JSON.stringify(other)}`;
}

function isCount(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
