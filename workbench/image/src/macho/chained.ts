// Chained fix-ups: each pointer in a page holds the distance to the next one, so that the bytes in the file are not addresses. Source:
// Apple's mach-o/fixup-chains.h.

import type { ElfReader } from '../elf/reader.ts';
import { isPlace } from '../elf/reader.ts';
import { LIMITS } from '../limits.ts';
import { textAt } from '../text.ts';
import type { MachoFile, Piece } from './file.ts';
import type { Bind, Fixup } from './fixup.ts';
import { POINTER_FORMS, type Pointer, type PointerForm } from './pointer-forms.ts';

const [NO_PAGE, MULTI] = [0xffff, 0x8000] as const;

/** version[4] starts[4] imports[4] symbols[4] import count[4] import format[4] symbol format[4]. */
export function chainedFixups(file: MachoFile, piece: Piece): readonly Fixup[] {
  const { reader, warnings } = file;
  if (piece.size < 28) return [];
  const binds = readBinds(file, piece);
  const fixups: Fixup[] = [];
  const starts = reader.u32(piece.at + 4);
  const count = starts + 4 <= piece.size ? reader.u32(piece.at + starts) : 0;
  for (let row = 0; row < count && starts + 8 + row * 4 <= piece.size; row += 1) {
    const at = reader.u32(piece.at + starts + 4 + row * 4);
    if (at === 0) continue;
    if (starts + at + 22 > piece.size) warnings.add(`the chains of segment ${row} lie outside the fix-ups`);
    else readSegment({ file, binds, fixups }, piece.at + starts + at, piece.at + piece.size);
  }
  return fixups;
}

interface Walk {
  readonly file: MachoFile;
  readonly binds: readonly (Bind & { readonly addend: number })[];
  readonly fixups: Fixup[];
}

/** size[4] page size[2] pointer format[2] distance from the image's start[8] highest pointer[4] pages[2] first pointer of each[2] … */
function readSegment(walk: Walk, at: number, end: number): void {
  const { reader, warnings, imageAddress } = walk.file;
  const [pageSize, format, pages] = [reader.u16(at + 4), reader.u16(at + 6), reader.u16(at + 20)];
  const form = POINTER_FORMS.get(format);
  if (form === undefined) {
    warnings.add(`chained pointers of format ${format} are not read`);
    return;
  }
  const start = imageAddress + reader.u64(at + 8);
  for (let page = 0; page < pages && at + 24 + page * 2 <= end; page += 1) {
    const first = reader.u16(at + 22 + page * 2);
    if (first === NO_PAGE) continue;
    if ((first & MULTI) !== 0) warnings.add('a page with several chains is not read');
    else readChain(walk, form, start + page * pageSize, { first, pageSize });
  }
}

/** Follows one chain; it only goes forward, and ends with the page. */
function readChain(
  walk: Walk,
  form: PointerForm,
  page: number,
  { first, pageSize }: { first: number; pageSize: number },
): void {
  const { reader, map, warnings } = walk.file;
  let place = first;
  while (place < pageSize && walk.fixups.length < LIMITS.relocations) {
    const at = isPlace(page + place) ? map.offsetOf(page + place, 8) : -1;
    if (at < 0) {
      warnings.add('a chain of fix-ups leaves its segment');
      return;
    }
    const pointer = form.read(reader.u32(at), reader.u32(at + 4));
    walk.fixups.push(fixupOf(walk, form, page + place, pointer));
    if (pointer.next === 0) return;
    place += pointer.next * form.stride;
  }
}

function fixupOf({ file, binds }: Walk, form: PointerForm, address: number, pointer: Pointer): Fixup {
  const { isSigned } = pointer;
  if (pointer.ordinal < 0) {
    const target = pointer.target + (form.isOffset || isSigned ? file.imageAddress : -Number(file.reader.base));
    return { address, addend: 0, isSigned, target: isPlace(target) ? target : -1 };
  }
  const bind = binds[pointer.ordinal];
  if (bind === undefined) file.warnings.add(`a pointer is bound to import ${pointer.ordinal}, which there is not`);
  const { name = '', library = -2, isWeak = false, addend = 0 } = bind ?? {};
  return { address, isSigned, target: -1, addend: addend + pointer.addend, bind: { name, library, isWeak } };
}

/** Formats of imports: 1: library:8 weak:1 name:23; 2: the same and addend[4]; 3: library:16 weak:1 :15 name[4] addend[8]. */
function readBinds({ reader, warnings }: MachoFile, piece: Piece): Walk['binds'] {
  const [imports, symbols, announced, format] = [8, 12, 16, 20].map((field) => reader.u32(piece.at + field));
  const size = format === 1 ? 4 : format === 2 ? 8 : 16;
  const room = Math.floor((piece.size - (imports ?? 0)) / size);
  const count = Math.max(0, Math.min(announced ?? 0, room, LIMITS.imports));
  if (count < (announced ?? 0)) warnings.add(`${announced} imports are announced, ${count} are in the file`);
  const names = {
    start: piece.at + (symbols ?? 0),
    end: piece.at + piece.size,
    left: Math.max(1 << 20, 16 * piece.size),
  };
  return Array.from({ length: count }, (_, row) =>
    bindAt(reader, piece.at + (imports ?? 0) + row * size, format ?? 0, names),
  );
}

function bindAt(
  reader: ElfReader,
  at: number,
  format: number,
  names: { readonly start: number; readonly end: number; left: number },
): Bind & { readonly addend: number } {
  const low = reader.u32(at);
  const isWide = format === 3;
  const ordinal = isWide ? signed(low & 0xffff, 16) : signed(low & 0xff, 8);
  const from = names.start + (isWide ? reader.u32(at + 4) : low >>> 9);
  const name = from < names.end && names.left > 0 ? textAt(reader.bytes, from, names.end) : '';
  names.left -= name.length;
  const addend = isWide ? reader.i64(at + 8) : format === 2 ? reader.i32(at + 4) : 0;
  return { name, addend, library: ordinal, isWeak: ((low >>> (isWide ? 16 : 8)) & 1) !== 0 };
}

/** Libraries beyond 240 (or 65,520) are the special ones below 0. */
function signed(value: number, bits: 8 | 16): number {
  const span = 2 ** bits;
  return value > span - 16 ? value - span : value;
}
