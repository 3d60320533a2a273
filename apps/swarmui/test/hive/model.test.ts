import { expect, test } from 'vitest';
import { Activity } from '../../src/places/hive/activity.ts';
import { countsBy, parseFleet, telemetryPath } from '../../src/places/hive/model.ts';

const TEXT = `id=worker-10 kind=gpu state=running ticks=3/100 ops=4/10000 expires_ms=1763800000000 gpus=h1/GPU-0 leases=1
id=worker-2 kind=heartbeat state=starting ticks=0/none ops=0/none expires_ms=none job="two words, \\"quoted\\""
not a line of a worker
id=worker-3 kind=heartbeat state=running ticks=0/none ops=0/none expires_ms=none shard=a7
`;

test('a fleet is read line by line, in the order of the numbers, and what is no line is counted', () => {
  const fleet = parseFleet(TEXT);
  expect(fleet.workers.map(({ id, kind, state }) => [id, kind, state])).toEqual([
    ['worker-2', 'heartbeat', 'starting'],
    ['worker-3', 'heartbeat', 'running'],
    ['worker-10', 'gpu', 'running'],
  ]);
  expect([fleet.unread, fleet.isCut]).toEqual([1, false]);
  expect(fleet.workers.map(({ fields }) => fields.expires_ms)).toEqual([null, null, 1763800000000]);
  expect(fleet.workers[0]?.fields.job).toBe('two words, "quoted"');
  expect(fleet.workers[2]?.fields.gpus).toBe('h1/GPU-0');
  expect(countsBy(fleet, 'kind')).toEqual([
    ['heartbeat', 2],
    ['gpu', 1],
  ]);
});

test('a list that the hive cut is said to be cut, and its last line is no worker', () => {
  expect(parseFleet(`${TEXT}… truncated\n`)).toMatchObject({ isCut: true, unread: 1, workers: { length: 3 } });
});

test('the telemetry of a worker is reached by its shard where the line says one', () => {
  const [first, second] = parseFleet(TEXT).workers;
  expect(first && telemetryPath(first)).toBe('/worker/worker-2/telemetry');
  expect(second && telemetryPath(second)).toBe('/shard/a7/worker/worker-3/telemetry');
});

test('kinds beyond the bound are shown as unknown, and their workers are all there', () => {
  const lines = Array.from({ length: 100 }, (_, at) => `id=worker-${at + 1} kind=kind${at} state=running`);
  const fleet = parseFleet(lines.join('\n'));
  expect(fleet.workers).toHaveLength(100);
  expect(countsBy(fleet, 'kind')[0]).toEqual(['unknown', 76]);
});

test('activity sums up by worker until it is taken, and then nothing waits', () => {
  const activity = new Activity();
  activity.line('{"ts_ms":1000,"n":[["worker-1",2,0],["worker-2",0,1]]}');
  activity.line('{"ts_ms":1100,"n":[["worker-1",3,0]]}');
  const taken: unknown[] = [];
  activity.take((...event) => taken.push(event));
  expect(taken).toEqual([
    ['worker-1', 5, 0],
    ['worker-2', 0, 1],
  ]);
  expect(activity.isWaiting).toBe(false);
  expect(activity.totals).toEqual({ records: 5, refusals: 1 });
});

test('what waited for long is no news: only the totals keep it', () => {
  const activity = new Activity();
  activity.line('{"ts_ms":1000,"n":[["worker-1",2,0]]}');
  activity.line('{"ts_ms":61000,"n":[["worker-2",1,0]]}');
  const taken: string[] = [];
  activity.take((id) => taken.push(id));
  expect(taken).toEqual(['worker-2']);
  expect(activity.totals.records).toBe(3);
});

test.each(['', '{', '[]', 'null', '{"ts_ms":"1","n":[]}', '{"ts_ms":1}'])(
  'a line %j that is not of the form is counted and does no harm',
  (line) => {
    const activity = new Activity();
    activity.line(line);
    expect([activity.unread, activity.isWaiting]).toEqual([1, false]);
  },
);

test('entries that are not of the form are left out; the marker of a gap is no line', () => {
  const activity = new Activity();
  activity.line('{"ts_ms":1,"n":[["worker-1",-1,0],["worker-2",1.5,0],[3,1,1],"x",["worker-4",1,0]]}');
  activity.line('~ lost bytes=7 next=9');
  const taken: string[] = [];
  activity.take((id) => taken.push(id));
  expect([taken, activity.unread]).toEqual([['worker-4'], 0]);
});
