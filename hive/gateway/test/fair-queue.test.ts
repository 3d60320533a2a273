// Whose turn it is, told as a list of names.

import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { FairQueue, type FairQueueOptions, type Lane, type Turned } from '../src/queues/fair-queue.ts';

afterEach(() => void vi.useRealTimers());

/** A queue, with a log of who ran and who was turned away. */
function queueOf(options: Partial<FairQueueOptions> = {}) {
  let at = 0;
  const waitingMax = { control: 256, telemetry: 1024 };
  const queue = new FairQueue({ runningMax: 1, perTicket: 1, waitingMax, waitMs: 100, ...options }, () => at);
  const log: string[] = [];
  const note = (name: string, turned: Turned | undefined): void => void log.push(turned ? `${name} ${turned}` : name);
  const enter = (lane: Lane, ticket: string, name = ticket) => {
    const entered = queue.enter(lane, ticket);
    if (typeof entered === 'string' || entered === undefined) note(name, entered);
    else void entered.turn.then((turned) => note(name, turned));
    return entered;
  };
  const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
  const leave = async (ticket: string): Promise<void> => {
    queue.leave(ticket);
    await settled();
  };
  return { queue, log, enter, leave, settled, pass: (ms: number) => (at += ms) };
}

it('lets in at once while there is room, of a ticket and of all', () => {
  const { log, enter } = queueOf({ runningMax: 3, perTicket: 2 });
  for (const name of ['a1', 'a2', 'a3', 'b1', 'b2']) enter('telemetry', name.charAt(0), name);
  expect(log).toEqual(['a1', 'a2', 'b1']);
});

it('gives tickets turns, however many requests each has', async () => {
  const { log, enter, leave } = queueOf();
  for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2']) enter('telemetry', name.charAt(0), name);
  for (const ticket of ['a', 'a', 'b', 'c', 'a', 'b', 'a']) await leave(ticket);
  expect(log).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
});

it('lets control go first, but gives telemetry one turn of seven', async () => {
  const { log, enter, leave } = queueOf();
  enter('control', 'x', '-');
  for (let count = 1; count <= 14; count += 1) enter('control', 'c', `c${count}`);
  for (let count = 1; count <= 3; count += 1) enter('telemetry', 't', `t${count}`);
  await leave('x');
  for (let count = 0; count < 16; count += 1) await leave(log.at(-1)?.charAt(0) ?? '');
  expect(log.slice(1, 8)).toEqual(['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 't1']);
  expect(log.slice(8, 15)).toEqual(['c7', 'c8', 'c9', 'c10', 'c11', 'c12', 't2']);
  expect(log.slice(15)).toEqual(['c13', 'c14', 't3']);
});

it('passes over a ticket that has as many running as it may', async () => {
  const { log, enter, leave } = queueOf({ runningMax: 2, perTicket: 1 });
  for (const name of ['a1', 'b1', 'a2', 'c1']) enter('telemetry', name.charAt(0), name);
  await leave('b');
  expect(log).toEqual(['a1', 'b1', 'c1']);
});

it('refuses at the bound, unless a ticket holds more of the queue: that one loses its newest', async () => {
  const { queue, log, enter, settled } = queueOf({ waitingMax: { control: 256, telemetry: 3 } });
  for (const name of ['a1', 'a2', 'a3', 'a4']) enter('telemetry', 'a', name);
  enter('telemetry', 'a', 'a5');
  expect(log).toEqual(['a1', 'a5 queue-full']);
  enter('telemetry', 'b', 'b1');
  await settled();
  expect(log).toEqual(['a1', 'a5 queue-full', 'a4 queue-full']);
  enter('telemetry', 'b', 'b2');
  expect(log.at(-1)).toBe('b2 queue-full');
  expect(queue.counts.telemetry).toMatchObject({ waiting: 3, refusedFull: 3 });
  expect(enter('control', 'c')).toBeTypeOf('object');
});

it('turns away who waited too long, and nobody else', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const { queue, log, enter, settled, pass } = queueOf({ waitMs: 100 });
  enter('telemetry', 'a', 'a1');
  enter('telemetry', 'a', 'a2');
  pass(60);
  enter('control', 'b', 'b1');
  pass(40);
  vi.advanceTimersByTime(10);
  await settled();
  expect(log).toEqual(['a1', 'a2 waited-too-long']);
  expect(queue.counts.telemetry.refusedLate).toBe(1);
  pass(60);
  vi.advanceTimersByTime(10);
  await settled();
  expect(log).toEqual(['a1', 'a2 waited-too-long', 'b1 waited-too-long']);
  expect(vi.getTimerCount()).toBe(0);
});

it('forgets who went away', async () => {
  const { queue, log, enter, leave } = queueOf();
  enter('telemetry', 'a', 'a1');
  const gone = enter('telemetry', 'b', 'b1');
  enter('telemetry', 'c', 'c1');
  if (typeof gone === 'object') gone.cancel();
  await leave('a');
  expect(log).toEqual(['a1', 'b1 gone', 'c1']);
  expect(queue.counts.telemetry.waiting).toBe(0);
});

it('never runs more than it may, and nobody waits who could run', () => {
  const step = fc.record({
    isEnter: fc.boolean(),
    lane: fc.constantFrom<Lane>('control', 'telemetry'),
    ticket: fc.nat(4),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 200 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 3 }),
      (steps, runningMax, perTicket) => {
        const queue = new FairQueue(
          { runningMax, perTicket, waitingMax: { control: 8, telemetry: 8 }, waitMs: 1000 },
          () => 0,
        );
        const entered: number[] = [];
        let waiting = 0;
        for (const { isEnter, lane, ticket } of steps) {
          if (isEnter) {
            const result = queue.enter(lane, String(ticket));
            if (result === undefined) entered.push(ticket);
            else if (typeof result === 'object') waiting += 1;
          } else if (entered.length > 0) queue.leave(String(entered.shift()));
          expect(queue.running).toBeLessThanOrEqual(runningMax);
          expect(queue.counts.control.waiting).toBeLessThanOrEqual(8);
          expect(queue.counts.telemetry.waiting).toBeLessThanOrEqual(8);
          if (waiting === 0) expect(queue.running).toBe(entered.length);
        }
        queue.close();
      },
    ),
  );
});
