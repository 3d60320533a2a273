// Sign-in codes by themselves: once, for a while, and never more than there is room for.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SIGN_IN_LIFE_MS, type SignInBounds, SignInCodes } from '../src/signin/codes.ts';

const all: SignInCodes[] = [];
let at = 0;

beforeEach(() => {
  at = 1_800_000_000_000;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  for (const codes of all.splice(0)) codes.close();
  vi.useRealTimers();
});

function codesOf(bounds: Partial<SignInBounds> = {}): SignInCodes {
  const codes = new SignInCodes(bounds, () => at);
  all.push(codes);
  return codes;
}

it('gives the ticket of a code once', () => {
  const codes = codesOf();
  const code = codes.make('ticket-1');
  expect(code).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect([codes.take(code), codes.take(code), codes.size]).toEqual(['ticket-1', undefined, 0]);
});

it('makes another code each time, also for one ticket', () => {
  const codes = codesOf();
  const [first, second] = [codes.make('ticket-1'), codes.make('ticket-1')];
  expect(first).not.toBe(second);
  expect([codes.take(second), codes.take(first)]).toEqual(['ticket-1', 'ticket-1']);
});

it('refuses what is no code of it', () => {
  const codes = codesOf();
  const code = codes.make('ticket-1');
  for (const wrong of ['', 'x', `${code} `, code.slice(1), 'A'.repeat(22), `${code}\n`]) {
    expect([wrong, codes.take(wrong)]).toEqual([wrong, undefined]);
  }
  expect(codes.take(code)).toBe('ticket-1');
});

it('ends a code after ten minutes, by the wall clock too when the machine slept', () => {
  expect(SIGN_IN_LIFE_MS).toBe(600_000);
  const codes = codesOf();
  const [last, slept] = [codes.make('ticket-1'), codes.make('ticket-1')];
  at += SIGN_IN_LIFE_MS - 1;
  expect(codes.take(last)).toBe('ticket-1');
  at += 1;
  expect([codes.take(slept), codes.size]).toEqual([undefined, 0]);
});

it('forgets the ticket of a code that nobody redeems', () => {
  const codes = codesOf();
  codes.make('ticket-1');
  vi.advanceTimersByTime(SIGN_IN_LIFE_MS - 1);
  expect(codes.size).toBe(1);
  vi.advanceTimersByTime(1);
  expect(codes.size).toBe(0);
});

it('keeps 64, 8 of a ticket: the oldest gives way', () => {
  const codes = codesOf();
  const others = Array.from({ length: 56 }, (_, index) => codes.make(`other-${index}`));
  const own = Array.from({ length: 8 }, () => codes.make('own'));
  expect(codes.size).toBe(64);
  const ninth = codes.make('own');
  expect([codes.size, codes.take(own[0] ?? ''), codes.take(own[1] ?? '')]).toEqual([64, undefined, 'own']);
  const [one, two] = [codes.make('new-1'), codes.make('new-2')];
  expect([codes.size, codes.take(others[0] ?? ''), codes.take(others[1] ?? '')]).toEqual([64, undefined, 'other-1']);
  expect([codes.take(ninth), codes.take(one), codes.take(two)]).toEqual(['own', 'new-1', 'new-2']);
});

it('forgets everything when the gateway closes', () => {
  const codes = codesOf();
  const code = codes.make('ticket-1');
  codes.close();
  expect([codes.size, codes.take(code)]).toEqual([0, undefined]);
});
