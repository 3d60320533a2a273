// Damaged files: seeded changes of real ones, aimed at numbers that say where and how much.

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

const TEMPTING: readonly bigint[] = [
  ...[
    0n,
    1n,
    2n,
    7n,
    8n,
    0x7fn,
    0x80n,
    0xffn,
    0xfffn,
    0x1000n,
    0x7fffn,
    0xffffn,
    0x7fffffffn,
    0x80000000n,
    0xffffffffn,
  ],
  ...[0x1_0000_0000n, 0x7fff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n, 0xffff_ffff_ffff_ffffn],
];

/**
 * A damaged copy: one to eight changes (a bit, a byte, a number of 2, 4 or 8 bytes, a run copied elsewhere), half of them in the first
 * `headSize` bytes, and one file in eight is cut off.
 */
export function mutated(bytes: Uint8Array, random: () => number, headSize = 1024): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const below = (count: number): number => Math.floor(random() * count);
  for (let left = 1 + below(8); left > 0; left -= 1) {
    const at = below(random() < 0.5 ? Math.min(headSize, copy.length) : copy.length);
    const value = TEMPTING[below(TEMPTING.length)] ?? 0n;
    const kind = below(6);
    if (kind === 0) copy[at] = (copy[at] ?? 0) ^ (1 << below(8));
    else if (kind === 1) copy[at] = below(256);
    else if (kind === 2 && at + 2 <= copy.length) view.setUint16(at, Number(value & 0xffffn), true);
    else if (kind === 3 && at + 4 <= copy.length) view.setUint32(at, Number(value & 0xffffffffn), true);
    else if (kind === 4 && at + 8 <= copy.length) view.setBigUint64(at & ~7, value, true);
    else copy.copyWithin(at, below(copy.length), below(copy.length));
  }
  return below(8) === 0 ? copy.slice(0, below(copy.length)) : copy;
}
