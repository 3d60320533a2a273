// Files written from and read into page memory hold what other files would, whatever part of them went past the page cache.

import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeDisk } from '../src/index.ts';
import { PageMemory } from '../src/page-memory.ts';

const PAGE = 4096;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cohesix-pages-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** `bytes` of memory of the disk, filled with a number. */
function filled(bytes: number, value: number): Uint8Array {
  return nodeDisk.memory?.(bytes).fill(value) ?? new Uint8Array(bytes).fill(value);
}

/** Handles of this process on a file. */
function handlesOn(path: string): number {
  const target = (fd: string): string | undefined => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return undefined;
    }
  };
  return readdirSync('/proc/self/fd').filter((fd) => target(fd) === path).length;
}

describe('whole pages of a file', () => {
  it('go past the page cache, and what is no whole page goes through it; the file holds both', async () => {
    const path = join(folder, 'mixed');
    const file = await nodeDisk.open(path, 'create');
    expect(await file.writev([filled(2 * PAGE, 1)], 0)).toBe(2 * PAGE);
    if (process.platform === 'linux') expect(handlesOn(path)).toBe(2);
    expect(await file.writev([filled(100, 2)], 2 * PAGE)).toBe(100);
    expect(await file.writev([filled(PAGE, 3)], PAGE)).toBe(PAGE);
    expect(await file.writev([filled(PAGE, 4).subarray(10, 20)], PAGE)).toBe(10);
    await file.datasync();
    await file.close();
    const expected = Buffer.concat([
      Buffer.alloc(PAGE, 1),
      Buffer.alloc(10, 4),
      Buffer.alloc(PAGE - 10, 3),
      Buffer.alloc(100, 2),
    ]);
    expect(readFileSync(path).equals(expected)).toBe(true);
    expect(handlesOn(path)).toBe(0);
  });

  it('are read to the end of a file that ends within one', async () => {
    const path = join(folder, 'short');
    const made = await nodeDisk.open(path, 'create');
    await made.writev([new Uint8Array(PAGE + 7).fill(9)], 0);
    await made.close();
    const file = await nodeDisk.open(path, 'read');
    const target = filled(2 * PAGE, 0);
    expect(await file.read(target, 0)).toBe(PAGE + 7);
    expect(target.subarray(0, PAGE + 8)).toEqual(new Uint8Array([...Array<number>(PAGE + 7).fill(9), 0]));
    expect(await file.read(target, 2 * PAGE)).toBe(0);
    await file.close();
  });

  it('go under the name a file has by then', async () => {
    const file = await nodeDisk.open(join(folder, 'before'), 'create');
    await nodeDisk.rename(join(folder, 'before'), join(folder, 'after'));
    await file.writev([filled(PAGE, 5)], 0);
    await file.close();
    expect(readFileSync(join(folder, 'after')).equals(Buffer.alloc(PAGE, 5))).toBe(true);
    expect(readdirSync(folder)).not.toContain('before');
  });
});

describe('page memory', () => {
  it('begins at a page each time, a slab or more of it, too', () => {
    const memory = new PageMemory();
    for (const bytes of [1, PAGE, PAGE + 1, 20 * 1024 * 1024, 5]) {
      const view = memory.take(bytes);
      expect([view.length, view.byteOffset % PAGE]).toEqual([bytes, 0]);
    }
  });

  it('knows its own whole pages', () => {
    const memory = new PageMemory();
    const view = memory.take(2 * PAGE);
    expect(memory.isWhole(view, 0)).toBe(true);
    expect(memory.isWhole(view.subarray(PAGE), 3 * PAGE)).toBe(true);
    expect(memory.isWhole(view, 512)).toBe(false);
    expect(memory.isWhole(view.subarray(1), 0)).toBe(false);
    expect(memory.isWhole(view.subarray(0, 100), 0)).toBe(false);
    expect(memory.isWhole(view.subarray(0, 0), 0)).toBe(false);
    expect(memory.isWhole(new Uint8Array(PAGE), 0)).toBe(false);
  });
});
