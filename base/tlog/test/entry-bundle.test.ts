import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BUNDLE_SIZE_MAX, decodeBundle, ENTRY_SIZE_MAX, encodeBundle } from '../src/index.ts';
import { hex, problem, unhex, value } from './kit.ts';

test('an entry has its length before it, big endian', () => {
  const entries = [unhex(''), unhex('aa'), new Uint8Array(258).fill(1)];
  expect(hex(value(encodeBundle(entries)))).toBe(`00000001aa0102${'01'.repeat(258)}`);
});

test('entries go through a bundle unchanged', () => {
  const entries = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 256 });
  fc.assert(
    fc.property(entries, (list) => {
      const bundle = value(encodeBundle(list));
      expect(value(decodeBundle(bundle, list.length))).toEqual(list);
      expect(decodeBundle(bundle.subarray(0, -1), list.length).ok).toBe(false);
      expect(decodeBundle(Uint8Array.of(...bundle, 0), list.length).ok).toBe(false);
      if (list.length > 1) expect(problem(decodeBundle(bundle, list.length - 1))).toMatch(/trailing/);
      if (list.length < 256) expect(problem(decodeBundle(bundle, list.length + 1))).toMatch(/truncated/);
    }),
  );
});

test('the longest entries and the widest bundle fit, one more does not', () => {
  const longest = new Uint8Array(ENTRY_SIZE_MAX);
  const widest = value(encodeBundle(new Array(256).fill(longest)));
  expect(widest.length).toBe(BUNDLE_SIZE_MAX);
  expect(value(decodeBundle(widest, 256)).length).toBe(256);
  expect(problem(encodeBundle([new Uint8Array(ENTRY_SIZE_MAX + 1)]))).toMatch(/at most 65535/);
  expect(problem(encodeBundle(new Array(257).fill(new Uint8Array(0))))).toMatch(/1 to 256/);
  expect(problem(encodeBundle([]))).toMatch(/1 to 256/);
  expect(() => decodeBundle(widest, 257)).toThrow(TypeError);
  expect(() => decodeBundle(widest, 0)).toThrow(TypeError);
});

test('no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 256 }), (bytes, width) => {
      const entries = decodeBundle(bytes, width);
      if (entries.ok) expect(value(encodeBundle(entries.value))).toEqual(bytes);
    }),
  );
});

test('decoded entries are views', () => {
  const bytes = unhex('0001aa');
  const [entry] = value(decodeBundle(bytes, 1));
  bytes[2] = 0xbb;
  expect([...entry!]).toEqual([0xbb]);
});
