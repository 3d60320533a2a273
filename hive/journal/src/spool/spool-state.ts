// What a spool is made of and what it tells of itself.

import type { DiskFile } from '../disk.ts';
import type { PagePair } from '../settings/page-pair.ts';
import type { SpoolMeta, SpoolRing } from './layout.ts';
import type { SpoolScan } from './scan.ts';

/** What happens when the ring is full: nothing more is taken; or the oldest records that were acknowledged are overwritten. */
export type SpoolMode = 'refuse' | 'overwrite_acked';

/** Bounds of a spool. */
export interface SpoolLimits {
  readonly mode: SpoolMode;
  /** Longest payload, bytes. */
  readonly recordBytesMax: number;
  /** Most records that wait for an acknowledgement. */
  readonly recordsMax: number;
}

/** How a spool is doing. */
export interface SpoolStatus extends SpoolLimits {
  readonly meta: SpoolMeta;
  /** Bytes of the ring that cannot be written to now. */
  readonly usedBytes: number;
  /** Records that wait for an acknowledgement and can be read. */
  readonly records: number;
  /** Number that the next record gets. */
  readonly next: number;
  /** Number of the last record that was acknowledged. */
  readonly acked: number;
  /** Appends since the opening that found no room. */
  readonly refused: number;
  /** Records that were durable and were found damaged at the opening. */
  readonly lost: number;
  /** Whether the opening found a batch that a power cut had torn. */
  readonly isTorn: boolean;
  /** Why nothing is written any more. */
  readonly sealed: string | undefined;
}

/** Everything an opening puts together. */
export interface SpoolParts {
  readonly file: DiskFile;
  readonly pages: PagePair;
  readonly ring: SpoolRing;
  readonly meta: SpoolMeta;
  readonly scan: SpoolScan;
  readonly limits: SpoolLimits;
}
