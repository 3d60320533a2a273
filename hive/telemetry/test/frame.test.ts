// Frames at the boundary: one form, all fields, the right writer; anything else is refused with what is wrong.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CborMap,
  type CborValue,
  checkFrames,
  DEPTH_MAX,
  encodeCbor,
  encodeFrame,
  FRAME_BYTES_MAX,
  FRAME_SCHEMA,
  frameLines,
  frameSizes,
} from '../src/index.ts';

const SEED = 20261121;
const WRITER = { worker: 'worker-7', role: 'worker-heartbeat', seq: -1 };
const FIELDS = { worker_id: 'worker-7', role: 'worker-heartbeat', seq: 0, emitted_ms: 1_767_225_600_000 };

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

function frame(payload: CborMap = {}, fields: Partial<typeof FIELDS> = {}): Uint8Array {
  return encodeFrame({ ...FIELDS, ...fields, payload });
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** What `bytes` is refused with: code and sentence. */
function refusalOf(bytes: Uint8Array, writer: Partial<typeof WRITER> = {}): string {
  const checked = checkFrames(bytes, { ...WRITER, ...writer });
  return checked.ok ? 'accepted' : `${checked.refusal.code}: ${checked.refusal.detail}`;
}

/** A frame with this item, in hex, as the one value of its payload. */
function withItem(item: string): Uint8Array {
  const whole = frame({ x: null });
  const at = whole.lastIndexOf(0xf6);
  return joined(whole.subarray(0, at), hex(item), whole.subarray(at + 1));
}

describe('a frame', () => {
  test('has the bytes of deterministic CBOR', () => {
    expect(Buffer.from(frame({ t: 1 }, { emitted_ms: 5 })).toString('hex')).toBe(
      [
        'a6', // map of 6
        '63736571 00', // seq: 0
        '64726f6c65 70776f726b65722d686561727462656174', // role: worker-heartbeat
        '66736368656d61 7274656c656d657472792d6672616d652f7631', // schema: telemetry-frame/v1
        '677061796c6f6164 a16174 01', // payload: {t: 1}
        '69776f726b65725f6964 68776f726b65722d37', // worker_id: worker-7
        '6a656d69747465645f6d73 05', // emitted_ms: 5
      ]
        .join('')
        .replaceAll(' ', ''),
    );
  });

  test('is accepted alone and in sequences, with a LF of a door behind it; the last seq is told', () => {
    const sequence = joined(frame(), frame({ n: 1.5 }, { seq: 3 }), frame({}, { seq: 2 ** 53 - 1 }));
    for (const bytes of [sequence, joined(sequence, hex('0a'))]) {
      const checked = checkFrames(bytes, WRITER);
      if (!checked.ok) throw new Error(checked.refusal.detail);
      expect(checked.value.seq).toBe(2 ** 53 - 1);
      expect(checked.value.bytes).toEqual(sequence);
      expect(checked.value.sizes.reduce((sum, size) => sum + size)).toBe(sequence.length);
      expect(checked.value.sizes).toEqual(frameSizes(sequence));
    }
    expect(checkFrames(new Uint8Array(0), WRITER)).toMatchObject({ ok: true, value: { sizes: [], seq: -1 } });
  });

  test('whose payload ends in the byte of LF is whole', () => {
    const bytes = frame({ tick: 10 }, { emitted_ms: 10 });
    expect(bytes.at(-1)).toBe(0x0a);
    expect(refusalOf(bytes)).toBe('accepted');
    expect(refusalOf(joined(bytes, hex('0a0a')))).toContain('invalid-payload');
  });

  test('of somebody else is refused', () => {
    expect(refusalOf(frame(), { worker: 'worker-8' })).toBe('denied: A frame has the worker_id of another worker.');
    expect(refusalOf(frame(), { role: 'worker-host' })).toBe(
      'denied: A frame has a role that its worker does not have.',
    );
  });

  test('must have a seq above the last one, also within an append', () => {
    expect(refusalOf(frame({}, { seq: 7 }), { seq: 6 })).toBe('accepted');
    expect(refusalOf(frame({}, { seq: 7 }), { seq: 7 })).toBe('stale: Frame 0 has seq 7, not above 7.');
    expect(refusalOf(joined(frame({}, { seq: 4 }), frame({}, { seq: 4 })))).toBe(
      'stale: Frame 1 has seq 4, not above 4.',
    );
  });

  test('has at most its bound of bytes', () => {
    const rest = frame({ x: '' }).length + 2;
    expect(frame({ x: 'y'.repeat(FRAME_BYTES_MAX - rest) })).toHaveLength(FRAME_BYTES_MAX);
    expect(refusalOf(frame({ x: 'y'.repeat(FRAME_BYTES_MAX - rest) }))).toBe('accepted');
    expect(refusalOf(frame({ x: 'y'.repeat(FRAME_BYTES_MAX - rest + 1) }))).toBe(
      `too-big: Frame 0 has ${FRAME_BYTES_MAX + 1} bytes, over ${FRAME_BYTES_MAX}.`,
    );
  });

  test.each(['seq', 'role', 'schema', 'payload', 'worker_id', 'emitted_ms'])('without %s is refused', (name) => {
    const fields = { schema: FRAME_SCHEMA, ...FIELDS, payload: {} };
    const others = Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));
    expect(refusalOf(encodeCbor(others))).toContain(`no ${FRAME_SCHEMA} (a map of six fields) at byte 0`);
    expect(refusalOf(encodeCbor({ ...others, zzzzzzzzzzzzzz: 1 }))).toContain('which comes here');
  });

  test.each([
    ['text where there must be a number', encodeCbor({ schema: FRAME_SCHEMA, ...FIELDS, seq: '1', payload: {} })],
    ['a payload that is no map', encodeCbor({ schema: FRAME_SCHEMA, ...FIELDS, payload: [] })],
    ['another schema', encodeCbor({ schema: 'telemetry-frame/v2', ...FIELDS, payload: {} })],
    ['a field more', encodeCbor({ schema: FRAME_SCHEMA, ...FIELDS, payload: {}, more: 1 })],
    ['a line of text', new TextEncoder().encode('{"tick":1}\n')],
    ['a lone LF and more', hex('0a 0a')],
    ['a cut off frame', frame({ x: 'abc' }).subarray(0, -3)],
  ])('that is none is refused: %s', (_, bytes) => {
    expect(refusalOf(bytes)).toMatch(/^invalid-payload: The bytes are no frames: .+ at byte \d+\.$/);
  });

  test.each([
    ['a number in a longer form', '1805'],
    ['a long number in a longer form', '1900ff'],
    ['a length that is not given', '9f01ff'],
    ['a text in pieces', '7f616161 62ff'],
    ['a tag', 'c100'],
    ['undefined', 'f7'],
    ['a simple value', 'f820'],
    ['a half that is another NaN', 'f97e01'],
    ['a single that a half holds', 'fa3fc00000'],
    ['a double that a single holds', 'fb3ff8000000000000'],
    ['a text that is not UTF-8', '61ff'],
    ['keys that are the same', 'a2 6161 01 6161 02'],
    ['keys in another order', 'a2 6162 01 6161 02'],
    ['a short key after a long one', 'a2 626161 01 6162 02'],
    ['a key that is no text', 'a1 01 02'],
    ['a number over 2^53', '1b0020000000000000'],
    ['an array that says it is long', '9a7fffffff'],
    ['a text that says it is long', '7a7fffffff'],
  ])('with a value of another form is refused: %s', (_, item) => {
    expect(refusalOf(withItem(item))).toContain('invalid-payload');
  });

  test.each([
    '17',
    '1818',
    '3a000f423f',
    'f93e00',
    'fa47c35000',
    'fb3ff199999999999a',
    'f97e00',
    '43010203',
    'f4',
    '80',
  ])('may hold %s', (item) => {
    expect(refusalOf(withItem(item))).toBe('accepted');
  });

  test('is nested to its bound and no deeper', () => {
    const nested = (depth: number): CborMap => (depth === 0 ? {} : { d: nested(depth - 1) });
    expect(refusalOf(frame(nested(DEPTH_MAX)))).toBe('accepted');
    expect(refusalOf(frame(nested(DEPTH_MAX + 1)))).toContain(`nested deeper than ${DEPTH_MAX}`);
  });
});

const leaf = fc.oneof(
  fc.constantFrom<CborValue>(null, true, false, -0, Number.POSITIVE_INFINITY, Number.NaN, 2 ** -24, 65_504),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.float(),
  fc.double(),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.uint8Array({ maxLength: 30 }),
);
const { value: anyValue } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string({ unit: 'binary', maxLength: 30 }), tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

test('whatever is encoded is accepted and comes back; whatever byte is changed, nothing throws and no other form is taken', () => {
  fc.assert(
    fc.property(anyValue, fc.nat(), fc.nat(255), (value, place, byte) => {
      const bytes = frame({ x: value });
      fc.pre(bytes.length <= FRAME_BYTES_MAX);
      expect(refusalOf(bytes)).toBe('accepted');
      const shown = frameLines(bytes);
      expect([shown.problem, shown.lines.length, shown.rest.length]).toEqual([undefined, 1, 0]);
      const changed = bytes.slice();
      changed[place % bytes.length] = byte;
      const checked = checkFrames(changed, WRITER);
      if (!checked.ok) return;
      // What is accepted has one form: shown, and read again, it is the same.
      expect(frameLines(changed).problem).toBeUndefined();
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

describe('shown as lines', () => {
  test('frames are JSON, one a line, with bytes as base64 and what JSON has no word for as text', () => {
    const bytes = joined(
      frame({ 'a\u001b[2J': 'b', raw: hex('0102'), none: Number.NaN, __proto__x: [1, { y: -1 }] }),
      encodeCbor({ schema: 'telemetry-loss/v1', bytes: 5, next: 9 }),
    );
    const { lines } = frameLines(bytes);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        schema: FRAME_SCHEMA,
        ...FIELDS,
        payload: { 'a\u001b[2J': 'b', raw: 'b64:AQI=', none: 'NaN', __proto__x: [1, { y: -1 }] },
      },
      { schema: 'telemetry-loss/v1', bytes: 5, next: 9 },
    ]);
    expect(lines.join('')).not.toContain('\u001b');
  });

  test('go on where they were cut, and end where they are none', () => {
    const bytes = joined(frame(), frame({}, { seq: 1 }));
    const first = frameLines(bytes.subarray(0, bytes.length - 4));
    expect([first.lines.length, first.problem]).toEqual([1, undefined]);
    expect(frameLines(joined(first.rest, bytes.subarray(bytes.length - 4))).lines).toHaveLength(1);
    expect(frameLines(joined(frame(), hex('ff')))).toMatchObject({
      lines: [expect.any(String)],
      problem: expect.stringContaining('no map'),
    });
  });
});
