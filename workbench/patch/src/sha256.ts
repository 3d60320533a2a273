// SHA-256 as text: what plans name files by.

import { toHex } from '@cohesix/bytes';
import { sha256 } from '@noble/hashes/sha2.js';

/** SHA-256 of bytes in hexadecimal. */
export function sha256Hex(bytes: Uint8Array): string {
  return toHex(sha256(bytes));
}
