// The bytes of one record of a spool. All integers are little-endian.
//
// record:  magic[4] version[1] kind[1] flags[1] zero[1] seq[8] ts[8] len[4] opening[4] crc[4] payload[len]
//
// After m27 (`magic version kind seq ts len crc payload`), with two fields of ours. `flags` bit 0: the first record of its batch;
// a batch is written when the one before is durable, so such a record vouches for all before it. `opening` counts how often the
// spool was opened: what a cut left of a batch can never be taken for the record of the same number that was written
// afterwards. `crc` is CRC-32C over everything else.

import crc32c from 'crc-32/crc32c.js';

/** Bytes of a record before its payload. */
export const SPOOL_HEADER_SIZE = 36;

const MAGIC = Buffer.from('CHXS', 'latin1');
const VERSION = 1;
const KIND_AT = 5;
const FLAGS_AT = 6;
const SEQ_AT = 8;
const TS_AT = 16;
const LEN_AT = 24;
const OPENING_AT = 28;
const CRC_AT = 32;
const FIRST_OF_BATCH = 1;

/** What a record is about, and the number that stands in it. Others may come: readers show their number. */
export const SPOOL_KIND = { record: 1, telemetry: 2, bus: 3 } as const;

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(SPOOL_KIND).map(([name, kind]) => [kind, name]));

/** Name of a kind, or its number. */
export function kindName(kind: number): string {
  return NAMES.get(kind) ?? String(kind);
}

/** What a record says of itself. */
export interface SpoolHeader {
  /** 1 to 255; see `SPOOL_KIND`. */
  readonly kind: number;
  /** From 1, without gaps. */
  readonly seq: number;
  /** Wall time of the append, ms since the epoch. */
  readonly ts: number;
  /** Bytes of the payload. */
  readonly size: number;
  readonly opening: number;
  /** Whether its batch begins with it. */
  readonly isFirst: boolean;
}

/** Writes a record of `SPOOL_HEADER_SIZE + payload.length` bytes into `target` at `at`. Copies the payload. */
export function encodeSpoolRecord(target: Buffer, at: number, header: SpoolHeader, payload: Uint8Array): void {
  const record = target.subarray(at, at + SPOOL_HEADER_SIZE + payload.length);
  record.set(MAGIC, 0);
  record.writeUInt8(VERSION, 4);
  record.writeUInt8(header.kind, KIND_AT);
  record.writeUInt8(header.isFirst ? FIRST_OF_BATCH : 0, FLAGS_AT);
  record.writeUInt8(0, 7);
  record.writeBigUInt64LE(BigInt(header.seq), SEQ_AT);
  record.writeBigUInt64LE(BigInt(header.ts), TS_AT);
  record.writeUInt32LE(payload.length, LEN_AT);
  record.writeUInt32LE(header.opening, OPENING_AT);
  record.set(payload, SPOOL_HEADER_SIZE);
  record.writeUInt32LE(recordCrc(record), CRC_AT);
}

/** What the first 36 bytes claim; undefined when no record of ours begins like that. Nothing is checked yet. */
export function readSpoolHeader(bytes: Buffer): SpoolHeader | undefined {
  if (bytes.length < SPOOL_HEADER_SIZE || !bytes.subarray(0, 4).equals(MAGIC) || bytes[4] !== VERSION) return undefined;
  const seq = Number(bytes.readBigUInt64LE(SEQ_AT));
  const ts = Number(bytes.readBigUInt64LE(TS_AT));
  const kind = bytes[KIND_AT] ?? 0;
  const flags = bytes[FLAGS_AT] ?? 0;
  if (!Number.isSafeInteger(seq) || seq < 1 || !Number.isSafeInteger(ts) || kind === 0) return undefined;
  if (flags > FIRST_OF_BATCH || bytes[7] !== 0) return undefined;
  const opening = bytes.readUInt32LE(OPENING_AT);
  return { kind, seq, ts, size: bytes.readUInt32LE(LEN_AT), opening, isFirst: flags === FIRST_OF_BATCH };
}

/** Whether these bytes are exactly one record as somebody wrote it. */
export function isWholeSpoolRecord(bytes: Buffer): boolean {
  const header = readSpoolHeader(bytes);
  if (header === undefined || bytes.length !== SPOOL_HEADER_SIZE + header.size) return false;
  return recordCrc(bytes) === bytes.readUInt32LE(CRC_AT);
}

function recordCrc(record: Uint8Array): number {
  return crc32c.buf(record.subarray(CRC_AT + 4), crc32c.buf(record.subarray(0, CRC_AT), 0)) >>> 0;
}
