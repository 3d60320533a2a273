// Opening, making and adopting a spool. A spool belongs to one hive: its pages name it, and the spool of another is refused until
// somebody says that it shall be ours (`adoptSpool`) or be made anew (`initSpool`). A file is made whole under another name
// and renamed; a device is erased first and gets its page last, so that a power cut leaves none of the two half a spool.

import { dirname } from 'node:path';
import { ok, type Result, refuse } from '@cohesix/wire';
import { attempt, type Disk, type DiskFile, writeAll } from '../disk.ts';
import { PagePair } from '../settings/page-pair.ts';
import { type Device, openDevice } from './device.ts';
import { decodeMeta, encodeMeta, RING_AT, ringBytesOf, SPOOL_PAGE_BYTES, type SpoolMeta, SpoolRing } from './layout.ts';
import { type SpoolScan, scanSpool } from './scan.ts';
import { Spool } from './spool.ts';
import type { SpoolLimits } from './spool-state.ts';

/** Where a spool is. */
export interface SpoolPlace {
  readonly disk: Disk;
  /** A file, or a block device. */
  readonly path: string;
  /** Opens what is no regular file; default: a block device of this machine. */
  readonly openDevice?: (path: string) => Promise<Device>;
}

/** Whose a spool is. */
export interface SpoolOwner {
  /** Identity of the hive. */
  readonly hive: string;
  /** Fingerprint of its manifest now; for people. */
  readonly fingerprint: string;
}

/** What a new spool is to be. A device has its own size. */
export interface SpoolSize {
  /** Bytes of the file. */
  readonly bytes: number;
  /** Bytes that the disk writes whole or not at all. */
  readonly sector: 512 | 4096;
}

/** How a spool is opened. */
export interface OpenSpoolOptions extends SpoolPlace {
  readonly owner: SpoolOwner;
  readonly size: SpoolSize;
  readonly limits: SpoolLimits;
}

/**
 * Opens a spool; a file that is not there is made. Refusals: `denied` for one of another hive, `invalid-payload` for what is no
 * spool (or none any more), `internal` when the disk does not let us.
 */
export async function openSpool(options: OpenSpoolOptions): Promise<Result<Spool>> {
  return onDisk(options, async () => {
    if ((await options.disk.lstat(options.path)) === undefined) {
      const made = await makeFile(options, options.owner, options.size);
      if (!made.ok) return made;
    }
    // A process that was killed may have made the file and not its name durable.
    await options.disk.syncDirectory(dirname(options.path));
    const { file } = await openPlace(options);
    const opened = await openFile(file, options).catch(async (error: unknown) => {
      await file.close();
      throw error;
    });
    if (!opened.ok) await file.close();
    return opened;
  });
}

async function openFile(file: DiskFile, { path, owner, limits }: OpenSpoolOptions): Promise<Result<Spool>> {
  const pages = await PagePair.read(file, SPOOL_PAGE_BYTES);
  const found = metaIn(pages, path);
  if (!found.ok) return found;
  if (found.value.hive !== owner.hive) return refuse('denied', foreign(path, found.value.hive));
  const ring = new SpoolRing(file, found.value.ring);
  const scan = await scanSpool(ring, found.value);
  await rewriteLast(ring, found.value, scan);
  const meta: SpoolMeta = {
    ...found.value,
    ...owner,
    opening: found.value.opening + 1,
    written: scan.next - 1,
    at: scan.table.holding(found.value.acked + 1)?.at ?? scan.head,
  };
  await pages.write(encodeMeta(meta));
  return ok(new Spool({ file, pages, ring, meta, scan, limits }));
}

function foreign(path: string, hive: string): string {
  return `${path} is the spool of the hive ${hive}, not of this one. To take it over with its records: coh spool adopt; to make it anew: coh spool init --force.`;
}

/**
 * What no page knows of may be in the page cache only: a sync that failed does not try again by itself. It is written once more, with
 * the same bytes, and the page after it syncs both.
 */
async function rewriteLast(ring: SpoolRing, meta: SpoolMeta, scan: SpoolScan): Promise<void> {
  if (scan.next - 1 <= meta.written) return;
  const from = Math.floor(scan.batchAt / meta.sector) * meta.sector;
  await ring.write(from, await ring.read(from, scan.head - from));
}

/** Takes over a spool, with its records. Value: the hive it was of. */
export async function adoptSpool(place: SpoolPlace, owner: SpoolOwner): Promise<Result<string>> {
  return onDisk(place, async () => {
    const { file } = await openPlace(place);
    try {
      const pages = await PagePair.read(file, SPOOL_PAGE_BYTES);
      const found = metaIn(pages, place.path);
      if (!found.ok) return found;
      await pages.write(encodeMeta({ ...found.value, ...owner }));
      return ok(found.value.hive);
    } finally {
      await file.close();
    }
  });
}

/**
 * Makes a spool anew; what was there is gone. Without `isForced` only where nothing is: no file, or a device that begins with zeros
 * (`exists`). Value: bytes of the ring.
 */
export async function initSpool(
  place: SpoolPlace,
  owner: SpoolOwner,
  options: SpoolSize & { readonly isForced: boolean },
): Promise<Result<number>> {
  return onDisk(place, async () => {
    const stat = await place.disk.lstat(place.path);
    if (stat === undefined || stat.kind === 'file') {
      if (stat !== undefined && !options.isForced) return refuse('exists', occupied(place.path));
      return makeFile(place, owner, options);
    }
    const { file, size } = await openPlace(place);
    try {
      return await makeOnDevice(file, {
        owner,
        size: { ...options, bytes: size },
        ...place,
        isForced: options.isForced,
      });
    } finally {
      await file.close();
    }
  });
}

function occupied(path: string): string {
  return `Something is in ${path} already; --force makes a spool there, and what is there is lost.`;
}

async function makeOnDevice(
  file: DiskFile,
  make: { readonly path: string; readonly owner: SpoolOwner; readonly size: SpoolSize; readonly isForced: boolean },
): Promise<Result<number>> {
  const pages = await PagePair.read(file, SPOOL_PAGE_BYTES);
  const isBlank = pages.active === undefined && pages.damaged.length === 0;
  if (!isBlank && !make.isForced) return refuse('exists', occupied(make.path));
  const ring = ringBytesOf(make.size.bytes, make.size.sector);
  if (!ring.ok) return ring;
  await writeAll(file, [new Uint8Array(RING_AT)], 0);
  await file.datasync();
  await fill(file, ring.value);
  const blank = await PagePair.read(file, SPOOL_PAGE_BYTES);
  await blank.write(encodeMeta(newMeta(make.owner, make.size.sector, ring.value)));
  return ring;
}

/** Makes a file of its full size, written and not only made long, under another name, and puts it in its place. */
async function makeFile({ disk, path }: SpoolPlace, owner: SpoolOwner, size: SpoolSize): Promise<Result<number>> {
  const ring = ringBytesOf(size.bytes, size.sector);
  if (!ring.ok) return ring;
  await disk.mkdir(dirname(path));
  const temporary = `${path}.new`;
  if ((await disk.lstat(temporary)) !== undefined) await disk.unlink(temporary);
  const file = await disk.open(temporary, 'create');
  try {
    await writeAll(file, [new Uint8Array(RING_AT)], 0);
    await fill(file, ring.value);
    const pages = await PagePair.read(file, SPOOL_PAGE_BYTES);
    await pages.write(encodeMeta(newMeta(owner, size.sector, ring.value)));
  } finally {
    await file.close();
  }
  await disk.rename(temporary, path);
  await disk.syncDirectory(dirname(path));
  return ring;
}

function newMeta(owner: SpoolOwner, sector: number, ring: number): SpoolMeta {
  return { ...owner, sector, ring, opening: 0, acked: 0, at: 0, written: 0 };
}

const FILL_BYTES = 1_048_576;

/** Zeros over a whole ring: of records that were there before none may check. */
async function fill(file: DiskFile, ring: number): Promise<void> {
  const zeros = new Uint8Array(Math.min(FILL_BYTES, ring));
  for (let at = 0; at < ring; at += zeros.length)
    await writeAll(file, [zeros.subarray(0, Math.min(zeros.length, ring - at))], RING_AT + at);
  await file.datasync();
}

function metaIn(pages: PagePair, path: string): Result<SpoolMeta> {
  const meta = pages.active === undefined ? undefined : decodeMeta(pages.active.content);
  if (meta !== undefined) return ok(meta);
  if (pages.damaged.length === 0)
    return refuse('invalid-payload', `${path} holds no spool yet. To make one there: coh spool init.`);
  const what = 'is no spool, or a damaged one. To make one there: coh spool init --force (what is there is lost)';
  return refuse('invalid-payload', `${path} ${what}.`);
}

async function openPlace({ disk, path, openDevice: open = openDevice }: SpoolPlace): Promise<Device> {
  const stat = await disk.lstat(path);
  if (stat?.kind === 'file') return { file: await disk.open(path, 'write'), size: stat.size };
  return open(path);
}

async function onDisk<T>({ path }: SpoolPlace, run: () => Promise<Result<T>>): Promise<Result<T>> {
  const done = await attempt(`cannot use the spool ${path}`, run);
  return done.ok ? done.value : refuse('internal', done.refusal.detail);
}

/** What a spool says when somebody only looks: nothing is changed. */
export interface SpoolReport {
  readonly meta: SpoolMeta;
  readonly scan: SpoolScan;
}

/** Looks at a spool, whosever it is; it may be in use. */
export async function inspectSpool(place: SpoolPlace): Promise<Result<SpoolReport>> {
  return onDisk(place, async () => {
    const stat = await place.disk.lstat(place.path);
    const file = stat?.kind === 'file' ? await place.disk.open(place.path, 'read') : (await openPlace(place)).file;
    try {
      const found = metaIn(await PagePair.read(file, SPOOL_PAGE_BYTES), place.path);
      if (!found.ok) return found;
      return ok({ meta: found.value, scan: await scanSpool(new SpoolRing(file, found.value.ring), found.value) });
    } finally {
      await file.close();
    }
  });
}
