// New room in a Mach-O image: padding that its segments load already, at their ends and between sections. Segments begin and end at pages of
// 4 or 16 KiB, so that there is nearly always some. Nothing but the padding changes, and the signature's hashes of its pages.
//
// A new segment is not made: `__LINKEDIT` must stay the last one in the file and in memory, so that all of it, and every offset into it,
// would have to move.

import { accepted, type Outcome, refused } from '@cohesix/check';
import { alignUp, isNear } from '../elf/space-source.ts';
import type { Image, Permissions, Segment } from '../image.ts';
import type { OwnedRange } from '../ownership.ts';
import type { Space, SpaceAsk } from '../space.ts';
import { address, offset } from '../units.ts';

const PAGE = 4096;
const COMMANDS = 'slack after load commands';

/** Room for `ask.size` bytes. Refuses 32-bit images, objects, and when no padding is large enough within reach. */
export function machoSpace(image: Image, ask: SpaceAsk): Outcome<Space> {
  const problem = problemOf(image, ask);
  if (problem !== undefined) return refused(problem);
  const ranges = image.ownership.filter(({ kind }) => kind === 'slack');
  // Room behind the load commands is left to the tools that add commands, as long as there is other room.
  const ordered = [
    ...ranges.filter(({ owner }) => owner !== COMMANDS),
    ...ranges.filter(({ owner }) => owner === COMMANDS),
  ];
  for (const segment of fittingSegments(image, ask.permissions))
    for (const range of ordered) {
      const space = caveOf(image, ask, segment, range);
      if (space !== undefined) return accepted(space);
    }
  return refused(`no padding of ${ask.size} bytes${ask.near === undefined ? '' : ' within reach'}; ${WHY}`);
}

const WHY = 'a new segment would move __LINKEDIT, which is not done';

function problemOf({ machine, kind }: Image, { size, alignment = 16 }: SpaceAsk): string | undefined {
  if (!Number.isSafeInteger(size) || size < 1) return `expected a size of at least 1, got ${size}`;
  if (!(alignment >= 1 && alignment <= PAGE && Number.isInteger(Math.log2(alignment))))
    return `expected an alignment that is a power of two up to ${PAGE}, got ${alignment}`;
  if (machine.bits === 32) return '32-bit Mach-O images are read, not changed';
  return kind === 'relocatable' ? 'an object has no room that would be loaded' : undefined;
}

/** Segments with the permissions that are asked; for bytes that are only read, those of code come last. */
function fittingSegments({ segments }: Image, { read, write, execute }: Permissions): readonly Segment[] {
  const exact = segments.filter(({ permissions: p }) => p.read === read && p.write === write && p.execute === execute);
  const isFitting = exact.filter(({ name }) => name !== '__LINKEDIT');
  if (write || execute) return isFitting;
  return [...isFitting, ...segments.filter(({ permissions: p }) => p.read && p.execute && !p.write)];
}

function caveOf(image: Image, ask: SpaceAsk, segment: Segment, range: OwnedRange): Space | undefined {
  const from = Math.max(range.offset, segment.offset);
  const end = Math.min(range.offset + range.size, segment.offset + segment.fileSize);
  const start = segment.address + (from - segment.offset);
  const at = alignUp(start, ask.alignment ?? 16);
  const place = from + (at - start);
  if (place + ask.size > end || !isNear(ask, at)) return undefined;
  if (isNamed(image, at, ask.size) || image.bytes.subarray(place, place + ask.size).some((byte) => byte !== 0))
    return undefined;
  const isWider = segment.permissions.execute && !ask.permissions.execute;
  return {
    ...{ address: address(at), offset: offset(place), size: ask.size, how: 'cave', edits: [] },
    notes: [`padding: ${range.owner}`, ...(isWider ? [`${segment.name} may also be executed`] : [])],
  };
}

/** A section without bytes in the file (zeros) may lie where the last page of its segment has padding. */
function isNamed({ sections }: Image, at: number, size: number): boolean {
  return sections.some(
    (section) => section.size > 0 && section.address < at + size && section.address + section.size > at,
  );
}
