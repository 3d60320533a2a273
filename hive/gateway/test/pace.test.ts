// How much is begun in a turn, and which refusals are held.

import { afterEach, expect, it, vi } from 'vitest';
import { Pacer } from '../src/queues/pacer.ts';
import { StreamSlots } from '../src/queues/stream-slots.ts';
import { Tarpit } from '../src/queues/tarpit.ts';

afterEach(() => void vi.useRealTimers());

it('begins so many of a holder in a turn, and goes on with the next turn', () => {
  vi.useFakeTimers({ toFake: ['setImmediate'] });
  const pacer = new Pacer({ perTurn: 4, perHolder: 2 });
  const log: string[] = [];
  const begin = (name: string): void => {
    const go = (): void => void log.push(name);
    if (pacer.begin(name.charAt(0), go)) go();
  };
  const turn = (): readonly string[] => {
    log.length = 0;
    vi.advanceTimersToNextTimer();
    return [...log];
  };
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'c1', 'd1', 'd2']) begin(name);
  expect(log).toEqual(['a1', 'a2', 'b1', 'c1']);
  expect(turn()).toEqual(['a3', 'a4', 'd1', 'd2']);
  begin('e1');
  expect(turn()).toEqual(['a5', 'e1']);
  expect(turn()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

it('does not let a newcomer of a holder pass those who wait', () => {
  vi.useFakeTimers({ toFake: ['setImmediate'] });
  const pacer = new Pacer({ perTurn: 1, perHolder: 1 });
  const log: string[] = [];
  const begin = (name: string): boolean => pacer.begin(name.charAt(0), () => log.push(name));
  expect([begin('a1'), begin('b1'), begin('b2')]).toEqual([true, false, false]);
  vi.advanceTimersToNextTimer();
  expect([begin('b3'), ...log]).toEqual([false, 'b1']);
  for (let turns = 0; turns < 2; turns += 1) vi.advanceTimersToNextTimer();
  expect(log).toEqual(['b1', 'b2', 'b3']);
});

it('keeps what one who is called begins in its turn, behind those who waited', () => {
  vi.useFakeTimers({ toFake: ['setImmediate'] });
  const pacer = new Pacer({ perTurn: 8, perHolder: 2 });
  const log: string[] = [];
  const begin = (name: string, go: () => void): void => {
    const called = (): void => {
      log.push(name);
      go();
    };
    if (pacer.begin('a', called)) called();
  };
  const nothing = (): void => {};
  begin('1', nothing);
  begin('2', nothing);
  begin('3', () => begin('5', nothing));
  begin('4', nothing);
  expect(log).toEqual(['1', '2']);
  vi.advanceTimersToNextTimer();
  expect(log).toEqual(['1', '2', '3', '4']);
  vi.advanceTimersToNextTimer();
  expect(log).toEqual(['1', '2', '3', '4', '5']);
});

it('has turns of a length, when it is told one', async () => {
  vi.useFakeTimers();
  const pacer = new Pacer({ perTurn: 1, perHolder: 1, turnMs: 4 });
  let begun = 0;
  for (let count = 0; count < 3; count += 1) {
    const go = (): void => {
      begun += 1;
    };
    if (pacer.begin('', go)) go();
  }
  expect(begun).toBe(1);
  await vi.advanceTimersByTimeAsync(3);
  expect(begun).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(begun).toBe(2);
  await vi.advanceTimersByTimeAsync(4);
  expect(begun).toBe(3);
});

it('answers the first refusals of an address at once, holds the next, cuts the rest', () => {
  vi.useFakeTimers();
  const tarpit = new Tarpit({ freePerSecond: 2, heldMax: 2, holdMs: 500 });
  const log: string[] = [];
  const refuse = (address: string, name: string): void =>
    tarpit.refuse(address, { answer: () => log.push(`${name} told`), cut: () => log.push(`${name} cut`) });
  for (const name of ['1', '2', '3', '4', '5']) refuse('x', name);
  refuse('y', 'y');
  expect(log).toEqual(['1 told', '2 told', '5 cut', 'y told']);
  vi.advanceTimersByTime(500);
  expect(log.slice(4)).toEqual(['3 told', '4 told']);
  vi.advanceTimersByTime(500);
  refuse('x', '6');
  expect(log.at(-1)).toBe('6 told');
});

it('cuts who is held when it closes', () => {
  vi.useFakeTimers();
  const tarpit = new Tarpit({ freePerSecond: 0, heldMax: 2, holdMs: 500 });
  const log: string[] = [];
  tarpit.refuse('x', { answer: () => log.push('told'), cut: () => log.push('cut') });
  tarpit.close();
  expect(log).toEqual(['cut']);
  expect(vi.getTimerCount()).toBe(0);
});

it('has so many places, of one holder a part, and takes each back once', () => {
  const slots = new StreamSlots({ max: 3, perTicket: 2 });
  const first = slots.take('a');
  expect([slots.take('a') === undefined, slots.take('a'), slots.take('b') === undefined, slots.take('c')]).toEqual([
    false,
    undefined,
    false,
    undefined,
  ]);
  expect([slots.open, slots.refused]).toEqual([3, 2]);
  first?.();
  first?.();
  expect(slots.open).toBe(2);
  expect(slots.take('c')).toBeTypeOf('function');
});
