// The file of one segment. What is durable is said by two slots that are written in turn, so that a power cut leaves the one or
// the other:
//
//   slot A at 0, slot B at 4096, records from 8192 on
//   slot: magic[8] entry[8] generation[8] size[8] crc[4] check[4]          little-endian
//
// `entry` is the journal entry that made the segment, `crc` the CRC-32 of the first `size` bytes of records, `check` that of the
// slot before it. A batch writes records and the slot of the next generation and syncs once. The newest slot whose records have
// their checksum counts: an LF alone would not do, for the sectors of a batch reach the disk in any order.

import { crc32 } from 'node:zlib';
import { type Disk, type DiskFile, describeError, errnoNameOf, isDiskError, writeAll } from '@cohesix/journal';
import { ok, type Result, refuse } from '@cohesix/wire';

const MAGIC = 'cohseg01';
const SLOT_SIZE = 40;
const SLOT_DISTANCE = 4096;
const RECORDS_AT: number = 2 * SLOT_DISTANCE;

/** What a slot vouches for. */
interface Slot {
  readonly generation: number;
  readonly size: number;
  readonly crc: number;
}

/** Which file of which disk. */
export interface SegmentPlace {
  readonly disk: Disk;
  readonly directory: string;
  /** Name of the file. */
  readonly name: string;
  /** Journal entry that made the segment. */
  readonly entry: number;
}

/** What an opening found: a file, or that it was cut off before it had any record, or that it cannot be trusted. */
type Recovered =
  | { readonly kind: 'whole'; readonly file: SegmentFile; readonly records: Uint8Array }
  | { readonly kind: 'unborn' }
  | { readonly kind: 'damaged' };

/** Runs disk operations. A disk error becomes a refusal with `doing` before it: `buffer-full` for no room, else `internal`. */
async function onDisk<T>(doing: string, run: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await run());
  } catch (error) {
    if (!isDiskError(error)) throw error;
    const isFull = ['ENOSPC', 'EDQUOT'].includes(errnoNameOf(error));
    return refuse(isFull ? 'buffer-full' : 'internal', `${doing}: ${describeError(error)}`);
  }
}

/** An open or closed file of records. One call of `append` at a time; reads any time. */
export class SegmentFile {
  readonly #place: SegmentPlace;
  #slot: Slot;
  #handle: Promise<DiskFile> | undefined;
  #users = 0;
  /** An append failed, and what it wrote may still be there. */
  #isUncertain = false;

  private constructor(place: SegmentPlace, slot: Slot) {
    this.#place = place;
    this.#slot = slot;
  }

  /** Makes an empty one, durably. */
  static create(place: SegmentPlace): Promise<Result<SegmentFile>> {
    const { disk, directory, name, entry } = place;
    const slot: Slot = { generation: 1, size: 0, crc: 0 };
    return onDisk(`cannot make ${name}`, async () => {
      const path = pathOf(place);
      // What an attempt that failed left behind.
      if ((await disk.lstat(path)) !== undefined) await disk.unlink(path);
      await using(await disk.open(path, 'create'), async (file) => {
        await writeAll(file, [encodeSlot(slot, entry)], slotAt(slot));
        await file.datasync();
      });
      await disk.syncDirectory(directory);
      return new SegmentFile(place, slot);
    });
  }

  /** Opens one as a crash left it; what it shows is durable then. */
  static recover(place: SegmentPlace): Promise<Result<Recovered>> {
    return onDisk(`cannot open ${place.name}`, async () => {
      const { disk, entry } = place;
      const stat = await disk.lstat(pathOf(place));
      // A file is at least a slot long once it was synced for the first time, and has no record before.
      if (stat?.kind !== 'file' || stat.size < SLOT_SIZE) return { kind: 'unborn' };
      return using(await disk.open(pathOf(place), 'write'), async (file): Promise<Recovered> => {
        const slots = await readSlots(file, stat.size, entry);
        if (slots.length === 0 && stat.size === SLOT_SIZE) return { kind: 'unborn' };
        const claimed = Math.max(0, ...slots.map(({ size }) => size));
        const records = await readFrom(file, RECORDS_AT, Math.max(0, Math.min(claimed, stat.size - RECORDS_AT)));
        const slot = slots.find(({ size, crc }) => size <= records.length && crc32(records.subarray(0, size)) === crc);
        if (slot === undefined) return { kind: 'damaged' };
        // A process that was killed may have shown it before it was on the disk.
        await file.datasync();
        return { kind: 'whole', file: new SegmentFile(place, slot), records: records.subarray(0, slot.size) };
      });
    });
  }

  /** Bytes of records that are durable. */
  get size(): number {
    return this.#slot.size;
  }

  /** Counts batches. */
  get generation(): number {
    return this.#slot.generation;
  }

  /** Keeps the file open until as many calls of `release`. */
  hold(): void {
    this.#users += 1;
  }

  /** The opposite of `hold`. */
  async release(): Promise<void> {
    this.#users -= 1;
    const handle = this.#handle;
    if (this.#users > 0 || handle === undefined) return;
    this.#handle = undefined;
    await onDisk('close', async () => (await handle).close());
  }

  /** Appends whole records, durably; after a refusal none of them is there, as far as the disk lets that be done. */
  async append(chunks: readonly Uint8Array[]): Promise<Result<void>> {
    if (this.#isUncertain) {
      const repaired = await this.#repair();
      if (!repaired.ok) return repaired;
    }
    const { generation, size, crc } = this.#slot;
    const next: Slot = {
      generation: generation + 1,
      size: chunks.reduce((sum, chunk) => sum + chunk.length, size),
      crc: chunks.reduce((value, chunk) => crc32(chunk, value), crc),
    };
    const written = await this.#use(`cannot write ${this.#place.name}`, async (file) => {
      await writeAll(file, chunks, RECORDS_AT + size);
      await writeAll(file, [encodeSlot(next, this.#place.entry)], slotAt(next));
      await file.datasync();
    });
    if (written.ok) {
      this.#slot = next;
      return written;
    }
    this.#isUncertain = true;
    await this.#repair();
    return written;
  }

  /** At most `count` bytes of durable records from `offset` on. */
  async read(offset: number, count: number): Promise<Result<Uint8Array>> {
    const wanted = Math.min(count, this.size - offset);
    if (wanted <= 0) return ok(new Uint8Array(0));
    return this.#use(`cannot read ${this.#place.name}`, (file) => readFrom(file, RECORDS_AT + offset, wanted));
  }

  /** Removes a file, whatever is in it; one that is not there is gone already. */
  static remove(place: SegmentPlace): Promise<Result<void>> {
    const { disk, directory, name } = place;
    return onDisk(`cannot remove ${name}`, async () => {
      if ((await disk.lstat(pathOf(place))) === undefined) return;
      await disk.unlink(pathOf(place));
      await disk.syncDirectory(directory);
    });
  }

  /** Takes away what a failed append may have left: its slot, then its records. */
  async #repair(): Promise<Result<void>> {
    const { generation, size } = this.#slot;
    const repaired = await this.#use(`cannot repair ${this.#place.name}`, async (file) => {
      await writeAll(file, [new Uint8Array(SLOT_SIZE)], slotAt({ generation: generation + 1 }));
      await file.truncate(RECORDS_AT + size);
      await file.datasync();
    });
    if (repaired.ok) this.#isUncertain = false;
    return repaired;
  }

  async #use<T>(doing: string, run: (file: DiskFile) => Promise<T>): Promise<Result<T>> {
    this.hold();
    const done = await onDisk(doing, async () => {
      this.#handle ??= this.#place.disk.open(pathOf(this.#place), 'write');
      try {
        return await run(await this.#handle);
      } catch (error) {
        // A handle that could not be had is not kept.
        await this.#handle.catch(() => (this.#handle = undefined));
        throw error;
      }
    });
    await this.release();
    return done;
  }
}

function pathOf({ directory, name }: SegmentPlace): string {
  return `${directory}/${name}`;
}

/** Odd generations lie in slot A, even ones in B. */
function slotAt({ generation }: Pick<Slot, 'generation'>): number {
  return generation % 2 === 1 ? 0 : SLOT_DISTANCE;
}

function encodeSlot({ generation, size, crc }: Slot, entry: number): Uint8Array {
  const slot = Buffer.alloc(SLOT_SIZE);
  slot.write(MAGIC, 'latin1');
  slot.writeBigUInt64LE(BigInt(entry), 8);
  slot.writeBigUInt64LE(BigInt(generation), 16);
  slot.writeBigUInt64LE(BigInt(size), 24);
  slot.writeUInt32LE(crc, 32);
  slot.writeUInt32LE(crc32(slot.subarray(0, 36)), 36);
  return slot;
}

/** The slots that are whole, the newest first. */
async function readSlots(file: DiskFile, fileSize: number, entry: number): Promise<readonly Slot[]> {
  const slots: Slot[] = [];
  for (const at of [0, SLOT_DISTANCE]) {
    if (at + SLOT_SIZE > fileSize) continue;
    const slot = decodeSlot(Buffer.from(await readFrom(file, at, SLOT_SIZE)), entry);
    if (slot !== undefined && slotAt(slot) === at) slots.push(slot);
  }
  return slots.sort((left, right) => right.generation - left.generation);
}

function decodeSlot(slot: Buffer, entry: number): Slot | undefined {
  if (slot.length < SLOT_SIZE || slot.toString('latin1', 0, 8) !== MAGIC) return undefined;
  if (slot.readUInt32LE(36) !== crc32(slot.subarray(0, 36))) return undefined;
  if (slot.readBigUInt64LE(8) !== BigInt(entry)) return undefined;
  const generation = Number(slot.readBigUInt64LE(16));
  return { generation, size: Number(slot.readBigUInt64LE(24)), crc: slot.readUInt32LE(32) };
}

/** `count` bytes from `position` on, or what there is. */
async function readFrom(file: DiskFile, position: number, count: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(count);
  let size = 0;
  while (size < count) {
    const read = await file.read(bytes.subarray(size), position + size);
    if (read === 0) break;
    size += read;
  }
  return bytes.subarray(0, size);
}

async function using<T>(file: DiskFile, use: (file: DiskFile) => Promise<T>): Promise<T> {
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
