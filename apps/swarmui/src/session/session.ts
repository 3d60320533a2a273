// The session of this tab: signed out, connecting, ready, and connecting again when the hive went away. The ticket stays in the tab
// (sessionStorage ends with it).
//
//   signed-out ──sign in──▶ connecting ──attached──▶ ready ──connection lost──▶ connecting
//        ▲──── refused for good, sign out ───┘

import type { HiveClient } from '@cohesix/client/core';
import type { Refusal } from '@cohesix/wire';
import { Store } from '../store/store.ts';
import { type Credentials, connectLive } from './live.ts';

/** How the session stands. */
export type Phase =
  | { readonly kind: 'signed-out'; readonly why?: Refusal }
  | { readonly kind: 'connecting'; readonly attempt: number; readonly why?: Refusal }
  | {
      readonly kind: 'ready';
      readonly client: HiveClient;
      readonly role: string;
      readonly subject: string | undefined;
    };

const KEY = 'cohesix.session';
const BACKOFF_MS = 250;
const BACKOFF_MAX_MS = 5000;
/** A round trip is made so often, to notice a hive that is gone without a word. */
const PING_MS = 10_000;

/** Refusals after which asking again with the same ticket is of no use. */
const FINAL: ReadonlySet<string> = new Set([
  'denied',
  'revoked',
  'expired',
  'bad-ticket',
  'invalid-ticket',
  'invalid-payload',
]);

/** The session of this tab. */
export class Session {
  readonly phase: Store<Phase>;
  #credentials: Credentials | undefined;
  /** Counts sign-ins and sign-outs: what began before the last one is of no interest. */
  #turn = 0;

  constructor() {
    this.#credentials = kept();
    this.phase = new Store<Phase>(
      this.#credentials === undefined ? { kind: 'signed-out' } : { kind: 'connecting', attempt: 1 },
    );
    if (this.#credentials !== undefined) void this.#connect(this.#credentials, this.#turn);
  }

  /** Begins a session with a ticket, and keeps it for this tab. */
  signIn(credentials: Credentials): void {
    this.#drop();
    this.#credentials = credentials;
    sessionStorage.setItem(KEY, JSON.stringify(credentials));
    this.phase.set({ kind: 'connecting', attempt: 1 });
    void this.#connect(credentials, this.#turn);
  }

  /** Ends the session and forgets the ticket. */
  signOut(why?: Refusal): void {
    this.#drop();
    sessionStorage.removeItem(KEY);
    this.phase.set(why === undefined ? { kind: 'signed-out' } : { kind: 'signed-out', why });
  }

  #drop(): void {
    this.#turn += 1;
    this.#credentials = undefined;
    const phase = this.phase.get();
    if (phase.kind === 'ready') void phase.client.close();
  }

  async #connect(credentials: Credentials, turn: number): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const connected = await connectLive(credentials);
      if (turn !== this.#turn) return void (connected.ok && connected.value.close());
      if (connected.ok) return this.#ready(connected.value, credentials, turn);
      if (FINAL.has(connected.refusal.code)) return this.signOut(connected.refusal);
      this.phase.set({ kind: 'connecting', attempt: attempt + 1, why: connected.refusal });
      await pause(Math.min(BACKOFF_MS * 2 ** (attempt - 1), BACKOFF_MAX_MS));
      if (turn !== this.#turn) return;
    }
  }

  #ready(client: HiveClient, credentials: Credentials, turn: number): void {
    const { role, subject } = credentials;
    this.phase.set({ kind: 'ready', client, role, subject });
    void this.#watch(client, credentials, turn);
  }

  /** Settles when the connection is over, and begins another one. */
  async #watch(client: HiveClient, credentials: Credentials, turn: number): Promise<void> {
    for (;;) {
      await pause(PING_MS);
      if (turn !== this.#turn) return;
      const pong = await client.ping();
      if (turn !== this.#turn) return;
      if (!pong.ok) return this.lost(client, pong.refusal, credentials);
    }
  }

  /** Somebody noticed that the connection of `client` is over. */
  lost(client: HiveClient, why: Refusal, credentials: Credentials | undefined = this.#credentials): void {
    const phase = this.phase.get();
    if (phase.kind !== 'ready' || phase.client !== client || credentials === undefined) return;
    this.#turn += 1;
    void client.close();
    if (FINAL.has(why.code)) return this.signOut(why);
    this.phase.set({ kind: 'connecting', attempt: 1, why });
    void this.#connect(credentials, this.#turn);
  }
}

/** The one of this page. */
export const session: Session = new Session();

function kept(): Credentials | undefined {
  try {
    const read: Partial<Credentials> = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
    const { ticket, role, subject } = read;
    if (typeof ticket !== 'string' || typeof role !== 'string') return undefined;
    return { ticket, role, ...(typeof subject === 'string' ? { subject } : {}) };
  } catch {
    return undefined;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
