// Where things are loaded: segments from the program headers, or from the allocated sections of a relocatable file, and the way
// from an address to the file.

import type { Permissions, Section, SectionRole, Segment } from '../image.ts';
import { address, offset } from '../units.ts';
import type { Warnings } from '../warnings.ts';
import { PF, PT, SHF, SHT } from './constants.ts';
import type { ProgramHeader } from './program-headers.ts';
import { isPlace } from './reader.ts';
import type { SectionHeader } from './section-headers.ts';

/** First address given to the sections of a relocatable file, which have none of their own. */
const RELOCATABLE_START = 0x10000;

/** PT_LOAD rows as segments, by address. Those that cannot be (no memory, beyond 2^53) are left out with a warning. */
export function segmentsOf(
  headers: readonly ProgramHeader[],
  fileSize: number,
  warnings: Warnings,
): readonly Segment[] {
  const loads = headers.filter(({ type, memorySize }) => type === PT.load && memorySize > 0);
  const sane = loads.filter((load) => isPlace(load.address) && isPlace(load.address + load.memorySize));
  if (sane.length < loads.length) warnings.add('a segment lies beyond the addresses that can be shown: not read');
  const segments = sane.map((load, index) => segmentOf(load, index, fileSize, warnings));
  segments.sort((left, right) => left.address - right.address);
  warnAboutOverlap(segments, warnings);
  return segments;
}

function segmentOf(load: ProgramHeader, index: number, fileSize: number, warnings: Warnings): Segment {
  const inFile = Math.max(0, Math.min(load.fileSize, load.memorySize, fileSize - load.offset));
  if (inFile < load.fileSize) warnings.add(`PT_LOAD ${index} has ${load.fileSize} bytes, ${inFile} are there or fit`);
  return {
    name: `PT_LOAD ${index}`,
    address: address(load.address),
    memorySize: load.memorySize,
    offset: offset(inFile === 0 ? 0 : load.offset),
    fileSize: inFile,
    permissions: permissionsOf(load.flags),
  };
}

function permissionsOf(flags: number): Permissions {
  return {
    read: (flags & PF.read) !== 0,
    write: (flags & PF.write) !== 0,
    execute: (flags & PF.execute) !== 0,
  };
}

function warnAboutOverlap(segments: readonly Segment[], warnings: Warnings): void {
  for (const [index, { address: start, name }] of segments.entries()) {
    const before = segments[index - 1];
    if (before !== undefined && before.address + before.memorySize > start)
      warnings.add(`${name} overlaps ${before.name} in memory`);
  }
}

/** Addresses of all sections of a relocatable file: allocated ones one after the other, aligned; 0 for the rest. */
export function relocatableAddresses(headers: readonly SectionHeader[]): readonly number[] {
  let next = RELOCATABLE_START;
  return headers.map(({ flags, size, alignment }) => {
    if ((flags & SHF.alloc) === 0) return 0;
    const step = isAlignment(alignment) ? alignment : 1;
    const at = Math.ceil(next / step) * step;
    if (!isPlace(at + size)) return 0;
    next = at + size;
    return at;
  });
}

function isAlignment(value: number): boolean {
  return value >= 1 && value <= 0x1_0000_0000 && Number.isInteger(Math.log2(value));
}

/** The allocated sections of a relocatable file as segments. */
export function relocatableSegments(sections: readonly Section[]): readonly Segment[] {
  return sections
    .filter(({ address: at, size }) => at > 0 && size > 0)
    .map((section) => ({
      name: section.name,
      address: section.address,
      memorySize: section.size,
      offset: offset(section.fileSize === 0 ? 0 : section.offset),
      fileSize: section.fileSize,
      permissions: section.permissions,
    }));
}

/** Section headers as sections of the model, the null section left out. */
export function sectionsOf(headers: readonly SectionHeader[], addresses: readonly number[]): readonly Section[] {
  return headers.flatMap((header, index) => {
    if (index === 0 || header.type === SHT.null) return [];
    const at = addresses[index] as number;
    const isShown = (header.flags & SHF.alloc) !== 0 && isPlace(at) && isPlace(at + header.size);
    return [
      {
        name: header.name,
        address: address(isShown ? at : 0),
        size: header.size,
        offset: offset(header.fileSize === 0 ? 0 : header.offset),
        fileSize: header.fileSize,
        permissions: {
          read: isShown,
          write: isShown && (header.flags & SHF.write) !== 0,
          execute: isShown && (header.flags & SHF.execute) !== 0,
        },
        role: roleOf(header),
      },
    ];
  });
}

const ROLES: ReadonlyMap<number, SectionRole> = new Map([
  [SHT.symtab, 'symbol'],
  [SHT.dynsym, 'symbol'],
  [SHT.symtabShndx, 'symbol'],
  [SHT.strtab, 'string'],
  [SHT.rela, 'relocation'],
  [SHT.rel, 'relocation'],
  [SHT.relr, 'relocation'],
  [SHT.note, 'note'],
  [SHT.nobits, 'zero'],
  [SHT.hash, 'symbol'],
  [SHT.gnuHash, 'symbol'],
  [SHT.gnuVersym, 'symbol'],
  [SHT.gnuVerdef, 'symbol'],
  [SHT.gnuVerneed, 'symbol'],
]);

function roleOf({ name, type, flags }: SectionHeader): SectionRole {
  const known = ROLES.get(type);
  if (known !== undefined) return known;
  if (type === SHT.x86Unwind || /^\.(eh_frame|gcc_except_table|ARM\.ex)/.test(name)) return 'unwind';
  if ((flags & SHF.alloc) !== 0) return (flags & SHF.execute) !== 0 ? 'code' : 'data';
  return /^\.(z?debug_|line|stab|gdb_index)/.test(name) ? 'debug' : 'other';
}

/** Finds the bytes of addresses by binary search; the segment found last is tried first. */
export class AddressMap {
  private readonly segments: readonly Segment[];
  private last: Segment | undefined;

  /** `segments` are sorted by address. */
  constructor(segments: readonly Segment[]) {
    this.segments = segments;
  }

  /** File offset of `size` bytes at an address that lie in one segment's bytes; -1 when they do not. */
  offsetOf(at: number, size: number): number {
    const segment = this.find(at);
    if (segment === undefined || at + size > segment.address + segment.fileSize) return -1;
    return segment.offset + (at - segment.address);
  }

  /** Bytes of the file from an address to the end of its segment's bytes; 0 when there are none. */
  bytesFrom(at: number): number {
    const segment = this.find(at);
    return segment === undefined ? 0 : Math.max(0, segment.address + segment.fileSize - at);
  }

  private find(at: number): Segment | undefined {
    if (this.last === undefined || !covers(this.last, at)) this.last = this.search(at);
    return this.last;
  }

  /** The first of the segments that cover an address; of overlapping ones, no more than `OVERLAP_MAX` are looked at. */
  private search(at: number): Segment | undefined {
    let [low, high] = [0, this.segments.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.segments[middle] as Segment).address <= at) low = middle + 1;
      else high = middle;
    }
    const candidates = this.segments.slice(Math.max(0, low - OVERLAP_MAX), low);
    return candidates.find((segment) => covers(segment, at));
  }
}

const OVERLAP_MAX = 64;

const covers = ({ address: start, memorySize }: Segment, at: number): boolean => at >= start && at < start + memorySize;
