// The one form in which this package writes hashes of texts.

import { hash } from 'node:crypto';

/** SHA-256 of a text in UTF-8, as 64 hex digits. */
export function sha256Hex(text: string): string {
  return hash('sha256', text, 'hex');
}
