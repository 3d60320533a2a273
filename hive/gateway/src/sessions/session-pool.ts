// Sessions of callers who come again. A caller is a ticket (SHA-256 of the token; the token itself is not kept) and, when the
// caller asks for a session of its own, a name. Attaching is shared by requests that come together; a session that has ended at
// the hive is attached anew by the next request, which hears what the hive says then: `revoked`, `expired`, `unreachable`.
//
// Invariant: a session is closed once, when nobody uses it; at most `max` are kept or being attached.

import { hash } from 'node:crypto';
import type { HiveClient } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { Caller } from '../caller.ts';
import type { GatewayDoor, HivePort, SessionEnd } from '../hive-port.ts';

/** Bounds. */
export interface SessionPoolOptions {
  readonly max: number;
  /** Named sessions of one ticket. */
  readonly perTicket: number;
  readonly idleMs: number;
}

/** Who asks for a session. */
export interface Credentials {
  readonly token: string;
  /** Name of a session of its own; without it the ticket's callers share one. */
  readonly name?: string;
  readonly door: GatewayDoor;
  readonly peer: string;
}

/** A session in use by one request; give it back with `release`. */
export interface Session extends Caller {
  /** Ends this use. */
  release(): void;
}

/** What was counted since the start. */
export interface SessionCounts {
  attached: number;
  refused: number;
  /** Ended by the hive. */
  ended: number;
  /** Closed by us: idle too long, or to make room. */
  evicted: number;
}

/** The pool of one gateway. */
export class SessionPool {
  readonly counts: SessionCounts = { attached: 0, refused: 0, ended: 0, evicted: 0 };
  readonly #hive: HivePort;
  readonly #options: SessionPoolOptions;
  readonly #now: () => number;
  readonly #open = new Map<string, PooledSession>();
  readonly #attaching = new Map<string, Promise<Result<PooledSession>>>();
  /** Named sessions that the hive ended, and until when that is remembered; at most `max`. */
  readonly #buried = new Map<string, number>();
  readonly #sweep: NodeJS.Timeout;
  #isClosed = false;

  /** `now`: a clock in ms that only goes forward. */
  constructor(hive: HivePort, options: SessionPoolOptions, now: () => number = () => performance.now()) {
    this.#hive = hive;
    this.#options = options;
    this.#now = now;
    this.#sweep = setInterval(() => this.#closeIdle(), Math.ceil(options.idleMs / 4)).unref();
  }

  /** Sessions that are open. */
  get size(): number {
    return this.#open.size;
  }

  /** The session of a caller, for one request, when it is open. */
  find(credentials: Credentials): Session | undefined {
    return this.findBy(keyOf(credentials));
  }

  /** The same by `keyOf`, for who asks again and again. */
  findBy(key: string): Session | undefined {
    return this.#open.get(key)?.use();
  }

  /** A session for one request, attached when it is not open. Refuses as the hive does, and with `limit` when all are in use. */
  async take(credentials: Credentials): Promise<Result<Session>> {
    const id = hash('sha256', credentials.token);
    const key = keyOf(credentials, id);
    const known = this.#open.get(key);
    return known === undefined ? this.#attached({ ...credentials, id, key }) : ok(known.use());
  }

  /** Closes a session of its own, as soon as nobody uses it. */
  drop(credentials: Credentials): void {
    this.#open.get(keyOf(credentials))?.end();
  }

  /** Closes all. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#sweep);
    await Promise.all(this.#attaching.values());
    await Promise.all([...this.#open.values()].map((session) => session.close()));
  }

  async #attached(asked: Asked): Promise<Result<Session>> {
    const shared = this.#attaching.get(asked.key) ?? this.#attach(asked);
    const session = await shared;
    return session.ok ? ok(session.value.use()) : session;
  }

  #attach(asked: Asked): Promise<Result<PooledSession>> {
    if (this.#isClosed) return Promise.resolve(refuse('unreachable', 'The gateway closes.'));
    if (this.#isBuried(asked.key))
      return Promise.resolve(refuse('closed', 'The hive ended this session; begin another.'));
    if (!this.#hasRoom(asked))
      return Promise.resolve(refuse('limit', 'Too many sessions are in use; try again later.'));
    const attaching = this.#attachNow(asked);
    this.#attaching.set(asked.key, attaching);
    return attaching;
  }

  async #attachNow({ token, door, peer, id, key, name }: Asked): Promise<Result<PooledSession>> {
    let session: PooledSession | undefined;
    let isEnded = false;
    const onEnd = (why: SessionEnd): void => {
      isEnded = true;
      // Closing it ourselves is told here, too.
      if (session?.isKept === false) return;
      if (why === 'ended' && name !== undefined) this.#bury(key);
      if (session !== undefined) this.counts.ended += 1;
      session?.end();
    };
    const attached = await this.#hive.attach(token, { door, peer, onEnd }).finally(() => this.#attaching.delete(key));
    if (!attached.ok) {
      this.counts.refused += 1;
      return attached;
    }
    this.counts.attached += 1;
    session = new PooledSession(id, attached.value, {
      now: this.#now,
      isNamed: name !== undefined,
      forget: () => this.#open.delete(key),
    });
    this.#open.set(key, session);
    if (isEnded) session.end();
    return ok(session);
  }

  /** Who has a session of its own is told that it ended, as over a connection, and does not get another unasked. */
  #bury(key: string): void {
    this.#buried.set(key, this.#now() + this.#options.idleMs);
    const [oldest] = this.#buried.keys();
    if (this.#buried.size > this.#options.max && oldest !== undefined) this.#buried.delete(oldest);
  }

  #isBuried(key: string): boolean {
    return (this.#buried.get(key) ?? 0) > this.#now();
  }

  /** Makes room for one more by closing the session that was idle longest. */
  #hasRoom({ id, name }: Asked): boolean {
    const { max, perTicket } = this.#options;
    if (name !== undefined) {
      const own = [...this.#open.values()].filter((session) => session.isNamed && session.id === id);
      if (own.length >= perTicket && !this.#evict(own)) return false;
    }
    return this.#open.size + this.#attaching.size < max || this.#evict([...this.#open.values()]);
  }

  #evict(sessions: readonly PooledSession[]): boolean {
    let oldest: PooledSession | undefined;
    for (const session of sessions) {
      if (session.isIdle && (oldest === undefined || session.lastUsed < oldest.lastUsed)) oldest = session;
    }
    if (oldest === undefined) return false;
    this.counts.evicted += 1;
    oldest.end();
    return true;
  }

  #closeIdle(): void {
    for (const key of this.#buried.keys()) if (!this.#isBuried(key)) this.#buried.delete(key);
    const latest = this.#now() - this.#options.idleMs;
    for (const session of this.#open.values()) {
      if (!session.isIdle || session.lastUsed > latest) continue;
      this.counts.evicted += 1;
      session.end();
    }
  }
}

/** What a session is kept by: the SHA-256 of the token, the door and the name. */
export function keyOf({ token, name = '', door }: Credentials, id: string = hash('sha256', token)): string {
  return `${id} ${door} ${name}`;
}

interface Asked extends Credentials {
  readonly id: string;
  readonly key: string;
}

interface Keeping {
  readonly now: () => number;
  readonly isNamed: boolean;
  /** Takes the session out of the pool. */
  readonly forget: () => void;
}

/** A session that is kept until it ends, and then until its last use ends. */
class PooledSession implements Session {
  readonly id: string;
  readonly client: HiveClient;
  readonly #keeping: Keeping;
  lastUsed: number;
  isKept = true;
  #uses = 0;

  constructor(id: string, client: HiveClient, keeping: Keeping) {
    this.id = id;
    this.client = client;
    this.#keeping = keeping;
    this.lastUsed = keeping.now();
  }

  get isNamed(): boolean {
    return this.#keeping.isNamed;
  }

  get isIdle(): boolean {
    return this.#uses === 0;
  }

  use(): this {
    this.#uses += 1;
    return this;
  }

  release(): void {
    this.#uses -= 1;
    this.lastUsed = this.#keeping.now();
    if (!this.isKept && this.isIdle) void this.client.close();
  }

  /** No further request gets it. */
  end(): void {
    if (!this.isKept) return;
    this.isKept = false;
    this.#keeping.forget();
    if (this.isIdle) void this.client.close();
  }

  /** Ends it now, whoever uses it. */
  async close(): Promise<void> {
    this.isKept = false;
    this.#keeping.forget();
    await this.client.close();
  }
}
