// One segment that takes records: what is in it, what is on its way, and a queue that writes all that waits with one sync. The
// answer to an append comes when it is durable.

import { addRecords, EMPTY_SEGMENT, type SegmentContent, type SegmentLimits } from '@cohesix/telemetry';
import { ok, type Result, refuse } from '@cohesix/wire';
import { WriteTurns } from '../write-turns.ts';
import { SegmentFile, type SegmentPlace } from './file.ts';

/** No bound: for what was accepted before, perhaps under other bounds. */
const UNBOUNDED: SegmentLimits = {
  max_bytes_per_segment: Number.POSITIVE_INFINITY,
  max_record_bytes: Number.POSITIVE_INFINITY,
  max_reference_entries_per_segment: Number.POSITIVE_INFINITY,
  max_reference_manifest_bytes_per_segment: Number.POSITIVE_INFINITY,
  max_reference_bytes_per_segment: Number.POSITIVE_INFINITY,
};

/** Records on their way. */
interface Waiting {
  readonly bytes: Uint8Array;
  /** The segment with them. */
  readonly content: SegmentContent;
  readonly done: (result: Result<void>) => void;
}

/** The records of one segment. */
export class SegmentLog {
  readonly #place: SegmentPlace;
  readonly #turns: WriteTurns;
  #file: SegmentFile | undefined;
  #durable: SegmentContent = EMPTY_SEGMENT;
  #planned: SegmentContent = EMPTY_SEGMENT;
  /** Why nothing can be read or written. */
  #fault: Result<never> | undefined;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #users = 0;

  /** A segment without a file, which is empty. `turns` are shared with others; default: its own. */
  constructor(place: SegmentPlace, turns: WriteTurns = new WriteTurns(1)) {
    this.#place = place;
    this.#turns = turns;
  }

  /** What a crash left of a segment. What cannot be trusted is kept as it is, and told to whoever opens it. */
  static async recover(place: SegmentPlace, turns?: WriteTurns): Promise<SegmentLog> {
    const log = new SegmentLog(place, turns);
    const recovered = await SegmentFile.recover(place);
    if (!recovered.ok) log.#fault = recovered;
    else if (recovered.value.kind === 'damaged') log.#fault = refuse('internal', `The file ${place.name} is damaged.`);
    else if (recovered.value.kind === 'whole') log.#begin(recovered.value.file, recovered.value.records);
    return log;
  }

  #begin(file: SegmentFile, records: Uint8Array): void {
    const content = addRecords(EMPTY_SEGMENT, records, UNBOUNDED);
    if (!content.ok) {
      this.#fault = refuse(
        'internal',
        `The file ${this.#place.name} has what no append leaves: ${content.refusal.detail}`,
      );
      return;
    }
    this.#file = file;
    this.#durable = content.value;
    this.#planned = content.value;
  }

  /** What is durable. */
  get content(): SegmentContent {
    return this.#durable;
  }

  /** What is durable or on its way. */
  get planned(): SegmentContent {
    return this.#planned;
  }

  /** Counts changes of what is durable. */
  get generation(): number {
    return this.#file?.generation ?? 0;
  }

  /** Whether it is damaged or was removed. */
  get isLost(): boolean {
    return this.#fault !== undefined;
  }

  /** Whether these whole lines may follow: the segment with them. */
  check(bytes: Uint8Array, limits: SegmentLimits): Result<SegmentContent> {
    return this.#fault ?? addRecords(this.#planned, bytes, limits);
  }

  /** Appends lines for which `check` gave `content`, with nothing between; settled when they are durable. */
  append(bytes: Uint8Array, content: SegmentContent): Promise<Result<void>> {
    if (this.#fault !== undefined) return Promise.resolve(this.#fault);
    this.#planned = content;
    return new Promise((done) => {
      this.#waiting.push({ bytes, content, done });
      this.#writing ??= this.#writeAll();
    });
  }

  /** At most `count` durable bytes from `offset` on. */
  async read(offset: number, count: number): Promise<Result<Uint8Array>> {
    if (this.#fault !== undefined) return this.#fault;
    return this.#file === undefined ? ok(new Uint8Array(0)) : this.#file.read(offset, count);
  }

  /** Keeps the file open until as many calls of `release`. */
  hold(): void {
    this.#users += 1;
    this.#file?.hold();
  }

  /** The opposite of `hold`. */
  async release(): Promise<void> {
    this.#users -= 1;
    await this.#file?.release();
  }

  /** From now on there is nothing; the file goes when what is on its way has ended. */
  async remove(gone: Result<never>): Promise<Result<void>> {
    this.#fault = gone;
    await this.#writing;
    return SegmentFile.remove(this.#place);
  }

  /** Resolves when nothing is on its way. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#turns.begin();
      const batch = this.#waiting;
      this.#waiting = [];
      const written = this.#fault ?? (await this.#write(batch));
      this.#turns.end();
      if (written.ok) this.#durable = batch.at(-1)?.content ?? this.#durable;
      // What came after a batch that failed was decided as if that were there.
      else batch.push(...this.#waiting.splice(0));
      if (!written.ok) this.#planned = this.#durable;
      for (const { done } of batch) done(written);
    }
    this.#writing = undefined;
  }

  async #write(batch: readonly Waiting[]): Promise<Result<void>> {
    if (this.#file === undefined) {
      const made = await SegmentFile.create(this.#place);
      if (!made.ok) return made;
      this.#file = made.value;
      for (let user = 0; user < this.#users; user++) this.#file.hold();
    }
    return this.#file.append(batch.map(({ bytes }) => bytes));
  }
}
