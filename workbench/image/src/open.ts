// Opens an executable of any format: asks each reader whether the file is its own, in an order that puts the stricter first
// (an APE also begins as a PE does).

import { type Outcome, refused } from '@cohesix/check';
import { isElf } from './elf/header.ts';
import { elfIdentities, openElf } from './elf/open.ts';
import type { Image } from './image.ts';
import { isMacho, machoIdentities } from './macho/fat.ts';
import { openMacho } from './macho/open.ts';
import type { ImageIdentity, OpenOptions } from './options.ts';
import { isPe } from './pe/header.ts';
import { openPe, peIdentities } from './pe/open.ts';

/** The reader of one format. */
interface FormatReader {
  /** Looks at the first bytes only. */
  recognises(bytes: Uint8Array): boolean;
  open(bytes: Uint8Array, options: OpenOptions): Outcome<Image>;
  identities(bytes: Uint8Array): readonly ImageIdentity[];
}

const READERS: readonly FormatReader[] = [
  { recognises: isElf, open: openElf, identities: elfIdentities },
  { recognises: isMacho, open: openMacho, identities: machoIdentities },
  { recognises: isPe, open: openPe, identities: peIdentities },
];

/**
 * Reads an executable. `bytes` is borrowed for as long as the image is used and must not change. Refuses what is no executable of
 * a known format, or whose header is cut off; everything else that is wrong with it is a warning of the image.
 */
export function open(bytes: Uint8Array, options: OpenOptions = {}): Outcome<Image> {
  const reader = READERS.find((candidate) => candidate.recognises(bytes));
  if (reader === undefined)
    return refused('expected an ELF, PE, Mach-O or APE file: none of their marks is at its start');
  return reader.open(bytes, options);
}

/** The images a file holds: one for most, one a slice for a fat Mach-O, all readings of an APE; empty for what is no executable. */
export function identitiesOf(bytes: Uint8Array): readonly ImageIdentity[] {
  return READERS.find((candidate) => candidate.recognises(bytes))?.identities(bytes) ?? [];
}
