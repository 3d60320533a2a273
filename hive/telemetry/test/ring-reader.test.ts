// Reading through a fid: every byte once, losses marked where they are, whatever the sizes and the timing.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Ring, RingReader } from '../src/index.ts';

const SEED = 20261121;

function ringOf(capacity: number, ...records: readonly string[]): Ring {
  const ring = new Ring({ capacity });
  append(ring, ...records);
  return ring;
}

function append(ring: Ring, ...records: readonly string[]): void {
  for (const record of records) expect(ring.append(new TextEncoder().encode(record)).ok).toBe(true);
}

function readAt(reader: RingReader, offset: number | bigint, countMax: number): string {
  const target = new Uint8Array(countMax);
  return new TextDecoder().decode(target.subarray(0, reader.read(offset, target, 0, countMax)));
}

/** A client that reads on from where it is. */
class Client {
  readonly reader: RingReader;
  text = '';

  constructor(ring: Ring) {
    this.reader = new RingReader(ring);
  }

  read(countMax: number): string {
    const got = readAt(this.reader, this.text.length, countMax);
    expect(got.length).toBeLessThanOrEqual(countMax);
    this.text += got;
    return got;
  }

  drain(countMax: number): void {
    while (this.read(countMax) !== '');
  }
}

describe('a reader', () => {
  test('sees offsets as cursors while nothing is lost', () => {
    const ring = ringOf(64, 'one\n', 'two\n');
    const reader = new RingReader(ring);
    expect(readAt(reader, 0, 64)).toBe('one\ntwo\n');
    expect(readAt(reader, 4, 2)).toBe('tw');
    expect(readAt(reader, 8, 64)).toBe('');
    expect(reader.hasBytes(7)).toBe(true);
    expect(reader.hasBytes(8)).toBe(false);
    append(ring, 'three\n');
    expect(reader.hasBytes(8)).toBe(true);
    expect(readAt(reader, 8, 64)).toBe('three\n');
  });

  test('that starts below the base is moved there behind a marker, in one read', () => {
    const ring = ringOf(8, 'one\n', 'two\n', 'three\n');
    expect([ring.base, ring.end]).toEqual([8, 14]);
    expect(readAt(new RingReader(ring), 0, 8192)).toBe('~ lost bytes=8 next=8\nthree\n');
    expect(readAt(new RingReader(ring), 4, 8192)).toBe('~ lost bytes=4 next=8\nthree\n');
    expect(readAt(new RingReader(ring), 8, 8192)).toBe('three\n');
  });

  test('gets the same in reads of any size, and when it reads an offset again', () => {
    const ring = ringOf(8, 'one\n', 'two\n', 'three\n');
    for (let countMax = 1; countMax <= 30; countMax++) {
      const client = new Client(ring);
      client.drain(countMax);
      expect(client.text).toBe('~ lost bytes=8 next=8\nthree\n');
      for (let offset = 0; offset < client.text.length; offset += 5) {
        expect(readAt(client.reader, offset, countMax)).toBe(client.text.slice(offset, offset + countMax));
      }
    }
  });

  test('that is overtaken between lines is told how much it missed', () => {
    const ring = ringOf(12, 'one\n', 'two\n');
    const client = new Client(ring);
    expect(client.read(4)).toBe('one\n');
    append(ring, 'three\n', 'four\n');
    client.drain(100);
    expect(client.text).toBe('one\n~ lost bytes=4 next=8\nthree\nfour\n');
  });

  test('that is overtaken within a line gets the marker on a line of its own', () => {
    const ring = ringOf(12, 'one\n', 'two\n');
    const client = new Client(ring);
    expect(client.read(6)).toBe('one\ntw');
    append(ring, 'three\n', 'four\n');
    client.drain(3);
    expect(client.text).toBe('one\ntw\n~ lost bytes=2 next=8\nthree\nfour\n');
  });

  test('that is overtaken again while it reads the marker is told again', () => {
    const ring = ringOf(8, 'one\n', 'two\n', 'three\n');
    const client = new Client(ring);
    client.read(10);
    append(ring, 'four\n', 'five\n');
    expect(ring.base).toBe(19);
    client.drain(7);
    expect(client.text).toBe('~ lost bytes=8 next=8\n~ lost bytes=11 next=19\nfive\n');
  });

  test('that goes back to the beginning after a loss is told of everything that is gone', () => {
    const ring = ringOf(12, 'one\n', 'two\n');
    const client = new Client(ring);
    client.read(6);
    append(ring, 'three\n', 'four\n');
    client.drain(100);
    append(ring, 'fifth one\n');
    expect(readAt(client.reader, 0, 100)).toBe('~ lost bytes=19 next=19\nfifth one\n');
  });

  test('that lost bytes twice and goes back is told what is gone from there on', () => {
    const ring = ringOf(12, 'one\n', 'two\n', 'three\n');
    const client = new Client(ring);
    client.read(24);
    expect(client.text).toBe('~ lost bytes=4 next=4\ntw');
    append(ring, 'the fourth\n');
    client.drain(100);
    expect(client.text).toBe('~ lost bytes=4 next=4\ntw\n~ lost bytes=8 next=14\nthe fourth\n');
    expect(readAt(client.reader, 23, 100), 'within the line after the first marker').toBe(
      '~ lost bytes=9 next=14\nthe fourth\n',
    );
    expect(readAt(client.reader, 0, 100), 'more than everything cannot be lost').toBe(
      '~ lost bytes=14 next=14\nthe fourth\n',
    );
  });

  test('beyond the end reads nothing, up to and past 2^63, and nothing is moved', () => {
    const ring = ringOf(64, 'one\n');
    const reader = new RingReader(ring);
    for (const offset of [5, 2 ** 40, Number.MAX_SAFE_INTEGER, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
      expect(readAt(reader, offset, 64)).toBe('');
      expect(reader.hasBytes(offset)).toBe(false);
    }
    expect(readAt(reader, 0n, 64)).toBe('one\n');
    expect(() => readAt(reader, -1, 64)).toThrow(RangeError);
  });

  test('a cursor of the future becomes readable when the ring gets there', () => {
    const ring = ringOf(64, 'one\n');
    const reader = new RingReader(ring);
    expect(readAt(reader, 6, 64)).toBe('');
    append(ring, 'two\n');
    expect(readAt(reader, 6, 64)).toBe('o\n');
  });

  test('writes only where it may', () => {
    const ring = ringOf(8, 'one\n', 'two\n', 'three\n');
    const target = new Uint8Array(40).fill(0x2e);
    expect(new RingReader(ring).read(0, target, 5, 10)).toBe(10);
    expect(new TextDecoder().decode(target)).toBe(`.....~ lost byt${'.'.repeat(25)}`);
    expect(new RingReader(ring).read(0, target, 38, 10)).toBe(2);
    expect(new RingReader(ring).read(0, target, 40, 10)).toBe(0);
    expect(new RingReader(ring).read(0, target, 0, 0)).toBe(0);
  });
});

/** The marker at the start of `text`: the cursor it stands at, the one it leads to, and its length. */
function markerIn(text: string): { readonly at: number; readonly next: number; readonly size: number } | undefined {
  const found = /^~ lost bytes=(\d+) next=(\d+)\n/.exec(text);
  if (found === null) return undefined;
  const next = Number(found[2]);
  return { at: next - Number(found[1]), next, size: found[0].length };
}

/** Checks a client's whole text against everything ever appended: data in place, markers that tell the truth. */
function expectTrue(text: string, all: string): void {
  let cursor = 0;
  for (let at = 0; at < text.length; ) {
    const isLineStart = at === 0 || text[at - 1] === '\n';
    // A line of which there is only a part is ended with LF before the marker; a LF of the line itself counts as data.
    const cut = !isLineStart && text[at] === '\n' ? markerIn(text.slice(at + 1)) : undefined;
    if (cut?.at === cursor) at++;
    const marker = cut?.at === cursor ? cut : isLineStart ? markerIn(text.slice(at)) : undefined;
    if (marker !== undefined) {
      expect(marker.at, 'next = where the client was + what it lost').toBe(cursor);
      expect(all[marker.next - 1], 'the reader goes on at a line').toBe('\n');
      cursor = marker.next;
      at += marker.size;
    } else {
      if (text[at] !== all[cursor]) expect.fail(`at cursor ${cursor}: ${text.slice(at, at + 40)}`);
      at++;
      cursor++;
    }
  }
  expect(cursor, 'it saw the end').toBe(all.length);
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('append' as const), size: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fast' as const), size: fc.integer({ min: 1, max: 200 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('slow' as const), size: fc.integer({ min: 1, max: 30 }) }) },
);

test('a fast and a slow reader of one ring each see every byte once, or a marker that counts it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 40, max: 300 }), fc.array(step, { maxLength: 200 }), (capacity, steps) => {
      const ring = new Ring({ capacity });
      const clients = { fast: new Client(ring), slow: new Client(ring) };
      let all = '';
      for (const [index, { kind, size }] of steps.entries()) {
        if (kind === 'append') {
          const line = `${String(index)
            .repeat(size)
            .slice(0, size - 1)}\n`;
          append(ring, line);
          all += line;
        } else {
          clients[kind].read(size);
        }
      }
      for (const client of [clients.fast, clients.slow]) {
        client.drain(17);
        expectTrue(client.text, all);
      }
    }),
    { seed: SEED, numRuns: 1000 },
  );
});
