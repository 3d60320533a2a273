// Notes: small records of what made the file and what it needs. gABI, chapter 5, "Note Section"; properties: Linux extensions to
// the gABI (NT_GNU_PROPERTY_TYPE_0); features: psABI of x86-64 and of AArch64.

import { toHex } from '@cohesix/bytes';
import { LIMITS } from '../limits.ts';
import { textOf } from '../text.ts';
import { EM, PT, SHT } from './constants.ts';
import type { Tables } from './dynamic.ts';

/** One note. Its content is `image.bytes[offset..offset + size)`. */
export interface ElfNote {
  /** `GNU`, `Go`, `LINUX`. Untrusted. */
  readonly owner: string;
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}

/** Hardening that the code is compiled for, as its property note says. */
export type ElfFeature = 'ibt' | 'shstk' | 'bti' | 'pac' | 'gcs';

const NT_GNU_BUILD_ID = 3;
const NT_GNU_PROPERTY = 5;
const PROPERTY_X86_FEATURE_1_AND = 0xc0000002;
const PROPERTY_AARCH64_FEATURE_1_AND = 0xc0000000;
const BUILD_ID_SIZE_MAX = 64;

interface NoteRange {
  readonly offset: number;
  readonly fileSize: number;
  readonly alignment: number;
}

/** All notes, of the segments and of sections that no segment covers, in file order and each once. */
export function readNotes(tables: Tables): readonly ElfNote[] {
  const ranges: NoteRange[] = [
    ...tables.programHeaders.filter(({ type }) => type === PT.note),
    ...tables.sectionHeaders.filter(({ type }) => type === SHT.note),
  ];
  const byOffset = new Map<number, ElfNote>();
  let left: number = LIMITS.tableRows;
  for (const range of ranges) {
    const notes = notesOf(tables, range, left);
    left -= notes.length;
    for (const note of notes) byOffset.set(note.offset, note);
  }
  return [...byOffset.values()].sort((left, right) => left.offset - right.offset);
}

/** namesz[4] descsz[4] type[4] name desc, each padded to 4 bytes, or to 8 where the range is aligned so. */
function notesOf({ reader, warnings }: Tables, range: NoteRange, most: number): readonly ElfNote[] {
  const { offset, fileSize, alignment } = range;
  const notes: ElfNote[] = [];
  const unit = alignment === 8 ? 8 : 4;
  const end = Math.min(offset + fileSize, reader.bytes.length);
  let at = offset;
  while (at + 12 <= end && notes.length < most) {
    const [nameSize, size, type] = [reader.u32(at), reader.u32(at + 4), reader.u32(at + 8)];
    const content = offset + Math.ceil((at - offset + 12 + nameSize) / unit) * unit;
    if (content + size > end) {
      warnings.add(`a note at ${at} reaches beyond its range`);
      break;
    }
    const owner = textOf(reader.bytes, at + 12, at + 12 + nameSize).replace(/\0+$/, '');
    notes.push({ owner, type, offset: content, size });
    at = offset + Math.ceil((content - offset + size) / unit) * unit;
  }
  return notes;
}

/** The build id in hexadecimal, when there is one. */
export function buildIdOf(bytes: Uint8Array, notes: readonly ElfNote[]): string | undefined {
  const note = notes.find(({ owner, type }) => owner === 'GNU' && type === NT_GNU_BUILD_ID);
  if (note === undefined || note.size > BUILD_ID_SIZE_MAX) return undefined;
  return toHex(bytes.subarray(note.offset, note.offset + note.size));
}

/** Features of the property notes. type[4] datasz[4] data, padded to a word. */
export function featuresOf({ reader }: Tables, notes: readonly ElfNote[], machine: number): readonly ElfFeature[] {
  const features = new Set<ElfFeature>();
  const names: readonly ElfFeature[] = machine === EM.aarch64 ? ['bti', 'pac', 'gcs'] : ['ibt', 'shstk'];
  const wanted = machine === EM.aarch64 ? PROPERTY_AARCH64_FEATURE_1_AND : PROPERTY_X86_FEATURE_1_AND;
  for (const { owner, type, offset, size } of notes) {
    if (owner !== 'GNU' || type !== NT_GNU_PROPERTY) continue;
    for (let at = offset; at + 12 <= offset + size; at += 8 + padded(reader.u32(at + 4), reader.wordSize)) {
      if (reader.u32(at) !== wanted) continue;
      const bits = reader.u32(at + 8);
      for (const [bit, name] of names.entries()) if ((bits >> bit) & 1) features.add(name);
    }
  }
  return [...features];
}

const padded = (size: number, unit: number): number => Math.ceil(size / unit) * unit;
