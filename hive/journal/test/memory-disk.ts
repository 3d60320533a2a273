// A disk in memory that remembers what was synced and what was not, for crash tests.
//
// Every file has a durable image and the writes and truncations since its last sync; every directory has its durable
// names and the name changes since its last sync. `crash` makes the disk the next process finds: all, none or a
// random part of what was not synced, writes torn at any byte and in any order, name changes cut off anywhere.
// `plan` decides for each operation, counted from 0, whether it works.

import { dirname } from 'node:path';
import type { Disk, DiskFile, EntryStat, OpenMode } from '../src/index.ts';

/**
 * What happens at an operation. `dead`: it happens, and then nothing until `restart`. `short`: half of a read or write. `lost`:
 * a sync that fails and forgets what was to be written, so that the next sync succeeds without it, as Linux does.
 */
export type Fate = 'ok' | 'EIO' | 'ENOSPC' | 'EROFS' | 'short' | 'dead' | 'lost';
export type Plan = (index: number, name: string) => Fate;
/** How much of the unsynced survives a crash. */
export type Survival = { readonly kind: 'all' } | { readonly kind: 'none' } | Some;
type Some = { readonly kind: 'some'; readonly random: () => number };

type Change = { readonly at: number; readonly bytes: Uint8Array } | { readonly size: number };
type NameChange = { readonly name: string; readonly inode: Inode | undefined };

class Inode {
  durable: Buffer = Buffer.alloc(0);
  image: Buffer = Buffer.alloc(0);
  changes: Change[] = [];

  change(change: Change): void {
    this.changes.push(change);
    this.image = applied(this.image, change);
  }

  /** Only what is still to be written goes to the disk: after a `lost` sync the image says more than the disk has. */
  sync(): void {
    for (const change of this.changes) this.durable = applied(this.durable, change);
    this.changes = [];
  }

  set(bytes: Uint8Array): void {
    this.image = Buffer.from(bytes);
    this.durable = Buffer.from(bytes);
    this.changes = [];
  }
}

class Folder {
  durable = new Map<string, Inode>();
  names = new Map<string, Inode>();
  changes: NameChange[] = [];

  set(name: string, inode: Inode | undefined): void {
    this.changes.push({ name, inode });
    setName(this.names, name, inode);
  }

  sync(): void {
    this.durable = new Map(this.names);
    this.changes = [];
  }
}

export class MemoryDisk implements Disk {
  plan: Plan = () => 'ok';
  /** Operations so far, by name. */
  readonly log: string[] = [];
  /** Turns of the microtask queue that an operation takes before it happens. */
  delay: () => number = () => 1;
  readonly #folders = new Map<string, Folder>([['/', new Folder()]]);
  #isDead = false;

  /** The disk after a crash now; this one is left as it is. */
  crash(survival: Survival): MemoryDisk {
    const next = new MemoryDisk();
    const inodes = new Map<Inode, Inode>();
    for (const [path, folder] of this.#folders) {
      const copy = new Folder();
      for (const [name, inode] of survivingNames(folder, survival)) {
        const file = inodes.get(inode) ?? survivingFile(inode, survival);
        inodes.set(inode, file);
        copy.names.set(name, file);
      }
      copy.sync();
      next.#folders.set(path, copy);
    }
    return next;
  }

  /** Lets the next process in after a death: what was not synced is still in the page cache. */
  restart(): void {
    this.#isDead = false;
    this.plan = () => 'ok';
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
    await this.#operate('open');
    const [folder, name] = this.#place(path);
    const there = folder.names.get(name);
    if (mode === 'create') {
      if (there !== undefined) throw failure('EEXIST', path);
      const inode = new Inode();
      folder.set(name, inode);
      return this.#handle(inode);
    }
    if (there === undefined) throw failure('ENOENT', path);
    return this.#handle(there);
  }

  async lstat(path: string): Promise<EntryStat | undefined> {
    await this.#operate('lstat');
    if (this.#folders.has(path)) return { kind: 'directory', size: 0 };
    if (!this.#folders.has(dirname(path))) return undefined;
    const [folder, name] = this.#place(path);
    const inode = folder.names.get(name);
    return inode === undefined ? undefined : { kind: 'file', size: inode.image.length };
  }

  async readdir(path: string): Promise<readonly string[]> {
    await this.#operate('readdir');
    return [...this.#folder(path).names.keys()].reverse();
  }

  // Directories are durable at once: what they hold is not.
  async mkdir(path: string): Promise<boolean> {
    await this.#operate('mkdir');
    if (this.#folders.has(path)) return false;
    this.#folders.set(path, new Folder());
    return true;
  }

  async link(from: string, to: string): Promise<void> {
    await this.#operate('link');
    const [folder, name] = this.#place(to);
    const inode = this.#inode(from);
    if (folder.names.has(name)) throw failure('EEXIST', to);
    folder.set(name, inode);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#operate('rename');
    const inode = this.#inode(from);
    const [source, sourceName] = this.#place(from);
    const [target, targetName] = this.#place(to);
    target.set(targetName, inode);
    source.set(sourceName, undefined);
  }

  async unlink(path: string): Promise<void> {
    await this.#operate('unlink');
    const [folder, name] = this.#place(path);
    if (!folder.names.has(name)) throw failure('ENOENT', path);
    folder.set(name, undefined);
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#operate('syncDirectory');
    this.#folder(path).sync();
  }

  #handle(inode: Inode): DiskFile {
    return {
      read: async (target, position) => {
        const fate = await this.#operate('read');
        const wanted = fate === 'short' ? Math.ceil(target.length / 2) : target.length;
        return inode.image.copy(target, 0, position, position + wanted);
      },
      writev: async (chunks, position) => {
        const fate = await this.#operate('writev');
        const all = Buffer.concat(chunks);
        const bytes = fate === 'short' ? all.subarray(0, Math.ceil(all.length / 2)) : all;
        inode.change({ at: position, bytes: Uint8Array.from(bytes) });
        return bytes.length;
      },
      datasync: async () => {
        const fate = await this.#operate('datasync');
        if (fate !== 'lost') return inode.sync();
        inode.changes = [];
        this.#isDead = true;
        throw failure('EIO', 'datasync');
      },
      truncate: async (size) => {
        await this.#operate('truncate');
        inode.change({ size });
      },
      close: async () => {
        await this.#operate('close');
      },
    };
  }

  async #operate(name: string): Promise<Fate> {
    for (let turns = this.delay(); turns > 0; turns--) await Promise.resolve();
    if (this.#isDead) throw failure('EIO', 'the process is dead');
    const fate = this.plan(this.log.length, name);
    this.log.push(name);
    if (fate === 'dead') this.#isDead = true;
    else if (fate !== 'ok' && fate !== 'short' && fate !== 'lost') throw failure(fate, name);
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

function survivingNames(folder: Folder, survival: Survival): Map<string, Inode> {
  const names = new Map(folder.durable);
  let count = survival.kind === 'none' ? 0 : folder.changes.length;
  if (survival.kind === 'some') count = Math.floor(survival.random() * (count + 1));
  for (const { name, inode } of folder.changes.slice(0, count)) setName(names, name, inode);
  return names;
}

function survivingFile(inode: Inode, survival: Survival): Inode {
  const file = new Inode();
  file.image = Buffer.from(inode.durable);
  const changes = survival.kind === 'none' ? [] : inode.changes;
  for (const change of changes) {
    if (survival.kind === 'some') file.image = partlyApplied(file.image, change, survival.random);
    else file.image = applied(file.image, change);
  }
  file.set(file.image);
  return file;
}

/** A change that happened, did not, or (a write) only in one of its halves, cut at any byte. */
function partlyApplied(image: Buffer, change: Change, random: () => number): Buffer {
  const chance = random();
  if (chance < 0.25) return image;
  if (chance < 0.5 || 'size' in change) return applied(image, change);
  const cut = Math.floor(random() * change.bytes.length);
  if (chance < 0.8) return applied(image, { at: change.at, bytes: change.bytes.subarray(0, cut) });
  return applied(image, { at: change.at + cut, bytes: change.bytes.subarray(cut) });
}

function applied(image: Buffer, change: Change): Buffer {
  const size = 'size' in change ? change.size : Math.max(image.length, change.at + change.bytes.length);
  const next = Buffer.alloc(size);
  image.copy(next);
  if ('bytes' in change) next.set(change.bytes, change.at);
  return next;
}

function setName(names: Map<string, Inode>, name: string, inode: Inode | undefined): void {
  if (inode === undefined) names.delete(name);
  else names.set(name, inode);
}

function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
