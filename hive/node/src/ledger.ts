// The ledger: the one way a line becomes state. It decides lines against `head` (everything decided), journals them,
// and when they are durable applies them to `shown` (what every reader sees), runs their effects and calls back.
//
// Invariants: `shown` + `pending` = `head`. A record holds all lines of one append, so that they are durable together
// or not at all. `at` never decreases. After a failed write or sync the ledger is sealed: reads go on, every change is
// refused with `audit-unavailable`, until a restart reads the journal again.
//
// Record body (UTF-8 JSON): {"seq","at","who":Principal,"path","lines":[text],"outcomes":[Outcome]}; command i of a
// record has sequence number seq + i.

import { createHash } from 'node:crypto';
import {
  type Authority,
  type Command,
  clone,
  type Effect,
  type Outcome,
  type Principal,
  type State,
  stateText,
} from '@cohesix/authority';
import { assert } from '@cohesix/check';
import { ok, type Refusal, type Result, refuse } from '@cohesix/wire';

/** The part of the journal the ledger writes to. */
export interface RecordSink {
  /** Queues a record; `onDurable` is called once, in order, with success or `audit-unavailable`. */
  append(body: Uint8Array, onDurable: (result: Result<void>) => void): Result<unknown>;
}

/** What the ledger tells the rest of the hive, after a record is durable. */
export interface LedgerPorts {
  readonly now: () => number;
  readonly onEffect: (effect: Effect) => void;
  readonly onLog: (line: string) => void;
  /** Called with each durable record and its bytes, in order, before anybody is told. */
  readonly onRecord: (record: LedgerRecord, body: Uint8Array) => void;
  /** Called with a line that was refused, and why. */
  readonly onRefused: (refused: { who: Principal; at: number; path: string; code: string }) => void;
  /** Called after each durable record: `shown` has changed. */
  readonly onShown: () => void;
}

/** A journal record as it was written. */
export interface LedgerRecord {
  readonly seq: number;
  readonly at: number;
  readonly who: Principal;
  readonly path: string;
  readonly lines: readonly string[];
  readonly outcomes: readonly Outcome[];
}

interface Entry {
  readonly record: LedgerRecord;
  readonly body: Uint8Array;
  readonly commands: readonly Command[];
  readonly done: (result: Result<void>) => void;
}

const ENCODER = new TextEncoder();

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
      const hash = createHash('sha256').update(stateText(this.shown)).digest('hex');
      this.#hashed = { seq: this.#shownSeq, hash };
    }
    return this.#hashed.hash;
  }

  /** Time of a line decided now, ms: the wall clock, but never before the line before. */
  get at(): number {
    return Math.max(this.#ports.now(), this.#lastAt);
  }

  /** Why changes are refused, or undefined while the journal works. */
  get sealedBy(): string | undefined {
    return this.#sealedBy;
  }

  /**
   * Decides whole lines, all or none. A refusal calls `done` at once and leaves nothing behind; an acceptance calls it
   * when the record is durable, or with `audit-unavailable` when it cannot be made so.
   */
  submit(who: Principal, path: string, lines: readonly string[], done: (result: Result<void>) => void): void {
    assert(lines.length > 0, 'an append has a line');
    if (this.#sealedBy !== undefined) return done(refuse('audit-unavailable', this.#sealedBy));
    const { at } = this;
    const decided = this.#decideAll(who, path, lines, at);
    if (!decided.ok) return done(decided);
    const { commands, outcomes } = decided.value;
    const record: LedgerRecord = { seq: this.#nextSeq, at, who, path, lines, outcomes };
    const entry: Entry = { record, body: ENCODER.encode(JSON.stringify(record)), commands, done };
    const queued = this.#sink.append(entry.body, (result) => this.#settled(entry, result));
    if (!queued.ok) {
      this.#rebuildHead();
      return done(queued);
    }
    this.#pending.push(entry);
    this.#nextSeq += lines.length;
    this.#lastAt = at;
  }

  #decideAll(
    who: Principal,
    path: string,
    lines: readonly string[],
    at: number,
  ): Result<{ commands: Command[]; outcomes: Outcome[] }> {
    const commands: Command[] = [];
    const outcomes: Outcome[] = [];
    for (const line of lines) {
      const command: Command = { seq: this.#nextSeq + commands.length, at, who, path, line };
      const outcome = this.authority.decide(this.#head, command);
      if (!outcome.ok) {
        if (commands.length > 0) this.#rebuildHead();
        for (const text of outcome.log) this.#ports.onLog(text);
        this.#ports.onRefused({ who, at, path, code: outcome.code });
        return refuse(outcome.code, outcome.detail);
      }
      this.authority.evolve(this.#head, command, outcome);
      commands.push(command);
      outcomes.push(outcome);
    }
    return ok({ commands, outcomes });
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
    entry.done(ok(undefined));
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

/** Where a replay ended. */
export interface ReplayResult {
  readonly state: State;
  readonly nextSeq: number;
  readonly lastAt: number;
}

/** Who looks on while a journal is replayed. */
export interface ReplayHooks {
  /** Sees each line that was decided as it was recorded, before its changes are applied. Must not change the state. */
  readonly onDecided?: (state: Readonly<State>, command: Command, outcome: Outcome) => void;
  /** Sees each record that was decided the same again; a refusal of its ends the replay. */
  readonly onRecord?: (record: LedgerRecord, body: Uint8Array) => Refusal | undefined;
}

/** A line that is decided otherwise than it was: both outcomes as JSON. */
export interface Divergence {
  readonly seq: number;
  readonly path: string;
  readonly line: string;
  readonly recorded: string;
  readonly now: string;
}

/** Rebuilds state from journal bodies, deciding each line again and comparing the outcome with the recorded one. */
export class Replay {
  readonly #authority: Authority;
  readonly #onLog: (line: string) => void;
  readonly #hooks: ReplayHooks;
  readonly #state: State;
  #nextSeq = 1;
  #lastAt = 0;
  #divergence: Divergence | undefined;

  constructor(authority: Authority, onLog: (line: string) => void, hooks: ReplayHooks = {}) {
    this.#authority = authority;
    this.#onLog = onLog;
    this.#hooks = hooks;
    this.#state = authority.initialState();
  }

  get result(): ReplayResult {
    return { state: this.#state, nextSeq: this.#nextSeq, lastAt: this.#lastAt };
  }

  /** The first line that was decided otherwise; undefined while there is none. */
  get divergence(): Divergence | undefined {
    return this.#divergence;
  }

  /** Takes the next record body in order. Refuses with both sides when it does not decide the same again. */
  record(body: Uint8Array): Result<void> {
    const record = parseRecord(body);
    if (record === undefined) return refuse('invalid-payload', 'A journal record is not a ledger record.');
    if (record.seq !== this.#nextSeq) {
      return refuse('invalid-payload', `Journal record ${record.seq} found where ${this.#nextSeq} was expected.`);
    }
    for (const [index, line] of record.lines.entries()) {
      const command: Command = { seq: this.#nextSeq, at: record.at, who: record.who, path: record.path, line };
      const outcome = this.#authority.decide(this.#state, command);
      const [recorded, now] = [JSON.stringify(record.outcomes[index]), JSON.stringify(outcome)];
      if (now !== recorded) {
        this.#divergence = { seq: command.seq, path: record.path, line, recorded, now };
        return refuse('stale', `Replay differs at ${command.seq} ${record.path}: recorded ${recorded}, now ${now}.`);
      }
      this.#hooks.onDecided?.(this.#state, command, outcome);
      this.#authority.evolve(this.#state, command, outcome);
      if (outcome.ok) for (const text of outcome.log) this.#onLog(text);
      this.#nextSeq += 1;
    }
    this.#lastAt = record.at;
    const refusal = this.#hooks.onRecord?.(record, body);
    return refusal === undefined ? ok(undefined) : { ok: false, refusal };
  }
}

function parseRecord(body: Uint8Array): LedgerRecord | undefined {
  try {
    const record = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as Partial<LedgerRecord> | null;
    return record !== null && isRecord(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Whether every field has its type: the journal proves who wrote the bytes, not that they are of this format. */
function isRecord(record: Partial<LedgerRecord>): record is LedgerRecord {
  const { seq, at, who, path, lines, outcomes } = record;
  if (!Number.isSafeInteger(seq) || !Number.isSafeInteger(at) || typeof path !== 'string') return false;
  if (typeof who !== 'object' || who === null || !Array.isArray(who.ticketIds)) return false;
  if (!Array.isArray(lines) || !lines.every((line) => typeof line === 'string')) return false;
  return Array.isArray(outcomes) && outcomes.length === lines.length;
}
