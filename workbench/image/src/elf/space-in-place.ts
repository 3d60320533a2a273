// Room where the file need not grow: behind a segment's bytes, and in padding between sections.

import type { Image } from '../image.ts';
import type { Space } from '../space.ts';
import { address, offset } from '../units.ts';
import {
  alignUp,
  fittingSegments,
  grownRow,
  isNear,
  memoryAfter,
  moreThanAsked,
  rowOf,
  type SpaceSource,
} from './space-source.ts';

/** Zeros behind a segment's bytes, up to what comes next in the file and to the page of what comes next in memory. */
export function slackSpace(source: SpaceSource): Space | undefined {
  const { image, ask, pageSize, alignment } = source;
  for (const segment of fittingSegments(source)) {
    const row = rowOf(source, segment);
    if (row === undefined || segment.memorySize !== segment.fileSize || segment.fileSize === 0) continue;
    const end = segment.offset + segment.fileSize;
    const room = Math.min(zerosAfter(image, end), memoryAfter(image, segment, pageSize));
    const skip = alignUp(segment.address + segment.fileSize, alignment) - (segment.address + segment.fileSize);
    if (skip + ask.size > room || !isNear(ask, segment.address + segment.fileSize + skip)) continue;
    return {
      address: address(segment.address + segment.fileSize + skip),
      offset: offset(end + skip),
      size: ask.size,
      how: 'slack',
      edits: grownRow(source, row, skip + ask.size),
      notes: [`${segment.name} grows by ${skip + ask.size} bytes of padding behind it`, ...moreThanAsked(ask, segment)],
    };
  }
  return undefined;
}

/** Zero bytes from an offset on that nobody owns. */
function zerosAfter({ bytes, ownership }: Image, start: number): number {
  let at = start;
  for (const range of ownership) {
    if (range.offset + range.size <= at) continue;
    if (range.offset > at || range.kind !== 'slack') break;
    while (at < range.offset + range.size && bytes[at] === 0) at += 1;
    if (at < range.offset + range.size) break;
  }
  return at - start;
}

/** Padding between sections. Not where it may be written: zeros there may be somebody's variable. */
export function caveSpace(source: SpaceSource): Space | undefined {
  const { image, ask, alignment } = source;
  if (image.sections.length === 0 || ask.permissions.write) return undefined;
  for (const segment of fittingSegments(source)) {
    for (const range of image.ownership) {
      const isInside = range.offset >= segment.offset && range.offset + range.size <= segment.offset + segment.fileSize;
      if (range.kind !== 'slack' || !isInside) continue;
      const start = segment.address + (range.offset - segment.offset);
      const at = alignUp(start, alignment);
      const room = range.size - (at - start);
      if (room < ask.size || !isNear(ask, at)) continue;
      const notes = [`padding: ${range.owner}`, ...moreThanAsked(ask, segment)];
      return {
        address: address(at),
        offset: offset(range.offset + (at - start)),
        size: room,
        how: 'cave',
        edits: [],
        notes,
      };
    }
  }
  return undefined;
}
