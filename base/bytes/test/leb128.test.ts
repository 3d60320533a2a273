import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter, fromHex, readSleb, readUleb, toHex, writeSleb, writeUleb } from '../src/index.ts';

function uleb(hex: string, bits: number): bigint | string {
  const reader = new ByteReader(fromHex(hex)!);
  const value = readUleb(reader, bits);
  return reader.failed ? reader.failure : value;
}

function sleb(hex: string, bits: number): bigint | string {
  const reader = new ByteReader(fromHex(hex)!);
  const value = readSleb(reader, bits);
  return reader.failed ? reader.failure : value;
}

test.each([
  ['00', 32, 0n],
  ['7f', 32, 127n],
  ['8001', 32, 128n],
  ['e58e26', 32, 624_485n],
  ['8000', 32, 0n],
  ['ffffffff0f', 32, 0xffff_ffffn],
  ['ffffffff1f', 32, 'bad LEB128'],
  ['808080808000', 32, 'bad LEB128'],
  ['ffffffffffffffffff01', 64, 0xffff_ffff_ffff_ffffn],
  ['ffffffffffffffffff02', 64, 'bad LEB128'],
  ['80', 32, 'truncated'],
  ['01', 1, 1n],
  ['02', 1, 'bad LEB128'],
])('unsigned %s in %i bits', (hex, bits, expected) => expect(uleb(hex, bits)).toBe(expected));

test.each([
  ['7f', 32, -1n],
  ['3f', 32, 63n],
  ['40', 32, -64n],
  ['c0bb78', 32, -123_456n],
  ['ffffffff07', 32, 0x7fff_ffffn],
  ['8080808078', 32, -0x8000_0000n],
  ['ffffffff0f', 32, 'bad LEB128'],
  ['8080808070', 32, 'bad LEB128'],
  ['8080808080808080807f', 64, -0x8000_0000_0000_0000n],
])('signed %s in %i bits', (hex, bits, expected) => expect(sleb(hex, bits)).toBe(expected));

test('values go through bytes unchanged', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
      const writer = new ByteWriter();
      writeUleb(writer, value);
      writeSleb(writer, BigInt.asIntN(64, value));
      const reader = new ByteReader(writer.view());
      expect(readUleb(reader, 64)).toBe(value);
      expect(readSleb(reader, 64)).toBe(BigInt.asIntN(64, value));
      expect(reader.remaining).toBe(0);
    }),
  );
});

test('the shortest form is written', () => {
  const writer = new ByteWriter();
  writeUleb(writer, 127n);
  writeUleb(writer, 128n);
  writeSleb(writer, 63n);
  writeSleb(writer, 64n);
  writeSleb(writer, -65n);
  expect(toHex(writer.view())).toBe('7f' + '8001' + '3f' + 'c000' + 'bf7f');
  expect(() => writeUleb(writer, -1n)).toThrow(RangeError);
});
