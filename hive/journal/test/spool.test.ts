// The spool as whoever appends, reads and acknowledges meets it: at its limits and one past them, over openings, and against files
// that are not what they should be.

import { expect, test } from 'vitest';
import { adoptSpool, initSpool, inspectSpool, openSpool } from '../src/index.ts';
import { MemoryDisk } from './memory-disk.ts';
import { append, OWNER, opened, optionsOf, PATH, payloads, textOf, told } from './spool-kit.ts';

test('records are numbered from 1, read as they were appended, and gone when they are acknowledged', async () => {
  const spool = await opened(new MemoryDisk());
  expect(await append(spool, 'one', 'two\nlines\n', 'three')).toEqual([1, 2, 3]);
  expect(await textOf(spool)).toBe(
    'seq=1 ts=1000 kind=record bytes=3\none\n' +
      'seq=2 ts=1000 kind=record bytes=10\ntwo\nlines\n' +
      'seq=3 ts=1000 kind=record bytes=5\nthree\n',
  );
  expect(await told(spool.ack(2))).toBe(2);
  expect(await textOf(spool)).toBe('seq=3 ts=1000 kind=record bytes=5\nthree\n');
  expect(spool.status).toMatchObject({ records: 1, next: 4, acked: 2, refused: 0, lost: 0, isTorn: false });
});

test('what was acknowledged and what was not is the same after an opening, and numbers go on', async () => {
  const disk = new MemoryDisk();
  const before = await opened(disk);
  await append(before, 'a', 'b', 'c');
  await before.ack(1);
  await before.close();
  const after = await opened(disk);
  expect(await payloads(after)).toEqual(['b', 'c']);
  expect(await append(after, 'd')).toEqual([4]);
  await after.ack(4);
  await after.close();
  const last = await opened(disk);
  expect(await textOf(last)).toBe('');
  expect(await append(last, 'e')).toEqual([5]);
});

test('appends of one turn are one batch: one write, one sync', async () => {
  const disk = new MemoryDisk();
  const spool = await opened(disk);
  const from = disk.log.length;
  const answers = Promise.all([...'abcdef'].map((text) => told(spool.append(1, Buffer.from(text), 5))));
  expect(await answers).toEqual([1, 2, 3, 4, 5, 6]);
  expect(disk.log.slice(from)).toEqual(['writev', 'datasync']);
  expect(spool.status.usedBytes).toBe(512);
});

test('a text stays what it was when it was opened, at any offset and in any pieces', async () => {
  const spool = await opened(new MemoryDisk());
  await append(spool, 'first', 'second', 'third');
  const whole = await textOf(spool);
  for (const count of [1, 7, 36, 50, 1000]) expect(await textOf(spool, count)).toBe(whole);
  const text = spool.text();
  await append(spool, 'fourth');
  const parts = await Promise.all([60, 0, 30].map((at) => text.read(at, 30)));
  expect(parts.map((part) => (part.ok ? Buffer.from(part.value).toString() : part.refusal.code))).toEqual([
    whole.slice(60, 90),
    whole.slice(0, 30),
    whole.slice(30, 60),
  ]);
  expect(await told(text.read(whole.length, 10))).toEqual(Buffer.alloc(0));
});

test('a record that is acknowledged while it is read is not skipped silently', async () => {
  const spool = await opened(new MemoryDisk());
  await append(spool, 'a', 'b', 'c');
  const text = spool.text();
  const first = await text.read(0, 36);
  await spool.ack(2);
  expect(first.ok).toBe(true);
  expect(await told(text.read(36, 100))).toBe('stale');
  expect(await payloads(spool)).toEqual(['c']);
});

test('a payload may be anything', async () => {
  const spool = await opened(new MemoryDisk());
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  await spool.append(200, bytes, 7);
  const text = await textOf(spool);
  expect(text.slice(0, text.indexOf('\n'))).toBe('seq=1 ts=7 kind=200 bytes=256');
  expect(Buffer.from(text.slice(text.indexOf('\n') + 1, -1), 'latin1')).toEqual(Buffer.from(bytes));
});

test('the longest record is taken, one byte more is not, and none is empty', async () => {
  const spool = await opened(new MemoryDisk(), { recordBytesMax: 100 });
  expect(await append(spool, 'x'.repeat(100), 'x'.repeat(101), '')).toEqual([1, 'too-big', 'invalid-payload']);
});

test('acknowledgements: not ahead of what is written; again or backwards changes nothing', async () => {
  const disk = new MemoryDisk();
  const spool = await opened(disk);
  await append(spool, 'a', 'b');
  expect(await told(spool.ack(3))).toBe('not-found');
  expect(await told(spool.ack(2))).toBe(2);
  const writes = disk.log.length;
  expect([await told(spool.ack(2)), await told(spool.ack(1))]).toEqual([2, 2]);
  expect(disk.log.length).toBe(writes);
});

test('overwrite_acked: full of what nobody acknowledged takes nothing; an acknowledgement makes room, over the end of the ring', async () => {
  const disk = new MemoryDisk();
  const spool = await opened(disk, { sectors: 4 });
  expect(await append(spool, 'a', 'b', 'c', 'd', 'e')).toEqual([1, 2, 3, 4, 'buffer-full']);
  expect(spool.status).toMatchObject({ usedBytes: 2048, refused: 1, records: 4 });
  await spool.ack(1);
  expect(await append(spool, 'f', 'g')).toEqual([5, 'buffer-full']);
  await spool.close();
  expect(await payloads(await opened(disk))).toEqual(['b', 'c', 'd', 'f']);
});

test('records larger than a sector go over the end of the ring and come back whole, lap after lap', async () => {
  const disk = new MemoryDisk();
  let spool = await opened(disk, { sectors: 7 });
  for (let lap = 0; lap < 25; lap++) {
    const text = String.fromCharCode(97 + lap).repeat(700 + 13 * lap);
    expect(await append(spool, text)).toEqual([lap + 1]);
    expect(await payloads(spool)).toEqual([text]);
    if (lap % 3 === 0) {
      await spool.close();
      spool = await opened(disk, { sectors: 7 });
      expect(await payloads(spool)).toEqual([text]);
    }
    await spool.ack(lap + 1);
  }
});

test('refuse: nothing is overwritten, also when it is acknowledged', async () => {
  const disk = new MemoryDisk();
  const spool = await opened(disk, { sectors: 4, mode: 'refuse' });
  await append(spool, 'a', 'b', 'c', 'd');
  await spool.ack(4);
  expect(await append(spool, 'e')).toEqual(['buffer-full']);
  expect(spool.status).toMatchObject({ usedBytes: 2048, records: 0 });
  await spool.close();
  expect(await append(await opened(disk, { mode: 'overwrite_acked' }), 'e')).toEqual([5]);
});

test('records_max bounds what waits for an acknowledgement', async () => {
  const spool = await opened(new MemoryDisk(), { recordsMax: 2 });
  expect(await append(spool, 'a', 'b', 'c')).toEqual([1, 2, 'buffer-full']);
  await spool.ack(1);
  expect(await append(spool, 'c')).toEqual([3]);
});

test('after a failed sync nothing is taken any more, and what was durable is there at the next opening', async () => {
  const disk = new MemoryDisk();
  const spool = await opened(disk);
  await append(spool, 'kept');
  disk.plan = (_index, name) => (name === 'datasync' ? 'EIO' : 'ok');
  expect(await append(spool, 'x')).toEqual(['internal']);
  disk.plan = () => 'ok';
  expect([...(await append(spool, 'y')), await told(spool.ack(1))]).toEqual(['internal', 'internal']);
  expect(spool.status.sealed).toMatch(/EIO/);
  const after = await opened(disk.crash({ kind: 'none' }));
  expect(await payloads(after)).toEqual(['kept']);
});

test('the spool of another hive is refused with the way out; adopt keeps its records, init makes it anew', async () => {
  const disk = new MemoryDisk();
  const theirs = await opened(disk, { hive: 'bb22' });
  await append(theirs, 'kept');
  await theirs.close();
  const refused = await openSpool(optionsOf(disk));
  expect(refused.ok ? '' : `${refused.refusal.code}: ${refused.refusal.detail}`).toMatch(
    /^denied: .*hive bb22.*coh spool adopt.*coh spool init --force/,
  );
  expect(await told(adoptSpool({ disk, path: PATH }, OWNER))).toBe('bb22');
  const ours = await opened(disk);
  expect(await payloads(ours)).toEqual(['kept']);
  await ours.close();
  const size = { bytes: 8192 + 4096, sector: 512 as const };
  expect(await told(initSpool({ disk, path: PATH }, OWNER, { ...size, isForced: false }))).toBe('exists');
  expect(await told(initSpool({ disk, path: PATH }, OWNER, { ...size, isForced: true }))).toBe(4096);
  const anew = await opened(disk);
  expect(anew.status).toMatchObject({ records: 0, next: 1, acked: 0 });
});

test('a file that is no spool is left as it is', async () => {
  const disk = new MemoryDisk();
  const file = await disk.open(PATH, 'create');
  await file.writev([Buffer.from('my thesis')], 0);
  expect(await told(openSpool(optionsOf(disk)))).toBe('invalid-payload');
  expect(await told(adoptSpool({ disk, path: PATH }, OWNER))).toBe('invalid-payload');
  expect(disk.contents(PATH).toString()).toBe('my thesis');
});

test('too small for a spool is said', async () => {
  expect(await told(openSpool(optionsOf(new MemoryDisk(), { sectors: 3 })))).toBe('invalid-payload');
  expect((await opened(new MemoryDisk(), { sectors: 4 })).status.meta.ring).toBe(2048);
});

test('inspect tells what an opening would find and changes nothing', async () => {
  const disk = new MemoryDisk();
  const spool = await opened(disk, { hive: 'bb22' });
  await append(spool, 'a', 'b', 'c');
  await spool.ack(1);
  const before = disk.contents(PATH);
  const report = await inspectSpool({ disk, path: PATH });
  expect(report).toMatchObject({
    ok: true,
    value: { meta: { hive: 'bb22', acked: 1, opening: 1 }, scan: { next: 4, isTorn: false, lost: 0 } },
  });
  expect(disk.contents(PATH)).toEqual(before);
});
