import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFull, makeBucket, refund, take, view } from '../src/token-bucket.ts';

describe('token bucket', () => {
  test('starts full and gives exactly its capacity', () => {
    const bucket = makeBucket(0, 3, 0);
    expect([take(bucket, 2, 0), take(bucket, 2, 0), take(bucket, 1, 0), take(bucket, 1, 0)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  test('without a size it holds one second of refill', () => {
    expect(view(makeBucket(7, 0, 0), 0)).toEqual({ tokens: 7, capacity: 7, perS: 7 });
  });

  test('refills exactly when due, not a millisecond earlier', () => {
    const bucket = makeBucket(3, 1, 0);
    expect(take(bucket, 1, 0)).toBe(true);
    expect(take(bucket, 1, 333)).toBe(false);
    expect(take(bucket, 1, 334)).toBe(true);
  });

  test('asking often loses nothing to rounding', () => {
    const bucket = makeBucket(3, 3, 0);
    take(bucket, 3, 0);
    let taken = 0;
    for (let now = 1; now <= 10_000; now += 1) if (take(bucket, 1, now)) taken += 1;
    expect(taken).toBe(30);
  });

  test('a clock that jumps back and forward refills nothing twice', () => {
    const bucket = makeBucket(10, 10, 1000);
    take(bucket, 10, 1000);
    for (let round = 0; round < 5; round += 1) {
      expect(take(bucket, 1, 500)).toBe(false);
      expect(take(bucket, 1, 1000)).toBe(false);
    }
    expect(view(bucket, 1100).tokens).toBe(1);
  });

  test('more than the capacity is never given', () => {
    const bucket = makeBucket(5, 5, 0);
    expect(take(bucket, 6, 1e9)).toBe(false);
  });

  test('a refund never overfills', () => {
    const bucket = makeBucket(0, 5, 0);
    take(bucket, 2, 0);
    refund(bucket, 99);
    expect([isFull(bucket, 0), view(bucket, 0).tokens]).toEqual([true, 5]);
  });

  test('the largest bucket at the far end of time stays exact', () => {
    const bucket = makeBucket(2 ** 40, 2 ** 40, 0);
    expect(take(bucket, 2 ** 40, 0)).toBe(true);
    expect(view(bucket, Number.MAX_SAFE_INTEGER).tokens).toBe(2 ** 40);
    expect(() => makeBucket(0, 2 ** 40 + 1, 0)).toThrow(TypeError);
    expect(() => makeBucket(0, 0, 0)).toThrow(TypeError);
    expect(() => take(bucket, -1, 0)).toThrow(TypeError);
  });
});

test('law: never more than capacity + elapsed * refill, whatever the clock does and however it is asked', () => {
  const step = fc.record({ now: fc.integer({ min: 0, max: 20_000 }), count: fc.integer({ min: 0, max: 20 }) });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 50 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(step, { maxLength: 60 }),
      (perS, capacity, steps) => {
        const bucket = makeBucket(perS, capacity, 0);
        let given = 0;
        let latest = 0;
        for (const { now, count } of steps) {
          latest = Math.max(latest, now);
          if (take(bucket, count, now)) given += count;
          expect(given * 1000).toBeLessThanOrEqual(capacity * 1000 + latest * perS);
          expect(bucket.level).toBeGreaterThanOrEqual(0);
          expect(bucket.level).toBeLessThanOrEqual(capacity * 1000);
        }
      },
    ),
  );
});

test('law: looking changes nothing', () => {
  fc.assert(
    fc.property(
      fc.nat(50),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.nat(5000), { maxLength: 20 }),
      (perS, size, times) => {
        const [looked, left] = [makeBucket(perS, size, 0), makeBucket(perS, size, 0)];
        for (const now of times) {
          view(looked, now);
          isFull(looked, now);
          expect(take(looked, 1, now)).toBe(take(left, 1, now));
        }
        expect(looked).toEqual(left);
      },
    ),
  );
});
