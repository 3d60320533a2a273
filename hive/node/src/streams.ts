// The streams of a hive: its log and the telemetry of live workers. Rings live in memory under one budget; a clean stop
// keeps them with their cursors, a crash does not, but cursors go on above all that were given out (`cursors/`).

import type { Manifest } from '@cohesix/manifest';
import { type Frames, type Gap, Ring, RingBudget, type RingOptions } from '@cohesix/telemetry';
import { ok, type Result, refuse } from '@cohesix/wire';
import { ringFrom } from './kept-ring.ts';
import { StreamNotes } from './stream-notes.ts';
import { readStreams, removeStreams, type StoredStream, storeStreams } from './stream-store.ts';

/** Name of `/log/queen.log` among the stored streams. */
const LOG_NAME = 'log';
const LF = 0x0a;
const UTF8 = new TextEncoder();
const DONE: Result<void> = ok(undefined);
const NO_GAPS: readonly Gap[] = [];

/** Who knows which cursors were given out before this start, and makes room for more. */
export interface CursorKeeper {
  /** Where the telemetry of a worker begins that nothing was kept of, and which cursors below are in doubt. */
  readonly startOf: (worker: string) => { readonly start: number; readonly gaps: readonly Gap[] };
  /** Whether cursors up to `end` may be given out; `busy` while they are not reserved. */
  readonly reserve: (worker: string, end: number) => Result<void>;
}

interface Telemetry {
  readonly ring: Ring;
  /** `seq` of the last frame; -1 before the first. */
  seq: number;
}

export class Streams {
  /** `/log/queen.log`. */
  readonly log: Ring;
  /** Whether the log was kept over a clean stop, and so holds the lines of the journal already. */
  readonly isLogKept: boolean;
  /** Told of each line that the hive appends to its log (without LF). */
  onAudit: ((line: string) => void) | undefined;
  /** Told of what was appended to the telemetry of a worker; the bytes are lent. */
  onTelemetry: ((worker: string, bytes: Uint8Array) => void) | undefined;
  /** Told of how many records (lines, or frames) a worker wrote, here or to its bus; they are counted only while this is set. */
  onRecords: ((worker: string, count: number) => void) | undefined;
  readonly #directory: string;
  readonly #manifest: Manifest;
  readonly #options: RingOptions;
  readonly #notes: StreamNotes;
  readonly #telemetry = new Map<string, Telemetry>();
  /** Telemetry that was kept and not asked for yet. */
  readonly #stored: Map<string, StoredStream>;
  /** Telemetry records dropped by workers that ended, and records that found no room. */
  #droppedBefore = 0;
  #keeper: CursorKeeper | undefined;

  private constructor(manifest: Manifest, directory: string, stored: Map<string, StoredStream>) {
    const { telemetry } = manifest;
    const log = stored.get(LOG_NAME);
    this.log = ringFrom(log, { capacity: manifest.log.queen_log_bytes });
    this.isLogKept = log !== undefined;
    this.#directory = directory;
    this.#manifest = manifest;
    this.#options = {
      capacity: telemetry.ring_bytes_per_worker,
      records: telemetry.frame_schema === 'cbor-v1' ? 'frames' : 'lines',
      budget: new RingBudget(telemetry.ring_budget_bytes),
      countsLines: true,
    };
    this.#notes = new StreamNotes((line) => this.audit(line), telemetry.cursor.retain_on_boot);
    stored.delete(LOG_NAME);
    if (!telemetry.cursor.retain_on_boot) stored.clear();
    this.#stored = stored;
  }

  /** Goes on from what a clean stop left in `directory`, where it stays until `started`. */
  static async open(manifest: Manifest, directory: string): Promise<Streams> {
    return new Streams(manifest, directory, await readStreams(directory));
  }

  /** Begins with nothing kept; for a hive that has no directory of its own. */
  static empty(manifest: Manifest): Streams {
    return new Streams(manifest, '', new Map());
  }

  /** From now on cursors are given out as the keeper allows. What was kept and is older than what it knows is left out. */
  keepCursors(keeper: CursorKeeper): void {
    this.#keeper = keeper;
  }

  /** The hive has started: what was kept is out of date from now on. */
  started(): Promise<void> {
    return removeStreams(this.#directory);
  }

  /** Appends a line (without LF) to the log. A log line over the ring's size is left out. */
  audit(line: string): void {
    this.log.append(UTF8.encode(`${line}\n`));
    this.onAudit?.(line);
  }

  /** Telemetry records since the start that newer ones drove out, or that found no room. */
  get droppedLines(): number {
    let count = this.#droppedBefore;
    for (const { ring } of this.#telemetry.values()) count += ring.droppedLines;
    return count;
  }

  /** Where the telemetry of each worker ends that has some. */
  *ends(): IterableIterator<readonly [worker: string, end: number]> {
    for (const [worker, { ring }] of this.#telemetry) yield [worker, ring.end];
    for (const [worker, { start, bytes }] of this.#stored) yield [worker, start + bytes.length];
  }

  /** The telemetry of a worker that lives, made on first use. */
  telemetryOf(worker: string): Ring {
    return this.#streamOf(worker).ring;
  }

  /** `seq` of the last frame of a worker; -1 before its first, or when nothing of it was kept over a restart. */
  lastSeq(worker: string): number {
    return this.#streamOf(worker).seq;
  }

  /**
   * The `seq` for the next frame that the hive makes itself. After a crash nobody knows the last one; a cursor is above it, because
   * a frame has more bytes than one.
   */
  nextSeq(worker: string): number {
    const { ring, seq } = this.#streamOf(worker);
    return seq < 0 ? ring.end : seq + 1;
  }

  /** Appends whole lines to a worker's telemetry: `too-big`, `buffer-full`, or `busy` while no cursors are reserved. */
  append(worker: string, bytes: Uint8Array): Result<void> {
    return this.#append(worker, this.#streamOf(worker), { bytes });
  }

  /** Appends frames that were checked, likewise. */
  appendFrames(worker: string, frames: Frames): Result<void> {
    const stream = this.#streamOf(worker);
    const appended = this.#append(worker, stream, frames);
    if (appended.ok) stream.seq = frames.seq;
    return appended;
  }

  #append(
    worker: string,
    { ring }: Telemetry,
    { bytes, sizes }: Pick<Frames, 'bytes'> & Partial<Frames>,
  ): Result<void> {
    const reserved = this.#keeper?.reserve(worker, ring.end + bytes.length) ?? DONE;
    const appended = reserved.ok ? ring.append(bytes, sizes) : reserved;
    if (appended.ok) {
      if (ring.droppedBytes > 0) this.#notes.wrapped(worker, ring);
      this.onTelemetry?.(worker, bytes);
      if (this.onRecords !== undefined) this.onRecords(worker, recordCount(bytes, sizes));
      return DONE;
    }
    if (reserved.ok) this.#notes.rejected(worker, bytes.length, ring.capacity);
    this.#droppedBefore += recordCount(bytes, sizes);
    return refuse(appended.refusal.code, appended.refusal.detail);
  }

  #streamOf(worker: string): Telemetry {
    const known = this.#telemetry.get(worker);
    if (known !== undefined) return known;
    const { start, gaps } = this.#keeper?.startOf(worker) ?? { start: 0, gaps: NO_GAPS };
    const stored = this.#stored.get(worker);
    const options = { ...this.#options, gaps, onLost: this.#lostOf(worker) };
    // Kept by a stop that a later life came after, which then crashed: its cursors were given out again.
    const isStale = stored === undefined || stored.start + stored.bytes.length < start;
    const ring = isStale ? new Ring({ ...options, start }) : ringFrom(stored, options);
    const stream = { ring, seq: isStale ? -1 : (stored.seq ?? -1) };
    this.#stored.delete(worker);
    this.#telemetry.set(worker, stream);
    return stream;
  }

  #lostOf(worker: string): (requested: number, next: number) => void {
    return (requested, next) => {
      // Who reads from 0 asks for whatever there is: nobody came too late.
      if (requested > 0) this.#notes.lost(worker, requested, next);
    };
  }

  /** Forgets the telemetry of a worker that ended and gives its memory back. Value: the ring, to end its follows. */
  end(worker: string): Ring | undefined {
    const ring = this.#telemetry.get(worker)?.ring;
    this.#droppedBefore += ring?.droppedLines ?? 0;
    ring?.clear();
    this.#notes.forget(worker);
    this.#telemetry.delete(worker);
    this.#stored.delete(worker);
    return ring;
  }

  /** Keeps the log and the telemetry of workers that live for the next start; called once nothing appends any more. */
  store(isLive: (worker: string) => boolean): Promise<void> {
    const log = { name: LOG_NAME, start: this.log.base, bytes: this.log.snapshot() };
    if (!this.#manifest.telemetry.cursor.retain_on_boot) return storeStreams(this.#directory, [log]);
    const touched = [...this.#telemetry].map(([name, { ring, seq }]) => {
      const { base: start, records } = ring;
      return { name, start, bytes: ring.snapshot(), ...(records === 'frames' ? { seq } : {}) };
    });
    const untouched = [...this.#stored.values()].filter(({ name }) => isLive(name));
    return storeStreams(this.#directory, [log, ...touched, ...untouched]);
  }
}

/** How many records there are: as many as have a size, or as there are lines. */
function recordCount(bytes: Uint8Array, sizes: readonly number[] | undefined): number {
  if (sizes !== undefined) return sizes.length;
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count += 1;
  return count;
}
