// The one text of a manifest: JSON of all its fields, keys in byte order, no spaces. Two files that mean the same have
// the same text, so its SHA-256 is the fingerprint that the boot text, the journal and the evidence name.

import type { Manifest } from './schema.ts';

/** The fingerprint's input: JSON with sorted keys, without spaces or a final newline. */
export function canonicalText(manifest: Manifest): string {
  return JSON.stringify(sorted(manifest));
}

/** SHA-256 of the canonical text (UTF-8), in lower-case hex; `sha256` is the caller's, as this package has no crypto. */
export function fingerprintOf(manifest: Manifest, sha256: (bytes: Uint8Array) => string): string {
  return sha256(new TextEncoder().encode(canonicalText(manifest)));
}

/** A copy whose keys are in byte order; the schema's keys are ASCII, so that is also the order of `sort`. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
