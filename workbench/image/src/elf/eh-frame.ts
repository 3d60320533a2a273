// Call frame information: which ranges of code are functions. Linux Standard Base Core 5.0, section 10.6 (".eh_frame",
// ".eh_frame_hdr"); DWARF 5, section 6.4.1. Only where a function begins and ends is read, not how its frame is unwound.

import type { Section } from '../image.ts';
import { PT } from './constants.ts';
import type { Tables } from './dynamic.ts';
import { isPlace } from './reader.ts';

/** Functions by address, as columns; overlapping rows are kept. Only the first `count` rows hold. */
export interface UnwindRows {
  count: number;
  starts: Float64Array;
  ends: Float64Array;
}

/** How a pointer is written: DW_EH_PE, format in the low four bits, what it counts from in the next three. */
const FORMAT = { absolute: 0, u16: 2, u32: 3, u64: 4, s16: 10, s32: 11, s64: 12 } as const;
const FROM = { nothing: 0, here: 0x10, data: 0x30 } as const;
const OMITTED = 0xff;

/** The bytes that hold the frames, and where they are loaded. */
interface FrameRange {
  readonly offset: number;
  readonly size: number;
  readonly address: number;
}

/** What is read with: `relocated` gives the address a place of a relocatable file will hold. */
export interface FrameSource {
  readonly tables: Tables;
  readonly sections: readonly Section[];
  readonly relocated?: (place: number) => number | undefined;
}

/** The functions that `.eh_frame` describes, or if it cannot be read, the starts that `.eh_frame_hdr` lists. */
export function readEhFrame(source: FrameSource): UnwindRows {
  const header = readFrameHeader(source);
  const range = framesOf(source, header?.frames);
  const rows =
    range === undefined ? { count: 0, starts: new Float64Array(0), ends: new Float64Array(0) } : walk(source, range);
  if (rows.count === 0 && header !== undefined && header.starts.length > 0)
    return sorted({ count: header.starts.length, starts: header.starts, ends: header.starts.slice() });
  return sorted(rows);
}

function framesOf({ tables, sections }: FrameSource, frames: number | undefined): FrameRange | undefined {
  const section = sections.find(({ name, fileSize, address }) => name === '.eh_frame' && fileSize > 0 && address > 0);
  if (section !== undefined) return { offset: section.offset, size: section.fileSize, address: section.address };
  const offset = frames === undefined ? -1 : tables.map.offsetOf(frames, 4);
  if (frames === undefined || offset < 0) return undefined;
  return { offset, size: tables.map.bytesFrom(frames), address: frames };
}

/** version[1] eh_frame_ptr_enc[1] fde_count_enc[1] table_enc[1] eh_frame_ptr fde_count (start, description)*. */
function readFrameHeader({ tables }: FrameSource): { frames: number; starts: Float64Array } | undefined {
  const { reader, programHeaders, warnings } = tables;
  const header = programHeaders.find(({ type }) => type === PT.gnuEhFrame);
  if (header === undefined || header.fileSize < 8 || !reader.has(header.offset, header.fileSize)) return undefined;
  const [version, frameEncoding, countEncoding, tableEncoding] = reader.bytes.subarray(
    header.offset,
    header.offset + 4,
  );
  if (version !== 1) {
    warnings.add(`.eh_frame_hdr has version ${version}, expected 1`);
    return undefined;
  }
  const range = { offset: header.offset, size: header.fileSize, address: header.address };
  const cursor = new FrameCursor(tables, range, header.offset + 4);
  const frames = cursor.pointer(frameEncoding as number, header.address);
  const count = cursor.pointer(countEncoding as number, header.address);
  const size = encodedSize(tableEncoding as number, reader.wordSize);
  if (size === 0 || !isPlace(count)) return { frames, starts: new Float64Array(0) };
  const rows = Math.min(count, Math.max(0, Math.floor((cursor.end - cursor.at) / (2 * size))));
  const starts = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    starts[row] = cursor.pointer(tableEncoding as number, header.address);
    cursor.at += size;
  }
  return { frames, starts: starts.filter(isPlace) };
}

/** Size of a pointer of fixed size; 0 for those written in LEB128 and those that are left out. */
function encodedSize(encoding: number, wordSize: number): number {
  if (encoding === OMITTED) return 0;
  const format = encoding & 15;
  if (format === FORMAT.absolute) return wordSize;
  if (format === FORMAT.u16 || format === FORMAT.s16) return 2;
  if (format === FORMAT.u32 || format === FORMAT.s32) return 4;
  return format === FORMAT.u64 || format === FORMAT.s64 ? 8 : 0;
}

/** Reads forward in a range; what lies beyond its end reads as 0 and sets `isShort`. */
class FrameCursor {
  at: number;
  readonly end: number;
  isShort = false;
  private readonly tables: Tables;
  private readonly range: FrameRange;

  constructor(tables: Tables, range: FrameRange, at: number, end: number = range.offset + range.size) {
    this.tables = tables;
    this.range = range;
    this.at = at;
    this.end = Math.min(end, tables.reader.bytes.length);
  }

  /** Address of the next byte. */
  get here(): number {
    return this.range.address + (this.at - this.range.offset);
  }

  byte(): number {
    if (this.at >= this.end) {
      this.isShort = true;
      return 0;
    }
    const value = this.tables.reader.bytes[this.at] as number;
    this.at += 1;
    return value;
  }

  /** ULEB128 within 2^53; longer ones are cut. */
  uleb(): number {
    let [value, scale] = [0, 1];
    for (let left = 10; left > 0; left -= 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) break;
    }
    return value;
  }

  /** A pointer; what is not of fixed size is read as 0 and `isShort`. Counting from text or function starts is not in use. */
  pointer(encoding: number, dataStart: number): number {
    const { reader } = this.tables;
    const size = encodedSize(encoding, reader.wordSize);
    const here = this.here;
    if (size === 0 || this.at + size > this.end) {
      this.isShort = true;
      return 0;
    }
    const value = this.value(encoding & 15, (encoding & 0x70) === FROM.nothing);
    this.at += size;
    if ((encoding & 0x70) === FROM.here) return here + value;
    return (encoding & 0x70) === FROM.data ? dataStart + value : value;
  }

  private value(format: number, isAbsolute: boolean): number {
    const { reader } = this.tables;
    if (format === FORMAT.absolute || format === FORMAT.u64 || format === FORMAT.s64) {
      const is64 = format !== FORMAT.absolute || reader.is64;
      if (!is64) return reader.u32(this.at);
      return isAbsolute ? reader.address(this.at) : reader.i64(this.at);
    }
    if (format === FORMAT.u32) return reader.u32(this.at);
    if (format === FORMAT.s32) return reader.i32(this.at);
    return format === FORMAT.u16 ? reader.u16(this.at) : (reader.u16(this.at) << 16) >> 16;
  }
}

/** A record: length[4] (or ffffffff length[8]) id[4] …; id 0 is a common entry, others the distance back to theirs. */
function walk(source: FrameSource, range: FrameRange): UnwindRows {
  const { reader, warnings } = source.tables;
  const rows: UnwindRows = { count: 0, starts: new Float64Array(1024), ends: new Float64Array(1024) };
  const encodings = new Map<number, number>();
  const end = Math.min(range.offset + range.size, reader.bytes.length);
  let at = range.offset;
  while (at + 8 <= end) {
    let [length, body] = [reader.u32(at), at + 4];
    if (length === 0) {
      // The end mark; crt files put one after each other's frames when linked oddly, so what follows is looked at.
      at += 4;
      continue;
    }
    if (length === 0xffffffff && at + 16 <= end) [length, body] = [reader.u64(at + 4), at + 12];
    if (body + length > end || length < 4) {
      warnings.add(`a frame description at ${at} reaches beyond .eh_frame`);
      break;
    }
    const id = reader.u32(body);
    if (id !== 0) addRow(source, range, { at: body, end: body + length, common: body - id }, encodings, rows);
    at = body + length;
  }
  return rows;
}

interface Description {
  readonly at: number;
  readonly end: number;
  /** Offset of its common entry's length field. */
  readonly common: number;
}

/** CIE_pointer[4] pc_begin pc_range …. */
function addRow(
  source: FrameSource,
  range: FrameRange,
  { at, end, common }: Description,
  encodings: Map<number, number>,
  rows: UnwindRows,
): void {
  const { tables, relocated } = source;
  let encoding = encodings.get(common);
  if (encoding === undefined) {
    encoding = common >= range.offset ? encodingOf(tables, range, common) : OMITTED;
    encodings.set(common, encoding);
  }
  const cursor = new FrameCursor(tables, range, at + 4, end);
  const place = cursor.here;
  const read = cursor.pointer(encoding, 0);
  const start = relocated?.(place) ?? read;
  const size = cursor.pointer(encoding & 15, 0);
  if (cursor.isShort || size <= 0 || !isPlace(start) || !isPlace(start + size)) return;
  if (start === 0) return; // A function that the linker removed.
  if (rows.count === rows.starts.length) grow(rows);
  rows.starts[rows.count] = start;
  rows.ends[rows.count] = start + size;
  rows.count += 1;
}

/** length[4] id[4] version[1] augmentation\0 code_align data_align return_register augmentation_data: the encoding of pointers. */
function encodingOf(tables: Tables, range: FrameRange, at: number): number {
  const { reader } = tables;
  const isLong = at + 4 <= range.offset + range.size && reader.u32(at) === 0xffffffff;
  const cursor = new FrameCursor(tables, range, at + (isLong ? 16 : 8));
  const version = cursor.byte();
  let augmentation = '';
  for (let byte = cursor.byte(); byte !== 0 && augmentation.length < 16; byte = cursor.byte())
    augmentation += String.fromCharCode(byte);
  if (augmentation === 'eh') cursor.at += reader.wordSize;
  cursor.uleb();
  cursor.uleb();
  if (version === 1) cursor.byte();
  else cursor.uleb();
  if (!augmentation.startsWith('z')) return FORMAT.absolute;
  cursor.uleb();
  for (const letter of augmentation.slice(1)) {
    if (letter === 'R') return cursor.byte();
    if (letter === 'L') cursor.byte();
    if (letter === 'P') cursor.at += encodedSize(cursor.byte() & 0x7f, reader.wordSize);
  }
  return cursor.isShort ? OMITTED : FORMAT.absolute;
}

function grow(rows: UnwindRows): void {
  for (const name of ['starts', 'ends'] as const) {
    const wider = new Float64Array(rows.count * 2);
    wider.set(rows[name]);
    rows[name] = wider;
  }
}

/** By start. Linkers write them nearly in order. */
function sorted({ count, starts, ends }: UnwindRows): UnwindRows {
  let isInOrder = true;
  for (let row = 1; row < count && isInOrder; row += 1)
    isInOrder = (starts[row - 1] as number) <= (starts[row] as number);
  if (isInOrder) return { count, starts: starts.subarray(0, count), ends: ends.subarray(0, count) };
  const order = Uint32Array.from({ length: count }, (_, row) => row);
  order.sort((left, right) => (starts[left] as number) - (starts[right] as number));
  return {
    count,
    starts: Float64Array.from(order, (row) => starts[row] as number),
    ends: Float64Array.from(order, (row) => ends[row] as number),
  };
}
