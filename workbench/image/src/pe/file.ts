// A PE file as its readers share it: headers, sections, and the way from a relative virtual address (RVA) to the file.

import { AddressMap } from '../elf/layout.ts';
import { NameTable } from '../elf/names.ts';
import type { ElfReader } from '../elf/reader.ts';
import type { Section, Segment } from '../image.ts';
import { Warnings } from '../warnings.ts';
import type { PeHeaders } from './header.ts';
import { type PeSection, readSections, sectionsOf, segmentsOf } from './layout.ts';

/** Everything that is read at once. */
export interface PeFile {
  readonly reader: ElfReader;
  readonly headers: PeHeaders;
  readonly warnings: Warnings;
  /** Preferred address of the image, less `reader.base`. */
  readonly imageBase: number;
  readonly rows: readonly PeSection[];
  readonly segments: readonly Segment[];
  readonly sections: readonly Section[];
  readonly map: AddressMap;
  readonly names: NameTable;
}

/** A directory that lies in the file: `offset` of its bytes, and as many of them as are there. */
export interface DirectoryPlace {
  readonly rva: number;
  readonly offset: number;
  readonly size: number;
}

/** Highest image base whose addresses are shown as they are: 2^53 less the 4 GiB that an image may have. */
const PLAIN_BASE_MAX = BigInt(Number.MAX_SAFE_INTEGER) - 0x1_0000_0000n;

/** Reads the section headers; `headers` are whole. */
export function peFileOf(reader: ElfReader, headers: PeHeaders): PeFile {
  const warnings = new Warnings();
  if (headers.imageBase > PLAIN_BASE_MAX) reader.setBase(headers.imageBase);
  const imageBase = Number(headers.imageBase - reader.base);
  const names = new NameTable(reader.bytes, 0, reader.bytes.length);
  const rows = readSections({ reader, headers, warnings, names });
  const segments = segmentsOf({ reader, headers, warnings, imageBase }, rows);
  const sections = sectionsOf(rows, imageBase);
  return {
    ...{ reader, headers, warnings, imageBase, rows, segments, sections, names },
    map: new AddressMap(segments),
  };
}

/** File offset of `size` bytes at an RVA; -1 when they are not all in the file. */
export function offsetOfRva({ map, imageBase }: PeFile, rva: number, size: number): number {
  return map.offsetOf(imageBase + rva, size);
}

/** Bytes of the file from an RVA to the end of its section. */
export function bytesFromRva({ map, imageBase }: PeFile, rva: number): number {
  return map.bytesFrom(imageBase + rva);
}

/** The text at an RVA; empty where there is none. Untrusted. */
export function nameAtRva(file: PeFile, rva: number): string {
  const at = rva === 0 ? -1 : offsetOfRva(file, rva, 1);
  return at < 0 ? '' : file.names.at(at);
}

/** A directory by its row; undefined when the file has none or it does not begin inside the file (with a warning). */
export function directoryOf(file: PeFile, row: number, name: string): DirectoryPlace | undefined {
  const directory = file.headers.directories[row];
  if (directory === undefined || directory.rva === 0 || directory.size === 0) return undefined;
  const { rva, size } = directory;
  const there = Math.min(size, bytesFromRva(file, rva));
  if (there < size) file.warnings.add(`the ${name} directory has ${size} bytes, ${there} of them are in the file`);
  return there === 0 ? undefined : { rva, offset: offsetOfRva(file, rva, 1), size: there };
}
