// Writes ELF structures in the file's own byte order: what an edit needs.

import { putU16, putU16be, putU32, putU32be, putU64, putU64be } from '@cohesix/bytes';
import { type ProgramHeader, programHeaderSize } from './program-headers.ts';
import type { ElfReader } from './reader.ts';

/** A program header as bytes, 64-bit files only; the fields are those of readRow, the physical address the same as the virtual. */
export function programHeaderBytes(reader: ElfReader, row: Omit<ProgramHeader, 'at'>): Uint8Array {
  const bytes = new Uint8Array(programHeaderSize(true));
  const u32 = reader.isLittle ? putU32 : putU32be;
  const u64 = reader.isLittle ? putU64 : putU64be;
  u32(bytes, 0, row.type);
  u32(bytes, 4, row.flags);
  u64(bytes, 8, BigInt(row.offset));
  u64(bytes, 16, reader.base + BigInt(row.address));
  u64(bytes, 24, reader.base + BigInt(row.address));
  u64(bytes, 32, BigInt(row.fileSize));
  u64(bytes, 40, BigInt(row.memorySize));
  u64(bytes, 48, BigInt(row.alignment));
  return bytes;
}

/** A u64 as bytes. */
export function u64Bytes(reader: ElfReader, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  (reader.isLittle ? putU64 : putU64be)(bytes, 0, BigInt(value));
  return bytes;
}

/** A u16 as bytes. */
export function u16Bytes(reader: ElfReader, value: number): Uint8Array {
  const bytes = new Uint8Array(2);
  (reader.isLittle ? putU16 : putU16be)(bytes, 0, value);
  return bytes;
}
