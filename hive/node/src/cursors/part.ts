// Cursors of telemetry never go back and are never given out twice, also when the hive crashes (`telemetry.cursor`).
//
// Rings are in memory, and writing down each append would cost a sync. So room is reserved ahead: before a ring gives out a
// cursor, a limit above it is on disk. When half of that is used, a new one is written, for all rings that used some, and an
// append that would pass the limit meanwhile is refused (`busy`), which takes a disk that stands still. An idle hive writes
// nothing. After a crash a ring goes on at its limit: what lies between it and the last known end is in doubt, and readers are
// told so (`unknown` of the loss marker). A stop in order writes the ends themselves.

import { join } from 'node:path';
import { liveWorker } from '@cohesix/authority';
import { type Gap, withGap } from '@cohesix/telemetry';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { DataHive, DataOptions, DataPart, OpenedStore } from '../data.ts';
import type { CursorKeeper } from '../streams.ts';
import { type CursorFile, NO_CURSORS, type Reserved, readCursors, removeCursors, writeCursors } from './file.ts';

/** Cursors of each ring that are reserved ahead: bytes that one worker may send while the disk takes one sync, and as many again. */
const RESERVE_BYTES = 16 * 2 ** 20;
/**
 * A start that finds the file damaged begins at this many cursors for each ms since the epoch, some 2^51: above all that rings gave
 * out before, as long as none took a MiB a second ever since.
 */
const DAMAGED_PER_MS = 1024;
/** Time between two tries after one that failed. */
const RETRY_MS = 1000;
const NO_GAPS: readonly Gap[] = [];

/** Opens what is reserved. A disk that does not take more keeps no hive from starting, only telemetry. */
export async function openCursors(options: DataOptions): Promise<Result<OpenedStore>> {
  const { manifest, host, directory } = options;
  const folder = join(directory, 'cursors');
  if (!manifest.telemetry.cursor.retain_on_boot) {
    const removed = await removeCursors(host.disk, folder);
    return removed.ok ? ok(() => ({ nodes: [] })) : removed;
  }
  const read = await readCursors(host.disk, folder);
  if (!read.ok) return read;
  const isDamaged = read.value === 'damaged';
  const found = read.value === 'damaged' ? damagedFile(host.now()) : (read.value ?? NO_CURSORS);
  const opened = openedFile(found);
  const written = await writeCursors(host.disk, folder, opened);
  return ok((hive) => new Cursors(hive, { folder, found, opened, isDamaged, written }).part());
}

function damagedFile(nowMs: number): CursorFile {
  return { isClean: false, unlisted: nowMs * DAMAGED_PER_MS, rings: new Map() };
}

/** The same without the room: what holds while it is not on disk. */
function withoutRoom({ unlisted, rings }: CursorFile): CursorFile {
  const bare = [...rings].map(([name, { end, gaps }]) => [name, { end, limit: end, gaps }] as const);
  return { isClean: false, unlisted: unlisted - RESERVE_BYTES, rings: new Map(bare) };
}

/** What holds from now on: room above all that may have been given out. */
function openedFile({ isClean, unlisted, rings }: CursorFile): CursorFile {
  const next = new Map<string, Reserved>();
  for (const [name, { end, limit, gaps }] of rings) {
    const start = isClean ? end : limit;
    const kept = isClean ? gaps : withGap(gaps, { from: end, to: limit });
    next.set(name, { end: start, limit: start + RESERVE_BYTES, gaps: kept });
  }
  return { isClean: false, unlisted: (isClean ? 0 : unlisted) + RESERVE_BYTES, rings: next };
}

interface Opened {
  readonly folder: string;
  /** The file as it was found, and as it is now. */
  readonly found: CursorFile;
  readonly opened: CursorFile;
  readonly isDamaged: boolean;
  /** Whether the disk has taken it. */
  readonly written: Result<void>;
}

class Cursors implements CursorKeeper {
  readonly #hive: DataHive;
  readonly #opened: Opened;
  /** What is on disk. */
  #durable: CursorFile;
  #writing: Promise<void> | undefined;
  #isWaiting = false;
  #isFailing = false;
  #isEnded = false;
  #cancelRetry: () => void = () => undefined;

  constructor(hive: DataHive, opened: Opened) {
    this.#hive = hive;
    this.#opened = opened;
    this.#durable = opened.written.ok ? opened.opened : withoutRoom(opened.opened);
  }

  part(): DataPart {
    const { audit, streams } = this.#hive;
    if (this.#opened.isDamaged) audit('audit telemetry cursors damaged: they go on above all that a hive gives out');
    if (!this.#opened.written.ok) this.#told(this.#opened.written);
    streams.keepCursors(this);
    return { nodes: [], end: () => this.#end() };
  }

  startOf(worker: string): { readonly start: number; readonly gaps: readonly Gap[] } {
    const listed = this.#opened.opened.rings.get(worker);
    if (listed !== undefined) return { start: listed.end, gaps: listed.gaps };
    const record = liveWorker(this.#hive.shown(), worker);
    // A worker of this life has given out nothing before it; one that was started again by a boot may have.
    const isOld = record !== undefined && record.startSeq !== record.spawnedSeq;
    const { isClean, unlisted } = this.#opened.found;
    const start = isOld && !isClean ? unlisted : 0;
    return { start, gaps: start === 0 ? NO_GAPS : [{ from: 0, to: start }] };
  }

  reserve(worker: string, end: number): Result<void> {
    const limit = this.#limitOf(worker);
    if (end > limit - RESERVE_BYTES / 2) this.#write();
    return end <= limit ? DONE : WAIT;
  }

  #limitOf(worker: string): number {
    return this.#durable.rings.get(worker)?.limit ?? this.#durable.unlisted;
  }

  /** Writes new limits for all rings that used some of theirs, unless that is being done; never more than one at a time. */
  #write(): void {
    if (this.#writing !== undefined || this.#isWaiting || this.#isEnded) return;
    this.#writing = this.#writeNow(this.#ahead()).then((written) => {
      this.#writing = undefined;
      this.#told(written);
    });
  }

  async #writeNow(file: CursorFile): Promise<Result<void>> {
    const written = await writeCursors(this.#hive.host.disk, this.#opened.folder, file);
    if (written.ok) this.#durable = file;
    return written;
  }

  #told(written: Result<void>): void {
    const { audit, host } = this.#hive;
    if (!written.ok && !this.#isFailing)
      audit(`audit telemetry cursors cannot be reserved reason=${JSON.stringify(written.refusal.detail)}`);
    if (written.ok && this.#isFailing) audit('audit telemetry cursors are reserved again');
    this.#isFailing = !written.ok;
    if (written.ok || this.#isEnded) return;
    this.#isWaiting = true;
    this.#cancelRetry = host.timers.after(RETRY_MS, () => {
      this.#isWaiting = false;
    });
  }

  /** The limits of all rings there are, raised where a quarter is used. */
  #ahead(): CursorFile {
    const rings = this.#untouched();
    for (const [worker, end] of this.#hive.streams.ends()) {
      const known = this.#durable.rings.get(worker);
      const limit = this.#limitOf(worker);
      const isUsed = end > limit - (RESERVE_BYTES * 3) / 4;
      const gaps = known?.gaps ?? this.startOf(worker).gaps;
      if (isUsed) rings.set(worker, { end, limit: end + RESERVE_BYTES, gaps });
      else if (known !== undefined) rings.set(worker, known);
    }
    return { isClean: false, unlisted: this.#opened.opened.unlisted, rings };
  }

  /** Rings of live workers that nobody has asked for in this life: what was reserved for them stays. */
  #untouched(): Map<string, Reserved> {
    const shown = this.#hive.shown();
    return new Map([...this.#opened.opened.rings].filter(([worker]) => liveWorker(shown, worker) !== undefined));
  }

  /** Nothing appends any more: the ends are what they are. */
  async #end(): Promise<void> {
    this.#isEnded = true;
    this.#cancelRetry();
    await this.#writing;
    const rings = new Map<string, Reserved>();
    for (const [worker, { end, gaps }] of this.#untouched()) rings.set(worker, { end, limit: end, gaps });
    for (const [worker, end] of this.#hive.streams.ends())
      rings.set(worker, { end, limit: end, gaps: this.startOf(worker).gaps });
    this.#told(await this.#writeNow({ isClean: true, unlisted: 0, rings }));
  }
}

const DONE: Result<void> = ok(undefined);
const WAIT: Result<void> = refuse('busy', 'The disk has not reserved the next cursors of this stream yet; try again.');
