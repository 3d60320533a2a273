// The Rich header: which compilers made the objects, as Microsoft's linker leaves it between the DOS program and the PE header,
// hidden by an exclusive or with a key. Its layout is not documented by Microsoft; it is known from many files.

import type { ElfReader } from '../elf/reader.ts';

/** A tool and how many objects it made. */
export interface RichEntry {
  readonly product: number;
  readonly build: number;
  readonly count: number;
}

/** Where the Rich header is, and what it says. */
export interface RichHeader {
  readonly offset: number;
  readonly size: number;
  readonly key: number;
  readonly entries: readonly RichEntry[];
}

const [RICH, DANS] = [0x6863_6952, 0x536e_6144] as const;
const SEARCH_MAX = 4096;

/** Undefined when there is none between the DOS header and the PE header. */
export function readRich(reader: ElfReader, peOffset: number): RichHeader | undefined {
  const end = Math.min(peOffset, SEARCH_MAX);
  for (let at = 0x40; at + 8 <= end; at += 4) {
    if (reader.u32(at) !== RICH) continue;
    const key = reader.u32(at + 4);
    for (let start = at - 4; start >= 0x40; start -= 4)
      if ((reader.u32(start) ^ key) >>> 0 === DANS)
        return { offset: start, size: at + 8 - start, key, entries: entriesOf(reader, start + 16, at, key) };
  }
  return undefined;
}

function entriesOf(reader: ElfReader, start: number, end: number, key: number): readonly RichEntry[] {
  const entries: RichEntry[] = [];
  for (let at = start; at + 8 <= end; at += 8) {
    const tool = (reader.u32(at) ^ key) >>> 0;
    entries.push({ product: tool >>> 16, build: tool & 0xffff, count: (reader.u32(at + 4) ^ key) >>> 0 });
  }
  return entries;
}
