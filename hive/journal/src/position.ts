// A place between two records.

/** Where a record ends and the next one begins, if it is in the same segment. */
export interface RecordEnd {
  /** Number of the record; 0 at the beginning. */
  readonly seq: number;
  /** Number of the first record of the segment. */
  readonly segment: number;
  /** Byte in that segment. */
  readonly offset: number;
}

/** Where a scan can begin without reading what is before. */
export interface JournalPosition extends RecordEnd {
  /** Hash of the record before. */
  readonly chain: Uint8Array;
}
