import { expect, test } from 'vitest';
import { assert, unreachable } from '../src/index.ts';

test('assert passes true and throws a TypeError that says what was false', () => {
  expect(() => assert(1 < 2, 'order')).not.toThrow();
  expect(() => assert(1 > 2, 'one is more than two')).toThrow(new TypeError('assertion failed: one is more than two'));
});

test('unreachable names the value that got there', () => {
  expect(() => unreachable('surprise' as never)).toThrow(new TypeError('unreachable: surprise'));
});
