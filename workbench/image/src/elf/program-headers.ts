// Program headers: what the loader maps. gABI, chapter 5, "Program Header".

import { LIMITS } from '../limits.ts';
import type { Warnings } from '../warnings.ts';
import { PN_XNUM, PT } from './constants.ts';
import type { ElfHeader } from './header.ts';
import type { ElfReader } from './reader.ts';

/** One row of the table. */
export interface ProgramHeader {
  /** Offset of the row itself. */
  readonly at: number;
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  /** p_vaddr less the image's base. */
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly alignment: number;
}

/** Bytes of one row: 56 or 32. */
export function programHeaderSize(is64: boolean): 32 | 56 {
  return is64 ? 56 : 32;
}

/** Rows of the table that lie inside the file. Sets the reader's base when the program is loaded beyond 2^53. */
export function readProgramHeaders(reader: ElfReader, header: ElfHeader, warnings: Warnings): readonly ProgramHeader[] {
  const { offset, entrySize } = header.programHeaders;
  const count = rowsInside(reader, header, warnings);
  reader.setBase(baseOf(reader, offset, entrySize, count));
  return Array.from({ length: count }, (_, row) => readRow(reader, offset + row * entrySize));
}

function rowsInside(reader: ElfReader, header: ElfHeader, warnings: Warnings): number {
  const { offset, entrySize } = header.programHeaders;
  const wanted = countOf(reader, header);
  if (wanted === 0 || offset === 0) return 0;
  if (entrySize < programHeaderSize(reader.is64)) {
    warnings.add(`the program headers are ${entrySize} bytes each: too short, not read`);
    return 0;
  }
  const fitting = Math.max(0, Math.floor((reader.bytes.length - offset) / entrySize));
  const count = Math.min(wanted, fitting, LIMITS.tableRows);
  if (count < wanted) warnings.add(`${wanted} program headers are announced, ${count} are read`);
  return count;
}

/** e_phnum, or sh_info of section 0 when the count does not fit. */
function countOf(reader: ElfReader, { programHeaders, sectionHeaders }: ElfHeader): number {
  const info = sectionHeaders.offset + (reader.is64 ? 44 : 28);
  if (programHeaders.count !== PN_XNUM || !reader.has(info, 4)) return programHeaders.count;
  return reader.u32(info);
}

/** Lowest address of a PT_LOAD when one lies beyond 2^53, else 0. */
function baseOf(reader: ElfReader, offset: number, entrySize: number, count: number): bigint {
  if (!reader.is64) return 0n;
  let lowest: bigint | undefined;
  let isFar = false;
  for (let row = 0; row < count; row += 1) {
    const at = offset + row * entrySize;
    if (reader.u32(at) !== PT.load) continue;
    const address = reader.big64(at + 16);
    if (address > BigInt(Number.MAX_SAFE_INTEGER)) isFar = true;
    // A kernel's per-CPU segment is linked at 0; it is not where the program lies.
    if (address !== 0n && (lowest === undefined || address < lowest)) lowest = address;
  }
  return isFar && lowest !== undefined ? lowest & ~0xfffn : 0n;
}

/** type[4] flags[4] offset[8] vaddr[8] paddr[8] filesz[8] memsz[8] align[8]; in 32 bit, flags stand before align. */
function readRow(reader: ElfReader, at: number): ProgramHeader {
  const w = reader.wordSize;
  const first = reader.is64 ? at + 8 : at + 4;
  return {
    at,
    type: reader.u32(at),
    flags: reader.u32(reader.is64 ? at + 4 : at + 24),
    offset: reader.word(first),
    address: reader.address(first + w),
    fileSize: reader.word(first + 3 * w),
    memorySize: reader.word(first + 4 * w),
    alignment: reader.word(reader.is64 ? at + 48 : at + 28),
  };
}
