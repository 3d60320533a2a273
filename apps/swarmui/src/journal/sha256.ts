// SHA-256 for the log: synchronous, as the tree of @cohesix/tlog asks for it (WebCrypto's is not, and is missing on plain http).

import { type Sha256, TreeHasher } from '@cohesix/tlog';
import { sha256 as digest } from '@noble/hashes/sha2.js';

/** SHA-256 of some bytes, in a new array. */
export const sha256: Sha256 = (data) => digest(data);

/** A hasher of trees. */
export function makeTreeHasher(): TreeHasher {
  return new TreeHasher(sha256);
}
