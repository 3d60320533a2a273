// Telemetry segments: names that are never used again, what makes room and when, devices that come and go, and that the hive's
// own line about bytes does no more than it says.

import { expect, test } from 'vitest';
import { liveSegment, SYSTEM, stateFromText, telemetryDevices } from '../src/index.ts';
import { ALICE, manifestWith, TestHive } from './hive.ts';

const CTL = '/queen/telemetry/cam-1/ctl';
const NEW = { new: 'segment', mime: 'text/plain' };

function hiveWith(change: Partial<ReturnType<typeof manifestWith>['telemetry_ingest']> = {}): TestHive {
  return TestHive.booted(manifestWith((manifest) => void Object.assign(manifest.telemetry_ingest, change)));
}

function segmentsOf(hive: TestHive, device = 'cam-1'): number[] {
  return (telemetryDevices(hive.state).get(device)?.segments ?? []).map(({ number }) => number);
}

function idsIn(hive: TestHive, device = 'cam-1'): string[] {
  return hive.authority.listNames(hive.state, '/queen/telemetry/:device/seg/:segment', { device });
}

function has(hive: TestHive, segment: string): boolean {
  return hive.authority.hasName(hive.state, '/queen/telemetry/:device/seg/:segment', segment, { device: 'cam-1' });
}

test('the first line makes the device, ids count from 1, latest is the newest', () => {
  const hive = hiveWith();
  expect(hive.view('/queen/telemetry/cam-1/latest')).toBe('');
  expect(hive.ok(ALICE, CTL, NEW).reply).toEqual({ device: 'cam-1', seg_id: 'seg-000001' });
  expect(hive.ok(ALICE, CTL, { new: 'segment' }).reply).toEqual({ device: 'cam-1', seg_id: 'seg-000002' });
  expect(hive.ok(ALICE, '/queen/telemetry/cam-2/ctl', NEW).reply).toMatchObject({ seg_id: 'seg-000001' });
  expect(hive.view('/queen/telemetry/cam-1/latest')).toBe('seg-000002\n');
  expect(hive.authority.listNames(hive.state, '/queen/telemetry/:device')).toEqual(['cam-1', 'cam-2']);
  expect(idsIn(hive)).toEqual(['seg-000001', 'seg-000002']);
  expect(hive.replay()).toBe(hive.text());
});

test('evict-oldest: the fifth of four takes the place of the first, whose file goes; the name stays used', () => {
  const hive = hiveWith();
  const entries = Array.from({ length: 4 }, () => {
    hive.ok(ALICE, CTL, NEW);
    return hive.journal.at(-1)?.command.seq;
  });
  const fifth = hive.ok(ALICE, CTL, NEW);
  expect(fifth.reply).toMatchObject({ seg_id: 'seg-000005' });
  expect(fifth.effects).toEqual([{ kind: 'segments.remove', device: 'cam-1', entries: [entries[0]] }]);
  expect(fifth.log.at(-1)).toBe('telemetry segments evicted device=cam-1 segments=seg-000001 for=seg-000005');
  expect(segmentsOf(hive)).toEqual([2, 3, 4, 5]);
  expect(liveSegment(hive.state, 'cam-1', 'seg-000001')).toBeUndefined();
  expect([has(hive, 'seg-000001'), has(hive, 'seg-000006')]).toEqual([true, false]);
  expect(hive.replay()).toBe(hive.text());
});

test('refuse: the fifth of four is refused, and nothing goes', () => {
  const hive = hiveWith({ eviction_policy: 'refuse' });
  for (let segment = 0; segment < 4; segment++) hive.ok(ALICE, CTL, NEW);
  expect(hive.code(ALICE, CTL, NEW)).toBe('buffer-full');
  expect(segmentsOf(hive)).toEqual([1, 2, 3, 4]);
});

test('after a boot with a lower maximum the next segment leaves as many as that', () => {
  const hive = hiveWith();
  for (let segment = 0; segment < 4; segment++) hive.ok(ALICE, CTL, NEW);
  hive.boot(
    2,
    manifestWith((manifest) => void Object.assign(manifest.telemetry_ingest, { max_segments_per_device: 2 })),
  );
  hive.ok(ALICE, CTL, NEW);
  expect(segmentsOf(hive)).toEqual([4, 5]);
});

test('as many devices as the manifest says; one that is forgotten makes room and its names do not come back', () => {
  const hive = hiveWith({ devices_max: 2 });
  for (let segment = 0; segment < 3; segment++) hive.ok(ALICE, CTL, NEW);
  hive.ok(ALICE, '/queen/telemetry/cam-2/ctl', NEW);
  expect(hive.code(ALICE, '/queen/telemetry/cam-3/ctl', NEW)).toBe('buffer-full');
  hive.ok(ALICE, CTL, NEW);
  const forgotten = hive.ok(ALICE, '/queen/telemetry/ctl', { forget: { device: 'cam-1' } });
  expect(forgotten.effects[0]).toMatchObject({ kind: 'segments.remove', device: 'cam-1' });
  expect(forgotten.effects[0]?.entries).toHaveLength(4);
  hive.ok(ALICE, '/queen/telemetry/cam-3/ctl', NEW);
  expect(hive.code(ALICE, CTL, NEW)).toBe('buffer-full');
  hive.ok(ALICE, '/queen/telemetry/ctl', { forget: { device: 'cam-3' } });
  expect(hive.ok(ALICE, CTL, NEW).reply).toMatchObject({ seg_id: 'seg-000006' });
  expect(hive.code(ALICE, '/queen/telemetry/ctl', { forget: { device: 'cam-9' } })).toBe('not-found');
  expect(hive.replay()).toBe(hive.text());
});

test('no device at all with devices_max 0', () => {
  const hive = hiveWith({ devices_max: 0 });
  expect(hive.code(ALICE, CTL, NEW)).toBe('buffer-full');
});

test('what the hive says went for bytes goes, but never the segment that is written, and not twice', () => {
  const hive = hiveWith();
  for (let segment = 0; segment < 3; segment++) hive.ok(ALICE, CTL, NEW);
  const line = { evicted: { device: 'cam-1', segments: [1, 3], for: 3 } };
  expect(hive.ok(SYSTEM, '/sys/segments', line).changes).toHaveLength(1);
  expect(segmentsOf(hive)).toEqual([2, 3]);
  expect(hive.ok(SYSTEM, '/sys/segments', line).changes).toEqual([]);
  expect(hive.ok(SYSTEM, '/sys/segments', { evicted: { device: 'gone', segments: [1], for: 2 } }).changes).toEqual([]);
  expect(hive.code(ALICE, '/sys/segments', line)).toBe('denied');
});

test.each(['ctl', 'status', '.hidden', '-x', 'a b', 'x'.repeat(65), 'é'])('no device is called %j', (name) => {
  const hive = hiveWith();
  expect(hive.code(ALICE, `/queen/telemetry/${name}/ctl`, NEW)).toBe('invalid-path');
  expect(hive.authority.hasName(hive.state, '/queen/telemetry/:device', name)).toBe(false);
});

test.each([
  ['another thing', { new: 'file' }],
  ['an empty mime', { mime: '' }],
  ['a mime of 129', { mime: 'x'.repeat(129) }],
  ['a mime with a line end', { mime: 'a\nb' }],
  ['a name of 129', { name: 'x'.repeat(129) }],
  ['bytes below 0', { bytes: -1 }],
  ['another field', { path: '/etc' }],
])('a line with %s is refused', (_, change) => {
  const hive = hiveWith();
  expect(hive.code(ALICE, CTL, { ...NEW, ...change })).toBe('invalid-payload');
  const most = { mime: 'x'.repeat(128), name: 'y'.repeat(128), bytes: Number.MAX_SAFE_INTEGER };
  expect(hive.code(ALICE, CTL, { ...NEW, ...most })).toBe('ok');
});

test('segments are begun while the node drains, and not when it is quiet', () => {
  const hive = hiveWith();
  hive.ok(ALICE, '/queen/lifecycle/ctl', 'cordon');
  hive.ok(ALICE, CTL, NEW);
  hive.ok(ALICE, '/queen/lifecycle/ctl', 'drain');
  expect(hive.code(ALICE, CTL, NEW)).toBe('lifecycle-denied');
});

test('workers begin none', () => {
  expect(hiveWith().code({ ...ALICE, role: 'worker-host' }, CTL, NEW)).toBe('denied');
});

test('a snapshot reads back as the same state', () => {
  const hive = hiveWith();
  for (let segment = 0; segment < 6; segment++) hive.ok(ALICE, CTL, NEW);
  hive.ok(ALICE, '/queen/telemetry/ctl', { forget: { device: 'cam-1' } });
  hive.ok(ALICE, CTL, NEW);
  expect(hive.authority.stateText(stateFromText(hive.text()))).toBe(hive.text());
});

test('logs are kept of 1024 control files; the one written longest ago is forgotten', () => {
  const hive = hiveWith({ devices_max: 1024 });
  const path = (device: number): string => `/queen/telemetry/d${device}/ctl`;
  hive.ok(ALICE, path(0), NEW);
  for (let device = 1; device <= 1024; device++) {
    const command = hive.command(ALICE, path(device % 1024), JSON.stringify(NEW));
    const outcome = hive.authority.decide(hive.state, command);
    hive.authority.evolve(hive.state, command, outcome);
    hive.journal.push({ command, outcome });
  }
  const kept = (at: string): boolean => hive.authority.controlLogText(hive.state, at) !== '';
  expect([kept(path(0)), kept(path(1)), kept(path(2)), kept('/sys/boot')]).toEqual([true, true, true, false]);
  expect(hive.replay()).toBe(hive.text());
});
