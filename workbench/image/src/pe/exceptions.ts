// Functions of the exception directory (.pdata). Sources: Microsoft, "x64 exception handling" and "ARM64 exception handling".
//
// x64: begin[4] end[4] unwind information[4]. A function in several parts has one row a part; those after the first are chained to
// another row and are no functions of their own. ARM64: begin[4], then packed data (length in it) or the RVA of a record (.xdata).

import type { UnwindEntry } from '../image.ts';
import { address } from '../units.ts';
import { DIRECTORY, MACHINE } from './constants.ts';
import { type DirectoryPlace, directoryOf, offsetOfRva, type PeFile } from './file.ts';

const CHAINED = 0x4;

/** Functions by their rows; parts of functions are left out, or lengthen the function that they follow. */
export function readUnwind(file: PeFile): readonly UnwindEntry[] {
  const directory = directoryOf(file, DIRECTORY.exception, 'exception');
  if (directory === undefined) return [];
  const { machine } = file.headers;
  if (machine === MACHINE.amd64) return x64Rows(file, directory);
  if (machine === MACHINE.arm64 || machine === MACHINE.arm64X) return armRows(file, directory);
  return [];
}

function x64Rows(file: PeFile, { offset, size }: DirectoryPlace): readonly UnwindEntry[] {
  const { reader, imageBase, warnings } = file;
  const entries: UnwindEntry[] = [];
  for (let at = offset; at + 12 <= offset + size; at += 12) {
    const [begin, end] = [reader.u32(at), reader.u32(at + 4)];
    // Linkers leave empty rows, of functions that were removed.
    if (begin === end) continue;
    if (end < begin) {
      warnings.add(`the exception directory has a function that ends before it begins, at offset ${at}`);
      continue;
    }
    const last = entries.at(-1);
    const stop = address(imageBase + end);
    if (!isPart(file, reader.u32(at + 8)))
      entries.push({ start: address(imageBase + begin), end: stop, from: 'pdata' });
    else if (last?.end === imageBase + begin) entries[entries.length - 1] = { ...last, end: stop };
  }
  return entries;
}

/** The first byte of the unwind information has the version in three bits and flags in five. An odd RVA names another row. */
function isPart(file: PeFile, rva: number): boolean {
  if ((rva & 1) !== 0) return true;
  const at = offsetOfRva(file, rva, 1);
  return at >= 0 && (((file.reader.bytes[at] as number) >>> 3) & CHAINED) !== 0;
}

function armRows(file: PeFile, { offset, size }: DirectoryPlace): readonly UnwindEntry[] {
  const { reader, imageBase } = file;
  const entries: UnwindEntry[] = [];
  for (let at = offset; at + 8 <= offset + size; at += 8) {
    const [begin, data] = [reader.u32(at), reader.u32(at + 4)];
    const flag = data & 3;
    // 1: a packed function, 2: packed, without prologue: a part of a function elsewhere. 3 is reserved.
    if ((begin === 0 && data === 0) || flag > 1) continue;
    const length = flag === 1 ? (data >>> 2) & 0x7ff : recordLength(file, data);
    const start = imageBase + begin;
    entries.push({ start: address(start), end: address(start + length * 4), from: 'pdata' });
  }
  return entries;
}

/** Instructions of a function by its record: the lowest 18 bits; 0 when the record is not in the file. */
function recordLength(file: PeFile, rva: number): number {
  const at = offsetOfRva(file, rva, 4);
  return at < 0 ? 0 : file.reader.u32(at) & 0x3_ffff;
}
