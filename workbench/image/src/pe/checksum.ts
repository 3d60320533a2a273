// The checksum of a PE file: 16-bit words added with carry, the field itself left out, plus the file's size. Drivers and some
// services must have it right; other programs have 0 or are not looked at.

/** The checksum that a file should have. `at` is the offset of the field, which is even in every file that Windows loads. */
export function peChecksum(bytes: Uint8Array, at: number): number {
  let sum = 0;
  const even = bytes.length & ~1;
  for (let place = 0; place < even; place += 2) {
    if (place === at || place === at + 2) continue;
    sum += (bytes[place] as number) | ((bytes[place + 1] as number) << 8);
    if (sum > 0x4000_0000) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  }
  if (even < bytes.length) sum += bytes[even] as number;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum + bytes.length;
}
