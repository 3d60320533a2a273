import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, fromHex } from '../src/index.ts';

const bytes = fromHex('0102030405060708ff')!;

test('integers of every size in both orders', () => {
  const little = new ByteReader(bytes);
  expect([little.u8(), little.u16(), little.u32()]).toEqual([0x01, 0x0302, 0x07060504]);
  expect(new ByteReader(bytes).u64()).toBe(0x0807060504030201n);
  const big = new ByteReader(bytes);
  expect([big.u16be(), big.u32be()]).toEqual([0x0102, 0x03040506]);
  expect(new ByteReader(bytes, 1).u64be()).toBe(0x02030405060708ffn);
});

test('values with the top bit set are not negative', () => {
  const ones = fromHex('ffffffffffffffff')!;
  expect(new ByteReader(ones).u32()).toBe(0xffff_ffff);
  expect(new ByteReader(ones).u32be()).toBe(0xffff_ffff);
  expect(new ByteReader(ones).u64()).toBe(0xffff_ffff_ffff_ffffn);
});

test('the last byte can be read, one past it fails and changes nothing outside the reader', () => {
  const reader = new ByteReader(bytes, 4, 8);
  expect(reader.u32()).toBe(0x08070605);
  expect(reader.failed).toBe(false);
  expect(reader.u8()).toBe(0);
  expect([reader.failed, reader.failure, reader.remaining]).toEqual([true, 'truncated', 0]);
});

test('after a failure every read gives zero and the first reason stays', () => {
  const reader = new ByteReader(bytes);
  reader.fail('no good');
  reader.fail('worse');
  expect([reader.u8(), reader.u16(), reader.u32(), reader.u64()]).toEqual([0, 0, 0, 0n]);
  expect([reader.view(1).length, reader.utf8(1), reader.failure]).toEqual([0, '', 'no good']);
});

test('views share memory with what is read', () => {
  const shared = bytes.slice();
  const view = new ByteReader(shared, 2).view(3);
  shared[2] = 0xaa;
  expect([...view]).toEqual([0xaa, 4, 5]);
});

test('text must be UTF-8, and the end must be the end', () => {
  const bad = new ByteReader(bytes, 8);
  expect([bad.utf8(1), bad.failure]).toEqual(['', 'not UTF-8']);
  const early = new ByteReader(bytes);
  early.u64();
  early.expectEnd();
  expect(early.failure).toBe('trailing bytes');
  const exact = new ByteReader(bytes);
  exact.view(9);
  exact.expectEnd();
  expect(exact.failed).toBe(false);
});

test('a reader outside its bytes is a defect', () => {
  expect(() => new ByteReader(bytes, 0, 10)).toThrow(TypeError);
  expect(() => new ByteReader(bytes, 5, 4)).toThrow(TypeError);
});

test('no sequence of reads leaves the range or throws', () => {
  const reads = fc.array(fc.tuple(fc.constantFrom('u8', 'u16', 'u32', 'u64', 'view', 'utf8'), fc.integer()), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), reads, (data, steps) => {
      const reader = new ByteReader(data);
      for (const [kind, count] of steps) {
        if (kind === 'view') reader.view(count);
        else if (kind === 'utf8') reader.utf8(count);
        else reader[kind as 'u8']();
        expect(reader.offset >= 0 && reader.offset <= data.length).toBe(true);
      }
    }),
  );
});
