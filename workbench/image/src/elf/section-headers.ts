// Section headers: the linker's view, absent from many programs and never needed to run one. gABI, chapter 4, "Sections".

import { LIMITS } from '../limits.ts';
import type { Warnings } from '../warnings.ts';
import { SHN, SHT } from './constants.ts';
import type { ElfHeader } from './header.ts';
import { NameTable } from './names.ts';
import type { ElfReader } from './reader.ts';

/** One row of the table. */
export interface SectionHeader {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  /** sh_addr less the image's base; 0 when it has none. */
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  /** Bytes that are in the file: 0 for SHT_NOBITS, less than `size` when the file is cut off. */
  readonly fileSize: number;
  readonly link: number;
  readonly info: number;
  readonly alignment: number;
  readonly entrySize: number;
}

/** Bytes of one row: 64 or 40. */
function sectionHeaderSize(is64: boolean): 40 | 64 {
  return is64 ? 64 : 40;
}

/** Rows of the table that lie inside the file, the null section among them: the index is the section's number. */
export function readSectionHeaders(reader: ElfReader, header: ElfHeader, warnings: Warnings): readonly SectionHeader[] {
  const { offset, entrySize } = header.sectionHeaders;
  const count = rowsInside(reader, header, warnings);
  if (count === 0) return [];
  const nameSection = header.nameSection === SHN.extended ? readRow(reader, offset).link : header.nameSection;
  const bare = Array.from({ length: count }, (_, row) => readRow(reader, offset + row * entrySize));
  const names = bare[nameSection];
  if (names === undefined) warnings.add(`section ${nameSection} holds the names of sections and does not exist`);
  const table = new NameTable(reader.bytes, names?.offset ?? 0, names?.fileSize ?? 0);
  return bare.map(({ nameAt, ...row }) => ({ ...row, name: table.at(nameAt) }));
}

function rowsInside(reader: ElfReader, { sectionHeaders }: ElfHeader, warnings: Warnings): number {
  const { offset, entrySize } = sectionHeaders;
  if (offset === 0) return 0;
  if (entrySize < sectionHeaderSize(reader.is64) || !reader.has(offset, entrySize)) {
    if (sectionHeaders.count > 0) warnings.add('the section headers lie outside the file or are too short: not read');
    return 0;
  }
  // A count of 0 with a table means that it is in sh_size of section 0.
  const wanted = sectionHeaders.count === 0 ? readRow(reader, offset).size : sectionHeaders.count;
  const count = Math.min(wanted, Math.floor((reader.bytes.length - offset) / entrySize), LIMITS.tableRows);
  if (count < wanted) warnings.add(`${wanted} section headers are announced, ${count} are read`);
  return count;
}

type BareRow = Omit<SectionHeader, 'name'> & { readonly nameAt: number };

/** name[4] type[4] flags[W] addr[W] offset[W] size[W] link[4] info[4] addralign[W] entsize[W]. */
function readRow(reader: ElfReader, at: number): BareRow {
  const w = reader.wordSize;
  const [type, offset, size] = [reader.u32(at + 4), reader.word(at + 8 + 2 * w), reader.word(at + 8 + 3 * w)];
  const hasAddress = reader.word(at + 8 + w) !== 0;
  return {
    nameAt: reader.u32(at),
    type,
    flags: reader.word(at + 8),
    address: hasAddress ? reader.address(at + 8 + w) : 0,
    offset,
    size,
    fileSize: type === SHT.nobits || type === SHT.null ? 0 : Math.max(0, Math.min(size, reader.bytes.length - offset)),
    link: reader.u32(at + 8 + 4 * w),
    info: reader.u32(at + 12 + 4 * w),
    alignment: reader.word(at + 16 + 4 * w),
    entrySize: reader.word(at + 16 + 5 * w),
  };
}
