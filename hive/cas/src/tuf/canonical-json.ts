// Canonical JSON, over which metadata is signed: keys in order, no spaces, whole numbers only, and in strings only `"` and `\` are
// escaped. Source: OLPC Canonical JSON (wiki.laptop.org/go/Canonical_JSON), as the TUF specification 1.0 asks for in section 4.2.

import { encodeUtf8 } from '@cohesix/bytes';

/** Deepest nesting that is encoded: metadata of a peer must not end the stack. */
const DEPTH_MAX = 32;

/**
 * The bytes of a value as `JSON.parse` gives it; undefined when it has no canonical form (a fraction, too large a number,
 * half a surrogate pair, too deep).
 */
export function canonicalJson(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  const text = textOf(value, 0);
  return text === undefined ? undefined : encodeUtf8(text);
}

function textOf(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? quoted(value) : undefined;
  if (typeof value === 'boolean' || value === null) return String(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined;
  if (typeof value !== 'object' || depth >= DEPTH_MAX) return undefined;
  const items = Array.isArray(value) ? arrayItems(value, depth) : objectItems(value, depth);
  if (items.includes(undefined)) return undefined;
  return Array.isArray(value) ? `[${items.join(',')}]` : `{${items.join(',')}}`;
}

function arrayItems(array: readonly unknown[], depth: number): readonly (string | undefined)[] {
  return array.map((item) => textOf(item, depth + 1));
}

function objectItems(object: object, depth: number): readonly (string | undefined)[] {
  const entries = Object.entries(object).sort(([left], [right]) => compareCodePoints(left, right));
  return entries.map(([key, value]) => {
    const text = textOf(value, depth + 1);
    return text === undefined || !key.isWellFormed() ? undefined : `${quoted(key)}:${text}`;
  });
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** JavaScript orders by UTF-16 units, which puts U+10000 before U+E000; others order by code points. */
function compareCodePoints(left: string, right: string): number {
  const ours = [...left];
  const theirs = [...right];
  const length = Math.min(ours.length, theirs.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (ours[index]?.codePointAt(0) ?? 0) - (theirs[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return ours.length - theirs.length;
}
