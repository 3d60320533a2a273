// Replay: the same decisions again, or a report with both sides.

import { stateText } from '@cohesix/authority';
import { describe, expect, it } from 'vitest';
import type { LedgerRecord } from '../src/record.ts';
import { Replay } from '../src/replay.ts';
import { makeBooks, plainManifest, replayed } from './fixture.ts';

function recorded(): {
  bodies: string[];
  authority: ReturnType<typeof makeBooks>['authority'];
  text: string;
  log: string[];
} {
  const books = makeBooks();
  books.submit('/queen/ctl', { spawn: 'host', budget: {} }, { spawn: 'heartbeat', ticks: 3, budget: {} });
  books.clock += 1000;
  books.submit('/queen/ctl', { kill: 'worker-1' });
  books.submit('/queen/ctl', { kill: 'worker-9' });
  books.submit('/queen/lifecycle/ctl', 'cordon');
  books.sink.release();
  return { bodies: books.sink.bodies, authority: books.authority, text: books.shownText(), log: books.log };
}

function replay(
  authority: ReturnType<typeof makeBooks>['authority'],
  body: string | Uint8Array,
  before: string[] = [],
): string {
  const again = new Replay(authority, () => undefined);
  for (const one of before) again.record(new TextEncoder().encode(one));
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const taken = again.record(bytes);
  return taken.ok ? 'ok' : `${taken.refusal.code}: ${taken.refusal.detail}`;
}

describe('a replay', () => {
  it('comes to the same state, number and time, and tells the same lines', () => {
    const { bodies, authority, text } = recorded();
    const end = replayed(authority, bodies);
    expect(stateText(end.state)).toBe(text);
    expect(end.nextSeq).toBe(6);
    expect(end.lastAt).toBe((JSON.parse(bodies.at(-1) ?? '') as LedgerRecord).at);
    const log: string[] = [];
    const again = new Replay(authority, (line) => log.push(line));
    for (const body of bodies) again.record(new TextEncoder().encode(body));
    expect(log.filter((line) => line.startsWith('spawned'))).toHaveLength(2);
  });

  it('of nothing is the initial state', () => {
    const { authority } = recorded();
    const end = replayed(authority, []);
    expect(stateText(end.state)).toBe(stateText(authority.initialState()));
    expect([end.nextSeq, end.lastAt]).toEqual([1, 0]);
  });

  it('stops where a line decides differently, with both sides', () => {
    const { bodies, authority } = recorded();
    const record = JSON.parse(bodies[1] ?? '') as { lines: string[] };
    record.lines[0] = JSON.stringify({ spawn: 'host', budget: { ttl_s: 7 } });
    const answer = replay(authority, JSON.stringify(record), bodies.slice(0, 1));
    expect(answer).toMatch(/^stale: Replay differs at 2 \/queen\/ctl: recorded \{.*\}, now \{.*7.*\}\.$/);
  });

  it('stops at a record that is missing, doubled or out of order', () => {
    const { bodies, authority } = recorded();
    expect(replay(authority, bodies[2] ?? '', bodies.slice(0, 1))).toBe(
      'invalid-payload: Journal record 4 found where 2 was expected.',
    );
    expect(replay(authority, bodies[0] ?? '', bodies.slice(0, 1))).toMatch(/record 1 found where 2/);
  });

  it.each([
    ['no JSON', 'nonsense'],
    ['null', 'null'],
    ['a list', '[]'],
    ['not UTF-8', Uint8Array.of(0xff)],
    ['no writer', '{"seq":1,"at":1,"path":"/sys/boot","lines":["x"],"outcomes":[{}]}'],
    ['no time', '{"seq":1,"who":{"role":"system","ticketIds":[]},"path":"/sys/boot","lines":["x"],"outcomes":[{}]}'],
    ['no path', '{"seq":1,"at":1,"who":{"role":"system","ticketIds":[]},"lines":["x"],"outcomes":[{}]}'],
    [
      'a line that is no text',
      '{"seq":1,"at":1,"who":{"role":"system","ticketIds":[]},"path":"/x","lines":[1],"outcomes":[{}]}',
    ],
    [
      'fewer outcomes than lines',
      '{"seq":1,"at":1,"who":{"role":"system","ticketIds":[]},"path":"/x","lines":["a"],"outcomes":[]}',
    ],
  ])('refuses a record that is none, without a crash: %s', (_, body) => {
    expect(replay(recorded().authority, body)).toBe('invalid-payload: A journal record is not a ledger record.');
  });

  it('does not depend on the manifest of the new program: the journal brings its own', () => {
    const { bodies, text } = recorded();
    const other = makeBooks(plainManifest((m) => ({ ...m, workers: { ...m.workers, max: 1 } })));
    expect(stateText(replayed(other.authority, bodies).state)).toBe(text);
  });
});
