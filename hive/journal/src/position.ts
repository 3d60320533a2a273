// A place between two records.

/** Where a scan can begin without reading what is before. */
export interface JournalPosition {
  /** Number of the record before; 0 at the beginning. */
  readonly seq: number;
  /** Number of the first record of the segment. */
  readonly segment: number;
  /** Byte in that segment. */
  readonly offset: number;
  /** Hash of the record before. */
  readonly chain: Uint8Array;
}
