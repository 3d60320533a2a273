// What the ways to new room in an ELF program share.

import type { Edit } from '../edit.ts';
import type { Image, Permissions, Segment } from '../image.ts';
import type { SpaceAsk } from '../space.ts';
import { offset } from '../units.ts';
import { PF, PT } from './constants.ts';
import type { ElfDetail } from './detail.ts';
import type { ProgramHeader } from './program-headers.ts';
import type { ElfReader } from './reader.ts';
import { u64Bytes } from './write.ts';

/** What all ways to room work on. */
export interface SpaceSource {
  readonly image: Image;
  readonly detail: ElfDetail;
  readonly reader: ElfReader;
  readonly ask: SpaceAsk;
  readonly alignment: number;
  /** Pages of the largest size the program may be loaded with. */
  readonly pageSize: number;
}

/** Smallest page of any machine, and the unit by which files grow. */
export const PAGE = 4096;

/** `value` or the next multiple of `unit` after it. */
export function alignUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** Whether room at an address lies within the jump's range that is asked for. */
export function isNear({ near, size }: SpaceAsk, at: number): boolean {
  return (
    near === undefined ||
    (Math.abs(at - near.address) <= near.reach && Math.abs(at + size - near.address) <= near.reach)
  );
}

/** Segments with the permissions that are asked; for bytes that are only read, those of code serve too, but come last. */
export function fittingSegments({ image, ask }: SpaceSource): readonly Segment[] {
  const { read, write, execute } = ask.permissions;
  const exact = image.segments.filter(
    ({ permissions: p }) => p.read === read && p.write === write && p.execute === execute,
  );
  if (write || execute) return exact;
  return [...exact, ...image.segments.filter(({ permissions: p }) => p.read && p.execute && !p.write)];
}

/** What a person should know when the room's permissions are wider than asked. */
export function moreThanAsked({ permissions }: SpaceAsk, segment: Segment): readonly string[] {
  return segment.permissions.execute && !permissions.execute ? [`${segment.name} may also be executed`] : [];
}

/** The program header of a segment. */
export function rowOf({ detail }: SpaceSource, segment: Segment): ProgramHeader | undefined {
  return detail.programHeaders.find(
    (row) => row.type === PT.load && row.address === segment.address && row.offset === segment.offset,
  );
}

/** p_flags of permissions. */
export function flagsOf({ read, write, execute }: Permissions): number {
  return (read ? PF.read : 0) | (write ? PF.write : 0) | (execute ? PF.execute : 0);
}

/** Bytes of memory after a segment before the first page of another one. */
export function memoryAfter({ segments }: Image, segment: Segment, pageSize: number): number {
  const end = segment.address + segment.memorySize;
  let room = Number.POSITIVE_INFINITY;
  for (const other of segments) {
    if (other === segment || other.address + other.memorySize <= segment.address) continue;
    room = Math.min(room, Math.floor(other.address / pageSize) * pageSize - end);
  }
  return Math.max(0, room);
}

/** p_filesz and p_memsz, which lie side by side. */
export function grownRow({ image, reader }: SpaceSource, row: ProgramHeader, by: number): readonly Edit[] {
  const after = new Uint8Array(16);
  after.set(u64Bytes(reader, row.fileSize + by), 0);
  after.set(u64Bytes(reader, row.memorySize + by), 8);
  return [
    {
      offset: offset(row.at + 32),
      before: image.bytes.slice(row.at + 32, row.at + 48),
      after,
      reason: 'PT_LOAD grows',
    },
  ];
}

/** Zeros at the end of the file. */
export function appended({ bytes }: Image, size: number, reason: string): Edit {
  return { offset: offset(bytes.length), before: bytes.slice(bytes.length), after: new Uint8Array(size), reason };
}

/** What a person should know when the file grows behind bytes that no header describes. */
export function overlayNotes({ ownership }: Image): readonly string[] {
  const overlay = ownership.at(-1);
  if (overlay?.kind !== 'overlay') return [];
  return [
    `the new bytes come after ${overlay.size} bytes of overlay; a program that looks for those from the end of its file will not find them`,
  ];
}
