// New room for code or data: what a patch asks, and what a format answers. Each format has its own way (elf/space.ts, …);
// none moves a byte that is there.

import { type Outcome, refused } from '@cohesix/check';
import type { Edit } from './edit.ts';
import { elfSpace } from './elf/space.ts';
import type { Image, Permissions } from './image.ts';
import { machoSpace } from './macho/space.ts';
import { peSpace } from './pe/space.ts';
import type { Address, Offset } from './units.ts';

/** Room that is wanted. */
export interface SpaceAsk {
  /** Bytes, at least 1. */
  readonly size: number;
  readonly permissions: Permissions;
  /** A power of two; 16 by default. */
  readonly alignment?: number;
  /** The room must lie within `reach` bytes of it (a jump's range). */
  readonly near?: { readonly address: Address; readonly reach: number };
}

/** Room that was found: `bytes` at `offset` of the file will be loaded to `address`. */
export interface Space {
  readonly address: Address;
  readonly offset: Offset;
  /** Bytes that may be written, at least what was asked. */
  readonly size: number;
  /** `slack` behind a segment's bytes, `cave` (bytes that are padding), or a new segment. */
  readonly how: 'slack' | 'cave' | 'segment' | 'section';
  /** Changes of headers and tables that make it so; without the room's own bytes, unless the file grows: then the last edit holds zeros there. */
  readonly edits: readonly Edit[];
  /** What a person should know: `PT_NOTE became PT_LOAD: the build id note is no longer found by its program header`. */
  readonly notes: readonly string[];
}

/**
 * Room in a program for new code or data; the bytes of the file do not move. Refuses when the format or this file has no way to it.
 * For more than one room, save the file with the first one's edits, open it, and ask again.
 */
export function addSpace(image: Image, ask: SpaceAsk): Outcome<Space> {
  if (image.detail.format === 'elf') return elfSpace(image, ask);
  if (image.detail.format === 'pe') return peSpace(image, ask);
  if (image.detail.format === 'macho') return machoSpace(image, ask);
  return refused(`room in ${image.detail.format} files is not made yet`);
}
