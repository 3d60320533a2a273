// The end of the journal, followed: what `/audit/journal` retains, its lines parsed once, and older records out of the bundles of the
// log as somebody asks for them. Bounded: the newest are kept.

import { TILE_WIDTH } from '@cohesix/tlog';
import { ok, type Refusal, type Result } from '@cohesix/wire';
import { FollowedLines } from '../files/lines.ts';
import { hive } from '../session/hive.ts';
import { Store } from '../store/store.ts';
import { findIn, recordsOf } from './find.ts';
import { readHead } from './log-files.ts';
import { type Entry, entriesOf, type JournalRecord, parseRecord } from './record.ts';

const JOURNAL = '/audit/journal';
/** Entries that are kept in a tab: of some 600 bytes, some tens of MiB. */
const ENTRIES_MAX = 50_000;

/** What is known of the journal. */
export interface Journal {
  /** Oldest first, without gaps between those that are here. */
  readonly entries: readonly Entry[];
  readonly refusal: Refusal | undefined;
  readonly isReading: boolean;
  /** Nothing older is read: all of it is here, or as much as a tab keeps. */
  readonly isWhole: boolean;
}

const EMPTY: Journal = { entries: [], refusal: undefined, isReading: true, isWhole: false };

/** The journal of the hive that is shown, while somebody looks. */
export class JournalTail {
  readonly journal: Store<Journal> = new Store<Journal>(EMPTY);
  readonly #lines: FollowedLines;
  #lastSeq = 0;
  #fresh: Entry[] = [];
  /** Of the log, the bundle that is read next, going back; undefined: not looked for yet. */
  #nextBundle: number | undefined;
  #isLoading = false;

  constructor() {
    this.#lines = new FollowedLines(JOURNAL, 1, (line) => this.#take(line));
  }

  /** Begins to follow; the function that is answered ends that. */
  start(): () => void {
    const unwatch = this.#lines.content.watch(() => this.#tell());
    this.#lines.start();
    return () => {
      unwatch();
      this.#lines.end();
    };
  }

  #take(line: string): void {
    const record = parseRecord(line);
    if (record === undefined || record.seq <= this.#lastSeq) return;
    this.#lastSeq = record.seq;
    this.#fresh.push(...entriesOf(record));
  }

  #tell(): void {
    const content = this.#lines.content.get();
    if (content.kind === 'waiting') return;
    const now = this.journal.get();
    const refusal = content.kind === 'refused' ? content.refusal : undefined;
    const entries = [...now.entries, ...this.#fresh.splice(0)].slice(-ENTRIES_MAX);
    const isWhole = now.isWhole || entries[0]?.seq === 1;
    this.journal.set({ entries, refusal: entries.length > 0 ? undefined : refusal, isReading: false, isWhole });
    // A pack of records has the log and no stream.
    if (content.kind === 'refused' && entries.length === 0) void this.older();
  }

  /** Reads the records before the first one that is here, a bundle of them. Refuses as reading the log does. */
  async older(): Promise<Result<void>> {
    const before = this.journal.get();
    if (this.#isLoading || before.isWhole) return ok(undefined);
    this.#isLoading = true;
    const read = await this.#readOlder(before.entries[0]?.seq);
    this.#isLoading = false;
    const now = this.journal.get();
    if (!read.ok) {
      this.journal.set({ ...now, refusal: read.refusal });
      return read;
    }
    const older = read.value.flatMap((record) => entriesOf(record));
    const entries = [...older, ...now.entries];
    const isFull = entries.length >= ENTRIES_MAX;
    const isWhole = isFull || entries[0]?.seq === 1 || this.#nextBundle === -1;
    this.journal.set({ ...now, entries, refusal: undefined, isWhole });
    return ok(undefined);
  }

  async #readOlder(first: number | undefined): Promise<Result<readonly JournalRecord[]>> {
    const client = hive.get()?.client;
    if (client === undefined) return ok([]);
    const head = await readHead(client);
    if (!head.ok) return head;
    const { size } = head.value.checkpoint;
    if (this.#nextBundle === undefined) {
      const found = first === undefined ? undefined : await findIn(client, first - 1, size);
      if (found?.ok === false) return found;
      this.#nextBundle = Math.floor((found?.value.index ?? size - 1) / TILE_WIDTH);
    }
    if (this.#nextBundle < 0) return ok([]);
    const records = await recordsOf(client, this.#nextBundle, size);
    if (!records.ok) return records;
    this.#nextBundle -= 1;
    return ok(records.value.map(({ record }) => record).filter(({ seq }) => first === undefined || seq < first));
  }
}
