// The records of a spool that nobody has acknowledged yet, in memory: where each is, in the order of their numbers. Also the gaps, where
// records that were durable once cannot be read any more.

import { SPOOL_HEADER_SIZE, type SpoolHeader } from './record.ts';

/** A record that can be read, or a gap. */
export type Entry = KeptRecord | Gap;

/** A record. */
export interface KeptRecord extends Pick<SpoolHeader, 'seq' | 'kind' | 'ts' | 'size'> {
  /** Its place in the ring. */
  readonly at: number;
  /** Whether its payload ends in LF. */
  readonly isLine: boolean;
}

/** Records that are damaged. */
export interface Gap {
  /** The first of them. */
  readonly seq: number;
  readonly lost: number;
  readonly at: number;
}

/** Number of the last record of an entry. */
export function lastSeqOf(entry: Entry): number {
  return 'lost' in entry ? entry.seq + entry.lost - 1 : entry.seq;
}

/** Place just after an entry's bytes; of a gap its own place. */
export function endOf(entry: Entry): number {
  return 'lost' in entry ? entry.at : entry.at + SPOOL_HEADER_SIZE + entry.size;
}

/** Entries that are dropped from the front are forgotten in pieces of this many. */
const COMPACT_AT = 1024;

export class IndexTable {
  #entries: Entry[] = [];
  #front = 0;
  #records = 0;

  /** Records held, without the gaps. */
  get records(): number {
    return this.#records;
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    if (!('lost' in entry)) this.#records += 1;
  }

  /** The entry that holds record `seq`; undefined when that was acknowledged or never was. */
  holding(seq: number): Entry | undefined {
    const found = this.from(seq);
    return found !== undefined && found.seq <= seq ? found : undefined;
  }

  /** Forgets all records up to and with `seq`. A gap that is only partly before it stays. */
  dropUpTo(seq: number): void {
    for (; this.#front < this.#entries.length; this.#front++) {
      const entry = this.#entries[this.#front];
      if (entry === undefined || lastSeqOf(entry) > seq) break;
      if (!('lost' in entry)) this.#records -= 1;
    }
    if (this.#front < COMPACT_AT || this.#front * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#front);
    this.#front = 0;
  }

  /** The first entry whose last record is `seq` or later. */
  from(seq: number): Entry | undefined {
    return this.#entries[this.#search(seq)];
  }

  /** Index of the first entry whose last record is `seq` or later. */
  #search(seq: number): number {
    let low = this.#front;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && lastSeqOf(entry) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
