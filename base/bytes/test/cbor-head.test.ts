// Heads of CBOR items: the examples of RFC 8949, appendix A, and the shortest form on both sides of each length.

import { expect, it } from 'vitest';
import { ByteWriter, toHex, writeCborHead } from '../src/index.ts';

it.each([
  [0, 0, '00'],
  [0, 23, '17'],
  [0, 24, '1818'],
  [0, 255, '18ff'],
  [0, 256, '190100'],
  [0, 65_535, '19ffff'],
  [0, 65_536, '1a00010000'],
  [0, 1_000_000, '1a000f4240'],
  [0, 0xffff_ffff, '1affffffff'],
  [0, 0x1_0000_0000, '1b0000000100000000'],
  [0, 1_000_000_000_000, '1b000000e8d4a51000'],
  [1, 99, '3863'],
  [4, 25, '9819'],
  [5, 2, 'a2'],
])('major type %d, number %d is %s', (major, value, hex) => {
  const writer = new ByteWriter();
  writeCborHead(writer, major, value);
  expect(toHex(writer.copy())).toBe(hex);
});
