// A spool that was damaged behind everybody's back: what is lost is counted and marked, what is torn is left out, and nothing that
// was not appended is ever read. Also a fixed image, so that a version that writes another one shows.

import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { inspectSpool, openSpool } from '../src/index.ts';
import { encodeSpoolRecord, isWholeSpoolRecord, readSpoolHeader, SPOOL_HEADER_SIZE } from '../src/spool/record.ts';
import { MemoryDisk } from './memory-disk.ts';
import { append, opened, optionsOf, PATH, payloads, textOf, told } from './spool-kit.ts';

const RING_AT = 8192;
const SECTOR = 512;

/** Flips a bit of the payload of the record at a sector. */
function rot(disk: MemoryDisk, sector: number): void {
  disk.flip(PATH, (RING_AT + sector * SECTOR + SPOOL_HEADER_SIZE) * 8);
}

test('a record that was durable and is damaged is counted, marked in its place, and the rest is there', async () => {
  const disk = new MemoryDisk();
  const before = await opened(disk);
  await append(before, 'a', 'b', 'c', 'd');
  rot(disk, 1);
  rot(disk, 2);
  for (const _ of ['first', 'second']) {
    const spool = await opened(disk);
    expect(spool.status).toMatchObject({ lost: 2, records: 2, next: 5, isTorn: false });
    expect(await textOf(spool)).toBe(
      'seq=1 ts=1000 kind=record bytes=1\na\n~ lost seq=2 records=2\nseq=4 ts=1000 kind=record bytes=1\nd\n',
    );
    await spool.close();
  }
  const spool = await opened(disk);
  expect(await append(spool, 'e')).toEqual([5]);
  expect(await told(spool.ack(2))).toBe(2);
  expect(await textOf(spool)).toMatch(/^~ lost seq=2 records=2\nseq=4/);
  expect(await told(spool.ack(3))).toBe(3);
  await spool.close();
  expect(await payloads(await opened(disk))).toEqual(['d', 'e']);
});

test('the last record, damaged after a clean end, is lost and not torn, and its number is not given again', async () => {
  const disk = new MemoryDisk();
  const before = await opened(disk);
  await append(before, 'a', 'b');
  await before.close();
  rot(disk, 1);
  const spool = await opened(disk);
  expect(spool.status).toMatchObject({ lost: 1, records: 1, next: 3, isTorn: false });
  expect(await append(spool, 'c')).toEqual([3]);
  await spool.close();
  const after = await opened(disk);
  expect(await textOf(after)).toMatch(/a\n~ lost seq=2 records=1\nseq=3 .*\nc\n$/);
});

test('a record that was being written when the power went is left out and reported, and its number is given again', async () => {
  const disk = new MemoryDisk();
  const before = await opened(disk);
  await append(before, 'a', 'b');
  rot(disk, 1);
  const spool = await opened(disk);
  expect(spool.status).toMatchObject({ lost: 0, records: 1, next: 2, isTorn: true });
  expect(await append(spool, 'c')).toEqual([2]);
  await spool.close();
  const after = await opened(disk);
  expect(after.status).toMatchObject({ isTorn: false });
  expect(await payloads(after)).toEqual(['a', 'c']);
});

test('what a cut left of a batch is never taken for the records that are written in its place', async () => {
  const disk = new MemoryDisk();
  const before = await opened(disk);
  await append(before, 'a');
  // Three records of a sector and more in one batch; the first of them is lost, the others are whole.
  const long = ['b', 'c', 'd'].map((text) => before.append(1, Buffer.from(text.repeat(SECTOR - SPOOL_HEADER_SIZE)), 1));
  await Promise.all(long);
  rot(disk, 1);
  const spool = await opened(disk);
  expect(spool.status).toMatchObject({ lost: 0, next: 2, isTorn: true });
  await append(spool, 'e');
  await spool.close();
  expect(await payloads(await opened(disk))).toEqual(['a', 'e']);
});

test('a batch whose sync failed, and which the next process finds in the page cache, is made durable before it is believed', async () => {
  const disk = new MemoryDisk();
  const before = await opened(disk);
  await append(before, 'a');
  disk.plan = (_index, name) => (name === 'datasync' ? 'lost' : 'ok');
  expect(await append(before, 'b')).toEqual(['internal']);
  const cached = disk.fork();
  expect(await payloads(await opened(cached))).toEqual(['a', 'b']);
  expect(await payloads(await opened(cached.crash({ kind: 'none' })))).toEqual(['a', 'b']);
});

test('both pages damaged: refused, and the ring is left as it is', async () => {
  const disk = new MemoryDisk();
  const before = await opened(disk);
  await append(before, 'a');
  disk.flip(PATH, 40 * 8);
  disk.flip(PATH, (4096 + 40) * 8);
  const image = disk.contents(PATH);
  expect(await told(openSpool(optionsOf(disk)))).toBe('invalid-payload');
  expect(disk.contents(PATH)).toEqual(image);
});

test('the format: a known spool has a known image, and the other way round', async () => {
  const disk = new MemoryDisk();
  const spool = await opened(disk);
  await append(spool, 'alpha', 'beta');
  await Promise.all(['gamma', 'delta'].map((text) => spool.append(2, Buffer.from(text), 2000)));
  await spool.ack(1);
  await spool.close();
  const image = disk.contents(PATH);
  expect(createHash('sha256').update(image).digest('hex')).toBe(IMAGE_SHA256);
  const other = new MemoryDisk();
  const file = await other.open(PATH, 'create');
  await file.writev([image], 0);
  expect(await inspectSpool({ disk: other, path: PATH })).toMatchObject({ ok: true, value: { scan: { next: 5 } } });
  const again = await opened(other);
  expect(again.status).toMatchObject({ records: 3, next: 5, acked: 1, usedBytes: 1024, lost: 0, isTorn: false });
  expect(await textOf(again)).toBe(
    'seq=2 ts=1000 kind=record bytes=4\nbeta\n' +
      'seq=3 ts=2000 kind=telemetry bytes=5\ngamma\n' +
      'seq=4 ts=2000 kind=telemetry bytes=5\ndelta\n',
  );
  expect(await told(again.ack(3))).toBe(3);
  expect(await payloads(again)).toEqual(['delta']);
});

const IMAGE_SHA256 = 'e10f396c3e4aff520802efd942138f47be27181e3472310566e2d8c2778de21a';

test('one record, byte for byte', () => {
  const record = Buffer.alloc(SPOOL_HEADER_SIZE + 5);
  const header = { kind: 1, seq: 7, ts: 0x0102030405, size: 5, opening: 3, isFirst: true };
  encodeSpoolRecord(record, 0, header, Buffer.from('hello'));
  expect(record.toString('hex')).toBe(RECORD_HEX);
  expect(readSpoolHeader(record)).toEqual(header);
});

/** The crc was computed apart, bit by bit with the polynomial 0x82f63b78. */
const RECORD_HEX = '4348585301010100070000000000000005040302010000000500000003000000eb4cb85768656c6c6f';

test('each flipped bit of a record is seen', () => {
  const record = Buffer.alloc(SPOOL_HEADER_SIZE + 5);
  encodeSpoolRecord(record, 0, { kind: 1, seq: 7, ts: 5, size: 5, opening: 3, isFirst: false }, Buffer.from('hello'));
  for (let bit = 0; bit < record.length * 8; bit++) {
    const flipped = Buffer.from(record);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(isWholeSpoolRecord(flipped), `bit ${bit}`).toBe(false);
  }
});
