// A disk in memory that remembers what was synced and what was not, for crash tests.
//
// Every file has a durable image and the writes and truncations since its last sync; every directory has its durable
// names and the name changes since its last sync (`memory-file.ts`). `crash` makes the disk the next process finds after a
// power cut: all, none or a random part of what was not synced, writes torn at any byte or sector and in any order, name
// changes cut off anywhere. `fork` makes the one it finds after kill -9: the page cache is kept.
// `plan` decides for each operation, counted from 0, whether it works; `stall` makes it wait; `capacity` and `isReadOnly`
// are the disk as a whole.

import { dirname } from 'node:path';
import type { Disk, DiskFile, EntryStat, OpenMode } from '../src/index.ts';
import { Folder, Inode, type Survival } from './memory-file.ts';

export type { Survival } from './memory-file.ts';

/**
 * What happens at an operation. An errno name: it fails and nothing happens. `short`: half of a read or write. `dead`: it
 * happens, and then nothing until `restart`; with `deadAfter` only so many bytes of a write happened. `lost`: a sync that fails
 * and forgets what was to be written, so that the next sync succeeds without it, as Linux does. `lie`: the same, but the sync
 * says that it succeeded.
 */
export type Fate = 'ok' | `E${string}` | 'short' | 'dead' | 'lost' | 'lie' | { readonly deadAfter: number };
/** `path`: of the file that is read or written as well. */
export type Plan = (index: number, name: string, path: string) => Fate;

export class MemoryDisk implements Disk {
  plan: Plan = () => 'ok';
  /** What an operation waits for before it happens. */
  stall: (index: number, name: string) => Promise<void> | undefined = () => undefined;
  /** Bytes that all files together may have; undefined: no bound. A write over it is short, and ENOSPC when nothing fits. */
  capacity: number | undefined;
  /** Whatever would change something fails with EROFS, also on files that were open before. */
  isReadOnly = false;
  /** Operations so far, by name. */
  readonly log: string[] = [];
  /** The path of each. */
  readonly paths: string[] = [];
  /** Turns of the microtask queue that an operation takes before it happens. */
  delay: () => number = () => 1;
  readonly #folders = new Map<string, Folder>([['/', new Folder()]]);
  #isDead = false;

  /** Whether an operation was the last one of its process. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** The disk after a power cut now; this one is left as it is. */
  crash(survival: Survival): MemoryDisk {
    const next = new MemoryDisk();
    const inodes = new Map<Inode, Inode>();
    for (const [path, folder] of this.#folders) {
      const copy = new Folder();
      for (const [name, inode] of folder.crashed(survival)) {
        const file = inodes.get(inode) ?? inode.crashed(survival);
        inodes.set(inode, file);
        copy.names.set(name, file);
      }
      copy.sync();
      next.#folders.set(path, copy);
    }
    return next;
  }

  /** The disk as the next process finds it after kill -9: nothing is lost, and nothing more is durable. This one is left as it is. */
  fork(): MemoryDisk {
    const next = new MemoryDisk();
    const inodes = new Map<Inode, Inode>();
    const inodeOf = (inode: Inode): Inode => {
      const known = inodes.get(inode) ?? inode.copy();
      inodes.set(inode, known);
      return known;
    };
    for (const [path, folder] of this.#folders) next.#folders.set(path, folder.copy(inodeOf));
    return next;
  }

  /** Lets the next process in after a death: what was not synced is still in the page cache. */
  restart(): void {
    this.#isDead = false;
    this.plan = () => 'ok';
  }

  /** Bytes of all files. */
  get used(): number {
    const inodes = new Set([...this.#folders.values()].flatMap(({ names }) => [...names.values()]));
    return [...inodes].reduce((sum, { image }) => sum + image.length, 0);
  }

  /** Contents of a file as a process sees them. */
  contents(path: string): Buffer {
    return Buffer.from(this.#inode(path).image);
  }

  readSync(path: string, position: number, count: number): Uint8Array | undefined {
    try {
      return Uint8Array.from(this.#inode(path).image.subarray(position, position + count));
    } catch {
      return undefined;
    }
  }

  /** Replaces a file's contents durably, behind everybody's back. */
  overwrite(path: string, bytes: Uint8Array): void {
    this.#inode(path).set(bytes);
  }

  /** Flips one bit of a file durably, behind everybody's back: bit 0 is the lowest of the first byte. */
  flip(path: string, bit: number): void {
    const bytes = this.contents(path);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    this.overwrite(path, bytes);
  }

  /** Removes a file durably, behind everybody's back. */
  remove(path: string): void {
    const [folder, name] = this.#place(path);
    folder.set(name, undefined);
    folder.sync();
  }

  /** Makes a file durably, behind everybody's back. */
  put(path: string, bytes: Uint8Array): void {
    const [folder, name] = this.#place(path);
    folder.set(name, new Inode());
    folder.sync();
    this.overwrite(path, bytes);
  }

  /** Names in a directory, in byte order. */
  names(path: string): readonly string[] {
    return [...this.#folder(path).names.keys()].sort();
  }

  /** Paths of all files in a directory and below it. */
  files(directory: string): readonly string[] {
    const folders = [...this.#folders].filter(([path]) => path === directory || path.startsWith(`${directory}/`));
    return folders.flatMap(([path, { names }]) => [...names.keys()].map((name) => `${path}/${name}`)).sort();
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    await this.#operate('open', path, mode !== 'read');
    const [folder, name] = this.#place(path);
    const there = folder.names.get(name);
    if (mode === 'create') {
      if (there !== undefined) throw failure('EEXIST', path);
      const inode = new Inode();
      folder.set(name, inode);
      return this.#handle(path, inode);
    }
    if (there === undefined) throw failure('ENOENT', path);
    return this.#handle(path, there);
  }

  async lstat(path: string): Promise<EntryStat | undefined> {
    await this.#operate('lstat', path);
    if (this.#folders.has(path)) return { kind: 'directory', size: 0 };
    if (!this.#folders.has(dirname(path))) return undefined;
    const [folder, name] = this.#place(path);
    const inode = folder.names.get(name);
    return inode === undefined ? undefined : { kind: 'file', size: inode.image.length };
  }

  async readdir(path: string): Promise<readonly string[]> {
    await this.#operate('readdir', path);
    return [...this.#folder(path).names.keys()].reverse();
  }

  // Directories are durable at once: what they hold is not.
  async mkdir(path: string): Promise<boolean> {
    await this.#operate('mkdir', path, !this.#folders.has(path));
    if (this.#folders.has(path)) return false;
    for (let folder = path; !this.#folders.has(folder); folder = dirname(folder))
      this.#folders.set(folder, new Folder());
    return true;
  }

  async link(from: string, to: string): Promise<void> {
    await this.#operate('link', to, true);
    const [folder, name] = this.#place(to);
    const inode = this.#inode(from);
    if (folder.names.has(name)) throw failure('EEXIST', to);
    folder.set(name, inode);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#operate('rename', to, true);
    const inode = this.#inode(from);
    const [source, sourceName] = this.#place(from);
    const [target, targetName] = this.#place(to);
    target.set(targetName, inode);
    source.set(sourceName, undefined);
  }

  async unlink(path: string): Promise<void> {
    await this.#operate('unlink', path, true);
    const [folder, name] = this.#place(path);
    if (!folder.names.has(name)) throw failure('ENOENT', path);
    folder.set(name, undefined);
  }

  async syncDirectory(path: string): Promise<void> {
    const fate = await this.#operate('syncDirectory', path);
    if (fate !== 'lie') this.#folder(path).sync();
  }

  #handle(path: string, inode: Inode): DiskFile {
    return {
      read: async (target, position) => {
        const fate = await this.#operate('read', path);
        const wanted = fate === 'short' ? Math.ceil(target.length / 2) : target.length;
        const from = Math.min(position, inode.image.length);
        return inode.image.copy(target, 0, from, from + wanted);
      },
      writev: async (chunks, position) => {
        const fate = await this.#operate('writev', path, true);
        const all = Buffer.concat(chunks);
        const bytes = all.subarray(0, this.#fitting(inode, position, writtenOf(fate, all.length)));
        inode.change({ at: position, bytes: Uint8Array.from(bytes) });
        return bytes.length;
      },
      datasync: async () => {
        const fate = await this.#operate('datasync', path);
        if (fate !== 'lost' && fate !== 'lie') return inode.sync();
        inode.changes = [];
        if (fate === 'lie') return;
        this.#isDead = true;
        throw failure('EIO', 'datasync');
      },
      truncate: async (size) => {
        await this.#operate('truncate', path, true);
        inode.change({ size });
      },
      close: async () => {
        await this.#operate('close', path);
      },
    };
  }

  /** How many of `count` bytes the disk has room for. */
  #fitting({ image }: Inode, position: number, count: number): number {
    if (this.capacity === undefined) return count;
    const fits = Math.max(0, Math.min(count, image.length - position + Math.max(0, this.capacity - this.used)));
    if (fits === 0 && count > 0) throw failure('ENOSPC', 'no space left on device, write');
    return fits;
  }

  async #operate(name: string, path: string, isChange = false): Promise<Fate> {
    for (let turns = this.delay(); turns > 0; turns--) await Promise.resolve();
    if (this.#isDead) throw failure('EIO', 'the process is dead');
    const index = this.log.length;
    const fate = this.plan(index, name, path);
    this.log.push(name);
    this.paths.push(path);
    const stalled = this.stall(index, name);
    if (stalled !== undefined) await stalled;
    if (isChange && this.isReadOnly) throw failure('EROFS', `read-only file system, ${name}`);
    if (fate === 'dead' || typeof fate === 'object') this.#isDead = true;
    else if (fate.startsWith('E')) throw failure(fate, name);
    return fate;
  }

  #folder(path: string): Folder {
    const folder = this.#folders.get(path);
    if (folder === undefined) throw failure('ENOENT', path);
    return folder;
  }

  #place(path: string): [Folder, string] {
    const slash = path.lastIndexOf('/');
    return [this.#folder(path.slice(0, slash) || '/'), path.slice(slash + 1)];
  }

  #inode(path: string): Inode {
    const [folder, name] = this.#place(path);
    const inode = folder.names.get(name);
    if (inode === undefined) throw failure('ENOENT', path);
    return inode;
  }
}

/** Bytes of a write of `count` that happen. */
function writtenOf(fate: Fate, count: number): number {
  if (typeof fate === 'object') return Math.min(fate.deadAfter, count);
  return fate === 'short' ? Math.ceil(count / 2) : count;
}

function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
