// Which sessions end with a ticket or with a worker: those made from it too, and nobody else's.

import { expect, it } from 'vitest';
import type { Session } from '../src/session.ts';
import { SessionIndex } from '../src/session-index.ts';

function session(id: string, role: string, subject: string, ticketIds: readonly string[]): Session {
  return { id, principal: { role, subject, ticketIds } } as unknown as Session;
}

const [parent, child, other] = [
  session('1', 'worker-heartbeat', 'worker-1', ['aa']),
  session('2', 'worker-heartbeat', 'worker-1/part', ['aa', 'bb']),
  session('3', 'worker-host', 'worker-11', ['cc']),
];
const queen = session('4', 'queen', 'worker-1', ['dd']);

function filled(): SessionIndex {
  const index = new SessionIndex();
  for (const each of [parent, child, other, queen]) index.add(each);
  return index;
}

it('finds the sessions of a ticket and of those made from it, oldest first', () => {
  expect(filled().ofTicket('aa')).toEqual([parent, child]);
  expect(filled().ofTicket('bb')).toEqual([child]);
  expect(filled().ofTicket('ee')).toEqual([]);
});

it('finds the sessions of a worker by its whole name, and no person of that name', () => {
  expect(filled().ofWorker('worker-1')).toEqual([parent, child]);
  expect(filled().ofWorker('worker')).toEqual([]);
});

it('forgets what was closed, however often it is told', () => {
  const index = filled();
  index.delete(parent);
  index.delete(parent);
  expect([index.ofTicket('aa'), index.ofWorker('worker-1')]).toEqual([[child], [child]]);
  index.delete(child);
  expect([index.ofTicket('aa'), index.ofWorker('worker-1')]).toEqual([[], []]);
});
