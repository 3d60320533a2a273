// Sections of a PE file, and where the loader puts them.

import type { NameTable } from '../elf/names.ts';
import type { ElfReader } from '../elf/reader.ts';
import type { Permissions, Section, SectionRole, Segment } from '../image.ts';
import { textAt } from '../text.ts';
import { address, offset } from '../units.ts';
import type { Warnings } from '../warnings.ts';
import { SCN, SECTION_HEADER_SIZE, SECTOR } from './constants.ts';
import { type PeHeaders, wholeSections } from './header.ts';

/** A section header, cut to what the file has. */
export interface PeSection {
  readonly name: string;
  /** Where its header is. */
  readonly at: number;
  readonly rva: number;
  readonly virtualSize: number;
  /** PointerToRawData as the loader takes it, and SizeOfRawData as far as the file goes. */
  readonly rawOffset: number;
  readonly rawSize: number;
  readonly characteristics: number;
}

interface Source {
  readonly reader: ElfReader;
  readonly headers: PeHeaders;
  readonly warnings: Warnings;
}

/** Below this section alignment the loader maps the file as it is. */
const PAGE = 4096;

/** Reads the section headers that are in the file. */
export function readSections(source: Source & { readonly names: NameTable }): readonly PeSection[] {
  const { reader, headers, warnings } = source;
  const count = wholeSections(reader, headers);
  if (count < headers.sectionCount)
    warnings.add(`${headers.sectionCount} sections are announced, ${count} are in the file`);
  return Array.from({ length: count }, (_, row) =>
    readSection(source, headers.sectionTableOffset + row * SECTION_HEADER_SIZE),
  );
}

/** Name[8] VirtualSize VirtualAddress SizeOfRawData PointerToRawData ×[12] Characteristics. */
function readSection(
  { reader, headers, warnings, names }: Source & { readonly names: NameTable },
  at: number,
): PeSection {
  const [virtualSize, rawSize, rawPointer] = [reader.u32(at + 8), reader.u32(at + 16), reader.u32(at + 20)];
  const name = nameOf(reader, headers, names, at);
  const rawOffset = headers.sectionAlignment >= PAGE ? rawPointer - (rawPointer % SECTOR) : rawPointer;
  const there = rawPointer === 0 ? 0 : Math.max(0, Math.min(rawSize, reader.bytes.length - rawOffset));
  if (there < rawSize && rawPointer !== 0)
    warnings.add(`section ${name} has ${rawSize} bytes, ${there} of them are in the file`);
  return {
    ...{ name, at, rawOffset: there === 0 ? 0 : rawOffset, rawSize: there },
    rva: reader.u32(at + 12),
    virtualSize: virtualSize === 0 ? rawSize : virtualSize,
    characteristics: reader.u32(at + 36),
  };
}

/** Eight bytes, or `/123`: an offset in the strings after the COFF symbols. */
function nameOf(reader: ElfReader, { symbolTable }: PeHeaders, names: NameTable, at: number): string {
  const short = textAt(reader.bytes, at, at + 8);
  if (!/^\/\d+$/.test(short) || symbolTable.offset === 0) return short;
  return names.at(symbolTable.offset + symbolTable.count * COFF_SYMBOL_SIZE + Number(short.slice(1))) || short;
}

/** Bytes of a row of the COFF symbol table. */
export const COFF_SYMBOL_SIZE = 18;

/** The headers and the sections as the loader maps them, by address. */
export function segmentsOf(
  { reader, headers, warnings, imageBase }: Source & { readonly imageBase: number },
  rows: readonly PeSection[],
): readonly Segment[] {
  const headersSize = Math.min(headers.headersSize, reader.bytes.length);
  const head: Segment = {
    ...{ name: 'headers', address: address(imageBase), offset: offset(0), fileSize: headersSize },
    memorySize: headers.headersSize,
    permissions: { read: true, write: false, execute: false },
  };
  const loaded = rows.filter(({ virtualSize }) => virtualSize > 0).map((row) => segmentOf(row, imageBase));
  const segments = [...(headers.headersSize > 0 ? [head] : []), ...loaded];
  segments.sort((left, right) => left.address - right.address);
  for (const [index, segment] of segments.entries()) {
    const before = segments[index - 1];
    if (before !== undefined && before.address + before.memorySize > segment.address)
      warnings.add(`${segment.name} overlaps ${before.name} in memory`);
  }
  return segments;
}

function segmentOf(row: PeSection, imageBase: number): Segment {
  return {
    name: row.name,
    address: address(imageBase + row.rva),
    memorySize: row.virtualSize,
    offset: offset(row.rawOffset),
    fileSize: Math.min(row.rawSize, row.virtualSize),
    permissions: permissionsOf(row.characteristics),
  };
}

function permissionsOf(characteristics: number): Permissions {
  return {
    read: (characteristics & SCN.read) !== 0,
    write: (characteristics & SCN.write) !== 0,
    execute: (characteristics & SCN.execute) !== 0,
  };
}

/** The sections of the model, in the file's order. */
export function sectionsOf(rows: readonly PeSection[], imageBase: number): readonly Section[] {
  return rows.map((row) => ({
    name: row.name,
    address: address(imageBase + row.rva),
    size: row.virtualSize,
    offset: offset(row.rawOffset),
    fileSize: Math.min(row.rawSize, row.virtualSize),
    permissions: permissionsOf(row.characteristics),
    role: roleOf(row),
  }));
}

function roleOf({ name, characteristics, rawSize }: PeSection): SectionRole {
  if (/^\.(z?debug_|stab)/.test(name)) return 'debug';
  if ((characteristics & SCN.execute) !== 0) return 'code';
  if (name === '.reloc') return 'relocation';
  if (name === '.pdata' || name === '.xdata' || name.startsWith('.eh_frame')) return 'unwind';
  return rawSize === 0 ? 'zero' : 'data';
}
