// Where the code of an image is, and a numbering of its bytes: position 0 is the first byte of code, whatever its address, so
// that facts about bytes of code are bits of a set.

import type { Image, Segment } from '@cohesix/image';
import type { Decoder, Piece } from '@cohesix/isa';
import { LIMITS } from './limits.ts';

/** A run of code. */
export interface CodeRange extends Piece {
  /** First address after it. */
  readonly end: number;
  /** Position of its first byte. */
  readonly first: number;
}

/** The code of an image: ranges by address, without overlap. */
export interface Code {
  readonly decoder: Decoder;
  readonly ranges: readonly CodeRange[];
  /** Bytes of code in all: positions are below it. */
  readonly size: number;
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
}

/** The code of an image: its sections of code, or where there are none its executable segments. */
export function codeOf(image: Image, decoder: Decoder): Code {
  const ranges: CodeRange[] = [];
  let size = 0;
  let free = 0;
  for (const { start, end, offset } of spansOf(image).sort((one, other) => one.start - other.start)) {
    const from = aligned(Math.max(start, free), decoder.alignment);
    const to = Math.min(end, from + LIMITS.codeSize - size);
    if (to <= from) continue;
    const at = offset + (from - start);
    // A Buffer is another kind of array, and would make the sweep slow.
    const { buffer, byteOffset } = image.bytes;
    ranges.push({ address: from, end: to, first: size, code: new Uint8Array(buffer, byteOffset + at, to - from) });
    size += to - from;
    free = to;
  }
  return { decoder, ranges, size };
}

function aligned(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

function spansOf(image: Image): Span[] {
  const sections = image.sections.filter(
    ({ role, fileSize, address }) => role === 'code' && fileSize > 0 && address > 0,
  );
  const parts = sections.length > 0 ? sections : image.segments.filter(isCode);
  return parts.map(({ address, offset, fileSize }) => ({ start: address, end: address + fileSize, offset }));
}

function isCode({ permissions, fileSize }: Segment): boolean {
  return permissions.execute && fileSize > 0;
}

/** The range that covers an address, or undefined. */
export function rangeAt({ ranges }: Code, address: number): CodeRange | undefined {
  for (const range of ranges) if (address < range.end) return address >= range.address ? range : undefined;
  return undefined;
}

/** Position of an address, or -1 when there is no code. */
export function positionOf(code: Code, address: number): number {
  const range = rangeAt(code, address);
  return range === undefined ? -1 : range.first + (address - range.address);
}

/** Address of a position below `code.size`. */
export function addressOfPosition({ ranges }: Code, position: number): number {
  for (const range of ranges) {
    const into = position - range.first;
    if (into < range.code.length) return range.address + into;
  }
  return -1;
}
