// Answers of writes by idempotency key, so that a caller who did not hear the answer can ask again and nothing is written twice
// (draft-ietf-httpapi-idempotency-key-header-07). The first request with a key writes; the others with the same body, also
// those that come before it is done, get its answer.
//
// Remembered is what happened or may have happened. A write that was refused left nothing behind, so its key is free again,
// as with the hive's own intents. Bounded: keys of all tickets, keys of one ticket (a quarter), and time. When there is no
// room the oldest gives way, but never in its first minute, since a retry that comes then must find it: a new key is refused
// instead. A restart of the gateway forgets all: what must survive that goes through `/queen/intents/ctl`, where the hive
// itself remembers.

import { createHash } from 'node:crypto';
import { ok, type Result, refuse } from '@cohesix/wire';
import { problem } from '../http/problem.ts';
import type { Reply } from '../route.ts';

/** Bounds, and the clock. */
export interface IdempotencyOptions {
  readonly keysMax: number;
  /** How long an answer is remembered when there is room, ms. */
  readonly keepMs: number;
  /** Monotonic, ms. */
  readonly now: () => number;
}

/** What identifies a write. */
export interface KeyedWrite {
  /** Who: keys of one ticket say nothing about those of another. */
  readonly caller: string;
  readonly key: string;
  /** What is compared: the same key with another body is a mistake of the caller. */
  readonly body: Uint8Array;
}

/** An answer, and whether anything happened that must not happen again. */
export interface WriteReply {
  readonly reply: Reply;
  readonly isToKeep: boolean;
}

interface Entry {
  readonly caller: string;
  readonly digest: string;
  readonly reply: Promise<Reply>;
  /** When it is forgotten; undefined while under way. */
  until: number | undefined;
}

/** What was counted since the start. */
export interface IdempotencyCounts {
  /** Requests that were the first with their key. */
  first: number;
  /** Requests that got the answer of the first. */
  replayed: number;
  /** Requests with another body than the first. */
  mismatched: number;
  /** Requests whose key found no room. */
  refused: number;
}

/** The part of all keys that one ticket may have. */
const SHARE = 4;

/** How long an answer is remembered at least, ms, unless `keepMs` is shorter. */
const KEEP_LEAST_MS = 60_000;

/** The remembered answers of a gateway. */
export class IdempotencyKeys {
  readonly counts: IdempotencyCounts = { first: 0, replayed: 0, mismatched: 0, refused: 0 };
  readonly #options: IdempotencyOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #byCaller = new Map<string, Set<string>>();

  constructor(options: IdempotencyOptions) {
    this.#options = options;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#entries.size;
  }

  /** The answer: that of `write`, which is run unless this key has one already. */
  async answer(keyed: KeyedWrite, write: () => Promise<WriteReply>): Promise<Reply> {
    this.#forgetOld();
    const id = `${keyed.caller} ${keyed.key}`;
    const digest = createHash('sha256').update(keyed.body).digest('base64');
    const known = this.#entries.get(id);
    if (known !== undefined) {
      this.counts[known.digest === digest ? 'replayed' : 'mismatched'] += 1;
      return known.digest === digest ? replayed(await known.reply) : otherBody();
    }
    const waitMs = this.#makeRoom(keyed.caller);
    this.counts[waitMs > 0 ? 'refused' : 'first'] += 1;
    if (waitMs > 0) return full(waitMs);
    return this.#first({ id, caller: keyed.caller, digest }, write);
  }

  /** Forgets keys whose answers their caller says it has; not those that are under way. */
  settle(caller: string, keys: readonly string[]): void {
    for (const key of keys) {
      const id = `${caller} ${key.trim()}`;
      if (this.#entries.get(id)?.until !== undefined) this.#forget(id);
    }
  }

  #first(
    { id, caller, digest }: { readonly id: string; readonly caller: string; readonly digest: string },
    write: () => Promise<WriteReply>,
  ): Promise<Reply> {
    const reply = write().then(
      (written) => {
        if (written.isToKeep) entry.until = this.#options.now() + this.#options.keepMs;
        else this.#forget(id);
        return written.reply;
      },
      (error: unknown) => {
        // A defect of ours, after which nobody knows: the key stays taken, and those who ask again are told the same.
        entry.until = this.#options.now() + this.#options.keepMs;
        throw error;
      },
    );
    const entry: Entry = { caller, digest, reply, until: undefined };
    this.#entries.set(id, entry);
    const own = this.#byCaller.get(caller) ?? new Set();
    this.#byCaller.set(caller, own.add(id));
    return reply;
  }

  /** Room for one more; else how long it takes until there may be, ms. */
  #makeRoom(caller: string): number {
    const { keysMax } = this.#options;
    const own = this.#byCaller.get(caller);
    if (own !== undefined && own.size >= Math.max(1, Math.floor(keysMax / SHARE))) return this.#giveWay(own);
    return this.#entries.size < keysMax ? 0 : this.#giveWay(this.#entries.keys());
  }

  /** Forgets the first of these, if it is old enough. */
  #giveWay(ids: Iterable<string>): number {
    const { keepMs, now } = this.#options;
    const [oldest = ''] = ids;
    const until = this.#entries.get(oldest)?.until;
    if (until === undefined) return KEEP_LEAST_MS;
    const waitMs = until - keepMs + Math.min(keepMs, KEEP_LEAST_MS) - now();
    if (waitMs > 0) return waitMs;
    this.#forget(oldest);
    return 0;
  }

  /** In the order in which they were begun, which is nearly the one in which they end: looks at no more than go, and one. */
  #forgetOld(): void {
    const now = this.#options.now();
    for (const [id, { until }] of this.#entries) {
      if (until === undefined || until > now) return;
      this.#forget(id);
    }
  }

  #forget(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    const own = this.#byCaller.get(entry.caller);
    own?.delete(id);
    if (own?.size === 0) this.#byCaller.delete(entry.caller);
  }
}

function full(waitMs: number): Reply {
  const detail = 'No more idempotency keys can be remembered now; write later, or without one.';
  return problem({ code: 'buffer-full', detail }, { headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) } });
}

function replayed(reply: Reply): Reply {
  return { ...reply, headers: { ...reply.headers, 'idempotent-replayed': 'true' } };
}

function otherBody(): Reply {
  const detail = 'This idempotency key came with another body before; a new write needs a new key.';
  return problem({ code: 'exists', detail }, { status: 422 });
}

/** 1 to 128 visible ASCII characters, and not the quotes that the header may have around them. */
const KEY = /^[!#-~]{1,128}$/;

/** The key of a request: of its header, with quotes or without, or of its body; both must agree. */
export function keyOf(header: string | string[] | undefined, field: unknown): Result<string | undefined> {
  if (field !== undefined && typeof field !== 'string') return refuse('invalid-payload', 'idempotency_key is a text.');
  const given = typeof header === 'string' ? header.replace(/^"(.*)"$/, '$1') : undefined;
  if (given !== undefined && field !== undefined && given !== field)
    return refuse('invalid-payload', 'Idempotency-Key and idempotency_key differ.');
  const key = given ?? field;
  if (key === undefined) return ok(undefined);
  return KEY.test(key)
    ? ok(key)
    : refuse('invalid-payload', 'An idempotency key has 1 to 128 visible ASCII characters.');
}
