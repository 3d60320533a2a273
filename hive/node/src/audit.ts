// What a hive proves: its journal as a transparency log with signed checkpoints (`/audit/checkpoint`, `/audit/tile`), the
// accepted lines as a stream (`/audit/journal`), and what the policy decided (`/audit/decisions`). The log and its
// checkpoints are on disk; the two streams retain their last part, and their cursors count from the first record.

import { type Disk, TransparencyLog, type TreeState } from '@cohesix/journal';
import type { Ring } from '@cohesix/telemetry';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { type Cancel, every, type Timers } from '@cohesix/time';
import { formatNoteKey, type NoteSigner } from '@cohesix/tlog';
import { ok, type Refusal, type Result, refuse } from '@cohesix/wire';
import { type Denied, decisionLines, deniedLine } from './decisions.ts';
import { type Retained, ringFrom } from './kept-ring.ts';
import type { LedgerRecord } from './record.ts';

/** Bytes of `/audit/journal` and `/audit/decisions` that are retained for reading and following. */
const JOURNAL_BYTES = 1_048_576;
const DECISIONS_BYTES = 262_144;
/** Time between two looks whether there is anything to sign. */
const SIGN_MS = 1000;
const LF = 0x0a;

/** What an audit is made of. */
export interface AuditOptions {
  readonly disk: Disk;
  readonly timers: Timers;
  /** The directory of the journal. */
  readonly directory: string;
  /** Signs checkpoints; its name is the origin of the log. */
  readonly signer: NoteSigner;
  /** Told when a checkpoint cannot be stored. */
  readonly onFailed: (reason: string) => void;
}

/** The two streams as they are retained. */
export interface AuditStreams {
  readonly journal: Retained;
  readonly decisions: Retained;
}

/** What an audit goes on from: the tree and the streams after the last record that is not shown to it again. */
export interface AuditState {
  readonly tree: TreeState;
  readonly streams: AuditStreams;
}

export class Audit {
  /** Accepted records, one JSON line each: the very bytes the tree is made of, and a LF. */
  readonly journal: Ring;
  /** What the policy decided. */
  readonly decisions: Ring;
  readonly log: TransparencyLog;
  readonly #options: AuditOptions;
  #timer: Cancel | undefined;
  #isFailing = false;

  private constructor(options: AuditOptions, log: TransparencyLog, streams: AuditStreams | undefined) {
    this.#options = options;
    this.log = log;
    this.journal = ringFrom(streams?.journal, { capacity: JOURNAL_BYTES });
    this.decisions = ringFrom(streams?.decisions, { capacity: DECISIONS_BYTES });
  }

  /**
   * Reads the last checkpoint. `audit-unavailable` when it is not one that this hive signed; `stale` when it does not vouch
   * for the tree of `state`.
   */
  static async open(options: AuditOptions, state?: AuditState): Promise<Result<Audit>> {
    const { disk, directory, signer } = options;
    const verify = nodeTicketCrypto.ed25519Verify;
    const log = await TransparencyLog.open({ disk, directory, origin: signer.key.name, signer, verify });
    if (!log.ok) return log;
    if (state !== undefined && !(await log.value.resume(state.tree)))
      return refuse('stale', 'the checkpoint or a tile does not go with it');
    return ok(new Audit(options, log.value, state?.streams));
  }

  /** Verifier key text of the log. */
  get key(): string {
    return formatNoteKey(this.#options.signer.key);
  }

  /** The two streams as they are now. Copies. */
  streams(): AuditStreams {
    const { journal, decisions } = this;
    return {
      journal: { start: journal.base, bytes: journal.snapshot() },
      decisions: { start: decisions.base, bytes: decisions.snapshot() },
    };
  }

  /** Takes the next durable record. A refusal: the records so far are not those that were signed. */
  add(body: Uint8Array, record: LedgerRecord): Refusal | undefined {
    const line = new Uint8Array(body.length + 1);
    line.set(body);
    line[body.length] = LF;
    this.journal.append(line);
    for (const text of decisionLines(record)) this.#decide(text);
    return this.log.add(body);
  }

  /** A line that the policy kept back. It is no record: it changed nothing. */
  denied(denied: Denied): void {
    this.#decide(deniedLine(denied));
  }

  #decide(text: string): void {
    this.decisions.append(Buffer.from(`${text}\n`));
  }

  /** Signs from now on: at most once a second, while records come. */
  start(): void {
    this.#timer = every(this.#options.timers, SIGN_MS, () => void this.#sign());
  }

  /** Signs what is not signed yet; nothing is added any more. */
  async stop(): Promise<void> {
    this.#timer?.();
    await this.#sign();
  }

  async #sign(): Promise<void> {
    const signed = await this.log.sign();
    // A full disk is told once, and signing goes on when there is space again.
    if (!signed.ok && !this.#isFailing) this.#options.onFailed(signed.refusal.detail);
    this.#isFailing = !signed.ok;
  }
}
