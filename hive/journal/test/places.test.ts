// The journal on the real disk: what stands where its directory or a segment should be.

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Disk, nodeDisk, type OpenedJournal, openJournal } from '../src/index.ts';
import { bytes, collect, keep, must, refusalOf } from './helpers.ts';

const SEGMENT = '0000000000000001.seg';
let root = '';
let count = 0;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cohesix-journal-'));
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

function freshDirectory(): string {
  return join(root, `case-${count++}`);
}

async function open(directory: string, bodies: string[] = []): Promise<OpenedJournal> {
  return must(await openJournal(directory, { at: 0, ...collect(bodies) }));
}

async function filled(): Promise<string> {
  const directory = freshDirectory();
  const { journal } = await open(directory);
  for (const text of ['one', 'two']) await keep(journal, text);
  must(await journal.close());
  return directory;
}

describe('on the real disk', () => {
  test('an absent or empty directory begins a journal that survives', async () => {
    const absent = join(freshDirectory(), 'deep', 'down');
    const empty = freshDirectory();
    mkdirSync(empty);
    for (const directory of [absent, empty]) {
      const { journal } = await open(directory);
      for (let seq = 1; seq <= 50; seq++) must(journal.append(bytes(`record ${seq}`)));
      must(await journal.close());
      const bodies: string[] = [];
      must(await (await open(directory, bodies)).journal.close());
      expect(bodies).toEqual(Array.from({ length: 50 }, (_, index) => `record ${index + 1}`));
      if (process.platform !== 'win32') expect(statSync(join(directory, SEGMENT)).mode & 0o777).toBe(0o600);
    }
  });

  test('segments roll', async () => {
    const directory = freshDirectory();
    const { journal } = must(await openJournal(directory, { at: 0, segmentBytesMax: 1000 }));
    for (let seq = 1; seq <= 20; seq++) await keep(journal, 'x'.repeat(200));
    must(await journal.close());
    expect(readdirSync(directory).filter((name) => name.endsWith('.seg'))).toHaveLength(7);
    const bodies: string[] = [];
    must(await (await open(directory, bodies)).journal.close());
    expect(bodies).toHaveLength(20);
  });

  test('a second opening is told who has it', async () => {
    const directory = freshDirectory();
    const { journal } = await open(directory);
    const { code, detail } = refusalOf(await openJournal(directory, { at: 0 }));
    expect([code, detail.includes(`process ${process.pid}`)]).toEqual(['busy', true]);
    must(await journal.close());
  });

  test('a file, a link or a FIFO in place of the directory is refused', async () => {
    const real = await filled();
    const [file, link, fifo] = [freshDirectory(), freshDirectory(), freshDirectory()];
    writeFileSync(file, '');
    symlinkSync(real, link);
    expect(spawnSync('mkfifo', [fifo]).status).toBe(0);
    for (const place of [file, link, fifo]) {
      expect(refusalOf(await openJournal(place, { at: 0 })).detail).toBe(
        `${place} must be a directory, not a link or other file`,
      );
    }
  });

  test('a link, a FIFO or a directory in place of a segment is refused at once', async () => {
    const makers: ((path: string) => void)[] = [
      (path) => symlinkSync(`${path}.moved`, path),
      (path) => spawnSync('mkfifo', [path]),
      (path) => mkdirSync(path),
    ];
    for (const make of makers) {
      const directory = await filled();
      const path = join(directory, SEGMENT);
      renameSync(path, `${path}.moved`);
      make(path);
      expect(refusalOf(await openJournal(directory, { at: 0 })).detail).toContain(
        `${path} at byte 0: not a regular file`,
      );
    }
  });

  test('the disk itself refuses a link or FIFO that was put there after the look', async () => {
    const directory = freshDirectory();
    mkdirSync(directory);
    symlinkSync('/dev/null', join(directory, 'link'));
    spawnSync('mkfifo', [join(directory, 'fifo')]);
    await expect(nodeDisk.open(join(directory, 'link'), 'read')).rejects.toMatchObject({ code: 'ELOOP' });
    await expect(nodeDisk.open(join(directory, 'fifo'), 'read')).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(nodeDisk.open(join(directory, 'none'), 'read')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a read-only directory is refused and not changed', async () => {
    const directory = await filled();
    const before = readdirSync(directory);
    // Root may write everywhere, so the disk says it in its place.
    const readOnly: Disk = {
      ...nodeDisk,
      mkdir: async (path) => (existsSync(path) ? false : fail('EROFS')),
      open: (path, mode) => (mode === 'read' ? nodeDisk.open(path, mode) : fail('EROFS')),
      unlink: () => fail('EROFS'),
    };
    const { code, detail } = refusalOf(await openJournal(directory, { at: 0, disk: readOnly }));
    expect(code).toBe('audit-unavailable');
    expect(detail).toContain('EROFS');
    expect(readdirSync(directory)).toEqual(before);
  });

  test('a directory removed while running seals at the next segment', async () => {
    const directory = freshDirectory();
    const { journal } = must(await openJournal(directory, { at: 0, segmentBytesMax: 200 }));
    await keep(journal, 'x'.repeat(100));
    rmSync(directory, { recursive: true });
    const result = await must(journal.append(bytes('y'.repeat(100)))).durable;
    expect(refusalOf(result).detail).toContain('ENOENT');
    expect(refusalOf(await journal.close()).code).toBe('audit-unavailable');
  });
});

function fail(code: string): Promise<never> {
  return Promise.reject(Object.assign(new Error(`${code}: read-only file system`), { code }));
}
