// The disk of one simulated process: operations take time, fail when the weather says so, and end with the process. What
// they change is a MemoryDisk that outlives the process: its page cache after a kill, less of it after a power cut.

import type { Disk, DiskFile, EntryStat, OpenMode } from '@cohesix/journal';
import type { MemoryDisk } from '@cohesix/journal/memory-disk';
import type { Random } from './random.ts';
import type { Scope } from './sim-timers.ts';

/** How the disk is just now; the world changes it. */
export interface Weather {
  /** Not even a name more fits on it. */
  isFull: boolean;
  /** Bytes that all files together may have; undefined: no bound. */
  capacity: number | undefined;
  /** One in so many writes or syncs fails; 0 for none. */
  failsOneIn: number;
  /** It has just failed, and is likely to fail again. */
  isBad: boolean;
  /** One in so many reads or writes does half of what was asked; 0 for none. */
  shortOneIn: number;
  /** How long the next operation takes, ms; then 0. */
  stallMs: number;
  /** Called once, in the middle of the next write or sync. */
  ambush: (() => void) | undefined;
}

/** A calm disk. */
export function calm(): Weather {
  return {
    isFull: false,
    capacity: undefined,
    failsOneIn: 0,
    isBad: false,
    shortOneIn: 0,
    stallMs: 0,
    ambush: undefined,
  };
}

/** What becomes of an operation. `forgets`: a sync that fails, after which nobody will write what it was to write. */
type Fate = 'ok' | 'EIO' | 'ENOSPC' | 'short' | 'forgets';

/** What an operation wants of the disk. */
type Kind = 'look' | 'read' | 'write' | 'cut' | 'sync' | 'sync names' | 'make';

interface DiskProcess {
  readonly disk: MemoryDisk;
  readonly weather: Weather;
  readonly scope: Scope;
  readonly random: Random;
  /** Told of each fault that was made. */
  readonly onFault: (what: string) => void;
  /** Told of each operation that happens while the disk is full, or nearly. */
  readonly onTight: () => void;
}

export class ProcessDisk implements Disk {
  readonly #process: DiskProcess;
  /** Operations that were begun and have not happened. */
  readonly #underWay = new Set<() => void>();

  constructor(process: DiskProcess) {
    this.#process = process;
    process.disk.delay = () => 0;
  }

  /** The process is gone. What it had begun may have happened, all or half of it, or not; it will never know. */
  abandon(): void {
    const { disk, random } = this.#process;
    for (const happen of this.#underWay) {
      if (!random.chance(1, 2)) continue;
      disk.plan = () => (random.chance(1, 2) ? 'short' : 'ok');
      happen();
      disk.plan = () => 'ok';
    }
    this.#underWay.clear();
  }

  readSync(path: string, position: number, count: number): Uint8Array | undefined {
    return this.#process.disk.readSync(path, position, count);
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    const { disk } = this.#process;
    const file = await this.#operate(mode === 'create' ? 'make' : 'look', () => disk.open(path, mode));
    return {
      read: (target, position) => this.#operate('read', () => file.read(target, position)),
      // A write takes its bytes when it is called: the caller may use its buffer again.
      writev: (chunks, position) => {
        const bytes = Buffer.concat(chunks);
        return this.#operate('write', () => file.writev([bytes], position));
      },
      datasync: () => this.#operate('sync', () => file.datasync()),
      truncate: (size) => this.#operate('cut', () => file.truncate(size)),
      close: () => this.#operate('look', () => file.close()),
    };
  }

  lstat(path: string): Promise<EntryStat | undefined> {
    return this.#operate('look', () => this.#process.disk.lstat(path));
  }

  readdir(path: string): Promise<readonly string[]> {
    return this.#operate('look', () => this.#process.disk.readdir(path));
  }

  mkdir(path: string): Promise<boolean> {
    return this.#operate('make', () => this.#process.disk.mkdir(path));
  }

  link(from: string, to: string): Promise<void> {
    return this.#operate('make', () => this.#process.disk.link(from, to));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#operate('look', () => this.#process.disk.rename(from, to));
  }

  unlink(path: string): Promise<void> {
    return this.#operate('look', () => this.#process.disk.unlink(path));
  }

  syncDirectory(path: string): Promise<void> {
    return this.#operate('sync names', () => this.#process.disk.syncDirectory(path));
  }

  /** Runs an operation after the time it takes. Its fate is decided when it happens. */
  #operate<T>(kind: Kind, run: () => Promise<T>): Promise<T> {
    const { scope, disk } = this.#process;
    return new Promise((resolve, reject) => {
      const happen = (): void => {
        run().then(resolve, reject);
      };
      this.#underWay.add(happen);
      const durationUs = this.#durationUs(kind);
      this.#ambush(kind, durationUs);
      scope.afterUs(durationUs, () => {
        this.#underWay.delete(happen);
        const fate = this.#fateOf(kind);
        if (fate === 'forgets') reject(Object.assign(new Error('EIO: a sync failed'), { code: 'EIO' }));
        disk.capacity = this.#process.weather.capacity;
        if (this.#process.weather.isFull || disk.capacity !== undefined) this.#process.onTight();
        // MemoryDisk asks its plan before it first waits.
        disk.plan = () => (fate === 'forgets' ? 'lie' : fate);
        happen();
        disk.plan = () => 'ok';
      });
    });
  }

  #ambush(kind: Kind, durationUs: number): void {
    const { weather, random, scope } = this.#process;
    const { ambush } = weather;
    if (ambush === undefined || (kind !== 'write' && kind !== 'sync')) return;
    weather.ambush = undefined;
    scope.afterUs(random.below(durationUs), ambush);
  }

  #durationUs(kind: Kind): number {
    const { random, weather } = this.#process;
    const stallUs = weather.stallMs * 1000;
    weather.stallMs = 0;
    return stallUs + (kind.startsWith('sync') ? random.between(200, 4000) : random.between(5, 100));
  }

  #fateOf(kind: Kind): Fate {
    const { weather, random, onFault } = this.#process;
    const { isFull, failsOneIn, shortOneIn } = weather;
    if (isFull && (kind === 'write' || kind === 'make')) return 'ENOSPC';
    const canFail = kind === 'write' || kind === 'cut' || kind.startsWith('sync');
    const isBad = weather.isBad && random.chance(1, 2);
    if (failsOneIn > 0 && canFail && (isBad || random.chance(1, failsOneIn))) {
      // One failure is seldom alone.
      weather.isBad = random.chance(3, 4);
      // What was to be written may be forgotten then, as Linux does, or it is tried again later.
      const fate = kind.startsWith('sync') && random.chance(1, 2) ? 'forgets' : 'EIO';
      onFault(`${kind} fails: ${fate}`);
      return fate;
    }
    const canBeShort = kind === 'read' || kind === 'write';
    return canBeShort && shortOneIn > 0 && random.chance(1, shortOneIn) ? 'short' : 'ok';
  }
}
