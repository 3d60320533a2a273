// Edits of PE headers: numbers of two and four bytes in little endian, and whole rows, each with the bytes that were there.

import { putU16, putU32 } from '@cohesix/bytes';
import type { Edit } from '../edit.ts';
import { offset } from '../units.ts';

/** Other bytes at an offset. */
export function editAt(bytes: Uint8Array, at: number, after: Uint8Array, reason: string): Edit {
  return { offset: offset(at), before: bytes.slice(at, at + after.length), after, reason };
}

/** Another u16. */
export function editU16(bytes: Uint8Array, at: number, value: number, reason: string): Edit {
  const after = new Uint8Array(2);
  putU16(after, 0, value);
  return editAt(bytes, at, after, reason);
}

/** Another u32. */
export function editU32(bytes: Uint8Array, at: number, value: number, reason: string): Edit {
  const after = new Uint8Array(4);
  putU32(after, 0, value);
  return editAt(bytes, at, after, reason);
}
