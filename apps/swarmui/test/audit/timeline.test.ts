// The timeline: order, filters, and what hangs together.

import { describe, expect, test } from 'vitest';
import { type Entry, entriesOf, gateOf, parseRecord } from '../../src/journal/record.ts';
import { ANY, filtered, idsOf, mentions, refusedOf, rowsOf } from '../../src/places/audit/timeline.ts';

const record = (seq: number, change: object = {}): string =>
  JSON.stringify({
    seq,
    at: seq * 1000,
    who: { subject: 'queen', role: 'queen', ticket: 'aa11', ticketIds: ['bb22'], session: '9' },
    path: '/queen/ctl',
    lines: ['{"spawn":"host"}'],
    outcomes: [
      { ok: true, changes: [{ capability: 'workers', change: { worker: { id: 'worker-2' } } }], effects: [], log: [] },
    ],
    decisions: [{ rule: 'queen-ctl', approval: 'ask-1' }],
    ...change,
  });
const entries = (...texts: readonly string[]): readonly Entry[] =>
  texts.flatMap((text) => {
    const parsed = parseRecord(text);
    return parsed === undefined ? [] : entriesOf(parsed);
  });
const seqs = (rows: ReturnType<typeof rowsOf>): readonly (number | string)[] =>
  rows.map((row) => (row.kind === 'entry' ? row.entry.seq : row.reason));

const REFUSED =
  '{"seq":null,"at":2500,"subject":"eve","role":"queen","ticket":"cc","reason":"needs-approval","path":"/queen/ctl"}';

describe('rows', () => {
  test('are newest first; a record of several lines is several entries; refusals stand where they happened', () => {
    const all = entries(record(1), record(2, { lines: ['a', 'b'], outcomes: [], decisions: [] }), record(4));
    expect(seqs(rowsOf(all, refusedOf([REFUSED, 'damaged', record(9)])))).toEqual([4, 'needs-approval', 3, 2, 1]);
  });

  test('are filtered by who, file, what changed, outcome and id', () => {
    const lease = record(2, { path: '/queen/lease/ctl', outcomes: [], lines: ['{"op":"release","id":"train"}'] });
    const rows = rowsOf(entries(record(1), lease), refusedOf([REFUSED]));
    expect(seqs(filtered(rows, { ...ANY, who: 'EVE' }))).toEqual(['needs-approval']);
    expect(seqs(filtered(rows, { ...ANY, path: 'lease' }))).toEqual([2]);
    expect(seqs(filtered(rows, { ...ANY, capability: 'workers' }))).toEqual([1]);
    expect(seqs(filtered(rows, { ...ANY, outcome: 'refused' }))).toEqual(['needs-approval']);
    expect(seqs(filtered(rows, { ...ANY, id: 'train' }))).toEqual([2]);
    expect(seqs(filtered(rows, ANY))).toHaveLength(3);
  });
});

describe('an entry', () => {
  const [entry] = entries(record(1));
  if (entry === undefined) throw new Error('no entry');

  test('names its session, ticket, worker and approval', () => {
    expect(idsOf(entry)).toEqual([
      { kind: 'session', id: 'session:9' },
      { kind: 'ticket', id: 'aa11' },
      { kind: 'worker', id: 'worker-2' },
      { kind: 'approval', id: 'ask-1' },
    ]);
    expect(gateOf(entry)).toEqual({ rule: 'queen-ctl', by: 'ask-1' });
  });

  test('is found by whole names only', () => {
    expect(['worker-2', 'ask-1', 'bb22', 'session:9'].map((id) => mentions(entry, id))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['worker', 'ask', 'session:1', 'spawn'].map((id) => mentions(entry, id))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

test('what is no record is none', () => {
  for (const text of ['', 'x', '[]', '{"seq":"1"}', '~ lost bytes=7 next=8']) expect(parseRecord(text)).toBeUndefined();
});
