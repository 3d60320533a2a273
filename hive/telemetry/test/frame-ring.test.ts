// A ring of frames: it keeps and drops whole ones, and whatever a reader does, what it gets is a CBOR sequence in which all
// that it missed is counted.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CborMap,
  encodeCbor,
  encodeFrame,
  frameLines,
  LOSS_SCHEMA,
  Ring,
  RingBudget,
  RingReader,
} from '../src/index.ts';

const SEED = 20261121;

/** Appends a frame whose payload has so many bytes of text; the bytes it took. */
function append(ring: Ring, seq: number, textSize = 0): number {
  const payload = { t: 'x'.repeat(textSize) };
  const bytes = encodeFrame({ worker_id: 'worker-1', role: 'worker-host', seq, emitted_ms: seq, payload });
  const appended = ring.append(bytes, [bytes.length]);
  return appended.ok ? bytes.length : 0;
}

class Client {
  readonly reader: RingReader;
  bytes: Uint8Array = new Uint8Array(0);

  constructor(ring: Ring) {
    this.reader = new RingReader(ring);
  }

  read(countMax: number): number {
    const target = new Uint8Array(countMax);
    const count = this.reader.read(this.bytes.length, target, 0, countMax);
    this.bytes = Uint8Array.from([...this.bytes, ...target.subarray(0, count)]);
    return count;
  }

  drain(countMax: number): void {
    while (this.read(countMax) > 0);
  }

  /** Everything it got, as objects. Fails when that is no whole sequence. */
  get frames(): readonly {
    readonly schema: string;
    readonly seq: number;
    readonly bytes: number;
    readonly next: number;
  }[] {
    const { lines, rest, problem } = frameLines(this.bytes);
    expect([problem, rest.length]).toEqual([undefined, 0]);
    return lines.map((line) => JSON.parse(line));
  }
}

const frameSize = append(new Ring({ capacity: 4096, records: 'frames' }), 1);

describe('a ring of frames', () => {
  test('keeps whole frames and says where the oldest begins', () => {
    const ring = new Ring({ capacity: 3 * frameSize + 5, records: 'frames', countsLines: true });
    for (let seq = 1; seq <= 5; seq++) append(ring, seq);
    expect([ring.base, ring.end, ring.droppedLines]).toEqual([2 * frameSize, 5 * frameSize, 2]);
    expect(frameLines(ring.lastLines(1)).lines[0]).toContain('"seq":5');
    expect(frameLines(ring.lastLines(9)).lines).toHaveLength(3);
    ring.clear();
    expect([ring.base, ring.droppedLines, append(ring, 6)]).toEqual([5 * frameSize, 2, frameSize]);
    expect(frameLines(ring.snapshot()).lines).toHaveLength(1);
  });

  test('asserts that the frames of an append are listed', () => {
    const ring = new Ring({ capacity: 100, records: 'frames' });
    expect(() => ring.append(new Uint8Array(5), [4])).toThrow(/listed/);
  });

  test('is halved at a frame', () => {
    const budget = new RingBudget(1024);
    const [large, small] = [1, 2].map(() => new Ring({ capacity: 1024, records: 'frames', budget })) as [Ring, Ring];
    for (let seq = 1; seq <= 20; seq++) append(large, seq);
    append(small, 1);
    expect(large.bufferSize).toBe(512);
    expect(frameLines(large.snapshot())).toMatchObject({ problem: undefined });
    expect(large.end - large.base).toBe(Math.floor(512 / frameSize) * frameSize);
  });
});

describe('a reader of frames', () => {
  test('gets whole frames in a read that has room for one, and else all parts of one', () => {
    const ring = new Ring({ capacity: 4096, records: 'frames' });
    append(ring, 1);
    append(ring, 2);
    const client = new Client(ring);
    expect(client.read(frameSize + 10)).toBe(frameSize);
    expect(client.read(frameSize - 1)).toBe(frameSize - 1);
    expect(client.read(100)).toBe(1);
    expect(client.frames.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  test('that has a part of a frame gets the rest of it, though the ring has dropped it, and then the loss', () => {
    const ring = new Ring({ capacity: 3 * frameSize, records: 'frames' });
    for (let seq = 1; seq <= 3; seq++) append(ring, seq);
    const client = new Client(ring);
    client.read(10);
    for (let seq = 4; seq <= 8; seq++) append(ring, seq);
    expect(client.reader.hasBytes(10)).toBe(true);
    client.drain(7);
    expect(client.frames.map(({ schema, seq }) => (schema === LOSS_SCHEMA ? 'lost' : seq))).toEqual([
      1,
      'lost',
      6,
      7,
      8,
    ]);
    expect(client.frames[1]).toEqual({ schema: LOSS_SCHEMA, bytes: 4 * frameSize, next: 5 * frameSize });
  });
});

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('append' as const), size: fc.nat(200) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fast' as const), size: fc.integer({ min: 1, max: 900 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('slow' as const), size: fc.integer({ min: 1, max: 60 }) }) },
);

test('bytes given and bytes told lost are the bytes written, whoever reads how, also when the budget takes memory away', () => {
  fc.assert(
    fc.property(fc.integer({ min: 512, max: 2048 }), fc.array(step, { maxLength: 150 }), (capacity, steps) => {
      const budget = new RingBudget(2048);
      const ring = new Ring({ capacity, records: 'frames', budget });
      const other = new Ring({ capacity: 2048, records: 'frames', budget });
      const clients = { fast: new Client(ring), slow: new Client(ring) };
      for (const [index, { kind, size }] of steps.entries()) {
        if (kind !== 'append') clients[kind].read(size);
        else if (append(index % 5 === 0 ? other : ring, index, size) === 0) expect(size).toBeGreaterThan(0);
      }
      for (const client of [clients.fast, clients.slow]) {
        client.drain(301);
        expectAll(client, ring.end);
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

/** Every frame is in its place, in order, and what is not there is told. */
function expectAll(client: Client, written: number): void {
  let [cursor, seq] = [0, -1];
  for (const found of client.frames) {
    if (found.schema === LOSS_SCHEMA) {
      expect(found.next - found.bytes, 'it is told where it was').toBe(cursor);
      cursor = found.next;
    } else {
      expect(found.seq).toBeGreaterThan(seq);
      seq = found.seq;
      cursor += encodeCbor(found as unknown as CborMap).length;
    }
  }
  expect(cursor).toBe(written);
}
