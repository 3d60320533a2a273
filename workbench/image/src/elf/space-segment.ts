// Room at the end of the file: a segment that grows, or a new one.

import type { Edit } from '../edit.ts';
import type { Segment } from '../image.ts';
import type { Space } from '../space.ts';
import { address, offset } from '../units.ts';
import { ET, PT } from './constants.ts';
import type { ElfDetail } from './detail.ts';
import type { ProgramHeader } from './program-headers.ts';
import {
  alignUp,
  appended,
  fittingSegments,
  flagsOf,
  grownRow,
  isNear,
  memoryAfter,
  moreThanAsked,
  overlayNotes,
  PAGE,
  rowOf,
  type SpaceSource,
} from './space-source.ts';
import { programHeaderBytes, u16Bytes, u64Bytes } from './write.ts';

/** The segment that ends the file, and memory, can be made longer by any size. */
export function growthSpace(source: SpaceSource): Space | undefined {
  const { image, ask, alignment, pageSize } = source;
  for (const segment of fittingSegments(source)) {
    const row = rowOf(source, segment);
    const isLast = segment.offset + segment.fileSize === image.bytes.length;
    if (row === undefined || !isLast || segment.memorySize !== segment.fileSize) continue;
    const end = segment.address + segment.memorySize;
    const skip = alignUp(end, alignment) - end;
    if (skip + ask.size > memoryAfter(image, segment, pageSize) || !isNear(ask, end + skip)) continue;
    return {
      address: address(end + skip),
      offset: offset(image.bytes.length + skip),
      size: ask.size,
      how: 'segment',
      edits: [...grownRow(source, row, skip + ask.size), appended(image, skip + ask.size, 'room')],
      notes: [`${segment.name} ends the file and grows by ${skip + ask.size} bytes`, ...moreThanAsked(ask, segment)],
    };
  }
  return undefined;
}

/** A PT_NOTE gives its row to a new PT_LOAD, which is put behind the others: loaders want them by address. */
export function noteSpace(source: SpaceSource): Space | undefined {
  const { image, detail, ask } = source;
  const note = spareNote(detail);
  const place = endPlace(source);
  if (note === undefined || !isNear(ask, place.address)) return undefined;
  const load = { ...place, type: PT.load, flags: flagsOf(ask.permissions), fileSize: ask.size, memorySize: ask.size };
  const rest = detail.programHeaders.filter((row) => row !== note.row);
  const last = rest.findLastIndex(({ type }) => type === PT.load);
  const rows = [...rest.slice(0, last + 1), { ...load, at: -1, alignment: source.pageSize }, ...rest.slice(last + 1)];
  return {
    address: address(place.address),
    offset: offset(place.offset),
    size: ask.size,
    how: 'segment',
    edits: [...tableEdits(source, rows), appended(image, place.offset + ask.size - image.bytes.length, 'room')],
    notes: [note.text, ...overlayNotes(image)],
  };
}

/** Where a new segment begins: at the next page of the file, in memory behind all others. */
function endPlace({ image, pageSize }: SpaceSource): { readonly offset: number; readonly address: number } {
  const at = alignUp(image.bytes.length, PAGE);
  return { offset: at, address: alignUp(memoryEnd(image.segments), pageSize) + (at % pageSize) };
}

function memoryEnd(segments: SpaceSource['image']['segments']): number {
  return segments.reduce((most, one) => Math.max(most, one.address + one.memorySize), 0);
}

/** The note that is missed least: one whose content another program header names as well, else the last. */
function spareNote({ programHeaders }: ElfDetail): { readonly row: ProgramHeader; readonly text: string } | undefined {
  const notes = programHeaders.filter(({ type }) => type === PT.note);
  const twice = notes.find((note) =>
    programHeaders.some(
      ({ type, offset: at, fileSize }) => type === PT.gnuProperty && at === note.offset && fileSize === note.fileSize,
    ),
  );
  if (twice !== undefined)
    return { row: twice, text: 'PT_NOTE became PT_LOAD: the property note is still found by PT_GNU_PROPERTY' };
  const row = notes.at(-1);
  if (row === undefined) return undefined;
  return {
    row,
    text: 'PT_NOTE became PT_LOAD: the note (build id or ABI tag) is no longer found by its program header',
  };
}

/** Changes of the table in place: one edit for each run of rows that differ. */
function tableEdits({ image, detail, reader }: SpaceSource, rows: readonly ProgramHeader[]): readonly Edit[] {
  const { offset: start, entrySize } = detail.programHeaderTable;
  return rows.flatMap((row, index) => {
    const at = start + index * entrySize;
    if (row.at === at) return [];
    const before = image.bytes.slice(at, at + entrySize);
    const after = before.slice();
    after.set(row.at < 0 ? programHeaderBytes(reader, row) : image.bytes.subarray(row.at, row.at + entrySize));
    return [{ offset: offset(at), before, after, reason: `program header ${index}` }];
  });
}

const HOLE_SMALL = 64 << 10;
const HOLE_MAX = 16 << 20;
/** Linux maps nothing for programs below it (vm.mmap_min_addr). */
const ADDRESS_MIN = 0x10000;

/**
 * The table moves to the start of a new segment, with a row more. Kernels before 5.18, and qemu, tell the program where its table is
 * as the first segment's start plus e_phoff. So the new segment either keeps the distance between offset and address of the first
 * one, and the file gets a hole as large as the memory that has no bytes in it; or, where that would be large and the program has
 * a fixed address, it becomes the first segment itself, below all others.
 */
export function movedTableSpace(source: SpaceSource): Space | undefined {
  const { image, detail } = source;
  const first = image.segments.find(({ fileSize }) => fileSize > 0);
  const { count, entrySize } = detail.programHeaderTable;
  if (first === undefined || count >= ROWS_MAX) return undefined;
  const behind = placeBehind(source, first);
  const hole = behind.offset - image.bytes.length;
  const below = detail.type === ET.exec ? placeBelow(source, (count + 1) * entrySize) : undefined;
  const places = [hole <= HOLE_SMALL ? behind : undefined, below, hole <= HOLE_MAX ? behind : undefined];
  for (const place of places) {
    const space = place === undefined ? undefined : movedTo(source, place);
    if (space !== undefined) return space;
  }
  return undefined;
}

interface Place {
  readonly offset: number;
  readonly address: number;
}

function placeBehind({ image, pageSize }: SpaceSource, first: Segment): Place {
  const distance = first.address - first.offset;
  const at = alignUp(Math.max(image.bytes.length, memoryEnd(image.segments) - distance), pageSize);
  return { offset: at, address: at + distance };
}

function placeBelow({ image, ask, pageSize, alignment }: SpaceSource, tableSize: number): Place | undefined {
  const lowest = image.segments[0]?.address ?? 0;
  const at = alignUp(image.bytes.length, PAGE);
  const size = (at % pageSize) + tableSize + alignment + ask.size;
  const start = Math.floor((lowest - size) / pageSize) * pageSize;
  return start < ADDRESS_MIN ? undefined : { offset: at, address: start + (at % pageSize) };
}

function movedTo(source: SpaceSource, { offset: at, address: start }: Place): Space | undefined {
  const { image, detail, ask, reader, pageSize, alignment } = source;
  const { offset: tableAt, entrySize, count } = detail.programHeaderTable;
  const distance = start - at;
  const tableSize = (count + 1) * entrySize;
  const room = alignUp(at + tableSize, alignment);
  if (!isNear(ask, room + distance)) return undefined;
  const size = room + ask.size - at;
  const place = { at: -1, offset: at, address: start, fileSize: size, memorySize: size };
  const load = { ...place, type: PT.load, flags: flagsOf(ask.permissions), alignment: pageSize };
  const table = movedRows(source, load, { ...place, fileSize: tableSize, memorySize: tableSize });
  const end = appended(image, room + ask.size - image.bytes.length, 'the program headers, and room');
  end.after.set(table, at - image.bytes.length);
  return {
    address: address(room + distance),
    offset: offset(room),
    size: ask.size,
    how: 'segment',
    edits: [
      edit(source, 32, u64Bytes(reader, at), 'e_phoff'),
      edit(source, 56, u16Bytes(reader, count + 1), 'e_phnum'),
      end,
    ],
    notes: [
      `there is no PT_NOTE to take: the ${count} program headers at ${tableAt} are copied to ${at} and have one more there`,
      ...overlayNotes(image),
    ],
  };
}

const ROWS_MAX = 0xfffe;

/** All rows with the new one among the other loads, by address, and PT_PHDR pointing at the new table. */
function movedRows({ image, detail, reader }: SpaceSource, load: ProgramHeader, table: ProgramHeaderPlace): Uint8Array {
  const { entrySize } = detail.programHeaderTable;
  const rows = [...detail.programHeaders];
  const higher = rows.findIndex(({ type, address: start }) => type === PT.load && start > load.address);
  rows.splice(higher < 0 ? rows.findLastIndex(({ type }) => type === PT.load) + 1 : higher, 0, load);
  const bytes = new Uint8Array(rows.length * entrySize);
  for (const [index, row] of rows.entries()) {
    const moved = row.type === PT.phdr ? { ...row, ...table } : row;
    bytes.set(
      moved.at < 0 ? programHeaderBytes(reader, moved) : image.bytes.subarray(row.at, row.at + entrySize),
      index * entrySize,
    );
  }
  return bytes;
}

type ProgramHeaderPlace = Pick<ProgramHeader, 'at' | 'offset' | 'address' | 'fileSize' | 'memorySize'>;

function edit({ image }: SpaceSource, at: number, after: Uint8Array, reason: string): Edit {
  return { offset: offset(at), before: image.bytes.slice(at, at + after.length), after, reason };
}
