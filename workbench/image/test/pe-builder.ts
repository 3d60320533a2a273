// Builds small PE files for tests, each field as the test says, so that every oddity can be made.

import { putU16, putU32, putU64 } from '@cohesix/bytes';

/** A section header, and the bytes that are put at its offset. */
export interface BuiltPeSection {
  readonly name?: string;
  readonly rva: number;
  readonly bytes?: Uint8Array;
  readonly virtualSize?: number;
  readonly flags?: number;
  /** Instead of what follows from `bytes`. */
  readonly rawSize?: number;
  readonly rawOffset?: number;
}

/** A whole PE32+ file: headers of 1,024 bytes, then sections, then `tail`. */
export interface BuiltPe {
  readonly machine?: number;
  readonly imageBase?: bigint;
  readonly entry?: number;
  readonly characteristics?: number;
  readonly sections?: readonly BuiltPeSection[];
  /** Row → RVA (or offset) and size. */
  readonly directories?: { readonly [row: number]: readonly [number, number] };
  readonly sectionCount?: number;
  readonly checksum?: number;
  readonly tail?: Uint8Array;
}

/** Code that may be run and read. */
export const CODE_FLAGS = 0x6000_0020;
/** Data that may be read. */
const DATA_FLAGS = 0x4000_0040;
/** Where the optional header of a built file is. */
export const OPTIONAL_AT = 0x98;

const HEADERS_SIZE = 1024;
const PE_AT = 0x80;

/** The bytes of the file. */
export function pe(built: BuiltPe): Uint8Array<ArrayBuffer> {
  const { sections = [], tail = new Uint8Array(0) } = built;
  let end = HEADERS_SIZE;
  const places = sections.map(({ bytes = new Uint8Array(0) }) => {
    const at = end;
    end += Math.ceil(bytes.length / 512) * 512;
    return at;
  });
  const file = new Uint8Array(end + tail.length);
  putHeaders(file, built);
  for (const [row, section] of sections.entries()) putSection(file, row, section, places[row] ?? 0);
  file.set(tail, end);
  return file;
}

function putHeaders(file: Uint8Array, built: BuiltPe): void {
  const { sections = [], directories = {}, imageBase = 0x1_4000_0000n } = built;
  file.set([0x4d, 0x5a]);
  putU32(file, 0x3c, PE_AT);
  file.set([0x50, 0x45], PE_AT);
  putU16(file, PE_AT + 4, built.machine ?? 0x8664);
  putU16(file, PE_AT + 6, built.sectionCount ?? sections.length);
  putU16(file, PE_AT + 20, 240);
  putU16(file, PE_AT + 22, built.characteristics ?? 0x22);
  putU16(file, OPTIONAL_AT, 0x20b);
  putU32(file, OPTIONAL_AT + 16, built.entry ?? 0);
  putU64(file, OPTIONAL_AT + 24, imageBase);
  for (const [at, value] of [
    [32, 4096],
    [36, 512],
    [56, 0x10_0000],
    [60, HEADERS_SIZE],
    [64, built.checksum ?? 0],
    [108, 16],
  ] as const)
    putU32(file, OPTIONAL_AT + at, value);
  for (const [row, [rva, size]] of Object.entries(directories)) {
    putU32(file, OPTIONAL_AT + 112 + Number(row) * 8, rva);
    putU32(file, OPTIONAL_AT + 116 + Number(row) * 8, size);
  }
}

function putSection(file: Uint8Array, row: number, section: BuiltPeSection, place: number): void {
  const { name = '.text', bytes = new Uint8Array(0) } = section;
  const at = OPTIONAL_AT + 240 + row * 40;
  file.set(new TextEncoder().encode(name), at);
  putU32(file, at + 8, section.virtualSize ?? bytes.length);
  putU32(file, at + 12, section.rva);
  putU32(file, at + 16, section.rawSize ?? Math.ceil(bytes.length / 512) * 512);
  putU32(file, at + 20, section.rawOffset ?? (bytes.length === 0 ? 0 : place));
  putU32(file, at + 36, section.flags ?? DATA_FLAGS);
  file.set(bytes, place);
}

/** 32-bit numbers and texts (with a NUL, evened out to four bytes) one after the other. */
export function data(...parts: readonly (number | bigint | string)[]): Uint8Array {
  const pieces = parts.map((part) => {
    const bytes = new Uint8Array(
      typeof part === 'string' ? Math.ceil((part.length + 1) / 4) * 4 : typeof part === 'bigint' ? 8 : 4,
    );
    if (typeof part === 'string') bytes.set(new TextEncoder().encode(part));
    else if (typeof part === 'bigint') putU64(bytes, 0, part);
    else putU32(bytes, 0, part);
    return bytes;
  });
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
