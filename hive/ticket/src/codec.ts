// The two shapes of a block that `@cohesix/bytes` does not have: whole numbers as *shortest-form* unsigned LEB128 (the
// WebAssembly form allows padding, a token must not) and texts with such a length before them. Every value has exactly
// one encoding, so a changed byte of a token either breaks its form or changes what is authenticated.

import { type ByteReader, type ByteWriter, utf8Length } from '@cohesix/bytes';

const BYTES_MAX = 8;

/** Appends a whole number from 0 to 2^53-1 in as few bytes as it takes. */
export function writeUint(writer: ByteWriter, value: number): void {
  let rest = value;
  while (rest > 0x7f) {
    writer.u8((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  writer.u8(rest);
}

/** Reads what `writeUint` writes and nothing else; fails with `bad number`. */
export function readUint(reader: ByteReader): number {
  let value = 0;
  let scale = 1;
  for (let index = 0; index < BYTES_MAX; index += 1) {
    const byte = reader.u8();
    value += (byte & 0x7f) * scale;
    scale *= 0x80;
    if (byte >= 0x80) continue;
    const isShortest = index === 0 || byte !== 0;
    if (isShortest && value <= Number.MAX_SAFE_INTEGER) return value;
    break;
  }
  reader.fail('bad number');
  return 0;
}

/** Appends `size[uint] text[size]`, UTF-8. */
export function writeText(writer: ByteWriter, text: string): void {
  writeUint(writer, utf8Length(text));
  writer.utf8(text);
}

/** Reads what `writeText` writes; fails for text that is not strict UTF-8. */
export function readText(reader: ByteReader): string {
  return reader.utf8(readUint(reader));
}
