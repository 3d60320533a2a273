// As much of DER (X.690) as finds a place inside a signature: a tag, a length, and what is inside.

/** One value: where its content lies. */
export interface DerValue {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** The value at an offset; undefined when it is not whole before `end`. */
export function derAt(bytes: Uint8Array, at: number, end: number): DerValue | undefined {
  if (at + 2 > end) return undefined;
  const tag = bytes[at] as number;
  const first = bytes[at + 1] as number;
  if (first < 0x80) return first > end - at - 2 ? undefined : { tag, start: at + 2, end: at + 2 + first };
  const count = first & 0x7f;
  if (count === 0 || count > 4 || at + 2 + count > end) return undefined;
  let size = 0;
  for (let index = 0; index < count; index += 1) size = size * 256 + (bytes[at + 2 + index] as number);
  const start = at + 2 + count;
  return size > end - start ? undefined : { tag, start, end: start + size };
}

/** Goes into values: `[1, 0]` is the first value inside the second one inside `value`. */
export function derInside(
  bytes: Uint8Array,
  value: DerValue | undefined,
  path: readonly number[],
): DerValue | undefined {
  let here = value;
  for (const index of path) {
    const end = here?.end ?? 0;
    let next = here === undefined ? undefined : derAt(bytes, here.start, end);
    for (let left = index; left > 0 && next !== undefined; left -= 1) next = derAt(bytes, next.end, end);
    here = next;
  }
  return here;
}
