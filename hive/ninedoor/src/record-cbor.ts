// A record as CBOR (RFC 8949): one map with the names of the text, rows as an array of maps under their name. Encoded
// deterministically (shortest heads, definite lengths, keys in the order of RFC 7049 3.9), so equal records are equal bytes.

import type { Fields, ViewRecord } from '@cohesix/authority';
import { encode } from 'cborg';

/** Head of an array of up to 2^32-1 items, of which an empty one has 1 byte. */
const ARRAY_HEAD_GROWTH_MAX = 4;

/**
 * The CBOR of a record, at most `boundBytes` when a map without rows fits. When not all rows fit, the first ones are there and
 * the map has `truncated: true`, as the text has its last line.
 */
export function recordCbor({ fields, rows }: ViewRecord, boundBytes: number): Uint8Array {
  if (rows === undefined) return encode(fields);
  const whole = encode({ ...fields, [rows.name]: rows.each });
  if (whole.length <= boundBytes) return whole;
  const least = encode({ ...fields, [rows.name]: [], truncated: true }).length + ARRAY_HEAD_GROWTH_MAX;
  return encode({ ...fields, [rows.name]: fitting(rows.each, boundBytes - least), truncated: true });
}

/** The first rows that take at most `room` bytes together. */
function fitting(rows: readonly Fields[], room: number): readonly Fields[] {
  let size = 0;
  const count = rows.findIndex((row) => {
    size += encode(row).length;
    return size > room;
  });
  return count < 0 ? rows : rows.slice(0, count);
}
