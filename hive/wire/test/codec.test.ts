import { ByteWriter } from '@cohesix/bytes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeByLayout } from '../src/decode.ts';
import {
  decodeT,
  encodeT,
  FAULT,
  formatMessage,
  messageTypeName,
  messageTypeOfName,
  parseMessage,
  TATTACH,
  TREAD,
  TWALK,
  TWRITE,
} from '../src/index.ts';
import { messageTypes } from '../src/layout.ts';
import { anyMessage, decodeFrame, frameOf, messageOfType, WIDE } from './arbitrary-message.ts';

test('the table has all 29 pairs of the dialect but Tlerror', () => {
  const types = messageTypes();
  expect(types.length).toBe(2 * 29 - 1);
  for (const type of types) {
    if (type !== 7) expect(types).toContain(type ^ 1);
    expect(messageTypeOfName(messageTypeName(type))).toBe(type);
  }
});

describe.each(messageTypes().map((type) => [messageTypeName(type), type] as const))('%s', (_, type) => {
  test('goes through bytes and through text unchanged', () => {
    fc.assert(
      fc.property(messageOfType(type), (message) => {
        const frame = frameOf(message);
        expect(decodeFrame(frame)).toEqual(message);
        expect(decodeByLayout(frame, 0, frame.length, WIDE)).toEqual(message);
        expect(parseMessage(formatMessage(message))).toEqual({ ok: true, value: message });
      }),
    );
  });

  test('any truncation or extension of a frame is a fault, never another message', () => {
    fc.assert(
      fc.property(messageOfType(type), fc.nat(), (message, seed) => {
        const frame = frameOf(message);
        const length = seed % (frame.length + 3);
        fc.pre(length !== frame.length);
        const other = new Uint8Array(length);
        other.set(frame.subarray(0, length));
        // once with the old size in the header, once with a size that agrees with what is there
        expect(decodeFrame(other).type).toBe(FAULT);
        if (length < 7) return;
        new DataView(other.buffer).setUint32(0, length, true);
        expect(decodeFrame(other).type).toBe(FAULT);
      }),
      { numRuns: 60 },
    );
  });
});

test('a frame is found at any offset of a larger array', () => {
  fc.assert(
    fc.property(anyMessage, fc.nat(20), fc.nat(20), (message, before, after) => {
      const frame = frameOf(message);
      const larger = new Uint8Array(before + frame.length + after).fill(0xff);
      larger.set(frame, before);
      const decoded = decodeFrame(larger.subarray(before, before + frame.length));
      expect(decoded).toEqual(message);
    }),
  );
});

test('whatever decodes is written again as the same bytes', () => {
  fc.assert(
    fc.property(anyMessage, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), (message, changes) => {
      const frame = frameOf(message);
      for (const [at, byte] of changes) frame[5 + (at % (frame.length - 5))] = byte;
      const decoded = decodeFrame(frame);
      if (decoded.type !== FAULT) expect(frameOf(decoded)).toEqual(frame);
    }),
    { numRuns: 3000 },
  );
});

test('payloads are views of the frame', () => {
  const frame = frameOf({ type: TWRITE, tag: 1, fid: 2, offset: 0n, data: Uint8Array.of(1, 2, 3) });
  const message = decodeT(frame, 0, frame.length, WIDE);
  frame[frame.length - 1] = 9;
  expect(message.type === TWRITE && [...message.data]).toEqual([1, 2, 9]);
});

test('what does not fit is not written at all', () => {
  const writer = new ByteWriter({ sizeMax: 23 + 4 });
  expect(encodeT(writer, { type: TREAD, tag: 1, fid: 1, offset: 0n, count: 0 })).toBe(true);
  const before = writer.length;
  expect(encodeT(writer, { type: TREAD, tag: 2, fid: 1, offset: 0n, count: 0 })).toBe(false);
  expect([writer.length, writer.failed]).toEqual([before, false]);
});

test('text is written up to 65,535 bytes and only when well formed', () => {
  const writer = new ByteWriter();
  const attach = { type: TATTACH, tag: 1, fid: 0, afid: 0, uname: 'queen', nUname: 0 } as const;
  expect(encodeT(writer, { ...attach, aname: 'x'.repeat(65_535) })).toBe(true);
  expect(encodeT(writer, { ...attach, aname: 'x'.repeat(65_536) })).toBe(false);
  expect(encodeT(writer, { ...attach, aname: '\ud800' })).toBe(false);
  expect(encodeT(writer, { type: TWALK, tag: 1, fid: 0, newfid: 1, wnames: new Array(65_536).fill('') })).toBe(false);
});
