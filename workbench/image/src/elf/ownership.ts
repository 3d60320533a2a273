// Who owns the bytes of an ELF file: its headers, then its sections, then what segments load without a section saying what it is.

import { Claims } from '../claims.ts';
import type { Section, SectionRole, Segment } from '../image.ts';
import type { OwnedRange, OwnerKind, Ownership } from '../ownership.ts';
import type { Dynamic } from './dynamic.ts';
import { type ElfHeader, headerSize } from './header.ts';
import type { ProgramHeader } from './program-headers.ts';
import type { ElfReader } from './reader.ts';

/** What claims are made of. */
export interface OwnershipSource {
  readonly reader: ElfReader;
  readonly header: ElfHeader;
  readonly programHeaders: readonly ProgramHeader[];
  readonly sectionCount: number;
  readonly sections: readonly Section[];
  readonly segments: readonly Segment[];
  readonly dynamic: Dynamic | undefined;
}

const KINDS: Readonly<Record<SectionRole, OwnerKind>> = {
  code: 'code',
  data: 'data',
  zero: 'data',
  string: 'table',
  symbol: 'table',
  relocation: 'table',
  note: 'table',
  unwind: 'table',
  debug: 'debug',
  other: 'other',
};

/** The map. What a segment loads beside its sections is slack if it is padding, and the segment's otherwise. */
export function ownershipOf(source: OwnershipSource): Ownership {
  const { reader, header, programHeaders, sections, segments, dynamic } = source;
  const claims = new Claims(reader.bytes.length);
  const { programHeaders: program, sectionHeaders: section } = header;
  claims.add(0, headerSize(reader.is64), 'header', 'ELF header');
  claims.add(program.offset, programHeaders.length * program.entrySize, 'header', 'program headers');
  claims.add(section.offset, source.sectionCount * section.entrySize, 'header', 'section headers');
  for (const { name, offset, fileSize, role } of sections)
    claims.add(offset, fileSize, KINDS[role], name || 'a section');
  if (dynamic !== undefined) claims.add(dynamic.offset, dynamic.size, 'table', 'dynamic section');
  for (const { name, offset, fileSize, permissions } of segments)
    claims.add(offset, fileSize, permissions.execute ? 'code' : 'data', name);
  const starts = new Map(segments.map(({ name, offset }) => [name, offset] as const));
  // Padding follows a section. A segment that begins with unnamed zeros is data that nobody named, such as room of an earlier patch.
  const isSlack = (range: OwnedRange): boolean =>
    range.offset > (starts.get(range.owner) ?? Number.POSITIVE_INFINITY) && isPadding(reader.bytes, range);
  const ranges = claims.ranges();
  return ranges.map((range, index) =>
    isSlack(range)
      ? { ...range, kind: 'slack', owner: `slack after ${ranges[index - 1]?.owner ?? 'the start'}` }
      : range,
  );
}

const PADDING: readonly number[] = [0x00, 0x90, 0xcc];

/** All bytes are the same, and such as linkers fill gaps with. */
function isPadding(bytes: Uint8Array, { offset: start, size }: OwnedRange): boolean {
  const first = bytes[start] as number;
  if (!PADDING.includes(first)) return false;
  for (let at: number = start; at < start + size; at += 1) if (bytes[at] !== first) return false;
  return true;
}
