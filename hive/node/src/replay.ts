// Running a journal again: every line is decided anew and compared with what was recorded, every recorded state hash with the
// state it came to. What a start does, and `coh replay`.

import {
  type Authority,
  admissionOf,
  type Command,
  isSameJson,
  type Outcome,
  type State,
  stateText,
} from '@cohesix/authority';
import { ok, type Refusal, type Result, refuse } from '@cohesix/wire';
import { answeredText, type LedgerRecord, parseRecord, type SplitRecord, splitRecord } from './record.ts';
import { sha256Hex } from './sha256-hex.ts';

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
  #nextSeq: number;
  #lastAt: number;
  #divergence: Divergence | undefined;

  /** From the state before the first record, or from `start`. */
  constructor(authority: Authority, onLog: (line: string) => void, hooks: ReplayHooks = {}, start?: ReplayResult) {
    this.#authority = authority;
    this.#onLog = onLog;
    this.#hooks = hooks;
    this.#state = start?.state ?? authority.initialState();
    this.#nextSeq = start?.nextSeq ?? 1;
    this.#lastAt = start?.lastAt ?? 0;
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
    const split = splitRecord(body);
    const same = split?.asked.lines.length === 1 ? this.#decidedSame(split) : undefined;
    return same === undefined ? this.#compared(body) : this.#taken(same, body);
  }

  /** The record, when its one line is decided as it was; undefined when anything differs, for a closer look. */
  #decidedSame({ asked, state, answered }: SplitRecord): LedgerRecord | undefined {
    const { seq, at, who, path, lines } = asked;
    if (seq !== this.#nextSeq) return undefined;
    if (state !== undefined && sha256Hex(stateText(this.#state)) !== state) return undefined;
    const command: Command = { seq, at, who, path, line: lines[0] ?? '' };
    const outcome = this.#authority.decide(this.#state, command);
    const answers = { outcomes: [outcome], decisions: [admissionOf(this.#state, command, outcome)] };
    const record: LedgerRecord = { ...asked, ...answers, ...(state === undefined ? {} : { state }) };
    if (answeredText(record) !== answered) return undefined;
    this.#apply(command, outcome);
    return record;
  }

  /** Decides each line and compares piece by piece, so that the first difference can be told with both sides. */
  #compared(body: Uint8Array): Result<void> {
    const record = parseRecord(body);
    if (record === undefined) return refuse('invalid-payload', 'A journal record is not a ledger record.');
    if (record.seq !== this.#nextSeq) {
      return refuse('invalid-payload', `Journal record ${record.seq} found where ${this.#nextSeq} was expected.`);
    }
    const stale = this.#stateDiffers(record);
    if (stale !== undefined) return stale;
    for (const [index, line] of record.lines.entries()) {
      const command: Command = { seq: this.#nextSeq, at: record.at, who: record.who, path: record.path, line };
      const outcome = this.#authority.decide(this.#state, command);
      const differs = difference(record.outcomes[index], outcome);
      if (differs !== undefined) return this.#differs({ seq: command.seq, path: record.path, line, ...differs });
      const admission = this.#admissionDiffers(record, index, { command, outcome });
      if (admission !== undefined) return admission;
      this.#apply(command, outcome);
    }
    return this.#taken(record, body);
  }

  #apply(command: Command, outcome: Outcome): void {
    this.#hooks.onDecided?.(this.#state, command, outcome);
    this.#authority.evolve(this.#state, command, outcome);
    if (outcome.ok) for (const text of outcome.log) this.#onLog(text);
    this.#nextSeq += 1;
  }

  #taken(record: LedgerRecord, body: Uint8Array): Result<void> {
    this.#lastAt = record.at;
    const refusal = this.#hooks.onRecord?.(record, body);
    return refusal === undefined ? ok(undefined) : { ok: false, refusal };
  }

  /** Compares the state with the hash that the record carries. */
  #stateDiffers({ seq, path, lines, state }: LedgerRecord): Result<never> | undefined {
    if (state === undefined) return undefined;
    const now = sha256Hex(stateText(this.#state));
    if (now === state) return undefined;
    const [recorded, found] = [`state ${state}`, `state ${now}`];
    return this.#differs({ seq, path, line: lines[0] ?? '', recorded, now: found });
  }

  #admissionDiffers(
    { path, lines, decisions }: LedgerRecord,
    index: number,
    { command, outcome }: { readonly command: Command; readonly outcome: Outcome },
  ): Result<never> | undefined {
    if (decisions === undefined) return undefined;
    const differs = difference(decisions[index], admissionOf(this.#state, command, outcome));
    return differs && this.#differs({ seq: command.seq, path, line: lines[index] ?? '', ...differs });
  }

  #differs(divergence: Divergence): Result<never> {
    this.#divergence = divergence;
    const { seq, path, recorded, now } = divergence;
    return refuse('stale', `Replay differs at ${seq} ${path}: recorded ${recorded}, now ${now}.`);
  }
}

/** Both as JSON, when they differ. Texts are made only where the values differ. */
function difference(recorded: unknown, now: unknown): Pick<Divergence, 'recorded' | 'now'> | undefined {
  if (isSameJson(recorded, now)) return undefined;
  const texts = { recorded: JSON.stringify(recorded), now: JSON.stringify(now) };
  return texts.recorded === texts.now ? undefined : texts;
}
