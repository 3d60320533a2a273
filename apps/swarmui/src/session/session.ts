// The session of this tab: signed out, connecting, ready, and connecting again when the hive went away. The ticket stays in the tab
// (sessionStorage ends with it).
//
//   signed-out ──sign in──▶ connecting ──attached──▶ ready ──connection lost──▶ connecting
//        ▲──── refused for good, sign out ───┘

import type { HiveClient, Timers } from '@cohesix/client/core';
import type { Refusal, Result } from '@cohesix/wire';
import { Store } from '../store/store.ts';
import { type Credentials, connectLive } from './live.ts';
import { browserPlatform } from './platform.ts';
import { isForGood, isTicketOver, isUnanswered } from './verdicts.ts';

/** How the session stands. Times are ms since 1970. */
export type Phase =
  | { readonly kind: 'signed-out'; readonly why?: Refusal }
  | {
      readonly kind: 'connecting';
      readonly attempt: number;
      readonly why?: Refusal;
      /** Since when there is no connection; undefined when there was none yet. */
      readonly lostAtMs?: number;
      /** When the next attempt begins; undefined while one is under way. */
      readonly nextAtMs?: number;
    }
  | {
      readonly kind: 'ready';
      readonly client: HiveClient;
      readonly role: string;
      readonly subject: string | undefined;
    };

/** What a session needs of the tab. */
export interface Platform {
  readonly connect: (credentials: Credentials) => Promise<Result<HiveClient>>;
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  readonly timers: Timers;
  /** Time of day, ms since 1970. */
  readonly now: () => number;
  /** 0 to 1: what spreads the attempts of many tabs. */
  readonly random: () => number;
}

/** Where the storage keeps the ticket. */
export const KEPT_AT = 'cohesix.session';
/** Between attempts: doubles, and up to half of it is left to chance, so that a hundred tabs do not come at once. */
const BACKOFF_MS = 250;
const BACKOFF_MAX_MS = 5000;
/** A round trip is made so often, to notice a hive that is gone without a word. */
const PING_MS = 10_000;

/** The session of this tab. */
export class Session {
  readonly phase: Store<Phase>;
  readonly #platform: Platform;
  #credentials: Credentials | undefined;
  /** Counts sign-ins, sign-outs and losses: what began before the last one is of no interest. */
  #turn = 0;
  #signIns = 0;
  #lostAtMs: number | undefined;
  #wake: () => void = () => undefined;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#credentials = kept(platform.storage);
    this.phase = new Store<Phase>(
      this.#credentials === undefined ? { kind: 'signed-out' } : { kind: 'connecting', attempt: 1 },
    );
    if (this.#credentials !== undefined) void this.#connect(this.#credentials, this.#turn);
  }

  /** Which sign-in this is: what was read under another one is not shown under this. */
  get signIns(): number {
    return this.#signIns;
  }

  /** Begins a session with a ticket, and keeps it for this tab. */
  signIn(credentials: Credentials): void {
    const client = this.#drop();
    this.#credentials = credentials;
    this.#platform.storage.setItem(KEPT_AT, JSON.stringify(credentials));
    this.phase.set({ kind: 'connecting', attempt: 1 });
    void client?.close();
    void this.#connect(credentials, this.#turn);
  }

  /** Ends the session and forgets the ticket. */
  signOut(why?: Refusal): void {
    const client = this.#drop();
    this.#platform.storage.removeItem(KEPT_AT);
    this.phase.set(why === undefined ? { kind: 'signed-out' } : { kind: 'signed-out', why });
    void client?.close();
  }

  /** Begins another connection with the same ticket: a recorder wants all of it, from its first message. */
  reconnect(): void {
    const credentials = this.#credentials;
    if (credentials !== undefined) this.signIn(credentials);
  }

  /** Looks at once whether the hive is there: by a round trip when connected, by another attempt when not. */
  check(): void {
    this.#wake();
  }

  /** Somebody was refused with `client`: ends the connection or the session when that is what the refusal says. */
  lost(client: HiveClient, why: Refusal): void {
    const phase = this.phase.get();
    const credentials = this.#credentials;
    if (phase.kind !== 'ready' || phase.client !== client || credentials === undefined) return;
    if (isTicketOver(why)) return this.signOut(why);
    if (!isUnanswered(why)) return;
    this.#turn += 1;
    this.#lostAtMs = this.#platform.now();
    this.phase.set({ kind: 'connecting', attempt: 1, why, lostAtMs: this.#lostAtMs });
    void client.close();
    void this.#connect(credentials, this.#turn);
    this.#wake();
  }

  /** The client that was in use, if any, for the caller to close once nobody looks at it any more. */
  #drop(): HiveClient | undefined {
    const phase = this.phase.get();
    this.#turn += 1;
    this.#signIns += 1;
    this.#credentials = undefined;
    this.#lostAtMs = undefined;
    this.#wake();
    return phase.kind === 'ready' ? phase.client : undefined;
  }

  async #connect(credentials: Credentials, turn: number): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const connected = await this.#platform.connect(credentials);
      if (turn !== this.#turn) return void (connected.ok && connected.value.close());
      if (connected.ok) return this.#ready(connected.value, credentials, turn);
      if (isForGood(connected.refusal)) return this.signOut(connected.refusal);
      const waitMs = this.#backoffMs(attempt);
      this.#connecting(attempt, connected.refusal, this.#platform.now() + waitMs);
      await this.#pause(waitMs);
      if (turn !== this.#turn) return;
      this.#connecting(attempt + 1, connected.refusal);
    }
  }

  #backoffMs(attempt: number): number {
    return Math.min(BACKOFF_MS * 2 ** (attempt - 1), BACKOFF_MAX_MS) * (0.5 + this.#platform.random() / 2);
  }

  #connecting(attempt: number, why: Refusal, nextAtMs?: number): void {
    const lost = this.#lostAtMs === undefined ? {} : { lostAtMs: this.#lostAtMs };
    this.phase.set({ kind: 'connecting', attempt, why, ...lost, ...(nextAtMs === undefined ? {} : { nextAtMs }) });
  }

  #ready(client: HiveClient, credentials: Credentials, turn: number): void {
    const { role, subject } = credentials;
    this.#lostAtMs = undefined;
    this.phase.set({ kind: 'ready', client, role, subject });
    void this.#watch(client, turn);
  }

  /** Settles when the connection is over. */
  async #watch(client: HiveClient, turn: number): Promise<void> {
    while (turn === this.#turn) {
      await this.#pause(PING_MS);
      if (turn !== this.#turn) return;
      const pong = await client.ping();
      if (!pong.ok) this.lost(client, pong.refusal);
    }
  }

  /** Only one waits at a time: the attempts of the present turn, or its round trips. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#platform.timers.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

/** The one of this page. */
export const session: Session = new Session(browserPlatform(connectLive));

function kept(storage: Platform['storage']): Credentials | undefined {
  try {
    const read: Partial<Credentials> = JSON.parse(storage.getItem(KEPT_AT) ?? '{}');
    const { ticket, role, subject } = read;
    if (typeof ticket !== 'string' || typeof role !== 'string') return undefined;
    return { ticket, role, ...(typeof subject === 'string' ? { subject } : {}) };
  } catch {
    return undefined;
  }
}
