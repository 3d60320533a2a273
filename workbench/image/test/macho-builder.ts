// Builds small 64-bit Mach-O files for tests, each command as the test says.

import { putU32, putU64 } from '@cohesix/bytes';

/** A whole file: header, commands, then `tail` from `tailAt` on. */
export interface BuiltMacho {
  readonly cpu?: number;
  readonly fileType?: number;
  readonly flags?: number;
  readonly commands?: readonly Uint8Array[];
  readonly commandCount?: number;
  readonly tailAt?: number;
  readonly tail?: Uint8Array;
}

/** The bytes of the file. */
export function macho(built: BuiltMacho): Uint8Array<ArrayBuffer> {
  const { commands = [], tail = new Uint8Array(0) } = built;
  const size = commands.reduce((sum, { length }) => sum + length, 0);
  const tailAt = built.tailAt ?? 32 + size;
  const file = new Uint8Array(Math.max(32 + size, tailAt + tail.length));
  const head = [0xfeedfacf, built.cpu ?? 0x0100_0007, 3, built.fileType ?? 2, built.commandCount ?? commands.length];
  for (const [index, value] of [...head, size, built.flags ?? 0].entries()) putU32(file, index * 4, value);
  let at = 32;
  for (const command of commands) {
    file.set(command, at);
    at += command.length;
  }
  file.set(tail, tailAt);
  return file;
}

/** A load command of 32-bit numbers. */
export function command(kind: number, ...words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 + words.length * 4);
  for (const [index, value] of [kind, bytes.length, ...words].entries()) putU32(bytes, index * 4, value);
  return bytes;
}

/** A section of a segment. */
export interface BuiltSection {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  readonly offset: number;
  readonly flags?: number;
}

/** LC_SEGMENT_64 with address, memory, offset, bytes of the file and permissions. */
export function segment(
  name: string,
  [address, memorySize, offset, fileSize]: readonly [number | bigint, number, number, number],
  permissions = 5,
  sections: readonly BuiltSection[] = [],
): Uint8Array {
  const bytes = new Uint8Array(72 + sections.length * 80);
  const text = new TextEncoder();
  putU32(bytes, 0, 0x19);
  putU32(bytes, 4, bytes.length);
  bytes.set(text.encode(name), 8);
  for (const [index, value] of [address, memorySize, offset, fileSize].entries())
    putU64(bytes, 24 + index * 8, BigInt(value));
  putU32(bytes, 56, 7);
  putU32(bytes, 60, permissions);
  putU32(bytes, 64, sections.length);
  for (const [row, section] of sections.entries()) {
    const at = 72 + row * 80;
    bytes.set(text.encode(section.name), at);
    bytes.set(text.encode(name), at + 16);
    putU64(bytes, at + 32, BigInt(section.address));
    putU64(bytes, at + 40, BigInt(section.size));
    putU32(bytes, at + 48, section.offset);
    putU32(bytes, at + 64, section.flags ?? 0);
  }
  return bytes;
}
