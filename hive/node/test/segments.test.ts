// Telemetry segments in a whole hive: what is answered is on the disk, what makes room goes in the journal first and in the folder
// afterwards, pieces that end in the middle of a line, who may, and what a restart finds.

import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Disk, nodeDisk } from '@cohesix/journal';
import type { Manifest } from '@cohesix/manifest';
import type { PathSession } from '@cohesix/ninedoor';
import type { Result } from '@cohesix/wire';
import { expect, test, vi } from 'vitest';
import type { Hive } from '../src/hive.ts';
import { placeForEach, queenOf, textOf } from './fixture.ts';

const place = placeForEach();
const AT = '/queen/telemetry/cam-1';
const SEG = (number: number, device = AT): string => `${device}/seg/seg-00000${number}`;

function ingest(change: Partial<Manifest['telemetry_ingest']>): (manifest: Manifest) => Manifest {
  return (manifest) => ({ ...manifest, telemetry_ingest: { ...manifest.telemetry_ingest, ...change } });
}

async function must<T>(result: Promise<Result<T>>): Promise<T> {
  const value = await result;
  if (!value.ok) throw new Error(`${value.refusal.code}: ${value.refusal.detail}`);
  return value.value;
}

async function codeOf(result: Promise<Result<unknown>>): Promise<string> {
  const value = await result;
  return value.ok ? 'ok' : value.refusal.code;
}

async function begin(queen: PathSession, device = AT): Promise<void> {
  await must(queen.append(`${device}/ctl`, '{"new":"segment","mime":"text/plain"}\n'));
}

function filesOf(hive: Hive): string[] {
  return readdirSync(join(hive.paths.root, 'segments'))
    .map((name) => name.replace(/^\d+\./, ''))
    .sort();
}

/** Writes pieces through one opening of a file. */
async function pieces(queen: PathSession, path: string, from: number, texts: readonly string[]): Promise<string[]> {
  const file = await must(queen.openStored(path, 'write'));
  let offset = from;
  const answers: Promise<string>[] = [];
  for (const text of texts) {
    answers.push(codeOf(file.append({ offset, bytes: Buffer.from(text) })));
    offset += text.length;
  }
  return [...(await Promise.all(answers)), await codeOf(file.close())];
}

test('a device sends, and reads back what it sent', async () => {
  const queen = queenOf(await place.start());
  expect(await codeOf(queen.append(SEG(1), 'too early\n'))).toBe('invalid-path');
  await begin(queen);
  expect(await textOf(queen, SEG(1))).toBe('');
  await must(queen.append(SEG(1), 'one\n'));
  await must(queen.append(SEG(1), 'two'));
  expect(await textOf(queen, SEG(1))).toBe('one\ntwo\n');
  expect(await textOf(queen, `${AT}/latest`)).toBe('seg-000001\n');
  expect(await queen.list('/queen/telemetry')).toEqual({ ok: true, value: ['cam-1', 'ctl', 'status'] });
  expect(await queen.list(AT)).toEqual({ ok: true, value: ['ctl', 'latest', 'seg', 'status'] });
  expect(await must(queen.stat(SEG(1)))).toMatchObject({ kind: 'blob', size: 8n });
});

test('what was answered is there after a restart, and the next append follows it', async () => {
  const first = await place.start();
  await begin(queenOf(first));
  await must(queenOf(first).append(SEG(1), 'before\n'));
  await first.stop();
  const queen = queenOf(await place.start());
  expect(await textOf(queen, SEG(1))).toBe('before\n');
  await must(queen.append(SEG(1), 'after\n'));
  expect(await textOf(queen, SEG(1))).toBe('before\nafter\n');
  await begin(queen);
  expect(await textOf(queen, `${AT}/latest`)).toBe('seg-000002\n');
});

test('a segment whose file is missing is empty; a file that no segment has goes at the next start', async () => {
  const first = await place.start();
  await begin(queenOf(first));
  await must(queenOf(first).append(SEG(1), 'lost\n'));
  await first.stop();
  const folder = join(place.path, 'segments');
  const [file = ''] = readdirSync(folder);
  rmSync(join(folder, file));
  writeFileSync(join(folder, '999.cam-1.seg-000009'), 'nobody knows');
  const hive = await place.start();
  const queen = queenOf(hive);
  expect(await textOf(queen, SEG(1))).toBe('');
  await vi.waitFor(() => expect(filesOf(hive)).toEqual([]));
  await must(queen.append(SEG(1), 'again\n'));
  expect(await textOf(queen, SEG(1))).toBe('again\n');
  expect(await textOf(queen, '/log/queen.log')).toContain('telemetry segment removed unknown=cam-1/seg-000009');
});

test('a damaged file is told to who opens it, and stops nothing else', async () => {
  const first = await place.start();
  await begin(queenOf(first));
  await must(queenOf(first).append(SEG(1), 'right\n'));
  await first.stop();
  const folder = join(place.path, 'segments');
  const [file = ''] = readdirSync(folder);
  writeFileSync(join(folder, file), Buffer.alloc(9000, 1));
  const queen = queenOf(await place.start());
  expect(await textOf(queen, SEG(1))).toBe('internal');
  expect(await codeOf(queen.append(SEG(1), 'x\n'))).toBe('internal');
  expect(await textOf(queen, `${AT}/status`)).toContain('segment id=seg-000001 kind=damaged');
  await begin(queen);
  await must(queen.append(SEG(2), 'goes on\n'));
});

test('the fifth segment of four: the first is gone, from the namespace, the disk and for who has it open', async () => {
  const hive = await place.start();
  const queen = queenOf(hive);
  await begin(queen);
  await must(queen.append(SEG(1), 'first\n'));
  const open = await must(queen.openStored(SEG(1), 'read'));
  for (let more = 0; more < 4; more++) await begin(queen);
  await must(queen.append(SEG(5), 'fifth\n'));
  expect(await queen.list(`${AT}/seg`)).toMatchObject({
    value: ['seg-000002', 'seg-000003', 'seg-000004', 'seg-000005'],
  });
  const gone = await queen.read(SEG(1), 100);
  expect(gone).toMatchObject({ refusal: { code: 'not-found' } });
  expect(gone).toMatchObject({
    refusal: { detail: expect.stringContaining('telemetry segment seg-000001 not found') },
  });
  expect(await codeOf(queen.append(SEG(1), 'late\n'))).toBe('not-found');
  expect(await codeOf(open.read(0, 10))).toBe('not-found');
  await open.close();
  await vi.waitFor(() => expect(filesOf(hive)).toEqual(['cam-1.seg-000005']));
});

const TIGHT = { max_record_bytes: 64, max_bytes_per_segment: 100, max_total_bytes_per_device: 200 };
const LINE = `${'x'.repeat(49)}\n`;

test('bytes: older segments of the device make room, never the one that is written', async () => {
  const hive = await place.start(ingest(TIGHT));
  const queen = queenOf(hive);
  for (let number = 1; number <= 3; number++) await begin(queen);
  for (const number of [1, 1, 2, 3]) await must(queen.append(SEG(number), LINE));
  await must(queen.append(SEG(3), LINE));
  expect(await queen.list(`${AT}/seg`)).toMatchObject({ value: ['seg-000002', 'seg-000003'] });
  expect(await textOf(queen, '/log/queen.log')).toContain(
    'telemetry segments evicted device=cam-1 segments=seg-000001 for=seg-000003',
  );
  expect(await textOf(queen, `${AT}/status`)).toMatch(/^device id=cam-1 segments=2 .* bytes=150 .* evicted=1 /);
  const over = await queen.append(SEG(3), LINE);
  expect(over).toMatchObject({ refusal: { code: 'too-big' } });
  expect(over).toMatchObject({ refusal: { detail: expect.stringContaining('max_bytes_per_segment is 100') } });
});

test('bytes with policy refuse: nothing goes', async () => {
  const queen = queenOf(await place.start(ingest({ ...TIGHT, eviction_policy: 'refuse' })));
  for (let number = 1; number <= 3; number++) await begin(queen);
  for (const number of [1, 1, 2, 2]) await must(queen.append(SEG(number), LINE));
  expect(await codeOf(queen.append(SEG(3), 'y\n'))).toBe('buffer-full');
  expect(await textOf(queen, SEG(1))).toBe(LINE + LINE);
});

test('a loud device takes nothing of another one when the hive is full', async () => {
  const queen = queenOf(await place.start(ingest({ ...TIGHT, max_total_bytes_per_device: 100, bytes_max: 1024 })));
  const quiet = '/queen/telemetry/quiet';
  await begin(queen, quiet);
  await must(queen.append(SEG(1, quiet), LINE));
  // 19 more devices of 50 bytes fill the hive: 1000 of 1024.
  for (let device = 1; device <= 19; device++) {
    await begin(queen, `/queen/telemetry/d${device}`);
    await must(queen.append(SEG(1, `/queen/telemetry/d${device}`), LINE));
  }
  const loud = '/queen/telemetry/d1';
  await begin(queen, loud);
  await must(queen.append(SEG(2, loud), LINE));
  expect(await queen.list(`${loud}/seg`)).toMatchObject({ value: ['seg-000002'] });
  await begin(queen, '/queen/telemetry/late');
  expect(await codeOf(queen.append(SEG(1, '/queen/telemetry/late'), LINE))).toBe('buffer-full');
  expect(await textOf(queen, SEG(1, quiet))).toBe(LINE);
});

test('pieces that end anywhere: whole lines are kept, the rest waits for its end or the close', async () => {
  const queen = queenOf(await place.start());
  await begin(queen);
  expect(await pieces(queen, SEG(1), 0, ['on', 'e\ntw', 'o\nthr', 'ee'])).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  expect(await textOf(queen, SEG(1))).toBe('one\ntwo\nthree\n');
  expect(await pieces(queen, SEG(1), 14, ['four\n'])).toEqual(['ok', 'ok']);
  expect(await textOf(queen, SEG(1))).toBe('one\ntwo\nthree\nfour\n');
});

test('a piece that does not begin at the end is stale, and nothing of it is there', async () => {
  const queen = queenOf(await place.start());
  await begin(queen);
  await must(queen.append(SEG(1), 'one\n'));
  for (const from of [0, 3, 5]) expect(await pieces(queen, SEG(1), from, ['x\n'])).toEqual(['stale', 'ok']);
  const file = await must(queen.openStored(SEG(1), 'write'));
  expect(await codeOf(file.append({ offset: 4, bytes: Buffer.from('half') }))).toBe('ok');
  await must(queen.append(SEG(1), 'another writer\n'));
  expect(await codeOf(file.append({ offset: 8, bytes: Buffer.from(' line\n') }))).toBe('stale');
  await file.close();
  expect(await textOf(queen, SEG(1))).toBe('one\nanother writer\n');
});

test('a line that never ends is refused at the bound of a record', async () => {
  const queen = queenOf(await place.start(ingest({ max_record_bytes: 64 })));
  await begin(queen);
  expect(await pieces(queen, SEG(1), 0, ['x'.repeat(63), '\n'])).toEqual(['ok', 'ok', 'ok']);
  expect(await pieces(queen, SEG(1), 64, ['x'.repeat(64)])).toEqual(['too-big', 'ok']);
  expect(await textOf(queen, SEG(1))).toHaveLength(64);
});

test('a refused line takes the others of its append with it', async () => {
  const queen = queenOf(await place.start());
  await begin(queen);
  const wrong = '{"schema":"coh-ref-c/v1","seq":1,"off":0,"len":0,"sha256":"x"}';
  expect(await codeOf(queen.append(SEG(1), `good\n${wrong}\n`))).toBe('invalid-payload');
  expect(await codeOf(queen.append(SEG(1), 'steer\u001b[2J\n'))).toBe('invalid-payload');
  expect(await textOf(queen, SEG(1))).toBe('');
});

test('many appends at once: all there, in order, with far fewer syncs', async () => {
  const queen = queenOf(await place.start());
  await begin(queen);
  const lines = Array.from({ length: 300 }, (_, index) => `line ${index}\n`);
  const answers = await Promise.all(lines.map((line) => codeOf(queen.append(SEG(1), line))));
  expect(new Set(answers)).toEqual(new Set(['ok']));
  expect(await textOf(queen, SEG(1))).toBe(lines.join(''));
});

test('a hundred devices at once: two files are synced at a time, and nobody waits for ever', async () => {
  let [now, most] = [0, 0];
  const disk: Disk = {
    ...nodeDisk,
    async open(path, mode) {
      const file = await nodeDisk.open(path, mode);
      if (!path.includes('/segments/')) return file;
      const datasync = async (): Promise<void> => {
        now += 1;
        most = Math.max(most, now);
        await file.datasync();
        now -= 1;
      };
      return {
        read: (target, position) => file.read(target, position),
        writev: (chunks, position) => file.writev(chunks, position),
        datasync,
        truncate: (size) => file.truncate(size),
        close: () => file.close(),
      };
    },
  };
  const queen = queenOf(await place.start(undefined, { disk }));
  const devices = Array.from({ length: 100 }, (_, index) => `/queen/telemetry/d${index}`);
  await Promise.all(devices.map((device) => begin(queen, device)));
  const appended = devices.flatMap((device) => ['a\n', 'b\n', 'c\n'].map((line) => queen.append(SEG(1, device), line)));
  expect((await Promise.all(appended)).every(({ ok }) => ok)).toBe(true);
  expect(await textOf(queen, SEG(1, '/queen/telemetry/d99'))).toBe('a\nb\nc\n');
  expect(most).toBe(2);
});

/** The disk of this machine, whose folder of segments is full while `isFull`. */
function fillingDisk(): { disk: Disk; isFull: boolean } {
  const filling = { disk: nodeDisk, isFull: false };
  filling.disk = {
    ...nodeDisk,
    async open(path, mode) {
      const file = await nodeDisk.open(path, mode);
      if (!path.includes('/segments/')) return file;
      return {
        read: (target, position) => file.read(target, position),
        // Half a batch goes in before the disk is full.
        async writev(chunks, position) {
          if (!filling.isFull) return file.writev(chunks, position);
          const half = Buffer.concat(chunks).subarray(0, 3);
          if (position >= 8192 && half.length === 3) await file.writev([half], position);
          throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
        },
        datasync: () => file.datasync(),
        truncate: (size) => file.truncate(size),
        close: () => file.close(),
      };
    },
  };
  return filling;
}

test('a full disk: refused by name, nothing half, and it goes on when there is room', async () => {
  const filling = fillingDisk();
  const queen = queenOf(await place.start(undefined, { disk: filling.disk }));
  await begin(queen);
  await must(queen.append(SEG(1), 'before\n'));
  filling.isFull = true;
  const refused = await queen.append(SEG(1), 'does not fit\n');
  expect(refused).toMatchObject({ refusal: { code: 'buffer-full' } });
  expect(refused).toMatchObject({ refusal: { detail: expect.stringContaining('ENOSPC') } });
  expect(await textOf(queen, SEG(1))).toBe('before\n');
  await begin(queen);
  expect(await codeOf(queen.append(SEG(2), 'nor this\n'))).toBe('buffer-full');
  filling.isFull = false;
  await must(queen.append(SEG(1), 'after\n'));
  await must(queen.append(SEG(2), 'fits\n'));
  expect(await textOf(queen, SEG(1))).toBe('before\nafter\n');
  expect(await textOf(queen, SEG(2))).toBe('fits\n');
});

test('taken while the node drains, refused when it is quiet', async () => {
  const queen = queenOf(await place.start());
  await begin(queen);
  await must(queen.append('/queen/lifecycle/ctl', 'cordon\n'));
  await must(queen.append(SEG(1), 'draining\n'));
  await must(queen.append('/queen/lifecycle/ctl', 'drain\n'));
  expect(await codeOf(queen.append(SEG(1), 'quiet\n'))).toBe('lifecycle-denied');
  expect(await textOf(queen, SEG(1))).toBe('draining\n');
});

test('a forgotten device leaves no file, and its names do not come back', async () => {
  const hive = await place.start();
  const queen = queenOf(hive);
  await begin(queen);
  await must(queen.append(SEG(1), 'x\n'));
  await must(queen.append('/queen/telemetry/ctl', '{"forget":{"device":"cam-1"}}\n'));
  await vi.waitFor(() => expect(filesOf(hive)).toEqual([]));
  await begin(queen);
  expect(await textOf(queen, `${AT}/latest`)).toBe('seg-000002\n');
  expect(await textOf(queen, '/queen/telemetry/status')).toMatch(/^telemetry devices=1 devices_max=256 bytes=0 /);
});
