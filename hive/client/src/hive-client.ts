// HiveClient: one behaviour over every door. In process, over 9P and over the console the same call gives the same
// result or the same refusal; the transcript tests compare them byte for byte.

import type { Result } from '@cohesix/wire';
import type { PushOptions } from './pieces.ts';

/** What `stat` tells of a file. */
export interface FileStat {
  readonly kind: 'directory' | 'view' | 'control' | 'stream' | 'blob';
  /** Permission bits, for example 0o444. */
  readonly mode: number;
  /** Bytes; for a stream the absolute end cursor. */
  readonly size: bigint;
  readonly qidPath: bigint;
  readonly qidVersion: number;
}

/** How to read. */
export interface ReadOptions {
  /** Most bytes taken. */
  readonly maxBytes?: number;
  /** Offset or cursor of the first byte; default: where the content begins. */
  readonly from?: bigint;
}

/** A running follow of a stream: yields chunks of whole lines until stopped or the hive ends it. */
export interface Follow extends AsyncIterable<Uint8Array> {
  /** Ends the follow; idempotent. The iteration finishes after what was already received. */
  stop(): void;
  /** The refusal that ended the follow, if it was not `stop`. */
  readonly ended: Promise<Result<void>>;
}

/** A session with a hive: attached with one ticket, closed once. */
export interface HiveClient {
  /** `in-process`, `9p` or `console`; for messages only. */
  readonly door: string;
  readonly role: string;
  /** Names in a directory, in byte order. */
  list(path: string): Promise<Result<readonly string[]>>;
  /**
   * Whole content of a file (a stream: what it retains). At most `maxBytes` (default 1 MiB), else `too-big`. `from`: from that
   * offset on, of a stream from that absolute cursor on, with a marker line for what is gone; not over the console.
   */
  read(path: string, options?: ReadOptions): Promise<Result<Uint8Array>>;
  /** As `read`, without a promise when the content is at hand; only in process. For who reads very often. */
  readNow?(path: string, options?: ReadOptions): Result<Uint8Array> | Promise<Result<Uint8Array>>;
  /** Appends whole lines (an LF is added when missing): all or nothing. Value: bytes accepted. */
  append(path: string, text: string): Promise<Result<{ readonly bytes: number }>>;
  /** Follows a stream from an absolute cursor (default: its end). */
  follow(path: string, options?: { readonly from?: bigint }): Promise<Result<Follow>>;
  /**
   * Sends content in pieces to a stored file (a chunk, weights, a segment), several under way at a time; what the store
   * says to the end of it is part of the value. What `source` yields must not change until then. `unsupported` over the console.
   */
  push(
    path: string,
    source: AsyncIterable<Uint8Array>,
    options?: PushOptions,
  ): Promise<Result<{ readonly bytes: number }>>;
  /** Fetches the content of a blob in pieces, from `from` (default 0) to its end; `unsupported` otherwise, and over the console. */
  pull(path: string, options?: { readonly from?: number }): Promise<Result<Follow>>;
  stat(path: string): Promise<Result<FileStat>>;
  /** Round trip without effect. */
  ping(): Promise<Result<void>>;
  /**
   * The sentence of the session's last refusal, read from `/proc/self/refusal`; `undefined` when there is none or it
   * cannot be read. For people only: never matched on. Ask before the next operation.
   */
  explain(): Promise<string | undefined>;
  /** Detaches and closes; idempotent. */
  close(): Promise<void>;
}
