// New room in a PE program, the way that changes least first:
//
// 1. slack: padding of a section behind its size in memory; its VirtualSize grows.
// 2. section: a new section header behind the others, if the headers have 40 zero bytes there, and the new section's bytes at the end of
//    the file. A certificate table that ends the file makes way: no signature outlives the change.

import { putU32 } from '@cohesix/bytes';
import { accepted, type Outcome, refused } from '@cohesix/check';
import type { Edit } from '../edit.ts';
import { alignUp, isNear, overlayNotes } from '../elf/space-source.ts';
import type { Image, Permissions } from '../image.ts';
import type { Space, SpaceAsk } from '../space.ts';
import { address, offset } from '../units.ts';
import { DIRECTORY, SCN, SECTION_HEADER_SIZE } from './constants.ts';
import type { PeDetail } from './detail.ts';
import type { PeSection } from './layout.ts';
import { editAt, editU16, editU32 } from './write.ts';

const PAGE = 4096;
const SECTIONS_MAX = 96;

interface Source {
  readonly image: Image;
  readonly detail: PeDetail;
  readonly ask: SpaceAsk;
  readonly alignment: number;
  readonly imageBase: number;
}

/** Room for `ask.size` bytes. Refuses 32-bit files, and when there is no way to room within reach. */
export function peSpace(image: Image, ask: SpaceAsk): Outcome<Space> {
  const { detail } = image;
  if (detail.format !== 'pe') return refused('not a PE image');
  const problem = problemOf(detail, ask);
  if (problem !== undefined) return refused(problem);
  const imageBase = Number(detail.headers.imageBase - image.base);
  const source = { image, detail, ask, alignment: ask.alignment ?? 16, imageBase };
  const space = slackSpace(source) ?? sectionSpace(source);
  if (space !== undefined) return accepted(space);
  return refused(`no room for ${ask.size} bytes${ask.near === undefined ? '' : ' within reach'}: ${WAYS}`);
}

const WAYS = 'no padding of a section, and no room for one more section header or none there';

function problemOf({ headers }: PeDetail, ask: SpaceAsk): string | undefined {
  const { fileAlignment, sectionAlignment, is64 } = headers;
  if (!Number.isSafeInteger(ask.size) || ask.size < 1) return `expected a size of at least 1, got ${ask.size}`;
  const alignment = ask.alignment ?? 16;
  if (!(isPower(alignment) && alignment <= PAGE))
    return `expected an alignment that is a power of two up to ${PAGE}, got ${alignment}`;
  if (!is64) return '32-bit PE files are read, not changed';
  if (isPower(fileAlignment) && isPower(sectionAlignment) && fileAlignment >= 512 && sectionAlignment >= PAGE) return;
  return `sections are aligned to ${fileAlignment} bytes in the file and ${sectionAlignment} in memory: not changed`;
}

function isPower(value: number): boolean {
  return value >= 1 && Number.isInteger(Math.log2(value));
}

function slackSpace(source: Source): Space | undefined {
  for (const row of source.detail.sectionHeaders) {
    const space = isFitting(row, source.ask.permissions) ? slackOf(source, row) : undefined;
    if (space !== undefined) return space;
  }
  return undefined;
}

/** The section allows what is asked, and nothing that matters more. */
function isFitting({ characteristics }: PeSection, { write, execute }: Permissions): boolean {
  const has = (flag: number): boolean => (characteristics & flag) !== 0;
  return has(SCN.read) && has(SCN.write) === write && has(SCN.execute) === execute && !has(SCN.discardable);
}

function slackOf({ image, ask, alignment, imageBase }: Source, row: PeSection): Space | undefined {
  const skip = alignUp(row.virtualSize, alignment);
  const room = Math.min(row.rawSize, alignUp(row.virtualSize, PAGE)) - skip;
  const [start, at] = [row.rawOffset + row.virtualSize, imageBase + row.rva + skip];
  if (
    room < ask.size ||
    !isNear(ask, at) ||
    !isFree(image, start, row.rawOffset + skip + ask.size, ask.permissions.execute)
  )
    return undefined;
  const size = skip + ask.size;
  const { name, virtualSize } = row;
  return {
    ...{ address: address(at), offset: offset(row.rawOffset + skip), size: ask.size, how: 'slack' },
    edits: [editU32(image.bytes, row.at + 8, size, `VirtualSize of ${name}`)],
    notes: [`${name} grows in memory from ${virtualSize} to ${size} bytes, into its padding`, ...codeNotes(image, ask)],
  };
}

/** What linkers fill gaps with: zeros, and in code also `nop` and `int3`. */
const PADDING: readonly number[] = [0x00, 0x90, 0xcc];

/** Bytes that nobody owns, all zero; or all the same padding. */
function isFree({ bytes, ownership }: Image, start: number, end: number, isCode = false): boolean {
  const range = ownership.find((one) => start >= one.offset && start < one.offset + one.size);
  if (range?.kind !== 'slack' || range.offset + range.size < end) return false;
  const first = isCode ? (bytes[start] as number) : 0;
  return PADDING.includes(first) && bytes.subarray(start, end).every((byte) => byte === first);
}

/** What follows for code that the file's own tables do not know. */
function codeNotes({ detail }: Image, { permissions }: SpaceAsk): readonly string[] {
  if (detail.format !== 'pe' || !permissions.execute) return [];
  const isGuarded = (detail.loadConfig?.guardFunctions.length ?? 0) > 0;
  return [
    'code there has no row in .pdata: it must not change the stack pointer while an exception may pass through it',
    ...(isGuarded ? ['control flow guard is on: an indirect call to code there ends the program'] : []),
  ];
}

function sectionSpace(source: Source): Space | undefined {
  const { image, detail, ask, imageBase } = source;
  const { headers, sectionHeaders } = detail;
  const at = headers.sectionTableOffset + sectionHeaders.length * SECTION_HEADER_SIZE;
  const memoryEnd = sectionHeaders.reduce(
    (most, row) => Math.max(most, row.rva + row.virtualSize),
    headers.headersSize,
  );
  const rva = alignUp(memoryEnd, headers.sectionAlignment);
  const isWhole = sectionHeaders.length === headers.sectionCount && sectionHeaders.length < SECTIONS_MAX;
  if (!isWhole || !hasHeaderRoom(source, at) || !isNear(ask, imageBase + rva)) return undefined;
  const end = fileEnd(detail, image.bytes.length);
  const rawOffset = alignUp(end, headers.fileAlignment);
  const rawSize = alignUp(ask.size, headers.fileAlignment);
  const imageSize = alignUp(rva + ask.size, headers.sectionAlignment);
  if (imageSize >= 0x8000_0000 || rawOffset + rawSize >= 0x8000_0000) return undefined;
  const header = sectionHeader({ rva, virtualSize: ask.size, rawOffset, rawSize }, ask.permissions);
  return {
    ...{ address: address(imageBase + rva), offset: offset(rawOffset), size: ask.size, how: 'section' },
    edits: sectionEdits(source, { at, header, imageSize, end, newEnd: rawOffset + rawSize }),
    notes: sectionNotes(source, end),
  };
}

/** 40 zero bytes that nobody owns, before the first section's bytes. */
function hasHeaderRoom({ image, detail: { headers, sectionHeaders } }: Source, at: number): boolean {
  const end = at + SECTION_HEADER_SIZE;
  const isBefore = sectionHeaders.every(({ rawOffset, rawSize }) => rawSize === 0 || rawOffset >= end);
  return isBefore && end <= headers.headersSize && isFree(image, at, end);
}

/** Where the file's own bytes end: before a certificate table that nothing follows. */
function fileEnd({ certificates }: PeDetail, size: number): number {
  return certificates !== undefined && certificates.offset + certificates.size === size ? certificates.offset : size;
}

function sectionHeader(
  row: Pick<PeSection, 'rva' | 'virtualSize' | 'rawOffset' | 'rawSize'>,
  { read, write, execute }: Permissions,
): Uint8Array {
  const header = new Uint8Array(SECTION_HEADER_SIZE);
  header.set(new TextEncoder().encode('.patch'));
  for (const [index, value] of [row.virtualSize, row.rva, row.rawSize, row.rawOffset].entries())
    putU32(header, 8 + index * 4, value);
  const flags = (execute ? SCN.execute | SCN.code : SCN.initialised) | (read ? SCN.read : 0) | (write ? SCN.write : 0);
  putU32(header, 36, flags >>> 0);
  return header;
}

interface NewSection {
  readonly at: number;
  readonly header: Uint8Array;
  readonly imageSize: number;
  readonly end: number;
  readonly newEnd: number;
}

function sectionEdits({ image, detail }: Source, { at, header, imageSize, end, newEnd }: NewSection): readonly Edit[] {
  const { bytes } = image;
  const { headers, sectionHeaders } = detail;
  const certificateRow = headers.directoryOffset + DIRECTORY.certificate * 8;
  return [
    editU16(bytes, headers.peOffset + 6, sectionHeaders.length + 1, 'NumberOfSections'),
    editU32(bytes, headers.optionalOffset + 56, imageSize, 'SizeOfImage'),
    ...(end < bytes.length ? [editAt(bytes, certificateRow, new Uint8Array(8), 'certificate directory')] : []),
    editAt(bytes, at, header, 'section header of .patch'),
    { offset: offset(end), before: bytes.slice(end), after: new Uint8Array(newEnd - end), reason: 'room' },
  ];
}

function sectionNotes({ image, ask }: Source, end: number): readonly string[] {
  const isSigned = end < image.bytes.length;
  return [
    'there is one more section, .patch',
    ...(isSigned ? ['the certificate table that ended the file makes way for it'] : overlayNotes(image)),
    ...codeNotes(image, ask),
  ];
}
