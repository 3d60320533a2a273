import { encodeUtf8, utf8Length } from '@cohesix/bytes';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentLines, contentOfLine, contentOfLines, parseAnswer } from '../src/index.ts';

test.each([
  ['a\n', ['a']],
  ['one\ntwo\n', ['one', 'two']],
  ['tab\tand é\n', ['tab\tand é']],
  ['ENDING\n', ['ENDING']],
  ['OK\n', ['OK']],
  ['\ufeffx\n', ['\ufeffx']],
  ['', []],
])('%j goes as text', (content, lines) => expect(contentLines(encodeUtf8(content), 100)).toEqual(lines));

test.each([
  ['no newline', ['b64:bm8gbmV3bGluZQ==']],
  ['\n', ['b64:Cg==']],
  ['a\n\nb\n', ['b64:YQoKYgo=']],
  ['END\n', ['b64:RU5ECg==']],
  ['x\nEND\n', ['b64:eApFTkQK']],
  ['b64:x\n', ['b64:YjY0OngK']],
  ['OK LS\n', ['b64:T0sgTFMK']],
  ['ERR LS\n', ['b64:RVJSIExTCg==']],
  ['PONG\n', ['b64:UE9ORwo=']],
  ['a\r\n', ['b64:YQ0K']],
  ['a\0\n', ['b64:YQAK']],
])('%j goes as base64', (content, lines) => expect(contentLines(encodeUtf8(content), 100)).toEqual(lines));

test('a line of exactly the bound goes as text, one more as base64 in chunks that fit', () => {
  expect(contentLines(encodeUtf8(`${'x'.repeat(20)}\n`), 20)).toEqual(['x'.repeat(20)]);
  const lines = contentLines(encodeUtf8(`${'x'.repeat(21)}\n`), 20);
  expect(lines.map((line) => line.length)).toEqual([20, 20]);
  expect(contentLines(encodeUtf8(`${'é'.repeat(10)}\n`), 19)[0]).toMatch(/^b64:/);
});

const nearText = fc
  .array(fc.constantFrom('END', 'OK ', 'ERR x', 'b64:', 'PONG', '\n', '\r', '\0', 'a', 'é', '€', '\ufeff', 'OK', ' '))
  .map((parts) => encodeUtf8(parts.join('')));

test('any content comes back exactly, on lines that fit and are data', () => {
  fc.assert(
    fc.property(
      fc.oneof(nearText, fc.uint8Array({ maxLength: 300 })),
      fc.integer({ min: 8, max: 80 }),
      (bytes, max) => {
        const lines = contentLines(bytes, max);
        for (const line of lines) {
          expect(utf8Length(line)).toBeLessThanOrEqual(max);
          expect(line).not.toBe('');
          expect(line).not.toMatch(/[\n\r\0]/);
          expect(parseAnswer(line)).toEqual({ kind: 'data', line });
        }
        expect(contentOfLines(lines)).toEqual({ ok: true, value: bytes });
      },
    ),
    { numRuns: 3000 },
  );
});

test('pieces of a stream may differ in form', () => {
  expect(contentOfLines(['text', 'b64:AAE=', 'more'])).toEqual({ ok: true, value: encodeUtf8('text\n\0\u0001more\n') });
});

test.each(['b64:A', 'b64:AA', 'b64:AB==', 'b64:AA==AA==', 'b64: AA=', 'b64:A-=='])('%s is refused', (line) => {
  expect(contentOfLine(line)).toMatchObject({ ok: false, refusal: { code: 'invalid-frame' } });
  expect(contentOfLines(['x', line])).toMatchObject({ ok: false });
});
