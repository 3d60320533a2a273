// New room in an ELF program, the way that changes least first:
//
// 1. slack: zeros behind a segment's bytes that its last page maps anyway; p_filesz and p_memsz grow.
// 2. cave: padding between two sections of a segment; nothing else changes.
// 3. growth: the segment that ends the file is made longer.
// 4. segment: a PT_NOTE becomes a PT_LOAD of bytes at the end of the file. (Not PT_GNU_STACK: without it the kernel makes the stack
//    executable. Not PT_GNU_RELRO: the GOT would stay writable.)
// 5. segment: without a PT_NOTE, the program header table moves into the new segment, where it has room for one row more.

import { accepted, type Outcome, refused } from '@cohesix/check';
import type { Image } from '../image.ts';
import type { Space, SpaceAsk } from '../space.ts';
import { EM, ET, PT } from './constants.ts';
import type { ElfDetail } from './detail.ts';
import { readerOf } from './header.ts';
import { caveSpace, slackSpace } from './space-in-place.ts';
import { growthSpace, movedTableSpace, noteSpace } from './space-segment.ts';
import { PAGE } from './space-source.ts';

const ARM_PAGE = 65_536;

/**
 * Room for `ask.size` bytes. Refuses 32-bit and relocatable files, and when no way leads to room within reach. For more than one
 * room, save the file with the first one's edits, open it, and ask again.
 */
export function elfSpace(image: Image, ask: SpaceAsk): Outcome<Space> {
  if (image.detail.format !== 'elf') return refused('not an ELF image');
  const opened = readerOf(image.bytes);
  if (!opened.ok) return opened;
  const problem = problemOf(image, image.detail, ask);
  if (problem !== undefined) return refused(problem);
  opened.value.setBase(image.base);
  const pageSize = image.detail.machine === EM.aarch64 ? ARM_PAGE : PAGE;
  const alignment = ask.alignment ?? 16;
  const source = { image, detail: image.detail, reader: opened.value, ask, alignment, pageSize };
  const ways = [slackSpace, caveSpace, growthSpace, noteSpace, movedTableSpace];
  for (const way of ways) {
    const space = way(source);
    if (space !== undefined) return accepted(space);
  }
  return refused(`no room for ${ask.size} bytes${ask.near === undefined ? '' : ' within reach'}: ${WAYS}`);
}

const WAYS = 'no slack, no cave, and no program header that could become a new segment there';

function problemOf({ machine }: Image, { type, programHeaders }: ElfDetail, ask: SpaceAsk): string | undefined {
  if (!Number.isSafeInteger(ask.size) || ask.size < 1) return `expected a size of at least 1, got ${ask.size}`;
  const alignment = ask.alignment ?? 16;
  if (!(alignment >= 1 && alignment <= PAGE && Number.isInteger(Math.log2(alignment))))
    return `expected an alignment that is a power of two up to ${PAGE}, got ${alignment}`;
  if (machine.bits === 32) return '32-bit ELF files are read, not changed';
  if (type !== ET.exec && type !== ET.dyn) return 'only programs and shared libraries have room to be loaded';
  return programHeaders.some((row) => row.type === PT.load)
    ? undefined
    : 'the file has no PT_LOAD: nothing is loaded from it';
}
