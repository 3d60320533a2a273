// LocalDoor: what a session inside the hive's own process must offer, so that `InProcessClient` needs nothing else.
// It is the authority's session seen without a protocol: one attached ticket, absolute paths, values and refusals.
// NineDoor implements it structurally; it does not import this file.

import type { Result } from '@cohesix/wire';
import type { FileStat } from './hive-client.ts';
import type { OpenPieces } from './pieces.ts';

/** A follow inside the process: pulled, so that a slow reader costs the hive nothing but its cursor. */
export interface LocalFollow {
  /**
   * Waits for the next chunk of whole lines (1 byte to 64 KiB). Value `undefined`: stopped. A refusal: the hive ended it
   * (revoked, expired, closed). After either, every further call answers the same. At most one call waits at a time.
   */
  next(): Promise<Result<Uint8Array | undefined>>;
  /** Ends the follow and wakes a waiting `next`; idempotent. */
  stop(): void;
}

/** One attached session of the hive in this process. */
export interface LocalDoor {
  /** Role of the ticket the session was attached with. */
  readonly role: string;
  /** Names in a directory, in byte order of their UTF-8. */
  list(path: string): Promise<Result<readonly string[]>>;
  /** Content from an offset or cursor on (a stream: what it retains, marker line included); more than `maxBytes` is `too-big`. */
  read(path: string, maxBytes: number, from?: bigint): Promise<Result<Uint8Array>>;
  /** The same, without a promise when the content is at hand. */
  readNow?(path: string, maxBytes: number, from?: bigint): Result<Uint8Array> | Promise<Result<Uint8Array>>;
  /** Appends whole lines, `text` ends in LF: all or nothing. Value: bytes accepted, LF counted. */
  append(path: string, text: string): Promise<Result<{ readonly bytes: number }>>;
  /** Follows a stream from an absolute cursor; `undefined` is its end. */
  follow(path: string, from: bigint | undefined): Promise<Result<LocalFollow>>;
  /** Opens a stored file to move pieces; `unsupported` for any other file. */
  openStored(path: string, verb: 'read' | 'write'): Promise<Result<Omit<OpenPieces, 'pieceBytes'>>>;
  stat(path: string): Promise<Result<FileStat>>;
  ping(): Promise<Result<void>>;
  /** Detaches; afterwards every call answers `closed`. Idempotent. */
  close(): Promise<void>;
}
