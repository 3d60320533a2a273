// `coh telemetry`: what goes inline and what by reference, that a push can be repeated and goes on where it broke, that a pull checks
// every hash, and what people are told about bounds.

import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '@cohesix/manifest';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { breakingDoor } from './breaking-door.ts';
import { type LiveHive, liveHive } from './live-hive.ts';

let live: LiveHive;
let folder: string;

beforeEach(async () => {
  live = await liveHive();
  folder = join(live.hive.paths.root, '..', 'work');
  mkdirSync(folder);
});

afterEach(() => live.stop());

function ingest(change: Partial<Manifest['telemetry_ingest']>): (manifest: Manifest) => Manifest {
  return (manifest) => ({ ...manifest, telemetry_ingest: { ...manifest.telemetry_ingest, ...change } });
}

async function again(change: Partial<Manifest['telemetry_ingest']>): Promise<void> {
  await live.stop();
  live = await liveHive(ingest(change));
  folder = join(live.hive.paths.root, '..', 'work');
  mkdirSync(folder);
}

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Bytes that do not repeat. */
function bytesOf(count: number): Buffer {
  const bytes = Buffer.alloc(count);
  for (let at = 0; at + 4 <= count; at += 4) bytes.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
  return bytes;
}

const push = (file: string, ...more: string[]): string[] => ['telemetry', 'push', file, '--device', 'cam-1', ...more];
const store = (): string[] => ['--store', join(folder, 'store')];
const pull = (...more: string[]): string[] => ['telemetry', 'pull', '--out', join(folder, 'out'), ...more];
const out = (name: string): string => join(folder, 'out', 'cam-1', name);

interface Pulled {
  readonly segments: readonly {
    readonly segment: string;
    readonly fetched: number;
    readonly artefact: string | null;
  }[];
}

test('a text goes inline, once, and comes back as it was', async () => {
  const text = `${Array.from({ length: 900 }, (_, index) => `${index} "ä" \u{1f600} \u2028 \\`).join('\n')}\nno end of line`;
  const file = fileOf('boot.log', text);
  const first = await live.json(push(file));
  expect(first).toMatchObject({ device: 'cam-1', segment: 'seg-000001', kind: 'records', before: 0, store: null });
  expect(await live.json(push(file))).toEqual({ ...first, before: first.records });
  const told = await live.coh(push(file));
  expect(told.stdout).toBe(`cam-1/seg-000001 has all of it already: ${String(first.records)} records\n`);
  const { segments } = await live.json<Pulled>(pull());
  expect(segments).toMatchObject([{ segment: 'seg-000001', artefact: out('seg-000001.boot.log') }]);
  expect(readFileSync(out('seg-000001.boot.log'), 'utf8')).toBe(text);
  const records = readFileSync(out('seg-000001.records'), 'utf8').trimEnd().split('\n');
  expect(records.map((line) => JSON.parse(line).seq)).toEqual(records.map((_, index) => index + 1));
  expect(Math.max(...records.map((line) => Buffer.byteLength(line)))).toBeLessThan(4096);
});

test('anything else goes by reference: kept, found by what the segment says, and every piece is checked', async () => {
  const bytes = bytesOf(9_000_001);
  const file = fileOf('flight.bag', bytes);
  const pushed = await live.json(push(file, ...store()));
  expect(pushed).toMatchObject({ segment: 'seg-000001', kind: 'references', records: 3, bytes: bytes.length });
  expect(statSync(String(pushed.store)).ino).toBe(statSync(file).ino);
  expect(await live.json(push(file, ...store()))).toEqual({ ...pushed, before: 3 });
  expect(await live.json<Pulled>(pull(...store()))).toMatchObject({
    segments: [{ artefact: out('seg-000001.flight.bag') }],
  });
  expect(readFileSync(out('seg-000001.flight.bag')).equals(bytes)).toBe(true);
  expect(await live.json<Pulled>(pull(...store()))).toMatchObject({ segments: [{ fetched: 0 }] });
  const status = await live.json<{ segments_kept: object[] }>(['telemetry', 'status', 'cam-1']);
  expect(status.segments_kept).toMatchObject([
    { kind: 'references', referenced: bytes.length, whole: 'yes', name: 'flight.bag' },
  ]);
});

test('a copy is a file of its own, and one that was changed is made again', async () => {
  const file = fileOf('a.bag', bytesOf(5_000_000));
  const { store: kept } = await live.json<{ store: string }>(push(file, '--copy', ...store()));
  expect(statSync(kept).ino).not.toBe(statSync(file).ino);
  truncateSync(kept, 100);
  await live.json(push(file, '--copy', ...store()));
  expect(readFileSync(kept).equals(readFileSync(file))).toBe(true);
});

test('an artefact that was changed after the push is not put together, and nothing has its name', async () => {
  const file = fileOf('a.bag', bytesOf(5_000_000));
  await live.json(push(file, ...store()));
  const other = bytesOf(5_000_000);
  other[4_500_000] = (other[4_500_000] ?? 0) ^ 1;
  writeFileSync(file, other);
  const { exit, stderr } = await live.coh(pull(...store()));
  expect(exit).toBe(1);
  expect(stderr).toContain('has other bytes at 4194304 than the segment says');
  expect(existsSync(out('seg-000001.a.bag'))).toBe(false);
  const right = fileOf('b.bag', bytesOf(5_000_000));
  await live.json(pull('--from', right));
  expect(readFileSync(out('seg-000001.a.bag')).equals(bytesOf(5_000_000))).toBe(true);
});

test('an artefact that is nowhere is named; the records are there', async () => {
  await live.json(push(fileOf('a.bag', bytesOf(100)), '--no-store'));
  const { exit, stdout, stderr } = await live.coh(pull(...store()));
  expect(exit).toBe(1);
  expect(stdout).toBe('cam-1/seg-000001 references records=1 bytes=128 fetched=128\n');
  expect(stderr).toContain(`Its artefact is not in ${join(folder, 'store')}.`);
});

test('a push goes on over a new connection where the old one broke, and sends nothing twice', async () => {
  const text = `${'0123456789abcde\n'.repeat(6000)}`;
  const file = fileOf('long.log', text);
  const path = join(folder, 'door.sock');
  const door = await breakingDoor(
    live.hive.paths.socket,
    path,
    new Map([
      [2, 30_000],
      [3, 40_000],
    ]),
  );
  const { exit, stdout, stderr } = await live.coh(['--to', door.url, ...push(file)]);
  await door.close();
  expect({ exit, stderr }).toMatchObject({ exit: 0 });
  expect(door.broken()).toBe(2);
  expect(stderr.match(/the push was interrupted/g)).toHaveLength(2);
  expect(stdout).toMatch(/^pushed to cam-1\/seg-000001: \d+ records for \d+ bytes, \d+ of them were there\n$/);
  await live.json(pull());
  expect(readFileSync(out('seg-000001.long.log'), 'utf8')).toBe(text);
});

test('a pull goes on where it ended; a file that was written over is not appended to', async () => {
  await live.json(push(fileOf('a.log', 'one\n')));
  await live.json(pull());
  const records = out('seg-000001.records');
  const whole = readFileSync(records);
  truncateSync(records, 10);
  expect(await live.json<Pulled>(pull())).toMatchObject({ segments: [{ fetched: whole.length - 10 }] });
  expect(readFileSync(records).equals(whole)).toBe(true);
  appendFileSync(records, 'more\n');
  const { exit, said } = await live.refused(pull());
  expect([exit, said]).toEqual([7, `coh: cannot pull telemetry to ${join(folder, 'out')} (stale)`]);
});

test('a segment that somebody else writes too is not mixed: the push begins another one', async () => {
  const file = fileOf('a.log', 'one\n');
  await live.json(push(file));
  await live.coh(['echo', '/queen/telemetry/cam-1/seg/seg-000001', 'a line of another writer']);
  expect(await live.json(push(file))).toMatchObject({ segment: 'seg-000002', before: 0 });
});

test.each([
  ['what is not there', 'nope.log', 1, 'not-found'],
  ['an empty file', '', 2, 'invalid-payload'],
])('%s is refused here', async (_, name, exit, code) => {
  const file = name === '' ? fileOf('empty.log', '') : join(folder, name);
  expect(await live.refused(push(file))).toMatchObject({ exit, said: expect.stringContaining(`(${code})`) });
});

test('a device whose name cannot be one is refused by the hive', async () => {
  const file = fileOf('a.log', 'x\n');
  const { exit, said } = await live.refused(['telemetry', 'push', file, '--device', '-x']);
  expect([exit, said]).toEqual([1, `coh: cannot push ${file} (invalid-path)`]);
});

test('inline or not at all: what is too large, and what is no text', async () => {
  await again({ max_bytes_per_segment: 8192 });
  const large = await live.refused(push(fileOf('a.log', 'x'.repeat(9000)), '--inline'));
  expect(large.said).toContain('(too-big)');
  expect(large.advice).toContain('telemetry_ingest.max_bytes_per_segment is 8192');
  const binary = await live.refused(push(fileOf('b.log', Uint8Array.of(0xff, 0xfe)), '--inline'));
  expect(binary.advice).toContain('not UTF-8');
  expect(await live.json(push(fileOf('c.log', 'x'.repeat(9000)), '--no-store'))).toMatchObject({ kind: 'references' });
});

test('more than references may stand for is refused before anything is sent', async () => {
  await again({ max_reference_bytes_per_segment: 1000 });
  const { said, advice } = await live.refused(push(fileOf('a.bag', bytesOf(1001))));
  expect(said).toContain('(too-big)');
  expect(advice).toContain('max_reference_bytes_per_segment is 1000');
  expect(await live.json(['telemetry', 'status'])).toMatchObject({ devices: 0 });
});

test('with few references allowed the pieces are larger', async () => {
  await again({ max_reference_entries_per_segment: 2 });
  expect(await live.json(push(fileOf('a.bag', bytesOf(11_000_000)), '--no-store'))).toMatchObject({ records: 2 });
});

test('status and explain say what there is, what is left, what would happen', async () => {
  await again({ eviction_policy: 'refuse', max_segments_per_device: 1 });
  await live.json(push(fileOf('a.log', 'x\n')));
  const status = await live.coh(['telemetry', 'status']);
  expect(status.stdout).toMatch(/^devices=1 devices_max=256 .*policy=refuse\nID {5}SEGMENTS .*\ncam-1 {2}1 /);
  const explained = await live.coh(['telemetry', 'explain', fileOf('b.log', 'y\n'), '--device', 'cam-1']);
  expect(explained.stdout).toContain('Segments: 1 of 1; the next is refused (buffer-full).');
  expect(explained.stdout).toContain('would be refused:\n  buffer-full: the device has all its segments');
  const refused = await live.refused(push(join(folder, 'b.log')));
  expect(refused.said).toContain('(buffer-full)');
  expect(refused.advice).toContain('max_segments_per_device is 1');
  const { lately } = await live.json<{ lately: string[] }>(['telemetry', 'explain', '--device', 'cam-1']);
  expect(lately).toEqual([expect.stringMatching(/^audit refused reason=quota detail=buffer-full .*cam-1\/ctl/)]);
  const all = await live.json<{ said: string[]; file: null }>(['telemetry', 'explain']);
  expect(all.said.join('\n')).toContain('Devices: 1 of 256.');
  expect((await live.coh(['telemetry', 'forget', 'cam-1'])).stdout).toBe('forgotten cam-1 segments=1\n');
  expect(await live.json(push(join(folder, 'b.log')))).toMatchObject({ segment: 'seg-000002' });
});

test('completion offers the devices there are', async () => {
  await live.json(push(fileOf('a.log', 'x\n')));
  const { stdout } = await live.coh(['__complete', '--', 'telemetry', 'status', '']);
  expect(stdout).toBe('cam-1\n');
});

test('a ticket that was narrowed to its device pushes there and nowhere else', async () => {
  const scopes = ['/queen/telemetry/cam-1:rw', '/proc/bounds:r', '/proc/self:r'].flatMap((scope) => ['--scope', scope]);
  const ticket = join(folder, 'cam.ticket');
  const minted = await live.coh([
    'ticket',
    'mint',
    '--role',
    'queen',
    '--subject',
    'cam-1',
    ...scopes,
    '--out',
    ticket,
  ]);
  expect(minted).toMatchObject({ exit: 0 });
  const file = fileOf('a.log', 'x\n');
  expect(await live.json(['--ticket', ticket, ...push(file)])).toMatchObject({ segment: 'seg-000001' });
  const other = await live.coh(['--ticket', ticket, 'telemetry', 'push', file, '--device', 'cam-2']);
  expect(other.exit).not.toBe(0);
  expect((await live.coh(['--ticket', ticket, 'telemetry', 'forget', 'cam-1'])).exit).not.toBe(0);
});
