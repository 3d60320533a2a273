// What bytes are shown as.

import { expect, test } from 'vitest';
import { formsOf, linesOf, lostText, sizeText } from '../../src/places/files/file-text.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('text, JSON and bytes are told apart', () => {
  expect(formsOf(bytes('state=ONLINE\n'))).toEqual(['text', 'hex']);
  expect(formsOf(bytes('{"a":1}\n{"b":2}\n'))).toEqual(['json', 'text', 'hex']);
  expect(formsOf(bytes('{\n "a": 1\n}\n'))).toEqual(['json', 'text', 'hex']);
  expect(formsOf(bytes('{"a":1}\nnot json\n'))).toEqual(['text', 'hex']);
  expect(formsOf(Uint8Array.of(0xff, 0xfe))).toEqual(['hex']);
  expect(formsOf(bytes('colour \u001b[31m'))).toEqual(['hex']);
});

test('lines are those of the text; JSON is laid out', () => {
  expect(linesOf(bytes('a\n\nb\n'), 'text')).toEqual(['a', '', 'b']);
  expect(linesOf(bytes('{"a":1}\n{"b":[]}\n'), 'json')).toEqual(['{', '  "a": 1', '}', '{', '  "b": []', '}']);
});

test('bytes have their offset, and what of them is printable', () => {
  expect(linesOf(bytes('<script>\u0000\u001b[31mäxx'), 'hex')).toEqual([
    '00000000  3c 73 63 72 69 70 74 3e 00 1b 5b 33 31 6d c3 a4  <script>··[31m··',
    '00000010  78 78                                            xx',
  ]);
});

test('what a stream lost is said in words, other lines are not', () => {
  expect(lostText('~ lost bytes=2048 next=9000')).toMatch(/^2\.0 KiB are gone/);
  expect(lostText('lost bytes=2048 next=9000')).toBeUndefined();
});

test('sizes are in the unit that suits them', () => {
  expect([512n, 1536n, 1_048_576n, 300n * 1_048_576n].map(sizeText)).toEqual([
    '512 bytes',
    '1.5 KiB',
    '1.0 MiB',
    '300 MiB',
  ]);
});
