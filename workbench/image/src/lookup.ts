// From addresses to file offsets and back.

import type { Image, Section, Segment } from './image.ts';
import { type Address, address, type Offset, offset } from './units.ts';

/** The segment that covers an address, or undefined. */
export function segmentAt(image: Image, at: Address): Segment | undefined {
  return image.segments.find((segment) => at >= segment.address && at < segment.address + segment.memorySize);
}

/** The section that covers an address, or undefined. Sections that are not loaded have none. */
export function sectionAt(image: Image, at: Address): Section | undefined {
  return image.sections.find(
    (section) => section.address > 0 && at >= section.address && at < section.address + section.size,
  );
}

/** Where in the file the byte of an address lies; undefined when memory there is zero or nothing. */
export function offsetOf(image: Image, at: Address): Offset | undefined {
  const segment = segmentAt(image, at);
  if (segment === undefined || at - segment.address >= segment.fileSize) return undefined;
  return offset(segment.offset + (at - segment.address));
}

/** The address the byte at a file offset is loaded to; undefined when it is not loaded. */
export function addressOf(image: Image, at: Offset): Address | undefined {
  const segment = image.segments.find(({ offset: start, fileSize }) => at >= start && at < start + fileSize);
  return segment && address(segment.address + (at - segment.offset));
}

/** Bytes of the file from an address on, at most `size`, and less where the segment's bytes end; borrowed. Empty when there are none. */
export function bytesAt(image: Image, at: Address, size: number): Uint8Array {
  const segment = segmentAt(image, at);
  if (segment === undefined) return image.bytes.subarray(0, 0);
  const skip = at - segment.address;
  const count = Math.max(0, Math.min(size, segment.fileSize - skip));
  return image.bytes.subarray(segment.offset + skip, segment.offset + skip + count);
}
