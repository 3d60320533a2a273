// One owner for a directory: between starters in one memory at every interleaving, and between real processes.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { currentOwner, formatOwner, livenessOf, lockDirectory, type Owner, parseOwner } from '../src/index.ts';
import { must, randomOf, refusalOf } from './helpers.ts';
import { MemoryDisk } from './memory-disk.ts';

const CHILD = fileURLToPath(new URL('./lock-child.ts', import.meta.url));
const AT = Date.UTC(2026, 10, 21, 8, 30);
let root = '';
let count = 0;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cohesix-lock-'));
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

function freshDirectory(): string {
  return join(root, `case-${count++}`);
}

function claimsIn(directory: string): readonly string[] {
  return readdirSync(join(directory, 'owner.lock')).sort();
}

/** Puts a claim of another owner there, as that owner would have left it. */
function leaveClaim(directory: string, owner: Owner, generation = 1): string {
  mkdirSync(join(directory, 'owner.lock'), { recursive: true });
  const path = join(directory, 'owner.lock', String(generation).padStart(16, '0'));
  writeFileSync(path, formatOwner(owner));
  return path;
}

describe('in one process', () => {
  test('a held directory says who holds it and since when', async () => {
    const directory = freshDirectory();
    const lock = must(await lockDirectory(directory, { at: AT }));
    const { code, detail } = refusalOf(await lockDirectory(directory, { at: AT + 1 }));
    expect(code).toBe('busy');
    expect(detail).toContain(`process ${process.pid} on ${currentOwner(0).hostname}, since 2026-11-21T08:30:00.000Z`);
    must(await lock.release());
    const again = must(await lockDirectory(directory, { at: AT }));
    expect(again.generation).toBe(2);
    must(await again.release());
    expect(await again.release(), 'a second release does nothing').toEqual(await again.release());
  });

  test('a second release does not take the directory from the next owner', async () => {
    const directory = freshDirectory();
    const first = must(await lockDirectory(directory, { at: AT }));
    must(await first.release());
    const second = must(await lockDirectory(directory, { at: AT }));
    must(await first.release());
    expect(refusalOf(await lockDirectory(directory, { at: AT })).code).toBe('busy');
    must(await second.release());
  });

  test('leaves one file, whatever earlier owners left', async () => {
    const directory = freshDirectory();
    const gone: Owner = { ...currentOwner(AT), pid: process.pid, startTicks: '1' };
    leaveClaim(directory, gone, 3);
    leaveClaim(directory, gone, 7);
    writeFileSync(join(directory, 'owner.lock', 'new-1-abcdef'), 'half a cl');
    const lock = must(await lockDirectory(directory, { at: AT }));
    expect(lock.generation).toBe(8);
    expect(claimsIn(directory)).toEqual(['0000000000000008']);
    must(await lock.release());
    expect(claimsIn(directory)).toEqual(['0000000000000008.released']);
  });
});

describe('an owner that is not there', () => {
  test('a process that ended is taken over', async () => {
    const directory = freshDirectory();
    const child = spawnSync(process.execPath, ['-e', 'console.log(process.pid)'], { encoding: 'utf8' });
    leaveClaim(directory, { ...currentOwner(AT), pid: Number(child.stdout), startTicks: '5' });
    must(await must(await lockDirectory(directory, { at: AT })).release());
  });

  test.runIf(existsSync('/proc/self/stat'))('its pid used again by another process is taken over', async () => {
    const directory = freshDirectory();
    const self = currentOwner(AT);
    leaveClaim(directory, { ...self, startTicks: String(Number(self.startTicks) - 1) });
    must(await must(await lockDirectory(directory, { at: AT })).release());
    const other = freshDirectory();
    leaveClaim(other, self);
    expect(refusalOf(await lockDirectory(other, { at: AT })).code, 'the same process is alive').toBe('busy');
  });

  test('before the last boot of this machine is taken over', () => {
    const self = { ...currentOwner(AT), bootId: 'now' };
    expect(livenessOf({ ...self, bootId: 'before' }, self)).toBe('gone');
  });

  test.each([
    ['another machine', { hostname: 'elsewhere', bootId: 'other' }],
    ['another container', { pidNamespace: 'pid:[1]' }],
  ])('on %s cannot be judged: busy, with what to remove', async (_, difference) => {
    const directory = freshDirectory();
    const path = leaveClaim(directory, { ...currentOwner(AT), ...difference, program: 'hive alpha' });
    const { code, detail } = refusalOf(await lockDirectory(directory, { at: AT }));
    expect(code).toBe('busy');
    expect(detail).toContain('held by hive alpha');
    expect(detail).toContain(`remove ${path}`);
    rmSync(path);
    must(await must(await lockDirectory(directory, { at: AT })).release());
  });

  test('a claim that is none is not overwritten', async () => {
    for (const text of ['', '{', '[]', 'null', '{"pid":0,"hostname":"h","since":0,"program":"p"}', '{"pid":1}']) {
      const directory = freshDirectory();
      const path = leaveClaim(directory, currentOwner(AT));
      writeFileSync(path, text);
      const { code, detail } = refusalOf(await lockDirectory(directory, { at: AT }));
      expect([code, detail]).toEqual(['audit-unavailable', `${path} is not a claim; remove it if no hive runs here`]);
      expect(readFileSync(path, 'utf8')).toBe(text);
    }
  });

  test('an owner survives its text form', () => {
    const owner = currentOwner(AT, 'hive "alpha"');
    expect(parseOwner(formatOwner(owner))).toEqual(owner);
  });
});

describe('places that cannot be locked', () => {
  test('a file, or a link instead of the folder of claims', async () => {
    const file = freshDirectory();
    writeFileSync(file, 'not a directory');
    expect(refusalOf(await lockDirectory(file, { at: AT })).code).toBe('audit-unavailable');
    const linked = freshDirectory();
    const elsewhere = freshDirectory();
    mkdirSync(linked);
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(linked, 'owner.lock'));
    expect(refusalOf(await lockDirectory(linked, { at: AT })).detail).toContain('must be a directory');
  });

  test('two paths to one directory are one lock', async () => {
    const directory = freshDirectory();
    mkdirSync(directory);
    symlinkSync(directory, `${directory}-link`);
    const lock = must(await lockDirectory(directory, { at: AT }));
    expect(refusalOf(await lockDirectory(`${directory}-link`, { at: AT })).code).toBe('busy');
    must(await lock.release());
  });

  test('a disk that is read-only or full', async () => {
    for (const code of ['EROFS', 'ENOSPC'] as const) {
      const disk = new MemoryDisk();
      disk.plan = (_, name) => (['mkdir', 'open'].includes(name) ? code : 'ok');
      expect(refusalOf(await lockDirectory('/data', { at: AT, disk })).detail).toContain(code);
    }
  });
});

describe('starters at the same time', () => {
  // Each process is a number; a dead one's operations never happen. Whoever is told it holds the directory checks
  // that nobody alive holds it.
  class World {
    readonly disk = new MemoryDisk();
    readonly random: () => number;
    readonly alive = new Set<number>();
    readonly histories: string[] = [];
    holder = 0;
    holds = 0;
    #pid = 1;

    constructor(seed: number) {
      this.random = randomOf(seed);
      // Now and then somebody sleeps while the others come and go.
      this.disk.delay = () => 1 + Math.floor(this.random() < 0.05 ? this.random() * 400 : this.random() * 6);
    }

    async process(): Promise<void> {
      const pid = this.#pid++;
      this.alive.add(pid);
      const owner: Owner = { pid, hostname: 'h', since: 0, program: 'p' };
      const dying = this.random() < 0.3 ? Math.floor(this.random() * 14) : 1000;
      const result = await lockDirectory('/data', {
        at: 0,
        disk: this.#mortal(pid, dying),
        owner,
        livenessOf: (other) => (this.alive.has(other.pid) ? 'alive' : 'gone'),
      });
      if (!result.ok) {
        this.alive.delete(pid);
        return;
      }
      expect(this.alive.has(this.holder) && this.holder, this.histories.join('\n')).toBe(false);
      this.holder = pid;
      this.holds++;
      for (let turns = Math.floor(this.random() * 20); turns > 0; turns--) await Promise.resolve();
      // Half of them end without giving back; giving back is the last thing the others do.
      if (this.random() < 0.5) {
        this.holder = 0;
        await result.value.release();
      }
      this.alive.delete(pid);
    }

    /** This world's disk for a process that dies at its `limit`-th operation. */
    #mortal(pid: number, limit: number): MemoryDisk {
      let operations = 0;
      return new Proxy(this.disk, {
        get: (disk, name) => {
          const operation = Reflect.get(disk, name) as unknown;
          if (typeof operation !== 'function') return operation;
          return (...parameters: unknown[]) => {
            if (operations++ >= limit) {
              this.alive.delete(pid);
              return Promise.reject(Object.assign(new Error('EIO: dead'), { code: 'EIO' }));
            }
            this.histories.push(
              `${pid} ${String(name)} ${parameters.filter((one) => typeof one === 'string').join(' ')}`,
            );
            return operation.apply(disk, parameters);
          };
        },
      });
    }
  }

  test('never two owners, in 400 random interleavings with deaths', async () => {
    let holds = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const world = new World(seed);
      const comings = Array.from({ length: 5 }, async () => {
        for (let count = 0; count < 6; count++) await world.process();
      });
      await Promise.all(comings);
      holds += world.holds;
    }
    expect(holds, 'many had it').toBeGreaterThan(1000);
  });

  function start(directory: string, rounds: number): ChildProcess {
    return spawn(process.execPath, [CHILD, directory, String(rounds)], { stdio: ['pipe', 'pipe', 'inherit'] });
  }

  test('two real processes take turns and never overlap', async () => {
    const directory = freshDirectory();
    const children = [start(directory, 60), start(directory, 60)];
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as number));
    expect(codes).toEqual([0, 0]);
    expect(Number(claimsIn(directory)[0]?.slice(0, 16))).toBeGreaterThanOrEqual(120);
  });

  test('of two processes that find a killed owner one wins and the other names it', async () => {
    const directory = freshDirectory();
    const victim = start(directory, 0);
    expect((await once(createInterface(victim.stdout!), 'line'))[0]).toBe('held');
    victim.kill('SIGKILL');
    await once(victim, 'exit');
    const starters = [start(directory, 0), start(directory, 0)];
    const lines = await Promise.all(
      starters.map(async (child) => (await once(createInterface(child.stdout!), 'line'))[0] as string),
    );
    for (const child of starters) child.stdin?.end();
    await Promise.all(starters.map(async (child) => child.exitCode ?? (await once(child, 'exit'))));
    const winner = lines.indexOf('held');
    expect(lines[1 - winner]).toContain(`process ${starters[winner]?.pid}`);
  });
});
