// Columns of lists, their order, and leases in time.

import { rowsIn } from '@cohesix/client/core';
import { expect, test } from 'vitest';
import { columnsOf, compareValues, shareOf, sortValueOf } from '../../src/places/fleet/columns.ts';
import { lastMoment, placeOf, timelineOf } from '../../src/places/fleet/timeline-model.ts';
import { clockText, exactText, momentText, relativeText } from '../../src/time/moment.ts';

const FLEET = `id=worker-10 kind=heartbeat state=running ticks=36/100 ops=0/none expires_ms=1795317350731
id=worker-9 kind=gpu state=running ticks=0/none ops=9/16 expires_ms=none gpus=edge-1/GPU-0 leases=1
`;

test('columns are the fields that say something, those asked for first', () => {
  const columns = columnsOf(rowsIn(FLEET).rows, { first: ['kind', 'id', 'nothing'], without: ['ops'] });
  expect(columns.map(({ key, kind }) => `${key} ${kind}`)).toEqual([
    'kind text',
    'id text',
    'state text',
    'ticks share',
    'expires_ms moment',
    'gpus text',
    'leases number',
  ]);
});

test('a word among moments leaves them moments: a lease ends at a time, or with its job', () => {
  const rows = rowsIn('id=a expires_ms=job\nid=b expires_ms=1795317350731\n').rows;
  const [, expires] = columnsOf(rows);
  expect(expires).toEqual({ key: 'expires_ms', title: 'expires', kind: 'moment' });
});

test('a column that no row has a value for is not there', () => {
  expect(columnsOf(rowsIn('a=1 b=none c=""\n').rows).map(({ key }) => key)).toEqual(['a']);
});

test('worker-9 is before worker-10, what is used counts, and nothing comes last', () => {
  expect(['worker-10', 'worker-9'].sort(compareValues)).toEqual(['worker-9', 'worker-10']);
  expect(sortValueOf('36/100', 'share')).toBe(36);
  expect(sortValueOf(null, 'moment')).toBeUndefined();
  expect(shareOf('9/none')).toEqual({ used: 9, all: undefined });
  expect(shareOf('edge-1/GPU-0')).toBeUndefined();
});

test('moments are told from now', () => {
  const now = Date.UTC(2026, 0, 1);
  const away = (ms: number): string => relativeText(now + ms, now);
  expect([0, 59_999, 60_000, -7_200_000, 3 * 86_400_000].map(away)).toEqual([
    'now',
    'in 59 s',
    'in 1 min',
    '2 h ago',
    'in 3 d',
  ]);
  expect(exactText(now)).toBe('2026-01-01T00:00:00.000Z');
  expect(momentText(now)).toBe('2026-01-01 00:00:00 UTC');
  expect(clockText(now)).toBe('00:00:00 UTC');
});

test('what is no moment of the calendar stays a number', () => {
  expect([momentText(9e15), exactText(Number.NaN), clockText(1e300)]).toEqual(['9000000000000000', 'NaN', '1e+300']);
});

const HISTORY = rowsIn(`id=a subject=alice resource=gpu:0 fence=1 granted_ms=1000 ended_ms=3000 reason=released
id=b subject=bob resource=gpu:0 fence=2 granted_ms=2000 ended_ms=4000 reason=expired
id=c subject=carol resource=gpu:0 fence=3 granted_ms=4000 ended_ms=5000 reason=preempted
`).rows;
const ACTIVE = rowsIn('id=d subject=dan resource=gpu:1 ttl_s=10 expires_ms=13000 fence=4\n').rows;

test('holds that overlap are one below the other, and what is held reaches to now', () => {
  const timeline = timelineOf(HISTORY, ACTIVE, 11_000);
  expect(
    timeline.lanes.map(({ resource, rows }) => [resource, rows.map((row) => row.map(({ id }) => id).join(' '))]),
  ).toEqual([
    ['gpu:0', ['a c', 'b']],
    ['gpu:1', ['d']],
  ]);
  const [hold] = timeline.lanes[1]?.rows[0] ?? [];
  expect(hold).toMatchObject({ id: 'd', fromMs: 3000, toMs: undefined, reason: 'held' });
  expect(hold && placeOf(timeline, hold)).toEqual({ left: 20, width: 80 });
});

test('without a now the picture ends where the lists do', () => {
  expect(lastMoment(HISTORY, ACTIVE)).toBe(5000);
  expect(lastMoment([], ACTIVE)).toBe(3000);
  expect(lastMoment([], [])).toBe(1);
});

test('nothing held is an empty picture, not a broken one', () => {
  expect(timelineOf([], [], 5000)).toEqual({ lanes: [], fromMs: 5000, toMs: 5001 });
  expect(timelineOf(rowsIn('id=a resource=r granted_ms=none ended_ms=5\n').rows, [], 5000).lanes).toEqual([]);
});
