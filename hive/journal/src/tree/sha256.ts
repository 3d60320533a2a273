// SHA-256 as base/tlog wants it: a new array each time, made without a Buffer. Node's one-shot hash spends most of its time
// making the Buffer it returns; as a binary string it costs half (measured in base/tlog's README).

import { hash } from 'node:crypto';
import { HASH_SIZE, TreeHasher } from '@cohesix/tlog';

/** SHA-256 of `data`, in a new array of 32 bytes. */
export function sha256(data: Uint8Array): Uint8Array {
  const text = hash('sha256', data, 'binary');
  const bytes = new Uint8Array(HASH_SIZE);
  for (let index = 0; index < HASH_SIZE; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/** A hasher of its own for each tree that grows: it keeps buffers. */
export function makeTreeHasher(): TreeHasher {
  return new TreeHasher(sha256);
}
