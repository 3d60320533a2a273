// Go's table of functions (pclntab): every function of a Go program with its name, also in a stripped one, because the runtime
// needs it. Layout: pcHeader, functab and _func of the Go runtime (runtime/symtab.go) since Go 1.16; older tables are not read.

import { LIMITS } from '../limits.ts';
import { PF, PT } from './constants.ts';
import type { ElfFile } from './file.ts';
import { NameTable } from './names.ts';
import { isPlace } from './reader.ts';

/** Functions by address, as columns. Only the first `count` rows hold. */
export interface GoFunctions {
  readonly count: number;
  readonly starts: Float64Array;
  /** Start of the next function: padding counts as part of the one before. */
  readonly ends: Float64Array;
  /** `main.main`. Untrusted. */
  name(row: number): string;
}

/** Marks of the table: Go 1.16 to 1.17, 1.18 to 1.19, 1.20 and later. */
const MAGIC = { go116: 0xfffffffa, go118: 0xfffffff0, go120: 0xfffffff1 } as const;
const MAGICS: readonly number[] = Object.values(MAGIC);
/** The linker aligns the table to 16 bytes at least. */
const ALIGNMENT = 16;
const GO_TEXT_OFFSET = 0x1000;

interface Range {
  readonly offset: number;
  readonly size: number;
}

interface Header {
  readonly functions: number;
  /** Address that entries count from; 0 in Go 1.16 (entries are addresses) and since Go 1.26 (the linker leaves it out). */
  readonly textStart: number;
  /** Offsets in the file. */
  readonly names: number;
  readonly table: number;
  readonly hasOffsets: boolean;
}

/** The functions of the table; undefined when the file has none that can be read. */
export function readPclntab(file: ElfFile): GoFunctions | undefined {
  const range = findTable(file);
  const header = range === undefined ? undefined : readTableHeader(file, range);
  if (range === undefined || header === undefined) return undefined;
  return readFunctions(file, range, header);
}

/** By its section; in a file without sections by its mark, in what is loaded and cannot be written or is relocated data. */
function findTable(file: ElfFile): Range | undefined {
  const section = file.sections.find(({ name, fileSize }) => /(^|\.)gopclntab$/.test(name) && fileSize > 0);
  if (section !== undefined) return { offset: section.offset, size: section.fileSize };
  if (file.sections.length > 0) return undefined;
  for (const { type, flags, offset, fileSize } of file.programHeaders) {
    if (type !== PT.load || (flags & PF.execute) !== 0) continue;
    const end = Math.min(offset + fileSize, file.reader.bytes.length);
    for (let at = offset; at + 8 <= end; at += ALIGNMENT) if (isMark(file, at)) return { offset: at, size: end - at };
  }
  return undefined;
}

/** magic[4] 0 0 min_instruction_size[1] pointer_size[1]. */
function isMark({ reader }: ElfFile, at: number): boolean {
  if (!MAGICS.includes(reader.u32(at)) || reader.u16(at + 4) !== 0) return false;
  const [unit, pointer] = [reader.bytes[at + 6], reader.bytes[at + 7]];
  return (unit === 1 || unit === 2 || unit === 4) && pointer === reader.wordSize;
}

/** …nfunc[W] nfiles[W] [textStart[W]] funcnameOffset[W] cuOffset[W] filetabOffset[W] pctabOffset[W] pclnOffset[W]. */
function readTableHeader(file: ElfFile, { offset, size }: Range): Header | undefined {
  const { reader, warnings } = file;
  const w = reader.wordSize;
  if (size < 8 + 8 * w || !isMark(file, offset)) {
    warnings.add('the Go function table has no mark that is known: not read');
    return undefined;
  }
  const hasOffsets = reader.u32(offset) !== MAGIC.go116;
  const rest = offset + 8 + (hasOffsets ? 3 : 2) * w;
  const [names, table] = [reader.word(rest), reader.word(rest + 4 * w)];
  if (names >= size || table >= size) {
    warnings.add('the Go function table names places outside itself: not read');
    return undefined;
  }
  const textStart = hasOffsets && reader.word(offset + 8 + 2 * w) !== 0 ? reader.address(offset + 8 + 2 * w) : 0;
  return { functions: reader.word(offset + 8), textStart, names: offset + names, table: offset + table, hasOffsets };
}

/** functab: (entry[E] funcoff[E])* entry[E], where E is 4 bytes counted from the text's start, or a word in Go 1.16. */
function readFunctions(file: ElfFile, { offset, size }: Range, header: Header): GoFunctions {
  const { reader, warnings } = file;
  const { table, hasOffsets } = header;
  const end = offset + size;
  const step = hasOffsets ? 8 : 2 * reader.wordSize;
  const fitting = Math.max(0, Math.floor((end - table - step / 2) / step));
  const count = Math.min(header.functions, fitting, LIMITS.symbols);
  if (count < header.functions) warnings.add(`${header.functions} Go functions are announced, ${count} are read`);
  const base = hasOffsets ? textStartOf(file, header, count) : 0;
  const [starts, ends, nameAts] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  let kept = 0;
  for (let row = 0; row < count; row += 1) {
    const at = table + row * step;
    const start = hasOffsets ? base + reader.u32(at) : reader.address(at);
    const next = hasOffsets ? base + reader.u32(at + step) : reader.address(at + step);
    const record = table + (hasOffsets ? reader.u32(at + 4) : reader.word(at + reader.wordSize));
    if (!isPlace(start) || next <= start || !isPlace(next)) continue;
    starts[kept] = start;
    ends[kept] = next;
    nameAts[kept] = record + 8 <= end ? reader.i32(record + (hasOffsets ? 4 : reader.wordSize)) : -1;
    kept += 1;
  }
  const names = new NameTable(reader.bytes, header.names, end - header.names);
  return { count: kept, starts, ends, name: (row) => names.at(nameAts[row] ?? -1) };
}

/** Where the header does not say, text is the section of that name, or begins a page into the first segment of code, behind the headers. */
function textStartOf(file: ElfFile, header: Header, count: number): number {
  if (header.textStart !== 0) return header.textStart;
  const section = file.sections.find(({ name, permissions }) => name === '.text' && permissions.execute);
  if (section !== undefined) return section.address;
  const code = file.segments.find(({ permissions }) => permissions.execute);
  if (code === undefined) return 0;
  const entry = file.reader.address(file.header.entryAt);
  const behind = code.address + GO_TEXT_OFFSET;
  return hasEntry(file, header, count, entry - behind) ? behind : code.address;
}

function hasEntry({ reader }: ElfFile, { table }: Header, count: number, wanted: number): boolean {
  for (let row = 0; row < count; row += 1) if (reader.u32(table + row * 8) === wanted) return true;
  return false;
}
