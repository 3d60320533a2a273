// Bitmask immediates of the logical instructions (DDI 0487, "DecodeBitMasks"): a run of ones in an element of 2 to 64 bits,
// rotated, and the element repeated over the register.

/** The value of N (bit 22), immr (bits 16-21), imms (bits 10-15) for a register of 64 or 32 bits; undefined where reserved. */
export function bitmaskOf(word: number, isWide: boolean): bigint | undefined {
  const n = (word >>> 22) & 1;
  const immr = (word >>> 16) & 63;
  const imms = (word >>> 10) & 63;
  if (n === 1 && !isWide) return undefined;
  const length = 31 - Math.clz32((n << 6) | (~imms & 63));
  if (length < 1) return undefined;
  const size = 1 << length;
  const ones = (imms & (size - 1)) + 1;
  if (ones === size) return undefined;
  return repeated(rotated((1n << BigInt(ones)) - 1n, immr & (size - 1), size), size, isWide ? 64 : 32);
}

/** True when the fields are a bitmask; no bigint, for hot paths. */
export function isBitmask(word: number, isWide: boolean): boolean {
  const n = (word >>> 22) & 1;
  if (n === 1 && !isWide) return false;
  const imms = (word >>> 10) & 63;
  const length = 31 - Math.clz32((n << 6) | (~imms & 63));
  return length >= 1 && (imms & ((1 << length) - 1)) !== (1 << length) - 1;
}

function rotated(value: bigint, amount: number, size: number): bigint {
  const mask = (1n << BigInt(size)) - 1n;
  return ((value >> BigInt(amount)) | (value << BigInt(size - amount))) & mask;
}

function repeated(element: bigint, size: number, width: number): bigint {
  let value = 0n;
  for (let at = 0; at < width; at += size) value |= element << BigInt(at);
  return value;
}

/** The fields (at their places in the word) that give `value`, or undefined when it is no bitmask. */
export function bitmaskFields(value: bigint, isWide: boolean): number | undefined {
  const width = isWide ? 64 : 32;
  const wanted = BigInt.asUintN(width, value);
  for (let length = 1; length <= (isWide ? 6 : 5); length += 1) {
    const size = 1 << length;
    const element = wanted & ((1n << BigInt(size)) - 1n);
    if (repeated(element, size, width) !== wanted) continue;
    return elementFields(element, size);
  }
  return undefined;
}

function elementFields(element: bigint, size: number): number | undefined {
  for (let immr = 0; immr < size; immr += 1) {
    const run = rotated(element, (size - immr) % size, size);
    const ones = run.toString(2).length;
    if (run === 0n || run !== (1n << BigInt(ones)) - 1n || ones === size) continue;
    const imms = (~(size * 2 - 1) & 63) | (ones - 1);
    return ((size === 64 ? 1 : 0) << 22) | (immr << 16) | (imms << 10);
  }
  return undefined;
}
