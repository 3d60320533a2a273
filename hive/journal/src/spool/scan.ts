// What an opening finds in the ring of a spool, from the first record that nobody has acknowledged.
//
// A record is taken when it checks, has the number that comes next, and an opening not lower than the one before. The log ends
// where no such record begins, neither right after the last one nor at the next sector. When the next record was being written
// there, that is a torn tail: nobody was told that it is kept, so it is left out and reported. But when a batch begins further on
// with a higher number, or a page knows of later records, what is missing had been durable: it is a gap, and reported as lost.
//
// Budget: the bytes that are not acknowledged, at most the ring, each read once; after each end LOOK_AHEAD_BYTES more.

import { IndexTable } from './index-table.ts';
import { nextSector, type SpoolMeta, type SpoolRing } from './layout.ts';
import { isWholeSpoolRecord, readSpoolHeader, SPOOL_HEADER_SIZE, type SpoolHeader } from './record.ts';

/** Longest payload that any version of this format may hold, bytes. */
const SPOOL_RECORD_LIMIT = 1_048_576;
/** Bytes after an end in which a later batch is looked for: more than the longest batch. */
const LOOK_AHEAD_BYTES: number = 2 * SPOOL_RECORD_LIMIT;
const WINDOW_BYTES = 262_144;
const LF = 0x0a;

/** What a scan found. */
export interface SpoolScan {
  /** Records that are not acknowledged, and gaps. */
  readonly table: IndexTable;
  /** Number that the next record gets. */
  readonly next: number;
  /** Place at which it is written: the beginning of a sector. */
  readonly head: number;
  /** Place of the last batch that was found, or where the scan began. */
  readonly batchAt: number;
  /** Whether a batch was being written when the power went. */
  readonly isTorn: boolean;
  /** Records that were durable and cannot be read any more. */
  readonly lost: number;
}

/** Scans a ring from what its page says. Rejects with what the disk rejects with. */
export async function scanSpool(ring: SpoolRing, meta: SpoolMeta): Promise<SpoolScan> {
  const scan = new Scan(ring, meta);
  await scan.run();
  return scan;
}

class Scan implements SpoolScan {
  readonly table: IndexTable = new IndexTable();
  next: number;
  head: number;
  batchAt: number;
  isTorn = false;
  lost = 0;
  readonly #meta: SpoolMeta;
  readonly #window: Window;
  /** Nothing of the log is at or after this place. */
  readonly #end: number;
  #opening = 0;

  constructor(ring: SpoolRing, meta: SpoolMeta) {
    this.#meta = meta;
    this.#window = new Window(ring);
    this.#end = Math.floor(meta.at / meta.sector) * meta.sector + meta.ring;
    this.next = meta.acked + 1;
    this.head = meta.at;
    this.batchAt = meta.at;
  }

  async run(): Promise<void> {
    while ((await this.#takeAt(this.head)) || (await this.#takeAt(this.#sector)) || (await this.#skipGap()));
    this.head = this.#sector;
    const { written } = this.#meta;
    if (written >= this.next) this.#lose(written + 1);
  }

  get #sector(): number {
    return nextSector(this.head, this.#meta.sector);
  }

  /** Takes the record that comes next, if it is there. */
  async #takeAt(place: number): Promise<boolean> {
    const header = await this.#headerAt(place);
    if (header === undefined || header.seq !== this.next) return false;
    const bytes = await this.#window.bytes(place, SPOOL_HEADER_SIZE + header.size);
    if (!isWholeSpoolRecord(bytes)) {
      this.isTorn = true;
      return false;
    }
    const { seq, kind, ts, size, opening, isFirst } = header;
    this.table.add({ seq, kind, ts, size, at: place, isLine: bytes.at(-1) === LF });
    this.next = seq + 1;
    this.head = place + SPOOL_HEADER_SIZE + size;
    this.#opening = opening;
    if (isFirst) this.batchAt = place;
    return true;
  }

  /** Goes on at the next batch further on, if there is one. */
  async #skipGap(): Promise<boolean> {
    const { sector } = this.#meta;
    const from = this.#sector;
    for (let place = from; place < Math.min(this.#end, from + LOOK_AHEAD_BYTES); place += sector) {
      const header = await this.#headerAt(place);
      if (header === undefined || header.seq <= this.next || !(await this.#isWholeAt(place, header))) continue;
      // Of the batch that was being written: it vouches for nothing.
      if (!header.isFirst) this.isTorn = true;
      else {
        this.#lose(header.seq);
        this.head = place;
        return true;
      }
    }
    return false;
  }

  #lose(next: number): void {
    const lost = next - this.next;
    this.table.add({ seq: this.next, lost, at: this.#sector });
    this.lost += lost;
    this.next = next;
    // What looked torn was not being written: it was damaged later.
    this.isTorn = false;
  }

  /** A header that can belong to this log, and whose record can lie there. */
  async #headerAt(place: number): Promise<SpoolHeader | undefined> {
    if (place + SPOOL_HEADER_SIZE > this.#end) return undefined;
    const header = readSpoolHeader(await this.#window.bytes(place, SPOOL_HEADER_SIZE));
    if (header === undefined || header.opening < this.#opening || header.opening > this.#meta.opening) return undefined;
    const isPossible = header.size <= SPOOL_RECORD_LIMIT && place + SPOOL_HEADER_SIZE + header.size <= this.#end;
    return isPossible ? header : undefined;
  }

  async #isWholeAt(place: number, { size }: SpoolHeader): Promise<boolean> {
    return isWholeSpoolRecord(await this.#window.bytes(place, SPOOL_HEADER_SIZE + size));
  }
}

/** Reads ahead, so that a scan costs few reads. */
class Window {
  readonly #ring: SpoolRing;
  #at = 0;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(ring: SpoolRing) {
    this.#ring = ring;
  }

  async bytes(place: number, count: number): Promise<Buffer> {
    if (place < this.#at || place + count > this.#at + this.#bytes.length) {
      this.#bytes = await this.#ring.read(place, Math.max(count, WINDOW_BYTES));
      this.#at = place;
    }
    return this.#bytes.subarray(place - this.#at, place - this.#at + count);
  }
}
