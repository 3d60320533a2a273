// The debug sections of an ELF file, inflated where they are compressed. gABI, chapter 4, "Section Compression".

import type { DebugSections, SectionName } from '../dwarf/sections.ts';
import type { OpenOptions } from '../options.ts';
import { ET, SHF } from './constants.ts';
import type { ElfFile } from './file.ts';
import type { SectionHeader } from './section-headers.ts';

const ELFCOMPRESS_ZLIB = 1;
/** Deflate makes at most 1032 bytes of one; a header that announces more lies. */
const RATIO_MAX = 1032;
const SIZE_MAX = 1 << 30;

/** The sections of a linked file. Those of a relocatable file have holes where relocations belong, and are not given. */
export function debugSections(file: ElfFile, options: OpenOptions): DebugSections {
  const { reader, sectionHeaders, header, warnings } = file;
  const read = new Map<SectionName, Uint8Array | undefined>();
  const isRelocatable = header.type === ET.rel;
  if (isRelocatable && sectionHeaders.some(({ name }) => name === '.debug_info'))
    warnings.add('debug information of a relocatable file is not read: it is not relocated yet');
  return {
    isLittle: reader.isLittle,
    base: Number(reader.base),
    section: (name) => {
      const found = isRelocatable ? undefined : sectionHeaders.find((row) => row.name === `.debug_${name}`);
      if (found !== undefined && !read.has(name)) read.set(name, contentOf(file, found, options));
      return read.get(name);
    },
  };
}

function contentOf(
  { reader, warnings }: ElfFile,
  section: SectionHeader,
  options: OpenOptions,
): Uint8Array | undefined {
  const { name, offset, fileSize, flags } = section;
  const bytes = reader.bytes.subarray(offset, offset + fileSize);
  if ((flags & SHF.compressed) === 0) return bytes;
  // ch_type[4] [reserved[4]] ch_size[W] ch_addralign[W]
  const headerSize = reader.is64 ? 24 : 12;
  if (fileSize < headerSize) return undefined;
  const type = reader.u32(offset);
  const size = reader.word(offset + (reader.is64 ? 8 : 4));
  const stream = bytes.subarray(headerSize);
  const isSane = size <= Math.min(SIZE_MAX, stream.length * RATIO_MAX);
  const content = type === ELFCOMPRESS_ZLIB && isSane ? options.inflate?.(stream, size) : undefined;
  if (content?.length === size) return content;
  warnings.add(`${name} is compressed (${problemOf(type, options)}): not read`);
  return undefined;
}

function problemOf(type: number, { inflate }: OpenOptions): string {
  if (type !== ELFCOMPRESS_ZLIB) return `by method ${type}, not zlib`;
  return inflate === undefined ? 'nothing was given to inflate it' : 'damaged';
}
