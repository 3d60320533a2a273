// The ledger: the one way a line becomes state. It decides lines against `head` (everything decided), journals them,
// and when they are durable applies them to `shown` (what every reader sees), runs their effects and calls back.
//
// Invariants: `shown` + `pending` = `head`. A record holds all lines of one append, so that they are durable together
// or not at all. `at` never decreases. After a failed write or sync the ledger is sealed: reads go on, every change is
// refused with `audit-unavailable`, until a restart reads the journal again.
//
// Now and then a record carries the hash of the state before it (a mark), so that a replay and a snapshot can be checked.

import {
  type Admission,
  type Authority,
  admissionOf,
  type Command,
  clone,
  type Effect,
  JOURNAL_PATH,
  type Outcome,
  type Principal,
  type State,
  SYSTEM_ROLE,
  stateText,
} from '@cohesix/authority';
import { assert } from '@cohesix/check';
import type { AcceptedLine, LinesKnown, Submitted } from '@cohesix/ninedoor';
import { ok, type Refusal, type Result, refusal, refuse } from '@cohesix/wire';
import { encodeRecord, type LedgerRecord } from './record.ts';
import type { ReplayResult } from './replay.ts';
import { sha256Hex } from './sha256-hex.ts';

/** The part of the journal the ledger writes to. */
export interface RecordSink {
  /** Queues a record; `onDurable` is called once, in order, with success or `audit-unavailable`. */
  append(body: Uint8Array, onDurable: (result: Result<void>) => void): Result<unknown>;
}

/** What the ledger tells the rest of the hive, after a record is durable. */
export interface LedgerPorts {
  readonly now: () => number;
  /** Monotonic time since the process started, ms. */
  readonly monotonicMs: () => number;
  /** Records between two marks; the first record of a process is one too. */
  readonly markRecords: number;
  /** Called before the record that vouches for a state is appended. */
  readonly onMark: (mark: StateMark) => void;
  /** Why the journal may not grow by changes any more, as a sentence; undefined while it may. */
  readonly full: () => string | undefined;
  readonly onEffect: (effect: Effect) => void;
  readonly onLog: (line: string) => void;
  /** Called with each durable record and its bytes, in order, before anybody is told. */
  readonly onRecord: (record: LedgerRecord, body: Uint8Array) => void;
  /** Called with a line that was refused, and why. */
  readonly onRefused: (refused: { who: Principal; at: number; path: string; code: string }) => void;
  /** Called after each durable record: `shown` has changed. */
  readonly onShown: () => void;
}

/** A state that the next record vouches for. */
export interface StateMark {
  /** Number of the last line it is made of. */
  readonly seq: number;
  /** Time of that line, ms. */
  readonly at: number;
  /** Canonical text of the state. */
  readonly text: string;
}

interface Entry {
  readonly record: LedgerRecord;
  readonly body: Uint8Array;
  readonly commands: readonly Command[];
  readonly done: Submitted;
}

export class Ledger {
  readonly authority: Authority;
  /** What readers see: durable changes only. */
  shown: State;
  #head: State;
  readonly #ports: LedgerPorts;
  readonly #sink: RecordSink;
  readonly #pending: Entry[] = [];
  #nextSeq: number;
  #lastAt: number;
  #sealedBy: string | undefined;
  #shownSeq: number;
  #hashed: { readonly seq: number; readonly hash: string } | undefined;
  /** Records since the last mark. */
  #unmarked = Number.POSITIVE_INFINITY;

  constructor(authority: Authority, start: ReplayResult, sink: RecordSink, ports: LedgerPorts) {
    this.authority = authority;
    this.shown = start.state;
    this.#head = clone(start.state);
    this.#nextSeq = start.nextSeq;
    this.#shownSeq = start.nextSeq - 1;
    this.#lastAt = start.lastAt;
    this.#sink = sink;
    this.#ports = ports;
  }

  /** Sequence number of the last durable command. */
  get shownSeq(): number {
    return this.#shownSeq;
  }

  /** SHA-256, hex, of the canonical text of `shown`; made once per record, because it walks all of it. */
  shownHash(): string {
    if (this.#hashed?.seq !== this.#shownSeq) {
      this.#hashed = { seq: this.#shownSeq, hash: sha256Hex(stateText(this.shown)) };
    }
    return this.#hashed.hash;
  }

  /** Time of a line decided now, ms: the wall clock, but never before the line before. */
  get at(): number {
    return Math.max(this.#ports.now(), this.#lastAt);
  }

  /**
   * After the journal was reopened: what was decided and never became durable is forgotten. Every change is still refused
   * but the hive's word about its journal, until `unseal`.
   */
  resync(): void {
    assert(this.#pending.length === 0, 'a sealed journal has answered every record');
    this.#head = clone(this.shown);
    this.#nextSeq = this.#shownSeq + 1;
    this.#unmarked = Number.POSITIVE_INFINITY;
  }

  /** Takes changes again. */
  unseal(): void {
    this.#sealedBy = undefined;
  }

  /** Why changes are refused, or undefined while the journal works. */
  get sealedBy(): string | undefined {
    return this.#sealedBy;
  }

  /**
   * Decides whole lines, all or none. A refusal calls `done` at once and leaves nothing behind; an acceptance calls it
   * when the record is durable, or with `audit-unavailable` when it cannot be made so.
   */
  submit(who: Principal, path: string, lines: readonly string[], done: Submitted): void {
    assert(lines.length > 0, 'an append has a line');
    const refused = this.#closedTo(who, path);
    if (refused !== undefined) return done(refused);
    const { at } = this;
    const mono_us = Math.round(this.#ports.monotonicMs() * 1000);
    const state = this.#mark();
    const decided = this.#decideAll(who, path, lines, at);
    if (!decided.ok) return done(decided, decided.known);
    const { commands, outcomes, decisions } = decided.value;
    const record: LedgerRecord = { seq: this.#nextSeq, at, mono_us, who, path, lines, outcomes, decisions, ...state };
    const entry: Entry = { record, body: encodeRecord(record), commands, done };
    const queued = this.#sink.append(entry.body, (result) => this.#settled(entry, result));
    if (!queued.ok) {
      this.#rebuildHead();
      return done(queued);
    }
    this.#unmarked = state === undefined ? this.#unmarked + 1 : 0;
    this.#pending.push(entry);
    this.#nextSeq += lines.length;
    this.#lastAt = at;
  }

  /** Whether no line is taken now: a sealed hive has only a word about its journal left. */
  #closedTo(who: Principal, path: string): Result<never> | undefined {
    const isSystem = who.role === SYSTEM_ROLE;
    if (this.#sealedBy !== undefined)
      return isSystem && path === JOURNAL_PATH ? undefined : refuse('audit-unavailable', this.#sealedBy);
    const full = isSystem ? undefined : this.#ports.full();
    return full === undefined ? undefined : refuse('audit-unavailable', full);
  }

  /** When a mark is due: the hash of everything decided so far. Before the first line the state is the manifest's alone. */
  #mark(): { readonly state: string } | undefined {
    if (this.#unmarked < this.#ports.markRecords || this.#nextSeq === 1) return undefined;
    const text = stateText(this.#head);
    this.#ports.onMark({ seq: this.#nextSeq - 1, at: this.#lastAt, text });
    return { state: sha256Hex(text) };
  }

  #decideAll(who: Principal, path: string, lines: readonly string[], at: number): Decided {
    const commands: Command[] = [];
    const outcomes: Outcome[] = [];
    const decisions: Admission[] = [];
    for (const line of lines) {
      const command: Command = { seq: this.#nextSeq + commands.length, at, who, path, line };
      const outcome = this.authority.decide(this.#head, command);
      if (!outcome.ok) {
        if (commands.length > 0) this.#rebuildHead();
        for (const text of outcome.log) this.#ports.onLog(text);
        this.#ports.onRefused({ who, at, path, code: outcome.code });
        return refusedLine(outcome, commands.length, lines.length);
      }
      decisions.push(admissionOf(this.#head, command, outcome));
      this.authority.evolve(this.#head, command, outcome);
      commands.push(command);
      outcomes.push(outcome);
    }
    return { ok: true, value: { commands, outcomes, decisions } };
  }

  /** Decided lines that will not be journaled are undone by making `head` anew from what is durable and pending. */
  #rebuildHead(): void {
    this.#head = clone(this.shown);
    for (const { commands, record } of this.#pending)
      applyRecord(this.authority, this.#head, commands, record.outcomes);
  }

  #settled(entry: Entry, result: Result<void>): void {
    const first = this.#pending.shift();
    assert(first === entry, 'records become durable in order');
    if (!result.ok) return this.#seal(entry, result);
    const { commands, record } = entry;
    applyRecord(this.authority, this.shown, commands, record.outcomes);
    this.#shownSeq = record.seq + commands.length - 1;
    this.#ports.onRecord(record, entry.body);
    this.#ports.onShown();
    entry.done(ok(undefined), { accepted: acceptedLines(entry) });
    for (const outcome of record.outcomes) {
      if (!outcome.ok) continue;
      for (const line of outcome.log) this.#ports.onLog(line);
      for (const effect of outcome.effects) this.#ports.onEffect(effect);
    }
  }

  #seal(entry: Entry, result: Result<void> & { ok: false }): void {
    this.#sealedBy ??= result.refusal.detail;
    entry.done(result);
  }
}

/** The lines of one append, decided; or the refusal of one of them. */
type Decided =
  | {
      readonly ok: true;
      readonly value: { commands: Command[]; outcomes: Outcome[]; decisions: Admission[] };
    }
  | { readonly ok: false; readonly refusal: Refusal; readonly known: LinesKnown };

/** Of several lines the refusal says which one it is about. */
function refusedLine({ code, detail }: Outcome & { ok: false }, index: number, count: number): Decided {
  const where = count === 1 ? '' : `Line ${index + 1} of ${count}: `;
  return { ok: false, refusal: refusal(code, `${where}${detail}`), known: { refusedLine: index } };
}

function acceptedLines({ commands, record }: Entry): AcceptedLine[] {
  return commands.map(({ seq }, index) => {
    const outcome = record.outcomes[index];
    return { entry: seq, reply: outcome?.ok === true ? outcome.reply : {} };
  });
}

function applyRecord(
  authority: Authority,
  state: State,
  commands: readonly Command[],
  outcomes: readonly Outcome[],
): void {
  for (const [index, command] of commands.entries()) {
    const outcome = outcomes[index];
    assert(outcome !== undefined, 'one outcome a command');
    authority.evolve(state, command, outcome);
  }
}
