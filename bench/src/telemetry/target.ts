// What takes lines into many rings over one connection.

/** A store of lines that runs. */
export interface RingTarget {
  readonly name: string;
  /** Processes whose CPU time is its cost; none when it works in this one. */
  readonly pid: number | undefined;
  /**
   * Appends a batch to a ring; called again before it is done, for other rings too. Resolves when it was taken. Rejects when it
   * was refused or the connection ended.
   */
  append(ring: number, batch: Uint8Array): Promise<void>;
  /** Lines that all rings have taken, by its own count. */
  taken(): Promise<number>;
  /** Resident memory, bytes; 0 when it works in this process. */
  memory(): number;
  close(): Promise<void>;
}

/** How to start one. */
export interface RingTargetKind {
  readonly name: string;
  /** Why it cannot run here; undefined when it can. */
  readonly missing: () => string | undefined;
  readonly open: (place: { readonly rings: number; readonly directory: string }) => Promise<RingTarget>;
}
