// Where things are in a spool: a file or a block device of a fixed size.
//
//   page A[4096] page B[4096] ring[…]
//
// The pages (`../settings/page-pair.ts`) hold JSON: whose spool it is, how the ring is divided, how often it was opened, and how far it
// was acknowledged. Places in the ring are counted from the first byte ever written to it and never again from 0: place
// p is at p modulo the ring's size. A batch of records begins at a sector of its own, so no sector that holds durable records is
// ever written to again before they are acknowledged.

import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import { type DiskFile, writeAll } from '../disk.ts';
import { readUpTo } from '../settings/page-pair.ts';

/** Bytes of each of the two pages. */
export const SPOOL_PAGE_BYTES = 4096;
/** Bytes before the ring. */
export const RING_AT: number = 2 * SPOOL_PAGE_BYTES;
/** Least sectors of a ring. */
const SECTORS_MIN = 4;

/** What the pages of a spool say. */
export interface SpoolMeta {
  /** Identity of the hive it belongs to. */
  readonly hive: string;
  /** Fingerprint of the manifest of the hive that wrote this page; for people. */
  readonly fingerprint: string;
  /** Bytes that the disk writes whole or not at all: 512 or 4,096. */
  readonly sector: number;
  /** Bytes of the ring, whole sectors. */
  readonly ring: number;
  /** How often it was opened; the records of this opening carry it. */
  readonly opening: number;
  /** Number of the last record that was acknowledged; 0: none. */
  readonly acked: number;
  /** Place of the record after that one, or where it will be looked for. */
  readonly at: number;
  /** Number of the last record that was durable when this page was written. */
  readonly written: number;
}

/** Bytes of the ring that fit into a file or device of `bytes`; `invalid-payload` when that is too small for a spool. */
export function ringBytesOf(bytes: number, sector: number): Result<number> {
  const ring = Math.floor((bytes - RING_AT) / sector) * sector;
  if (ring >= SECTORS_MIN * sector) return ok(ring);
  const least = RING_AT + SECTORS_MIN * sector;
  return refuse('invalid-payload', `${bytes} bytes are too few for a spool; it needs ${least}.`);
}

/** The bytes of a page's content. */
export function encodeMeta(meta: SpoolMeta): Uint8Array {
  const { hive, fingerprint, sector, ring, opening, acked, at, written } = meta;
  return new TextEncoder().encode(
    JSON.stringify({ spool: 1, hive, fingerprint, sector, ring, opening, acked, at, written }),
  );
}

/** Reads the content of a page; undefined when it is not what `encodeMeta` writes. */
export function decodeMeta(content: Uint8Array): SpoolMeta | undefined {
  try {
    const meta = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content)) as Record<string, unknown>;
    const { spool, hive, fingerprint, sector, ring, opening, acked, at, written } = meta;
    const isNamed = spool === 1 && typeof hive === 'string' && typeof fingerprint === 'string';
    const isCounted = [ring, opening, acked, at, written].every(
      (value) => Number.isSafeInteger(value) && (value as number) >= 0,
    );
    if (!isNamed || !isCounted || (sector !== 512 && sector !== 4096)) return undefined;
    if ((ring as number) < SECTORS_MIN * sector || (ring as number) % sector !== 0) return undefined;
    return meta as unknown as SpoolMeta;
  } catch {
    return undefined;
  }
}

/** The ring of a spool: reads and writes at places, over its end and on from its beginning. */
export class SpoolRing {
  readonly #file: DiskFile;
  readonly #bytes: number;

  constructor(file: DiskFile, bytes: number) {
    this.#file = file;
    this.#bytes = bytes;
  }

  /** At most `count` bytes from a place on, never more than the ring has; fewer when the file is shorter than it should be. */
  async read(place: number, count: number): Promise<Buffer> {
    const parts = await Promise.all(
      this.#spans(place, Math.min(count, this.#bytes)).map(({ at, size }) => readUpTo(this.#file, size, at)),
    );
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  /** Writes at a place; nothing is durable before the file is synced. */
  async write(place: number, bytes: Uint8Array): Promise<void> {
    let done = 0;
    for (const { at, size } of this.#spans(place, bytes.length)) {
      await writeAll(this.#file, [bytes.subarray(done, done + size)], at);
      done += size;
    }
  }

  #spans(place: number, count: number): readonly { readonly at: number; readonly size: number }[] {
    const at = place % this.#bytes;
    const size = Math.min(count, this.#bytes - at);
    const first = { at: RING_AT + at, size };
    return size === count ? [first] : [first, { at: RING_AT, size: count - size }];
  }
}

/** The first place from `place` on at which a sector begins. */
export function nextSector(place: number, sector: number): number {
  return Math.ceil(place / sector) * sector;
}
