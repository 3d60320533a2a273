// Segments and sections of a Mach-O image.

import type { ElfReader } from '../elf/reader.ts';
import { isPlace } from '../elf/reader.ts';
import type { Permissions, Section, SectionRole, Segment } from '../image.ts';
import { LIMITS } from '../limits.ts';
import { textAt } from '../text.ts';
import { address, offset } from '../units.ts';
import type { Warnings } from '../warnings.ts';
import type { LoadCommand } from './commands.ts';
import { ATTRIBUTE, LC, SECTION, VM } from './constants.ts';

/** A segment as its command says it, with its sections; numbers as in the file, addresses less the base. */
export interface MachoSegment {
  /** Where the command is. */
  readonly at: number;
  readonly name: string;
  readonly address: number;
  readonly memorySize: number;
  readonly offset: number;
  readonly fileSize: number;
  readonly permissions: number;
  readonly permissionsMax: number;
  readonly sections: readonly MachoSection[];
}

/** A section as the file says it. */
export interface MachoSection {
  readonly at: number;
  readonly name: string;
  readonly segment: string;
  readonly address: number;
  readonly size: number;
  readonly offset: number;
  readonly flags: number;
  readonly relocations: { readonly offset: number; readonly count: number };
  readonly reserved1: number;
  readonly reserved2: number;
}

/** Reads LC_SEGMENT or LC_SEGMENT_64, whichever fits the image's class. */
export function readSegments(
  reader: ElfReader,
  commands: readonly LoadCommand[],
  warnings: Warnings,
): readonly MachoSegment[] {
  const kind = reader.is64 ? LC.segment64 : LC.segment;
  const least = reader.is64 ? 72 : 56;
  let left: number = LIMITS.tableRows;
  return commands.flatMap((command) => {
    if (command.kind !== kind || command.size < least) return [];
    const segment = readSegment(reader, command, left, warnings);
    left -= segment.sections.length;
    return [segment];
  });
}

function readSegment(reader: ElfReader, { at, size }: LoadCommand, left: number, warnings: Warnings): MachoSegment {
  const w = reader.wordSize;
  const tail = at + 24 + 4 * w;
  const [headSize, rowSize] = reader.is64 ? [72, 80] : [56, 68];
  const name = textAt(reader.bytes, at + 8, at + 24);
  const announced = reader.u32(tail + 8);
  const count = Math.min(announced, Math.floor((size - headSize) / rowSize), left);
  if (count < announced) warnings.add(`${name} announces ${announced} sections, ${count} are in its command`);
  return {
    ...{ at, name, address: reader.address(at + 24), memorySize: reader.word(at + 24 + w) },
    ...{ offset: reader.word(at + 24 + 2 * w), fileSize: reader.word(at + 24 + 3 * w) },
    ...{ permissionsMax: reader.u32(tail), permissions: reader.u32(tail + 4) },
    sections: Array.from({ length: count }, (_, row) => readSection(reader, at + headSize + row * rowSize)),
  };
}

/** name[16] segment[16] address[W] size[W] offset[4] alignment[4] relocations[4] their count[4] flags[4] reserved[4] ×2 (×3). */
function readSection(reader: ElfReader, at: number): MachoSection {
  const rest = at + 32 + 2 * reader.wordSize;
  return {
    at,
    name: textAt(reader.bytes, at, at + 16),
    segment: textAt(reader.bytes, at + 16, at + 32),
    address: reader.address(at + 32),
    size: reader.word(at + 32 + reader.wordSize),
    offset: reader.u32(rest),
    relocations: { offset: reader.u32(rest + 8), count: reader.u32(rest + 12) },
    flags: reader.u32(rest + 16),
    ...{ reserved1: reader.u32(rest + 20), reserved2: reader.u32(rest + 24) },
  };
}

/** Segments of the model, by address, with offsets from the start of the image. An object has one, without a name. */
export function segmentsOf(rows: readonly MachoSegment[], size: number, warnings: Warnings): readonly Segment[] {
  const sane = rows.filter(
    (row) => row.memorySize > 0 && isPlace(row.address) && isPlace(row.address + row.memorySize),
  );
  const segments = sane.map((row): Segment => {
    const there = Math.max(0, Math.min(row.fileSize, row.memorySize, size - row.offset));
    if (there < Math.min(row.fileSize, row.memorySize))
      warnings.add(`${row.name} has ${row.fileSize} bytes, ${there} are there`);
    return {
      ...{ name: row.name, address: address(row.address), memorySize: row.memorySize },
      ...{ offset: offset(there === 0 ? 0 : row.offset), fileSize: there, permissions: permissionsOf(row.permissions) },
    };
  });
  segments.sort((left, right) => left.address - right.address);
  for (const [index, segment] of segments.entries()) {
    const before = segments[index - 1];
    if (before !== undefined && before.address + before.memorySize > segment.address)
      warnings.add(`${segment.name} overlaps ${before.name} in memory`);
  }
  return segments;
}

function permissionsOf(flags: number): Permissions {
  return { read: (flags & VM.read) !== 0, write: (flags & VM.write) !== 0, execute: (flags & VM.execute) !== 0 };
}

/** Sections of the model: `__TEXT,__text` is called `__text`. */
export function sectionsOf(rows: readonly MachoSegment[], size: number): readonly Section[] {
  return rows.flatMap(({ sections, permissions }) =>
    sections.map((section): Section => {
      const role = roleOf(section);
      const isShown = isPlace(section.address) && isPlace(section.address + section.size);
      const inFile = role === 'zero' ? 0 : Math.max(0, Math.min(section.size, size - section.offset));
      const isCode = role === 'code';
      return {
        ...{
          name: section.name,
          address: address(isShown ? section.address : 0),
          size: isShown ? section.size : inFile,
        },
        ...{ offset: offset(inFile === 0 ? 0 : section.offset), fileSize: inFile, role },
        permissions: { ...permissionsOf(permissions), execute: isCode && (permissions & VM.execute) !== 0 },
      };
    }),
  );
}

/** The lowest byte of a section's flags. */
export function sectionType({ flags }: MachoSection): number {
  return flags & 0xff;
}

/** Whether a section holds instructions. */
export function isCodeSection({ flags }: MachoSection): boolean {
  return (flags & (ATTRIBUTE.pureCode | ATTRIBUTE.someCode)) !== 0;
}

const ZERO: readonly number[] = [SECTION.zero, SECTION.zeroLarge, SECTION.zeroThread];

function roleOf(section: MachoSection): SectionRole {
  if (ZERO.includes(sectionType(section))) return 'zero';
  if (isCodeSection(section)) return 'code';
  if ((section.flags & ATTRIBUTE.debug) !== 0 || section.segment === '__DWARF') return 'debug';
  return section.name === '__unwind_info' || section.name === '__eh_frame' ? 'unwind' : 'data';
}
