// Builds small ELF files for tests, each field as the test says, so that every oddity can be made.

import { putU16, putU16be, putU32, putU32be, putU64, putU64be } from '@cohesix/bytes';

/** A program header, and the bytes that are put at its offset. */
export interface BuiltSegment {
  readonly type?: number;
  readonly flags?: number;
  readonly address?: number | bigint;
  readonly bytes?: Uint8Array;
  /** Instead of where `bytes` were put. */
  readonly offset?: number;
  readonly fileSize?: number | bigint;
  readonly memorySize?: number | bigint;
  readonly alignment?: number;
}

/** A section header, and the bytes that are put at its offset. */
export interface BuiltSection {
  readonly name?: string;
  readonly type?: number;
  readonly flags?: number;
  readonly address?: number | bigint;
  readonly bytes?: Uint8Array;
  readonly offset?: number;
  readonly size?: number | bigint;
  readonly link?: number;
  readonly info?: number;
  readonly alignment?: number;
  readonly entrySize?: number;
}

/** A whole file. */
export interface BuiltElf {
  readonly is64?: boolean;
  readonly isLittle?: boolean;
  readonly type?: number;
  readonly machine?: number;
  readonly entry?: number | bigint;
  readonly segments?: readonly BuiltSegment[];
  /** Without the null section and the section of names, which are made when there are sections. */
  readonly sections?: readonly BuiltSection[];
  /** Changes of the header's fields, by their name in the specification. */
  readonly header?: { readonly [field in HeaderField]?: number };
}

type HeaderField = 'phoff' | 'phentsize' | 'phnum' | 'shoff' | 'shentsize' | 'shnum' | 'shstrndx';

/** Writes integers in a file's byte order and width. */
export class Writer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly is64: boolean;
  readonly isLittle: boolean;
  at = 0;

  constructor(
    size: number,
    { is64 = true, isLittle = true }: { readonly is64?: boolean; readonly isLittle?: boolean } = {},
  ) {
    this.bytes = new Uint8Array(size);
    this.is64 = is64;
    this.isLittle = isLittle;
  }

  u8(...values: readonly number[]): this {
    this.bytes.set(values, this.at);
    this.at += values.length;
    return this;
  }

  u16(value: number): this {
    (this.isLittle ? putU16 : putU16be)(this.bytes, this.at, value);
    this.at += 2;
    return this;
  }

  u32(value: number): this {
    (this.isLittle ? putU32 : putU32be)(this.bytes, this.at, value);
    this.at += 4;
    return this;
  }

  u64(value: number | bigint): this {
    (this.isLittle ? putU64 : putU64be)(this.bytes, this.at, BigInt.asUintN(64, BigInt(value)));
    this.at += 8;
    return this;
  }

  word(value: number | bigint): this {
    return this.is64 ? this.u64(value) : this.u32(Number(BigInt.asUintN(32, BigInt(value))));
  }
}

/** `u64(1, 2)` as bytes, little endian. */
export function words(...values: readonly (number | bigint)[]): Uint8Array {
  const writer = new Writer(values.length * 8);
  for (const value of values) writer.u64(value);
  return writer.bytes;
}

/** Text with a NUL behind it. */
export function text(value: string): Uint8Array {
  return new TextEncoder().encode(`${value}\0`);
}

/** One after the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A symbol table entry of a 64-bit little-endian file. */
export function symbol(name: number, info: number, section: number, value: number | bigint, size = 0): Uint8Array {
  return new Writer(24).u32(name).u8(info, 0).u16(section).u64(value).u64(size).bytes;
}

/** The file: header, program headers, the segments' bytes, the sections' bytes, section headers. */
export function elf(built: BuiltElf): Uint8Array {
  const { is64 = true, isLittle = true, segments = [], sections } = built;
  const order = { is64, isLittle };
  const [headerSize, rowSize, sectionSize] = is64 ? [64, 56, 64] : [52, 32, 40];
  const names = sections === undefined ? [] : ['', ...sections.map(({ name = '' }) => name), '.shstrtab'];
  const all: readonly BuiltSection[] =
    sections === undefined ? [] : [{ type: 0, offset: 0 }, ...sections, { type: 3, bytes: joined(...names.map(text)) }];
  let at = headerSize + segments.length * rowSize;
  const place = (bytes: Uint8Array | undefined): number => {
    const offset = at;
    at = Math.ceil((at + (bytes?.length ?? 0)) / 8) * 8;
    return offset;
  };
  const segmentOffsets = segments.map(({ bytes }) => place(bytes));
  const sectionOffsets = all.map(({ bytes }) => place(bytes));
  const tableAt = at;
  const writer = new Writer(tableAt + all.length * sectionSize, order);
  writeHeader(writer, built, { tableAt, sectionCount: all.length, headerSize, rowSize, sectionSize });
  for (const [index, segment] of segments.entries()) {
    writer.bytes.set(segment.bytes ?? [], segmentOffsets[index]);
    writeSegment(writer, segment, segmentOffsets[index] ?? 0);
  }
  writer.at = tableAt;
  let nameAt = 0;
  for (const [index, section] of all.entries()) {
    writer.bytes.set(section.bytes ?? [], sectionOffsets[index]);
    writeSection(writer, section, nameAt, sectionOffsets[index] ?? 0);
    nameAt += (names[index] ?? '').length + 1;
  }
  return writer.bytes;
}

interface Sizes {
  readonly tableAt: number;
  readonly sectionCount: number;
  readonly headerSize: number;
  readonly rowSize: number;
  readonly sectionSize: number;
}

function writeHeader(writer: Writer, built: BuiltElf, sizes: Sizes): void {
  const { type = 3, machine = 62, entry = 0, segments = [], header = {} } = built;
  const count = sizes.sectionCount;
  writer.u8(0x7f, 0x45, 0x4c, 0x46, writer.is64 ? 2 : 1, writer.isLittle ? 1 : 2, 1, 0);
  writer.at = 16;
  writer.u16(type).u16(machine).u32(1).word(entry);
  writer
    .word(header.phoff ?? (segments.length === 0 ? 0 : sizes.headerSize))
    .word(header.shoff ?? (count === 0 ? 0 : sizes.tableAt));
  writer
    .u32(0)
    .u16(sizes.headerSize)
    .u16(header.phentsize ?? sizes.rowSize)
    .u16(header.phnum ?? segments.length);
  writer
    .u16(header.shentsize ?? sizes.sectionSize)
    .u16(header.shnum ?? count)
    .u16(header.shstrndx ?? Math.max(0, count - 1));
}

function writeSegment(writer: Writer, segment: BuiltSegment, placed: number): void {
  const { type = 1, flags = 4, address = 0, bytes, offset = placed, alignment = 8 } = segment;
  const fileSize = segment.fileSize ?? bytes?.length ?? 0;
  writer.u32(type);
  if (writer.is64) writer.u32(flags);
  writer
    .word(offset)
    .word(address)
    .word(address)
    .word(fileSize)
    .word(segment.memorySize ?? fileSize);
  if (!writer.is64) writer.u32(flags);
  writer.word(alignment);
}

function writeSection(writer: Writer, section: BuiltSection, nameAt: number, placed: number): void {
  const {
    type = 1,
    flags = 0,
    address = 0,
    bytes,
    offset = placed,
    link = 0,
    info = 0,
    alignment = 1,
    entrySize = 0,
  } = section;
  writer
    .u32(nameAt)
    .u32(type)
    .word(flags)
    .word(address)
    .word(offset)
    .word(section.size ?? bytes?.length ?? 0);
  writer.u32(link).u32(info).word(alignment).word(entrySize);
}
