import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Histogram } from '../src/histogram.ts';

function filled(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

describe('Histogram', () => {
  test('is exact below 128 us', () => {
    const histogram = filled(Array.from({ length: 100 }, (_, index) => index + 1));
    expect([0, 0.5, 0.99, 1].map((fraction) => histogram.quantile(fraction))).toEqual([1, 50, 99, 100]);
  });

  test('gives a quantile at most 1.6 % below the exact one', () => {
    const durations = fc.array(fc.double({ min: 0, max: 2 ** 31 - 1, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, fraction) => {
        const sorted = values.map(Math.floor).sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(values.length * fraction)) - 1] ?? 0;
        const found = filled(values).quantile(fraction);
        expect(found).toBeLessThanOrEqual(exact);
        expect(found).toBeGreaterThanOrEqual(exact * (1 - 1 / 64));
      }),
    );
  });

  test('counts what is too long as the longest', () => {
    expect(filled([2 ** 40]).quantile(0.5)).toBe(filled([2 ** 31 - 1]).quantile(0.5));
  });

  test('is empty after clear', () => {
    const histogram = filled([5]);
    histogram.clear();
    expect([histogram.total, histogram.quantile(0.5)]).toEqual([0, 0]);
  });
});
