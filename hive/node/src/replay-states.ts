// The states of the past that are at hand for `/replay/at`: the hive as it was after a line, made out of the journal by an
// authority of its own beside the hive that runs, a few records a turn. One is made at a time. It goes on from the nearest state
// before it that is kept, so that going forward line by line costs the lines between and one copy of a state.
//
// Kept are the few that were asked for last, and with each that was far from any other one some lines before it (a foothold), so
// that going backward does not begin at the first line each time.

import { type Authority, clone, createAuthority, type State } from '@cohesix/authority';
import type { Journal, RecordEnd } from '@cohesix/journal';
import type { Manifest } from '@cohesix/manifest';
import { type Entry, mayRead } from '@cohesix/ninedoor';
import { ok, type Result, refuse } from '@cohesix/wire';
import { namespaceOf } from './history.ts';
import { Replay, type ReplayResult } from './replay.ts';
import { snapshotBefore } from './replay-snapshots.ts';
import type { SnapshotPlace } from './start.ts';

/** States kept: as many times the memory of the hive's own. */
const KEPT_MAX = 6;
/** Lines that wait for their state; one more is refused. */
const WAITING_MAX = 16;
/** Lines between a state that was asked for and its foothold: some milliseconds of work. */
const FOOTHOLD_LINES = 512;
/** Records between two turns of the event loop: about a millisecond of work. */
const RECORDS_A_TURN = 32;

/** What states are made of. */
export interface PastStatesOptions extends Omit<SnapshotPlace, 'authority' | 'journal'> {
  readonly manifest: Manifest;
  readonly journal: Pick<Journal, 'read'>;
  /** Where that is. */
  readonly directory: string;
  /** Number of the last line that is durable. */
  readonly lastLine: () => number;
}

/** The hive as it was. The state is nobody's to change. */
interface Past {
  /** Lines after which it was so: those of one append are decided together. */
  readonly first: number;
  readonly last: number;
  /** Time of that append, ms since the epoch. */
  readonly at: number;
  /** Where its record ends in the journal. */
  readonly end: RecordEnd;
  readonly state: State;
  readonly root: Entry;
}

interface Waiting {
  readonly made: Promise<Result<void>>;
  readonly settle: (result: Result<void>) => void;
}

/** The states at hand, and those that are being made. */
export class PastStates {
  readonly #options: PastStatesOptions;
  readonly #authority: Authority;
  readonly #place: SnapshotPlace;
  /** By last line, the one that was asked for longest ago first. */
  readonly #kept = new Map<number, Past>();
  /** By the line that was asked for, in order. */
  readonly #waiting = new Map<number, Waiting>();
  #isWorking = false;
  #isStopped = false;

  constructor(options: PastStatesOptions) {
    this.#options = options;
    this.#authority = createAuthority(options.manifest);
    this.#place = { ...options, authority: this.#authority, journal: options.directory };
  }

  /** Lines whose state is at hand, of each append its last. */
  lines(): readonly number[] {
    return [...this.#kept.keys()];
  }

  /** The namespace as it was after a line; undefined when that is not at hand. */
  rootAt(line: number): Entry | undefined {
    return this.#find(line)?.root;
  }

  /**
   * What to wait for until the state after a line is at hand; undefined when it is. Refuses with `invalid-path` (there is no such
   * line), `busy` (too many are waited for), `stale` (this program decides a line otherwise) or as the journal does.
   */
  ready(line: number): Promise<Result<void>> | undefined {
    const last = this.#options.lastLine();
    if (line < 1 || line > last)
      return Promise.resolve(refuse('invalid-path', `Lines are numbered from 1 to ${last}.`));
    const found = this.#find(line);
    if (found !== undefined) return this.#keep(found);
    const known = this.#waiting.get(line);
    if (known !== undefined) return known.made;
    if (this.#isStopped) return Promise.resolve(refuse('closed', 'The hive stops.'));
    if (this.#waiting.size >= WAITING_MAX)
      return Promise.resolve(refuse('busy', `${WAITING_MAX} other lines of the past are waited for.`));
    const { promise: made, resolve: settle } = Promise.withResolvers<Result<void>>();
    this.#waiting.set(line, { made, settle });
    if (!this.#isWorking) void this.#work();
    return made;
  }

  /** Makes no more. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Whoever waits is told before the next one is begun: what was made is at hand in that turn. */
  async #work(): Promise<void> {
    this.#isWorking = true;
    for (const [line, { settle }] of this.#waiting) {
      await this.#turn();
      const made = this.#find(line) === undefined ? await this.#make(line) : ok(undefined);
      this.#waiting.delete(line);
      settle(made);
    }
    this.#isWorking = false;
  }

  async #make(line: number): Promise<Result<void>> {
    const begin = await this.#begin(line);
    const replay = new Replay(this.#authority, () => undefined, {}, begin?.start);
    const farLine = (begin?.start.nextSeq ?? 1) + FOOTHOLD_LINES;
    let foothold = line - FOOTHOLD_LINES;
    for await (const entry of this.#options.journal.read((begin?.end.seq ?? 0) + 1, begin?.end)) {
      if (this.#isStopped) return refuse('closed', 'The hive stops.');
      if (!entry.ok) return entry;
      const first = replay.result.nextSeq;
      const taken = replay.record(entry.value.body);
      if (!taken.ok) return refusedAt(replay.divergence?.seq) ?? taken;
      const { state, nextSeq } = replay.result;
      const reached = { first, end: entry.value.end };
      if (nextSeq > line) return ok(this.#keep(this.#past(replay, reached, state)));
      if (nextSeq > foothold) {
        foothold = Number.POSITIVE_INFINITY;
        if (first > farLine) this.#keep(this.#past(replay, reached, clone(state)));
      }
      if (entry.value.seq % RECORDS_A_TURN === 0) await this.#turn();
    }
    return refuse('audit-unavailable', `The journal ends before line ${line}.`);
  }

  /** Where the way to a line begins: at a state that is kept, at a snapshot, or (undefined) at the first record. */
  async #begin(line: number): Promise<{ readonly start: ReplayResult; readonly end: RecordEnd } | undefined> {
    const near = this.#nearest(line);
    const snapshot = await snapshotBefore(this.#place, { line, record: near?.end.seq ?? 0 });
    if (snapshot !== undefined) {
      const { state, seq, at, position } = snapshot;
      return { start: { state, nextSeq: seq + 1, lastAt: at }, end: position };
    }
    if (near === undefined) return undefined;
    return { start: { state: clone(near.state), nextSeq: near.last + 1, lastAt: near.at }, end: near.end };
  }

  #past({ result }: Replay, { first, end }: Pick<Past, 'first' | 'end'>, state: State): Past {
    const root = namespaceOf({ authority: this.#authority, state }, mayRead);
    return { first, last: result.nextSeq - 1, at: result.lastAt, end, state, root };
  }

  /** Keeps it, as the one asked for last, and forgets the one asked for longest ago when there are too many. */
  #keep(past: Past): undefined {
    this.#kept.delete(past.last);
    this.#kept.set(past.last, past);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }

  #find(line: number): Past | undefined {
    for (const past of this.#kept.values()) if (past.first <= line && line <= past.last) return past;
    return undefined;
  }

  /** The last state before a line. */
  #nearest(line: number): Past | undefined {
    let nearest: Past | undefined;
    for (const past of this.#kept.values()) if (past.last < line && past.last > (nearest?.last ?? 0)) nearest = past;
    return nearest === undefined ? undefined : (this.#keep(nearest) ?? nearest);
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#options.host.nextTurn(resolve));
  }
}

/** Says where the way ends, not what is there: whoever asks need not be allowed to see that. */
function refusedAt(line: number | undefined): Result<never> | undefined {
  if (line === undefined) return undefined;
  return refuse('stale', `This program decides line ${line} otherwise than it was decided; coh replay shows how.`);
}
