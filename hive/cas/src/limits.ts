// The bounds of a store, in one place. A host takes them from the hive's manifest (section `cas`); every one has a test
// at the limit and one past it.

/** What a store holds at most. Sizes in bytes. */
export interface CasLimits {
  /** Bytes of every chunk but the last of an update, which may be shorter. */
  readonly chunkBytes: number;
  /** Chunks of one update. */
  readonly chunksMax: number;
  /** Updates kept at a time, unfinished ones included. */
  readonly updatesMax: number;
  /** Models kept at a time, unfinished ones included. */
  readonly modelsMax: number;
  /** Bytes of a model's weights. */
  readonly weightsBytesMax: number;
  /** Bytes of a model's schema, and of its signature. */
  readonly modelPartBytesMax: number;
  /** Bytes of everything together, what is being written included; quarantine comes on top. */
  readonly storeBytesMax: number;
  /** Blobs that are being written at a time. */
  readonly stagedMax: number;
  /** A blob that is being written is synced every so many bytes, and goes on there after a power cut. */
  readonly syncEveryBytes: number;
  /** Pieces of a blob are gathered in memory and written so many bytes at a time; 0: each by itself. */
  readonly gatherBytes: number;
  /** Bad chunks kept to look at, the newest; each has at most `quarantineBytesMax`, the rest is cut off. */
  readonly quarantineMax: number;
  readonly quarantineBytesMax: number;
}

const MIB = 1024 * 1024;

/**
 * For a hive on one machine: updates of up to 256 GiB. Chunks of 4 MiB cost a quarter of the syncs of 1 MiB, a third of the time of a
 * push (bench cas), and still find what was changed in place.
 */
export const DEFAULT_CAS_LIMITS: CasLimits = {
  chunkBytes: 4 * MIB,
  chunksMax: 65_536,
  updatesMax: 16,
  modelsMax: 64,
  weightsBytesMax: 64 * 1024 * MIB,
  modelPartBytesMax: 64 * 1024,
  storeBytesMax: 256 * 1024 * MIB,
  stagedMax: 64,
  syncEveryBytes: 64 * MIB,
  gatherBytes: MIB,
  quarantineMax: 8,
  quarantineBytesMax: MIB,
};

/** Longest text of an epoch, in digits (contracts 4.7). */
export const EPOCH_DIGITS_MAX = 20;

const EPOCH = /^[0-9]{1,20}$/;
const BLOB_NAME = /^[0-9a-f]{64}$/;

/** Whether `text` names an update: 1 to 20 digits. */
export function isEpoch(text: string): boolean {
  return EPOCH.test(text);
}

/** Whether `text` names a blob: the lower-case hex of a SHA-256. */
export function isBlobName(text: string): boolean {
  return BLOB_NAME.test(text);
}
