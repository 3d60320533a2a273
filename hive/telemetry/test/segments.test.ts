// What may be appended to a segment: records side by side, references alone, each bound at the limit and one past it.

import { describe, expect, test } from 'vitest';
import { addRecords, EMPTY_SEGMENT, type SegmentContent, type SegmentLimits } from '../src/index.ts';

const LIMITS: SegmentLimits = {
  max_bytes_per_segment: 100_000,
  max_record_bytes: 4096,
  max_reference_entries_per_segment: 1024,
  max_reference_manifest_bytes_per_segment: 100_000,
  max_reference_bytes_per_segment: 2 ** 40,
};
const HASH = 'a'.repeat(64);

interface PieceFields {
  readonly [field: string]: unknown;
}

function piece(seq: number, more: PieceFields = {}): string {
  return JSON.stringify({ schema: 'cohsh-telemetry-push/v1', seq, mime: 'text/plain', payload: 'x', ...more });
}

function reference(seq: number, off: number, len: number, more: PieceFields = {}): string {
  return JSON.stringify({ schema: 'coh-ref-c/v1', seq, off, len, sha256: HASH, ...more });
}

/** What a segment is after these lines, or the refusal as text. */
function after(
  lines: readonly string[],
  limits: Partial<SegmentLimits> = {},
  before = EMPTY_SEGMENT,
): SegmentContent | string {
  const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
  const added = addRecords(before, bytes, { ...LIMITS, ...limits });
  return added.ok ? added.value : `${added.refusal.code}: ${added.refusal.detail}`;
}

describe('records', () => {
  test('plain lines and inline pieces, side by side', () => {
    const lines = ['temperature=41', piece(1), '', '{"any":"json"}', '{broken cohsh-telemetry-push/v1', piece(2)];
    expect(after(lines)).toMatchObject({ kind: 'records', records: 6, seq: 2, referenced: 0 });
  });

  test('an append that is cut anywhere at a line end is the same in the end', () => {
    const lines = [piece(1), 'x', piece(2), piece(3)];
    const whole = after(lines);
    for (let cut = 0; cut <= lines.length; cut++) {
      const first = after(lines.slice(0, cut)) as SegmentContent;
      expect(after(lines.slice(cut), {}, first)).toEqual(whole);
    }
  });

  test.each([
    ['0 first', [piece(0)], '$.seq: expected a whole number from 1'],
    ['2 first', [piece(2)], '$.seq: expected 1, got 2.'],
    ['twice', [piece(1), piece(1)], '$.seq: expected 2, got 1.'],
    ['a gap', [piece(1), piece(3)], '$.seq: expected 2, got 3.'],
    ['no mime', [piece(1, { mime: '' })], '$.mime: expected a text'],
    ['no payload', [piece(1, { payload: undefined })], '$.payload: missing'],
    ['another field', [piece(1, { path: '/x' })], '$: unknown field "path"'],
  ])('an inline piece with %s is refused', (_, lines, why) => {
    expect(after(lines)).toContain(`invalid-payload: `);
    expect(after(lines)).toContain(why);
  });

  test('another schema is a plain record', () => {
    expect(after([piece(7, { schema: 'other/v1' })])).toMatchObject({ kind: 'records', seq: 0 });
  });
});

describe('references', () => {
  test('contiguous from 0', () => {
    const hashes = [HASH, HASH.toUpperCase(), 'A'.repeat(43), `${'-_'.repeat(21)}A=`];
    const lines = hashes.map((sha256, index) => reference(index + 1, index * 10, 10, { sha256 }));
    expect(after(lines)).toMatchObject({ kind: 'references', records: 4, seq: 4, referenced: 40 });
  });

  test.each([
    ['a gap', [reference(1, 0, 5), reference(2, 6, 5)], '$.off: expected 5, got 6'],
    ['an overlap', [reference(1, 0, 5), reference(2, 4, 5)], '$.off: expected 5, got 4'],
    ['a start after 0', [reference(1, 1, 5)], '$.off: expected 0, got 1'],
    ['no bytes', [reference(1, 0, 0)], '$.len: expected a whole number from 1'],
    ['the wrong number', [reference(2, 0, 1)], '$.seq: expected 1, got 2'],
    ['a short hash', [reference(1, 0, 1, { sha256: 'ab' })], '$.sha256'],
    ['another hash', [reference(1, 0, 1, { sha256: 'z'.repeat(64) })], '$.sha256'],
    ['an offset that is no number', [reference(1, 0, 1, { off: '0' })], '$.off'],
    ['another field', [reference(1, 0, 1, { url: 'x' })], '$: unknown field "url"'],
  ])('with %s: refused', (_, lines, why) => {
    expect(after(lines)).toContain('invalid-payload: ');
    expect(after(lines)).toContain(why);
  });

  test.each([
    ['a reference after a record', ['plain', reference(1, 0, 1)]],
    ['a reference after a piece', [piece(1), reference(1, 0, 1)]],
    ['a record after a reference', [reference(1, 0, 1), 'plain']],
    ['a piece after a reference', [reference(1, 0, 1), piece(2)]],
  ])('%s: refused', (_, lines) => {
    expect(after(lines)).toContain('go into another one');
  });

  test('a refusal leaves nothing: the state before is as it was', () => {
    const before = after([reference(1, 0, 5)]) as SegmentContent;
    expect(after([reference(2, 5, 5), reference(4, 10, 5)], {}, before)).toContain('$.seq');
    expect(after([reference(2, 5, 5)], {}, before)).toMatchObject({ referenced: 10 });
  });
});

describe('bounds, at the limit and one past it', () => {
  const line = reference(1, 0, 100);
  const size = line.length + 1;

  test('bytes of a segment and of a record', () => {
    expect(after(['1234567'], { max_bytes_per_segment: 8 })).toMatchObject({ bytes: 8 });
    expect(after(['12345678'], { max_bytes_per_segment: 8 })).toMatch(/^too-big: .*max_bytes_per_segment is 8/);
    expect(after(['1234567', '1'], { max_record_bytes: 8 })).toMatchObject({ records: 2 });
    expect(after(['1', '12345678'], { max_record_bytes: 8 })).toMatch(/^too-big: .*max_record_bytes is 8/);
  });

  test('entries, bytes of references, bytes they stand for', () => {
    const two = [line, reference(2, 100, 100)];
    expect(after(two, { max_reference_entries_per_segment: 2 })).toMatchObject({ records: 2 });
    expect(after(two, { max_reference_entries_per_segment: 1 })).toMatch(/^too-big: .*max_reference_entries/);
    expect(after([line], { max_reference_manifest_bytes_per_segment: size })).toMatchObject({ bytes: size });
    expect(after([line], { max_reference_manifest_bytes_per_segment: size - 1 })).toMatch(/^too-big: .*manifest_bytes/);
    expect(after(two, { max_reference_bytes_per_segment: 200 })).toMatchObject({ referenced: 200 });
    expect(after(two, { max_reference_bytes_per_segment: 199 })).toMatch(/^too-big: .*max_reference_bytes_per/);
  });
});
