// Sends the metrics of a hive to a collector, every so often, as one ticket sees them. One export at a time: when the collector is
// slow, the next is left out and counted. Nothing waits for it.
//
// The URL is the operator's, out of the manifest: http or https, without a password in it. A redirect is a failure, so that a
// collector cannot point this process at another machine; of its answers a bounded part is read.

import type { HiveClient, Timers } from '@cohesix/client';
import { ok, type Refusal, type Result, refuse } from '@cohesix/wire';
import type { HivePort } from '../hive-port.ts';
import type { Family } from './family.ts';
import { otlpBody } from './otlp.ts';
import { type Sent, sendOnce } from './otlp-send.ts';

/** Where to, how often, and as whom. */
export interface OtlpTarget {
  /** The whole URL, `…/v1/metrics`. */
  readonly url: string;
  readonly intervalMs: number;
  /** Reads the ticket; asked again for each session, so that it may be renewed. */
  readonly ticket: () => Promise<Result<string>>;
  /** Name of the hive at the collector. */
  readonly instance: string;
}

/** What was counted since the start. */
export interface OtlpCounts {
  /** Exports the collector took. */
  exported: number;
  /** Exports given up, after all attempts. */
  failed: number;
  /** Attempts made again. */
  retried: number;
  /** Exports left out because the one before was not done, or the collector asked to be left alone. */
  skipped: number;
  /** Data points that the collector took a request without. */
  rejectedPoints: number;
  /** Why the last one failed; undefined once one went well. */
  lastError?: Refusal | undefined;
}

/** What the exporter works with. */
export interface OtlpPorts {
  readonly hive: Pick<HivePort, 'attach'>;
  /** What is exported, as a session sees it. */
  readonly families: (client: HiveClient) => Promise<Result<readonly Family[]>>;
  readonly timers: Timers;
  /** Wall time, ms. */
  readonly now: () => number;
}

/** Attempts for one export, and the wait before the second; it doubles, with up to as much again by chance, to the last. */
const ATTEMPTS_MAX = 5;
const BACKOFF_MS = 500;
const BACKOFF_MAX_MS = 10_000;
/** Longest time for which a collector is left alone because it says so. */
const HELD_MAX_MS = 3_600_000;
/** Longest wait for one answer. */
const ANSWER_MS = 10_000;

/** Exports until it is closed. */
export class OtlpExporter {
  readonly counts: OtlpCounts = { exported: 0, failed: 0, retried: 0, skipped: 0, rejectedPoints: 0 };
  readonly #target: OtlpTarget;
  readonly #ports: OtlpPorts;
  readonly #closing = new AbortController();
  #session: HiveClient | undefined;
  #running: Promise<void> | undefined;
  /** No export before: a collector asked for more time than there is between two. */
  #heldUntilMs = Number.NEGATIVE_INFINITY;
  #cancel: () => void;

  /** The first export is at once. */
  constructor(target: OtlpTarget, ports: OtlpPorts) {
    this.#target = target;
    this.#ports = ports;
    this.#cancel = ports.timers.after(0, () => this.#tick());
  }

  /** Ends it; what is under way is given up. */
  async close(): Promise<void> {
    this.#cancel();
    this.#closing.abort();
    await this.#running;
    await this.#session?.close();
  }

  #tick(): void {
    if (this.#closing.signal.aborted) return;
    this.#cancel = this.#ports.timers.after(this.#target.intervalMs, () => this.#tick());
    if (this.#running !== undefined || this.#ports.timers.nowMs() < this.#heldUntilMs) {
      this.counts.skipped += 1;
      return;
    }
    this.#running = this.#export().finally(() => {
      this.#running = undefined;
    });
  }

  async #export(): Promise<void> {
    const done = await this.#exported().catch(() => refuse('internal', 'The export failed: a defect of the gateway.'));
    if (done.ok) this.counts.exported += 1;
    else this.counts.failed += 1;
    this.counts.lastError = done.ok ? undefined : done.refusal;
  }

  async #exported(): Promise<Result<void>> {
    const body = await this.#body();
    return body.ok ? this.#send(body.value) : body;
  }

  /** A session that was kept may have ended meanwhile (the hive was started again): then a fresh one is asked. */
  async #body(): Promise<Result<string>> {
    const isKept = this.#session !== undefined;
    const body = await this.#read();
    return body.ok || !isKept ? body : this.#read();
  }

  async #read(): Promise<Result<string>> {
    const session = await this.#attached();
    if (!session.ok) return session;
    const families = await this.#ports.families(session.value);
    if (families.ok) return ok(otlpBody(families.value, { atMs: this.#ports.now(), instance: this.#target.instance }));
    this.#session = undefined;
    await session.value.close();
    return families;
  }

  async #attached(): Promise<Result<HiveClient>> {
    if (this.#session !== undefined) return ok(this.#session);
    const ticket = await this.#target.ticket();
    if (!ticket.ok) return ticket;
    const attached = await this.#ports.hive.attach(ticket.value, { door: 'rest', peer: 'otlp' });
    if (attached.ok) this.#session = attached.value;
    return attached;
  }

  async #send(body: string): Promise<Result<void>> {
    const { signal } = this.#closing;
    const { timers } = this.#ports;
    let sent: Sent = { kind: 'refused', detail: 'Nothing was sent.' };
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      sent = await sendOnce(this.#target.url, body, { signal, answerMs: ANSWER_MS, timers });
      if (sent.kind === 'taken') {
        this.counts.rejectedPoints += sent.rejectedPoints;
        return ok(undefined);
      }
      if (sent.kind === 'refused' || attempt === ATTEMPTS_MAX || signal.aborted) break;
      const waitMs = sent.retryAfterMs ?? backoffMs(attempt);
      if (waitMs > this.#target.intervalMs) {
        this.#heldUntilMs = timers.nowMs() + Math.min(waitMs, HELD_MAX_MS);
        break;
      }
      this.counts.retried += 1;
      await this.#wait(waitMs);
    }
    return refuse('unreachable', sent.detail);
  }

  /** Ends early when this closes. */
  #wait(ms: number): Promise<void> {
    const { signal } = this.#closing;
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#ports.timers.after(ms, done);
      signal.addEventListener('abort', done);
    });
  }
}

function backoffMs(attempt: number): number {
  const most = Math.min(BACKOFF_MS * 2 ** (attempt - 1), BACKOFF_MAX_MS);
  return most / 2 + (Math.random() * most) / 2;
}
