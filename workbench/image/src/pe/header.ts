// The headers of a PE file: DOS header, COFF header, optional header, directories, section headers.

import { accepted, type Outcome, refused } from '@cohesix/check';
import { ElfReader } from '../elf/reader.ts';
import type { ImageIsa, Machine } from '../image.ts';
import { MACHINE, MACHINE_NAMES, OPTIONAL, SECTION_HEADER_SIZE } from './constants.ts';

/** A row of the table of directories. `rva` is a file offset for the certificate table. */
export interface PeDirectory {
  readonly rva: number;
  readonly size: number;
}

/** What the headers say, as they say it. */
export interface PeHeaders {
  /** Where the mark `PE\0\0` is. */
  readonly peOffset: number;
  readonly machine: number;
  readonly sectionCount: number;
  readonly timestamp: number;
  readonly symbolTable: { readonly offset: number; readonly count: number };
  readonly characteristics: number;
  readonly optionalOffset: number;
  readonly is64: boolean;
  readonly entryRva: number;
  readonly imageBase: bigint;
  readonly sectionAlignment: number;
  readonly fileAlignment: number;
  readonly imageSize: number;
  readonly headersSize: number;
  readonly checksum: number;
  readonly subsystem: number;
  readonly dllCharacteristics: number;
  /** Where the table of directories begins, and its rows; at most 16 are used. */
  readonly directoryOffset: number;
  readonly directories: readonly PeDirectory[];
  readonly sectionTableOffset: number;
}

const DIRECTORIES_MAX = 16;
const COFF_SIZE = 20;

/** Whether the file begins as a DOS program does, which every PE file is too. */
export function isPe(bytes: Uint8Array): boolean {
  return bytes[0] === 0x4d && bytes[1] === 0x5a;
}

/** A reader for the file and its headers. Refuses what has no whole PE header. */
export function readHeaders(bytes: Uint8Array): Outcome<{ readonly reader: ElfReader; readonly headers: PeHeaders }> {
  const narrow = new ElfReader(bytes, false, true);
  if (!isPe(bytes) || bytes.length < 0x40) return refused('expected a DOS header of 64 bytes with the mark MZ');
  const peOffset = narrow.u32(0x3c);
  if (!narrow.has(peOffset, 4 + COFF_SIZE) || narrow.u32(peOffset) !== 0x4550)
    return refused(`expected the mark PE at offset ${peOffset}, which the DOS header names: a DOS program, or cut off`);
  const optionalOffset = peOffset + 4 + COFF_SIZE;
  const magic = narrow.has(optionalOffset, 2) ? narrow.u16(optionalOffset) : 0;
  if (magic !== OPTIONAL.pe32 && magic !== OPTIONAL.pe32Plus)
    return refused(`expected an optional header of kind 10b or 20b (hexadecimal), got ${magic.toString(16)}`);
  const is64 = magic === OPTIONAL.pe32Plus;
  const size = is64 ? 112 : 96;
  if (!narrow.has(optionalOffset, size))
    return refused(`an optional header has ${size} bytes; the file ends before that`);
  const reader = new ElfReader(bytes, is64, true);
  return accepted({ reader, headers: headersOf(reader, peOffset) });
}

function headersOf(reader: ElfReader, peOffset: number): PeHeaders {
  const [coff, at] = [peOffset + 4, peOffset + 4 + COFF_SIZE];
  const { is64 } = reader;
  const directoryOffset = at + (is64 ? 112 : 96);
  return {
    peOffset,
    machine: reader.u16(coff),
    sectionCount: reader.u16(coff + 2),
    timestamp: reader.u32(coff + 4),
    symbolTable: { offset: reader.u32(coff + 8), count: reader.u32(coff + 12) },
    characteristics: reader.u16(coff + 18),
    ...{ optionalOffset: at, is64, directoryOffset },
    entryRva: reader.u32(at + 16),
    imageBase: is64 ? reader.big64(at + 24) : BigInt(reader.u32(at + 28)),
    sectionAlignment: reader.u32(at + 32),
    fileAlignment: reader.u32(at + 36),
    imageSize: reader.u32(at + 56),
    headersSize: reader.u32(at + 60),
    checksum: reader.u32(at + 64),
    subsystem: reader.u16(at + 68),
    dllCharacteristics: reader.u16(at + 70),
    directories: readDirectories(reader, directoryOffset),
    sectionTableOffset: at + reader.u16(coff + 16),
  };
}

function readDirectories(reader: ElfReader, start: number): readonly PeDirectory[] {
  const count = Math.min(reader.u32(start - 4), DIRECTORIES_MAX);
  const rows: PeDirectory[] = [];
  for (let at = start; rows.length < count && reader.has(at, 8); at += 8)
    rows.push({ rva: reader.u32(at), size: reader.u32(at + 4) });
  return rows;
}

/** Section headers that are whole inside the file. */
export function wholeSections(reader: ElfReader, { sectionCount, sectionTableOffset }: PeHeaders): number {
  const room = Math.floor((reader.bytes.length - sectionTableOffset) / SECTION_HEADER_SIZE);
  return Math.max(0, Math.min(sectionCount, room));
}

/** What the headers say of the machine. ARM64EC and ARM64X files say so in the load config, and x86-64 or ARM64 here. */
export function machineOf({ machine, is64 }: PeHeaders): Machine {
  return {
    isa: isaOf(machine),
    name: MACHINE_NAMES.get(machine) ?? `IMAGE_FILE_MACHINE_${machine.toString(16)}`,
    bits: is64 ? 64 : 32,
    endian: 'little',
  };
}

function isaOf(machine: number): ImageIsa {
  if (machine === MACHINE.amd64) return 'x86-64';
  if (machine === MACHINE.arm64 || machine === MACHINE.arm64Ec || machine === MACHINE.arm64X) return 'aarch64';
  if (machine === MACHINE.i386) return 'x86';
  return machine === MACHINE.armNt ? 'arm' : 'other';
}
