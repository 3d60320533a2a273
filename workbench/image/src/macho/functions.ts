// Functions that an image describes itself: LC_FUNCTION_STARTS (distances from the image's start) and compact unwind information.

import type { UnwindEntry } from '../image.ts';
import { LIMITS } from '../limits.ts';
import { address } from '../units.ts';
import { LC } from './constants.ts';
import { type MachoFile, pieceOf } from './file.ts';
import { LebReader } from './leb.ts';

/** Starts of both sources, each once; how long they are neither says. */
export function readFunctions(file: MachoFile): readonly UnwindEntry[] {
  const starts = functionStarts(file);
  const known = new Set(starts);
  const unwound = compactUnwind(file).filter((start) => !known.has(start));
  const entry =
    (from: UnwindEntry['from']) =>
    (start: number): UnwindEntry => ({
      ...{ start: address(start), end: address(start), from },
    });
  return [...starts.map(entry('function-starts')), ...[...new Set(unwound)].map(entry('compact-unwind'))];
}

function functionStarts(file: MachoFile): readonly number[] {
  const piece = pieceOf(file, LC.functionStarts);
  if (piece === undefined) return [];
  const leb = new LebReader(file.reader.bytes, piece.at, piece.at + piece.size);
  const starts: number[] = [];
  let place = file.imageAddress;
  while (leb.at < leb.end && starts.length < LIMITS.symbols) {
    const distance = leb.uleb();
    place += distance;
    if (distance === 0 || leb.isShort || !Number.isSafeInteger(place)) break;
    starts.push(place);
  }
  return starts;
}

const [REGULAR, COMPRESSED] = [2, 3] as const;

/** version[4] ×[16] index[4] its rows[4]; a row: first function[4] page[4] ×[4]. The last row is the end of the last function. */
function compactUnwind(file: MachoFile): readonly number[] {
  const { reader } = file;
  const section = file.sections.find(({ name, fileSize }) => name === '__unwind_info' && fileSize >= 28);
  if (section === undefined) return [];
  const [at, size] = [section.offset, section.fileSize];
  const [index, count] = [reader.u32(at + 20), reader.u32(at + 24)];
  const starts: number[] = [];
  for (let row = 0; row < count && index + row * 12 + 12 <= size && starts.length * 4 < size; row += 1) {
    const place = at + index + row * 12;
    const page = reader.u32(place + 4);
    if (page !== 0 && page + 8 <= size)
      addPage(file, starts, { at: at + page, end: at + size, first: reader.u32(place) });
  }
  return starts;
}

/** kind[4] rows at[2] rows[2] …; a row of kind 2: function[4] ×[4]; of kind 3: its distance from the page's first in 24 bits. */
function addPage(
  { reader, imageAddress }: MachoFile,
  starts: number[],
  { at, end, first }: { readonly at: number; readonly end: number; readonly first: number },
): void {
  const kind = reader.u32(at);
  if (kind !== REGULAR && kind !== COMPRESSED) return;
  const [rows, count] = [reader.u16(at + 4), reader.u16(at + 6)];
  const step = kind === REGULAR ? 8 : 4;
  for (let row = 0; row < count && at + rows + (row + 1) * step <= end; row += 1) {
    const value = reader.u32(at + rows + row * step);
    starts.push(imageAddress + (kind === REGULAR ? value : first + (value & 0xff_ffff)));
  }
}
