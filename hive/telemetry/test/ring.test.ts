// The ring against a list of lines that anybody can check, and its limits one by one.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Ring, RingBudget } from '../src/index.ts';

const SEED = 20261121;

function lines(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function must(result: { readonly ok: boolean }): void {
  expect(result).toMatchObject({ ok: true });
}

/** All that was ever appended, and the lines still there. */
class Model {
  readonly capacity: number;
  retained: string[] = [];
  droppedLines = 0;
  end = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.retained.reduce((sum, line) => sum + line.length, 0);
  }

  append(record: string): boolean {
    if (record.length > this.capacity) return false;
    const fresh = record.split(/(?<=\n)/);
    while (this.size + record.length > this.capacity) {
      this.retained.shift();
      this.droppedLines += 1;
    }
    this.retained.push(...fresh);
    this.end += record.length;
    return true;
  }
}

const record = fc
  .array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 24 }), { minLength: 1, maxLength: 4 })
  .map((texts) => texts.map((text) => `${text}\n`).join(''));

function compare(capacity: number, start: number, records: readonly string[]): void {
  const ring = new Ring({ capacity, start, countsLines: true });
  const model = new Model(capacity);
  for (const text of records) {
    expect(ring.append(lines(text)).ok).toBe(model.append(text));
    expect(textOf(ring.snapshot())).toBe(model.retained.join(''));
    expect([ring.base, ring.end]).toEqual([start + model.end - model.size, start + model.end]);
    expect(ring.droppedBytes).toBe(ring.base - start);
    expect(ring.droppedLines).toBe(model.droppedLines);
    expect(ring.bufferSize).toBeLessThanOrEqual(capacity);
    for (const count of [0, 1, 2, 5, 1000]) {
      const expected = count === 0 ? [] : model.retained.slice(-count);
      expect(textOf(ring.lastLines(count))).toBe(expected.join(''));
    }
  }
  const whole = textOf(ring.snapshot());
  for (let cursor = ring.base; cursor <= ring.end; cursor += 13) {
    const target = new Uint8Array(40);
    const count = ring.copyInto(cursor, target, 3, 20);
    expect(textOf(target.subarray(3, 3 + count))).toBe(whole.slice(cursor - ring.base, cursor - ring.base + 20));
    expect(target.subarray(3 + count)).toEqual(new Uint8Array(37 - count));
  }
}

describe('a ring', () => {
  test('agrees with a list of lines, wherever it starts', () => {
    const start = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1000 }));
    fc.assert(fc.property(fc.integer({ min: 1, max: 700 }), start, fc.array(record, { maxLength: 120 }), compare), {
      seed: SEED,
      numRuns: 600,
    });
  });

  test('filled exactly to its capacity drops nothing; one byte more drops the oldest line', () => {
    const ring = new Ring({ capacity: 16 });
    must(ring.append(lines('1234567\n')));
    must(ring.append(lines('abcdefg\n')));
    expect([ring.base, ring.end, ring.bufferSize]).toEqual([0, 16, 16]);
    must(ring.append(lines('\n')));
    expect([ring.base, ring.end, textOf(ring.snapshot())]).toEqual([8, 17, 'abcdefg\n\n']);
  });

  test('a record of the whole capacity replaces everything; one byte more is too big and changes nothing', () => {
    const ring = new Ring({ capacity: 8 });
    must(ring.append(lines('one\n')));
    must(ring.append(lines('1234567\n')));
    expect(textOf(ring.snapshot())).toBe('1234567\n');
    expect(ring.append(lines('12345678\n'))).toMatchObject({ ok: false, refusal: { code: 'too-big' } });
    expect([ring.end, textOf(ring.snapshot())]).toEqual([12, '1234567\n']);
  });

  test('a record that is no line is a defect of the caller, an empty one is nothing', () => {
    const ring = new Ring({ capacity: 8 });
    expect(() => ring.append(lines('no end'))).toThrow(TypeError);
    expect(ring.append(new Uint8Array(0))).toEqual({ ok: true, value: 0 });
  });

  test('drops what is before a cursor and goes on there; a cursor it does not retain is a defect of the caller', () => {
    const ring = new Ring({ capacity: 64, countsLines: true });
    must(ring.append(lines('one\ntwo\nthree\n')));
    ring.dropBefore(4);
    expect([ring.base, ring.end, ring.droppedLines, textOf(ring.snapshot())]).toEqual([4, 14, 1, 'two\nthree\n']);
    ring.dropBefore(14);
    expect([ring.base, ring.droppedLines, ring.droppedBytes, textOf(ring.snapshot())]).toEqual([14, 3, 14, '']);
    must(ring.append(lines('four\n')));
    expect(textOf(ring.snapshot())).toBe('four\n');
    expect(() => ring.dropBefore(13)).toThrow(TypeError);
    expect(() => ring.dropBefore(20)).toThrow(TypeError);
  });

  test('capacities and starts that make no sense are a RangeError', () => {
    for (const options of [
      { capacity: 0 },
      { capacity: 1.5 },
      { capacity: 8, start: -1 },
      { capacity: 8, start: 2 ** 53 },
    ]) {
      expect(() => new Ring(options)).toThrow(RangeError);
    }
  });

  test('goes on from a start, up to the last safe cursor', () => {
    const ring = new Ring({ capacity: 8, start: Number.MAX_SAFE_INTEGER - 4 });
    must(ring.append(lines('abc\n')));
    expect([ring.end, textOf(ring.snapshot())]).toEqual([Number.MAX_SAFE_INTEGER, 'abc\n']);
    expect(() => ring.append(lines('\n'))).toThrow(TypeError);
  });

  test('copies nothing from outside what it retains, nor past the target', () => {
    const ring = new Ring({ capacity: 8 });
    for (const text of ['one\n', 'two\n', 'three\n']) must(ring.append(lines(text)));
    const target = new Uint8Array(4);
    for (const cursor of [0, ring.base - 1, ring.end, ring.end + 1, 2 ** 60, Number.NaN, -1]) {
      expect(ring.copyInto(cursor, target, 0, 4)).toBe(0);
    }
    expect(ring.copyInto(ring.base, target, 2, 100)).toBe(2);
    expect(ring.copyInto(ring.base, target, 4, 1)).toBe(0);
    expect(textOf(target.subarray(2))).toBe('th');
  });

  test('cleared, gives back its memory and goes on', () => {
    const budget = new RingBudget(1000);
    const ring = new Ring({ capacity: 512, budget });
    must(ring.append(lines('gone\n')));
    ring.clear();
    expect([ring.base, ring.end, ring.droppedBytes, ring.bufferSize, budget.usedBytes]).toEqual([5, 5, 5, 0, 0]);
    must(ring.append(lines('new\n')));
    expect(textOf(ring.snapshot())).toBe('new\n');
  });
});

describe('memory', () => {
  test('ten thousand idle rings hold none, one line costs 256 bytes, growth stops at the capacity', () => {
    const budget = new RingBudget(2 ** 30);
    const rings = Array.from({ length: 10_000 }, () => new Ring({ capacity: 65_537, budget }));
    expect(budget.usedBytes).toBe(0);
    const ring = rings[0] as Ring;
    const sizes = new Set<number>();
    for (let count = 0; count < 20_000; count++) {
      must(ring.append(lines('0123456789\n')));
      sizes.add(ring.bufferSize);
    }
    expect([...sizes]).toEqual([256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 65_537]);
    expect(budget.usedBytes).toBe(65_537);
  });

  test('a ring that may not grow drops earlier', () => {
    const budget = new RingBudget(512);
    const ring = new Ring({ capacity: 4096, budget });
    for (let count = 0; count < 50; count++) must(ring.append(lines('0123456789abcde\n')));
    expect([ring.bufferSize, ring.end - ring.base, ring.end]).toEqual([512, 512, 800]);
    expect(budget.deniedCount).toBeGreaterThan(0);
  });

  test('a ring without memory gets half of the largest, which drops its oldest lines; none is left to halve: refused', () => {
    const budget = new RingBudget(512 + 256);
    const [greedy, second, third, fourth] = [1, 2, 3, 4].map(() => new Ring({ capacity: 4096, budget })) as [
      Ring,
      Ring,
      Ring,
      Ring,
    ];
    for (let count = 0; count < 50; count++) must(greedy.append(lines('0123456789abcde\n')));
    must(second.append(lines('a line\n')));
    expect([greedy.bufferSize, greedy.end - greedy.base]).toEqual([512, 512]);
    must(third.append(lines('a line\n')));
    expect([greedy.bufferSize, greedy.end - greedy.base, greedy.droppedBytes]).toEqual([256, 256, 544]);
    expect(textOf(greedy.lastLines(1))).toBe('0123456789abcde\n');
    expect([budget.usedBytes, budget.halvedCount]).toEqual([768, 1]);
    expect(fourth.append(lines('a line\n'))).toMatchObject({ ok: false, refusal: { code: 'buffer-full' } });
    expect(fourth.end).toBe(0);
    greedy.clear();
    must(fourth.append(lines('a line\n')));
    expect(budget.usedBytes).toBe(768);
  });

  test('loud rings take nothing from those who come late: at the end all that write have the same, up to a factor of two', () => {
    const budget = new RingBudget(64 * 1024);
    const loud = Array.from({ length: 4 }, () => new Ring({ capacity: 32_768, budget }));
    const flood = lines(`${'x'.repeat(99)}\n`.repeat(20));
    for (let turn = 0; turn < 50; turn++) for (const ring of loud) must(ring.append(flood));
    expect(budget.usedBytes).toBe(64 * 1024);
    const late = Array.from({ length: 12 }, () => new Ring({ capacity: 32_768, budget }));
    for (let turn = 0; turn < 50; turn++) for (const ring of [...loud, ...late]) must(ring.append(flood));
    const sizes = [...loud, ...late].map(({ bufferSize }) => bufferSize);
    expect(Math.max(...sizes) / Math.min(...sizes)).toBeLessThanOrEqual(2);
    expect(budget.usedBytes).toBeLessThanOrEqual(budget.bytesMax);
    for (const ring of [...loud, ...late]) expect(ring.droppedBytes + ring.end - ring.base).toBe(ring.end);
  });

  test('a large record gets just the room it needs when keeping the rest as well does not fit the budget', () => {
    const budget = new RingBudget(512);
    const ring = new Ring({ capacity: 4096, budget });
    must(ring.append(lines(`${'a'.repeat(249)}\n`)));
    must(ring.append(lines(`${'b'.repeat(399)}\n`)));
    expect([ring.bufferSize, ring.base, ring.end]).toEqual([512, 250, 650]);
    expect(ring.append(lines(`${'c'.repeat(512)}\n`))).toMatchObject({ ok: false, refusal: { code: 'buffer-full' } });
  });

  test('a budget gives exactly its bound', () => {
    const budget = new RingBudget(256 + 64);
    const [first, second] = [new Ring({ capacity: 256, budget }), new Ring({ capacity: 65, budget })];
    must(first.append(lines('a\n')));
    expect(second.append(lines('a\n')).ok, '65 bytes are wanted, 64 are left').toBe(true);
    expect([first.bufferSize, second.bufferSize]).toEqual([128, 65]);
    const third = new Ring({ capacity: 127, budget });
    must(third.append(lines('a\n')));
    expect(budget.usedBytes).toBe(320);
    expect(() => new RingBudget(-1)).toThrow(RangeError);
  });
});

describe('listeners', () => {
  test('hear every append until removed, may remove and add themselves, and are bounded', () => {
    const ring = new Ring({ capacity: 64, listenersMax: 2 });
    const heard: string[] = [];
    const again = (): void => {
      heard.push('again');
      ring.removeListener(again);
      must(ring.addListener(again));
    };
    const once = (): void => {
      heard.push('once');
      ring.removeListener(once);
    };
    must(ring.addListener(again));
    must(ring.addListener(once));
    must(ring.addListener(once));
    expect(ring.addListener(() => undefined)).toMatchObject({ ok: false, refusal: { code: 'limit' } });
    must(ring.append(lines('one\n')));
    must(ring.append(lines('two\n')));
    expect(heard).toEqual(['again', 'once', 'again']);
    expect(ring.listenerCount).toBe(1);
    expect(ring.append(lines(`${'x'.repeat(64)}\n`)).ok).toBe(false);
    expect(heard, 'a refused record is not heard').toHaveLength(3);
  });
});
