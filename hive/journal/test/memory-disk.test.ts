// The disk of the crash tests: what it promises, since what it gets wrong no crash test would find.

import { describe, expect, test } from 'vitest';
import { writeAll } from '../src/index.ts';
import { randomOf } from './helpers.ts';
import { MemoryDisk } from './memory-disk.ts';

const PATH = '/folder/file';

/** A disk with one synced file of `size` bytes of 1. */
async function diskWith(size: number): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await disk.mkdir('/folder');
  const file = await disk.open(PATH, 'create');
  await writeAll(file, [Buffer.alloc(size, 1)], 0);
  await file.datasync();
  await disk.syncDirectory('/folder');
  return disk;
}

/** Writes `size` bytes of 2 at the start, without a sync. */
async function rewrite(disk: MemoryDisk, size: number): Promise<void> {
  await writeAll(await disk.open(PATH, 'write'), [Buffer.alloc(size, 2)], 0);
}

const codeOf = (action: Promise<unknown>): Promise<string> =>
  action.then(
    () => 'ok',
    (error: { code: string }) => error.code,
  );

describe('a crash', () => {
  test('of the process keeps what was written, and a power cut after it does not', async () => {
    const disk = await diskWith(8);
    await rewrite(disk, 8);
    const next = disk.fork();
    expect(next.contents(PATH)).toEqual(Buffer.alloc(8, 2));
    expect(next.crash({ kind: 'none' }).contents(PATH)).toEqual(Buffer.alloc(8, 1));
    const file = await next.open(PATH, 'write');
    await file.datasync();
    expect(next.crash({ kind: 'none' }).contents(PATH)).toEqual(Buffer.alloc(8, 2));
    expect(disk.crash({ kind: 'none' }).contents(PATH)).toEqual(Buffer.alloc(8, 1));
  });

  test('of the process keeps names that a power cut takes away', async () => {
    const disk = await diskWith(1);
    await disk.rename(PATH, '/folder/other');
    expect(disk.fork().names('/folder')).toEqual(['other']);
    expect(disk.fork().crash({ kind: 'none' }).names('/folder')).toEqual(['file']);
  });

  test.each([512, 4096])('tears a write at sectors of %i bytes, each by itself', async (sectorBytes) => {
    const disk = await diskWith(8 * sectorBytes);
    await rewrite(disk, 8 * sectorBytes);
    const patterns = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      const image = disk.crash({ kind: 'some', random: randomOf(seed), sectorBytes }).contents(PATH);
      const sectors = Array.from({ length: 8 }, (_, index) =>
        image.subarray(index * sectorBytes).subarray(0, sectorBytes),
      );
      for (const sector of sectors) expect(new Set(sector).size).toBe(1);
      patterns.add(sectors.map((sector) => sector[0]).join(''));
    }
    expect(patterns.size).toBeGreaterThan(10);
  });

  test('in the middle of a write leaves its beginning', async () => {
    const disk = await diskWith(8);
    disk.plan = (_, name) => (name === 'writev' ? { deadAfter: 3 } : 'ok');
    const file = await disk.open(PATH, 'write');
    await file.writev([Buffer.alloc(8, 2)], 0);
    expect(await codeOf(file.datasync())).toBe('EIO');
    expect([...disk.fork().contents(PATH)]).toEqual([2, 2, 2, 1, 1, 1, 1, 1]);
  });
});

describe('a fault', () => {
  test('has whatever errno the plan says, at the path it names', async () => {
    const disk = await diskWith(1);
    disk.plan = (_, name, path) => (name === 'open' && path === PATH ? 'EMFILE' : 'ok');
    expect(await codeOf(disk.open(PATH, 'read'))).toBe('EMFILE');
    expect(disk.paths.at(-1)).toBe(PATH);
  });

  test('of a sync that lies shows at the next power cut only', async () => {
    const disk = await diskWith(4);
    await rewrite(disk, 4);
    disk.plan = (_, name) => (name === 'datasync' ? 'lie' : 'ok');
    const file = await disk.open(PATH, 'write');
    expect(await codeOf(file.datasync())).toBe('ok');
    expect(disk.fork().contents(PATH)).toEqual(Buffer.alloc(4, 2));
    expect(disk.crash({ kind: 'all' }).contents(PATH)).toEqual(Buffer.alloc(4, 1));
  });

  test('of a full disk: what fits is written, then nothing, until there is room', async () => {
    const disk = await diskWith(100);
    disk.capacity = 110;
    const file = await disk.open(PATH, 'write');
    expect(await file.writev([Buffer.alloc(20)], 100)).toBe(10);
    expect(await codeOf(file.writev([Buffer.alloc(20)], 110))).toBe('ENOSPC');
    expect(await file.writev([Buffer.alloc(110)], 0), 'in place').toBe(110);
    disk.capacity = 120;
    expect(await file.writev([Buffer.alloc(20)], 110)).toBe(10);
    await file.truncate(0);
    expect(disk.used).toBe(0);
  });

  test('of a read-only file system: nothing changes, also through a file that is open, until it is writable again', async () => {
    const disk = await diskWith(4);
    const file = await disk.open(PATH, 'write');
    disk.isReadOnly = true;
    const target = new Uint8Array(4);
    expect(await file.read(target, 0)).toBe(4);
    for (const action of [
      file.writev([target], 0),
      file.truncate(0),
      disk.open(PATH, 'write'),
      disk.open('/folder/new', 'create'),
      disk.rename(PATH, '/folder/new'),
      disk.link(PATH, '/folder/new'),
      disk.unlink(PATH),
      disk.mkdir('/other'),
    ])
      expect(await codeOf(action)).toBe('EROFS');
    expect(disk.names('/folder')).toEqual(['file']);
    disk.isReadOnly = false;
    expect(await codeOf(file.truncate(0))).toBe('ok');
  });

  test('of a slow disk: the operation waits and then happens', async () => {
    const disk = await diskWith(4);
    const gate = Promise.withResolvers<void>();
    disk.stall = (_, name) => (name === 'writev' ? gate.promise : undefined);
    const written = rewrite(disk, 4);
    await new Promise(setImmediate);
    expect(disk.contents(PATH)).toEqual(Buffer.alloc(4, 1));
    gate.resolve();
    await written;
    expect(disk.contents(PATH)).toEqual(Buffer.alloc(4, 2));
  });

  test('of one bit', async () => {
    const disk = await diskWith(2);
    disk.flip(PATH, 9);
    expect([...disk.crash({ kind: 'none' }).contents(PATH)]).toEqual([1, 3]);
  });
});
