import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromBase64, fromBase64url, fromHex, toBase64, toBase64url, toHex } from '../src/index.ts';

test('each encoding equals the platform’s and goes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      expect(toHex(bytes)).toBe(buffer.toString('hex'));
      expect(toBase64(bytes)).toBe(buffer.toString('base64'));
      expect(toBase64url(bytes)).toBe(buffer.toString('base64url'));
      expect(fromHex(toHex(bytes))).toEqual(bytes);
      expect(fromBase64(toBase64(bytes))).toEqual(bytes);
      expect(fromBase64url(toBase64url(bytes))).toEqual(bytes);
    }),
  );
});

test('no second text for the same bytes: whatever decodes, encodes to itself', () => {
  const near = fc.string({ unit: fc.constantFrom('A', 'Q', 'g', 'w', 'B', '_', '-', '+', '/', '=', ' ', '0', 'f') });
  fc.assert(
    fc.property(near, (text) => {
      const pairs = [[fromHex, toHex] as const, [fromBase64, toBase64] as const, [fromBase64url, toBase64url] as const];
      for (const [decode, encode] of pairs) {
        const bytes = decode(text);
        if (bytes !== undefined) expect(encode(bytes)).toBe(text);
      }
    }),
    { numRuns: 5000 },
  );
});

test.each(['0', '0g', 'AB', '0x00', ' 00', '00 '])('hex refuses %j', (text) => expect(fromHex(text)).toBeUndefined());

test.each(['QQ', 'QQ=', 'QR==', 'QQ===', 'Q===', '====', 'QUI=QUI=', 'QU\nI', 'QQ=='.repeat(2), 'Q-_='])(
  'base64 refuses %j',
  (text) => expect(fromBase64(text)).toBeUndefined(),
);

test.each(['Q', 'QR', 'QQ==', 'QUJ', 'Q+', 'Q/', 'QQ\n', 'Qé'])('base64url refuses %j', (text) =>
  expect(fromBase64url(text)).toBeUndefined(),
);
