// Texts in a program's data: runs of printable characters, in UTF-8 up to a zero byte, in UTF-16LE up to a zero unit.

import type { Image, Section } from '@cohesix/image';
import { LIMITS } from './limits.ts';
import type { FoundString } from './program.ts';

/** Characters before a run counts as a text; shorter ones are mostly chance. */
const CHARACTERS_MIN = 4;

/** Texts in the data that is loaded; by address, at most `LIMITS.strings`. */
export function stringsOf(image: Image): readonly FoundString[] {
  const found: FoundString[] = [];
  for (const { address, offset, fileSize } of dataOf(image)) {
    const bytes = image.bytes.subarray(offset, offset + fileSize);
    const add = (at: number, size: number, encoding: FoundString['encoding']): void => {
      if (found.length >= LIMITS.strings) return;
      const kept = bytes.subarray(at, at + Math.min(size, LIMITS.stringSize));
      found.push({
        address: address + at,
        encoding,
        size,
        text: encoding === 'utf-8' ? utf8.decode(kept) : utf16Text(kept),
      });
    };
    narrow(bytes, add);
    wide(bytes, add);
  }
  return found.sort((one, other) => one.address - other.address);
}

const utf8 = new TextDecoder('utf-8');

function utf16Text(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at + 1 < bytes.length; at += 2)
    text += String.fromCharCode((bytes[at] as number) | ((bytes[at + 1] as number) << 8));
  return text;
}

/** Sections of data; where there are none, segments that are not code. */
function dataOf(image: Image): readonly Pick<Section, 'address' | 'offset' | 'fileSize'>[] {
  const sections = image.sections.filter(({ role, address }) => (role === 'data' || role === 'string') && address > 0);
  return image.sections.length > 0 ? sections : image.segments.filter(({ permissions }) => !permissions.execute);
}

type Add = (at: number, size: number, encoding: FoundString['encoding']) => void;

function narrow(bytes: Uint8Array, add: Add): void {
  let start = 0;
  let characters = 0;
  for (let at = 0; at < bytes.length; ) {
    const size = characterSize(bytes, at);
    if (size > 0) {
      at += size;
      characters++;
      continue;
    }
    if (bytes[at] === 0 && characters >= CHARACTERS_MIN) add(start, at - start, 'utf-8');
    at++;
    start = at;
    characters = 0;
  }
}

/** Bytes of the printable UTF-8 character at `at`; 0 when there is none (RFC 3629; tab, LF and CR count as printable). */
function characterSize(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return (first >= 0x20 && first < 0x7f) || first === 9 || first === 10 || first === 13 ? 1 : 0;
  const size =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  for (let index = 1; index < size; index++) if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return 0;
  return size;
}

/** UTF-16LE at even places: characters of ASCII and Latin only, since any two bytes are some character. */
function wide(bytes: Uint8Array, add: Add): void {
  let start = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const low = bytes[at] as number;
    const isCharacter =
      bytes[at + 1] === 0 && ((low >= 0x20 && low < 0x7f) || low >= 0xa0 || low === 9 || low === 10 || low === 13);
    if (isCharacter) continue;
    const isEnd = low === 0 && bytes[at + 1] === 0;
    if (isEnd && (at - start) / 2 >= CHARACTERS_MIN) add(start, at - start, 'utf-16le');
    start = at + 2;
  }
}
