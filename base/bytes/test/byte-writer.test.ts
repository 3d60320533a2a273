import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter, toHex } from '../src/index.ts';

test('integers of every size in both orders', () => {
  const writer = new ByteWriter({ sizeStart: 1 });
  writer.u8(1);
  writer.u16(0x0302);
  writer.u32(0x07060504);
  writer.u64(0x0807060504030201n);
  writer.u16be(0x0102);
  writer.u32be(0x03040506);
  writer.u64be(0x02030405060708ffn);
  expect(toHex(writer.view())).toBe('010203040506070102030405060708' + '010203040506' + '02030405060708ff');
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.nat(0xffff), fc.nat(0xffff_ffff), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (a, b, c) => {
      const writer = new ByteWriter({ sizeStart: 0 });
      writer.u16(a);
      writer.u32(b);
      writer.u64(c);
      writer.u16be(a);
      writer.u32be(b);
      writer.u64be(c);
      const reader = new ByteReader(writer.view());
      expect([reader.u16(), reader.u32(), reader.u64()]).toEqual([a, b, c]);
      expect([reader.u16be(), reader.u32be(), reader.u64be()]).toEqual([a, b, c]);
      expect(reader.remaining).toBe(0);
    }),
  );
});

test('it holds its bound and not a byte more', () => {
  const writer = new ByteWriter({ sizeStart: 2, sizeMax: 6 });
  writer.u32(1);
  expect(writer.reserve(2)).toBe(4);
  expect([writer.failed, writer.length]).toEqual([false, 6]);
  writer.u8(1);
  expect([writer.failed, writer.length]).toEqual([true, 6]);
});

test('nothing is written after a failure, until it is taken back', () => {
  const writer = new ByteWriter({ sizeMax: 4 });
  writer.u16(0x1111);
  writer.u32(0);
  writer.u8(2);
  expect([writer.failed, toHex(writer.view())]).toEqual([true, '1111']);
  writer.rewind(1);
  writer.u8(2);
  expect([writer.failed, toHex(writer.view())]).toEqual([false, '1102']);
});

test('a reset writer keeps its array', () => {
  const writer = new ByteWriter({ sizeStart: 1 });
  writer.append(new Uint8Array(1000));
  const { bytes } = writer;
  writer.reset();
  writer.append(new Uint8Array(1000));
  expect(writer.bytes).toBe(bytes);
  expect(writer.copy().buffer).not.toBe(bytes.buffer);
});

test('text is written with its length in bytes', () => {
  const writer = new ByteWriter();
  expect(writer.utf8('naïve €😀')).toBe(14);
  expect(new ByteReader(writer.view()).utf8(14)).toBe('naïve €😀');
  expect(new ByteWriter({ sizeMax: 2 }).utf8('€')).toBe(-1);
});

test('ensure makes room without writing', () => {
  const writer = new ByteWriter({ sizeStart: 0, sizeMax: 100 });
  expect([writer.ensure(100), writer.length, writer.bytes.length]).toEqual([true, 0, 100]);
  expect([writer.ensure(101), writer.length]).toEqual([false, 0]);
  expect(writer.ensure(0), 'after a failure').toBe(false);
  writer.rewind(0);
  expect(writer.ensure(100)).toBe(true);
});
