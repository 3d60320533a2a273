// The disk of this machine, on node:fs. Callback calls wrapped once each: one promise per operation of a batch, none
// per record. FIFOs and devices are refused before they are opened, since opening a FIFO waits for its other end.

import * as fs from 'node:fs';
import { promisify } from 'node:util';
import type { Disk, DiskFile, EntryKind, EntryStat, OpenMode } from './disk.ts';
import { errnoNameOf } from './disk.ts';
import { PageMemory } from './page-memory.ts';

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = fs.constants;
/** Linux only. Other systems go through the page cache. */
const DIRECT: number | undefined = fs.constants.O_DIRECT;
// Absent on Windows, where neither symbolic links nor FIFOs are at hand for the attack.
const SAFE = (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);
const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY | SAFE,
  write: O_RDWR | SAFE,
  create: O_RDWR | O_CREAT | O_EXCL | SAFE,
};

const open = promisify(fs.open);
const fstat = promisify(fs.fstat);
const close = promisify(fs.close);
const datasync = promisify(fs.fdatasync);
const sync = promisify(fs.fsync);
const truncate = promisify(fs.ftruncate);
const pages = new PageMemory();

/** The disk the hive runs on. Files are made with mode 0600, directories with 0700. */
export const nodeDisk: Disk = {
  open: openFile,
  memory: (bytes) => pages.take(bytes),
  lstat,
  readSync,
  readdir: promisify(fs.readdir) as (path: string) => Promise<string[]>,
  mkdir,
  link: promisify(fs.link),
  rename: promisify(fs.rename),
  unlink: promisify(fs.unlink),
  syncDirectory,
};

async function openFile(path: string, mode: OpenMode): Promise<DiskFile> {
  const fd = await open(path, FLAGS[mode], 0o600);
  const stat = await fstat(fd);
  if (!stat.isFile()) {
    await close(fd);
    throw Object.assign(new Error(`EINVAL: not a regular file, open '${path}'`), { code: 'EINVAL' });
  }
  return new NodeFile(fd, mode);
}

class NodeFile implements DiskFile {
  readonly #fd: number;
  readonly #mode: OpenMode;
  /** The same file past the page cache; undefined when that cannot be. Opened by the first operation that may go there. */
  #direct: Promise<number | undefined> | undefined;

  constructor(fd: number, mode: OpenMode) {
    this.#fd = fd;
    this.#mode = mode;
  }

  read(target: Uint8Array, position: number): Promise<number> {
    const read = (fd: number): Promise<number> => readFrom(fd, target, position);
    return isWhole(target, position) ? this.#withoutCache(read) : read(this.#fd);
  }

  writev(chunks: readonly Uint8Array[], position: number): Promise<number> {
    const write = (fd: number): Promise<number> => writeTo(fd, chunks, position);
    const [chunk] = chunks;
    const isDirect = chunks.length === 1 && chunk !== undefined && isWhole(chunk, position);
    return isDirect ? this.#withoutCache(write) : write(this.#fd);
  }

  datasync(): Promise<void> {
    return datasync(this.#fd);
  }

  truncate(size: number): Promise<void> {
    return truncate(this.#fd, size);
  }

  async close(): Promise<void> {
    const direct = await this.#direct;
    this.#direct = undefined;
    if (direct !== undefined) await close(direct);
    await close(this.#fd);
  }

  /** Whole pages need no copy in the page cache, which on a machine that shares its memory with others is most of what they cost. */
  async #withoutCache(run: (fd: number) => Promise<number>): Promise<number> {
    this.#direct ??= openDirect(this.#fd, this.#mode);
    const direct = await this.#direct;
    if (direct === undefined) return run(this.#fd);
    try {
      return await run(direct);
    } catch (error) {
      // The file system or its disk wants larger units (open(2), NOTES, O_DIRECT). The handle goes with the file.
      if (errnoNameOf(error) !== 'EINVAL') throw error;
      return run(this.#fd);
    }
  }
}

function isWhole(bytes: Uint8Array, position: number): boolean {
  return DIRECT !== undefined && pages.isWhole(bytes, position);
}

/** Opens the file of `fd` once more, whatever its name is by now (proc_pid_fd(5)); undefined when the system does not let. */
function openDirect(fd: number, mode: OpenMode): Promise<number | undefined> {
  const access = mode === 'read' ? O_RDONLY : O_RDWR;
  return open(`/proc/self/fd/${fd}`, access | (DIRECT ?? 0)).catch(() => undefined);
}

function readFrom(fd: number, target: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, target, 0, target.length, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}

function writeTo(fd: number, chunks: readonly Uint8Array[], position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.writev(fd, chunks, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}

function readSync(path: string, position: number, count: number): Uint8Array | undefined {
  let fd: number | undefined;
  try {
    fd = fs.openSync(path, FLAGS.read);
    const size = fs.fstatSync(fd).size;
    const bytes = new Uint8Array(Math.max(0, Math.min(count, size - position)));
    return bytes.subarray(0, fs.readSync(fd, bytes, 0, bytes.length, position));
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

async function lstat(path: string): Promise<EntryStat | undefined> {
  try {
    const stat = await fs.promises.lstat(path);
    return { kind: kindOf(stat), size: stat.size };
  } catch (error) {
    if (errnoNameOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function kindOf(stat: fs.Stats): EntryKind {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  return stat.isSymbolicLink() ? 'symlink' : 'other';
}

async function mkdir(path: string): Promise<boolean> {
  return (await fs.promises.mkdir(path, { recursive: true, mode: 0o700 })) !== undefined;
}

async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a directory for this; NTFS keeps names in its own log.
  if (process.platform === 'win32') return;
  const fd = await open(path, O_RDONLY);
  try {
    await sync(fd);
  } finally {
    await close(fd);
  }
}
