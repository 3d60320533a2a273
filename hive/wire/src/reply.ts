// A server's frequent answers, written straight into a writer: no message object, no table, no copy of the data.
//
// Each appends one whole frame and returns true, or appends nothing and returns false when it does not fit. Their
// bytes equal those of `encodeR`; a test holds them to that.

import { type ByteWriter, encodeUtf8Into, putU16, putU32, putU64, utf8Length } from '@cohesix/bytes';
import { assert } from '@cohesix/check';
import { DIRENT_HEADER_BYTES, QID_BYTES, RREAD_HEADER_BYTES } from './constants.ts';
import type { Attributes, Qid } from './message.ts';
import { RCLUNK, RFLUSH, RGETATTR, RLERROR, RLOPEN, RREAD, RREADDIR, RWALK, RWRITE } from './message-type.ts';

const RGETATTR_BYTES = 160;

/** Appends `Rlerror ecode[4]`. */
export function writeRlerror(writer: ByteWriter, tag: number, ecode: number): boolean {
  const at = beginFrame(writer, 11, RLERROR, tag);
  if (at < 0) return false;
  putU32(writer.bytes, at + 7, ecode);
  return true;
}

/** Appends `Rwalk nwqid[2] nwqid*(wqid[13])` with all of `wqids`. */
export function writeRwalk(writer: ByteWriter, tag: number, wqids: readonly Qid[]): boolean {
  const count = wqids.length;
  const at = beginFrame(writer, 9 + QID_BYTES * count, RWALK, tag);
  if (at < 0) return false;
  putU16(writer.bytes, at + 7, count);
  for (let index = 0; index < count; index += 1) {
    putQid(writer.bytes, at + 9 + QID_BYTES * index, wqids[index] as Qid);
  }
  return true;
}

/** Appends `Rlopen qid[13] iounit[4]`. */
export function writeRlopen(writer: ByteWriter, tag: number, qid: Qid, iounit: number): boolean {
  const at = beginFrame(writer, 24, RLOPEN, tag);
  if (at < 0) return false;
  putQid(writer.bytes, at + 7, qid);
  putU32(writer.bytes, at + 20, iounit);
  return true;
}

/** Appends `Rwrite count[4]`. */
export function writeRwrite(writer: ByteWriter, tag: number, count: number): boolean {
  const at = beginFrame(writer, 11, RWRITE, tag);
  if (at < 0) return false;
  putU32(writer.bytes, at + 7, count);
  return true;
}

/** Appends `Rclunk`. */
export function writeRclunk(writer: ByteWriter, tag: number): boolean {
  return beginFrame(writer, 7, RCLUNK, tag) >= 0;
}

/** Appends `Rflush`. */
export function writeRflush(writer: ByteWriter, tag: number): boolean {
  return beginFrame(writer, 7, RFLUSH, tag) >= 0;
}

/** Appends Rgetattr. */
export function writeRgetattr(writer: ByteWriter, tag: number, attributes: Attributes): boolean {
  const at = beginFrame(writer, RGETATTR_BYTES, RGETATTR, tag);
  if (at < 0) return false;
  const { bytes } = writer;
  putU64(bytes, at + 7, attributes.valid);
  putQid(bytes, at + 15, attributes.qid);
  putU32(bytes, at + 28, attributes.mode);
  putU32(bytes, at + 32, attributes.uid);
  putU32(bytes, at + 36, attributes.gid);
  putU64(bytes, at + 40, attributes.nlink);
  putU64(bytes, at + 48, attributes.rdev);
  putU64(bytes, at + 56, attributes.size);
  putU64(bytes, at + 64, attributes.blksize);
  putU64(bytes, at + 72, attributes.blocks);
  putU64(bytes, at + 80, attributes.atimeSec);
  putU64(bytes, at + 88, attributes.atimeNsec);
  putU64(bytes, at + 96, attributes.mtimeSec);
  putU64(bytes, at + 104, attributes.mtimeNsec);
  putU64(bytes, at + 112, attributes.ctimeSec);
  putU64(bytes, at + 120, attributes.ctimeNsec);
  putU64(bytes, at + 128, attributes.btimeSec);
  putU64(bytes, at + 136, attributes.btimeNsec);
  putU64(bytes, at + 144, attributes.gen);
  putU64(bytes, at + 152, attributes.dataVersion);
  return true;
}

/**
 * Starts `Rread count[4] data[count]` with room for `countMax` bytes. Returns the offset in `writer.bytes` where the
 * data goes, or -1 when there is no room. Nothing else may be written until `endRread`.
 */
export function beginRread(writer: ByteWriter, tag: number, countMax: number): number {
  return beginData(writer, RREAD, tag, countMax);
}

/** Ends the Rread whose data starts at `dataAt`: `count` (at most the `countMax` of its begin) bytes were put there. */
export function endRread(writer: ByteWriter, dataAt: number, count: number): void {
  assert(writer.length === dataAt && dataAt + count <= writer.bytes.length, 'Rread data within what was begun');
  writer.length = dataAt + count;
  endData(writer, dataAt);
}

/**
 * Starts `Rreaddir count[4] data[count]` with room for `countMax` bytes; entries follow with `writeDirent`. Returns
 * the offset in `writer.bytes` of the first entry, or -1 when there is no room.
 */
export function beginRreaddir(writer: ByteWriter, tag: number, countMax: number): number {
  return beginData(writer, RREADDIR, tag, countMax);
}

/** One entry of a directory. */
export interface Dirent {
  readonly qid: Qid;
  /** Where a reader goes on after this entry: the `offset` of its next Treaddir. */
  readonly offset: bigint;
  /** `DT_DIR`, `DT_REG`, ... */
  readonly type: number;
  readonly name: string;
}

/**
 * Appends `qid[13] offset[8] type[1] name[s]` if it ends at or before `limit`, an offset in `writer.bytes` (the
 * begin's result plus its `countMax`). False, with nothing appended, when it does not: the directory goes on in the
 * next Rreaddir.
 */
export function writeDirent(writer: ByteWriter, limit: number, entry: Dirent): boolean {
  const length = utf8Length(entry.name);
  const at = writer.length;
  if (length > 0xffff || at + DIRENT_HEADER_BYTES + length > limit) return false;
  const { bytes } = writer;
  putQid(bytes, at, entry.qid);
  putU64(bytes, at + 13, entry.offset);
  bytes[at + 21] = entry.type;
  putU16(bytes, at + 22, length);
  encodeUtf8Into(entry.name, bytes, at + DIRENT_HEADER_BYTES);
  writer.length = at + DIRENT_HEADER_BYTES + length;
  return true;
}

/** Ends the Rreaddir whose data starts at `dataAt`. */
export function endRreaddir(writer: ByteWriter, dataAt: number): void {
  endData(writer, dataAt);
}

function beginData(writer: ByteWriter, type: number, tag: number, countMax: number): number {
  if (!writer.ensure(RREAD_HEADER_BYTES + countMax)) {
    writer.rewind(writer.length);
    return -1;
  }
  const at = beginFrame(writer, RREAD_HEADER_BYTES, type, tag);
  return at < 0 ? -1 : at + RREAD_HEADER_BYTES;
}

function endData(writer: ByteWriter, dataAt: number): void {
  const count = writer.length - dataAt;
  assert(count >= 0 && dataAt >= RREAD_HEADER_BYTES, 'data ends after it began');
  putU32(writer.bytes, dataAt - 4, count);
  putU32(writer.bytes, dataAt - RREAD_HEADER_BYTES, RREAD_HEADER_BYTES + count);
}

/** Appends `size` bytes with the header filled in; the offset of the frame, or -1. */
function beginFrame(writer: ByteWriter, size: number, type: number, tag: number): number {
  const at = writer.reserve(size);
  if (at < 0) {
    writer.rewind(writer.length);
    return -1;
  }
  const { bytes } = writer;
  putU32(bytes, at, size);
  bytes[at + 4] = type;
  putU16(bytes, at + 5, tag);
  return at;
}

function putQid(bytes: Uint8Array, at: number, qid: Qid): void {
  bytes[at] = qid.type;
  putU32(bytes, at + 1, qid.version);
  putU64(bytes, at + 5, qid.path);
}
