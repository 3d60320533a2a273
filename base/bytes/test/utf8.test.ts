import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeUtf8, decodeUtf8Name, encodeUtf8, encodeUtf8Into, fromHex, isUtf8, utf8Length } from '../src/index.ts';

const text = fc.oneof(fc.string({ maxLength: 80 }), fc.string({ unit: 'binary', maxLength: 80 }));

test('text goes through bytes unchanged', () => {
  fc.assert(
    fc.property(text, (value) => {
      const bytes = encodeUtf8(value);
      expect(decodeUtf8(bytes)).toBe(value);
      expect(utf8Length(value)).toBe(bytes.length);
      const room = new Uint8Array(bytes.length + 3);
      expect(encodeUtf8Into(value, room, 3)).toBe(room.length);
      expect(room.subarray(3)).toEqual(bytes);
    }),
  );
});

test('any bytes: the same verdict and the same text as the platform decoder', () => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const nearUtf8 = fc
    .array(
      fc.constantFrom(0x41, 0x80, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0x8f, 0x90, 0x9f),
    )
    .map((list) => Uint8Array.from(list));
  fc.assert(
    fc.property(fc.oneof(nearUtf8, fc.uint8Array()), (bytes) => {
      let expected: string | undefined;
      try {
        expected = strict.decode(bytes);
      } catch {
        expected = undefined;
      }
      expect(decodeUtf8(bytes)).toBe(expected);
      expect(decodeUtf8Name(bytes)).toBe(expected);
      expect(isUtf8(bytes)).toBe(expected !== undefined);
    }),
    { numRuns: 3000 },
  );
});

test.each([
  ['c080', 'overlong NUL'],
  ['c1bf', 'overlong DEL'],
  ['e09fbf', 'overlong of two bytes'],
  ['f08fbfbf', 'overlong of three bytes'],
  ['eda080', 'high surrogate'],
  ['edbfbf', 'low surrogate'],
  ['f4908080', 'above U+10FFFF'],
  ['f5808080', 'no such first byte'],
  ['80', 'continuation alone'],
  ['e282', 'cut short'],
  ['e28241', 'cut by ASCII'],
])('%s is refused: %s', (hex) => {
  expect(decodeUtf8(fromHex(hex)!)).toBeUndefined();
});

test.each([
  ['c280', 0x80],
  ['dfbf', 0x7ff],
  ['e0a080', 0x800],
  ['ed9fbf', 0xd7ff],
  ['ee8080', 0xe000],
  ['efbfbf', 0xffff],
  ['f0908080', 0x10000],
  ['f48fbfbf', 0x10ffff],
  ['efbbbf', 0xfeff],
])('%s is the first or last of its length', (hex, point) => {
  expect(decodeUtf8(fromHex(hex)!)).toBe(String.fromCodePoint(point));
});

test('short strings that share a slot of the recent table stay apart', () => {
  for (let round = 0; round < 2; round += 1) {
    for (let index = 0; index < 20_000; index += 1) {
      const name = `worker-${index}`;
      expect(decodeUtf8Name(encodeUtf8(name))).toBe(name);
    }
  }
});

test('text that does not fit is not written past the end', () => {
  const room = new Uint8Array(4);
  expect(encodeUtf8Into('abcd', room, 0)).toBe(4);
  expect(encodeUtf8Into('abcde', room, 0)).toBe(-1);
  expect(encodeUtf8Into('a€', room, 1)).toBe(-1);
  expect(encodeUtf8Into('a€', room, 0)).toBe(4);
});

test('a lone surrogate becomes the replacement character in all three', () => {
  expect(utf8Length('\ud800')).toBe(3);
  expect(decodeUtf8(encodeUtf8('\ud800'))).toBe('\ufffd');
  const room = new Uint8Array(3);
  expect(encodeUtf8Into('\udc00', room, 0)).toBe(3);
  expect(decodeUtf8(room)).toBe('\ufffd');
});
