// Entry bundles: up to 256 entries, each with its length before it, so that a writer can append entry by entry.
//
//   bundle: entry*      entry: length[2 big endian] data[length]
//
// Source: C2SP tlog-tiles, "Log entries".

import { ByteReader, ByteWriter } from '@cohesix/bytes';
import { accepted, assert, type Outcome, refused } from '@cohesix/check';
import { TILE_WIDTH } from './tile.ts';
import { ENTRY_SIZE_MAX } from './tree-hasher.ts';

const LENGTH_SIZE = 2;

/** The most bytes that a bundle can have. */
export const BUNDLE_SIZE_MAX: number = TILE_WIDTH * (LENGTH_SIZE + ENTRY_SIZE_MAX);

/** The bundle of 1 to 256 entries of at most 65,535 bytes, in a new array. C2SP tlog-tiles, "Log entries". */
export function encodeBundle(entries: readonly Uint8Array[]): Outcome<Uint8Array<ArrayBuffer>> {
  if (entries.length < 1 || entries.length > TILE_WIDTH) return refused(`1 to 256 entries, got ${entries.length}`);
  const tooLong = entries.find(({ length }) => length > ENTRY_SIZE_MAX);
  if (tooLong !== undefined) return refused(`an entry has at most 65535 bytes, got ${tooLong.length}`);
  const writer = new ByteWriter({ sizeMax: BUNDLE_SIZE_MAX });
  for (const entry of entries) {
    writer.u16be(entry.length);
    writer.append(entry);
  }
  assert(!writer.failed, 'a bundle has a largest size');
  return accepted(writer.copy());
}

/** The `width` entries of a bundle and not a byte more; views of `bytes`. C2SP tlog-tiles, "Log entries". */
export function decodeBundle(bytes: Uint8Array, width: number): Outcome<Uint8Array[]> {
  assert(Number.isInteger(width) && width >= 1 && width <= TILE_WIDTH, 'a bundle is 1 to 256 wide');
  const reader = new ByteReader(bytes);
  const entries: Uint8Array[] = [];
  while (entries.length < width && !reader.failed) entries.push(reader.view(reader.u16be()));
  reader.expectEnd();
  return reader.failed ? refused(`bundle of ${width} entries: ${reader.failure}`) : accepted(entries);
}
