// Sign-in codes: how a ticket gets into a page of a browser without being in a URL. A code is 128 random bits, good once and for a
// short while. Kept is its SHA-256 with the ticket it stands for, in memory only; a restart forgets all.
//
// Invariant: at most `openMax` codes are open, `perTicket` of one ticket; when there would be more, the oldest gives way, so that who
// asks last always gets in.

import { hash, randomBytes } from 'node:crypto';

/** How long a code is good, ms. */
export const SIGN_IN_LIFE_MS = 600_000;

/** Bounds. */
export interface SignInBounds {
  /** Codes open at a time. */
  readonly openMax: number;
  /** Of them those for one ticket: a script that asks in a loop pushes out its own. */
  readonly perTicket: number;
  /** ms. */
  readonly lifeMs: number;
}

const BOUNDS: SignInBounds = { openMax: 64, perTicket: 8, lifeMs: SIGN_IN_LIFE_MS };

const CODE_BYTES = 16;
/** 16 bytes in base64url. */
const CODE = /^[A-Za-z0-9_-]{22}$/;

interface OpenCode {
  readonly ticket: string;
  readonly untilMs: number;
  /** Forgets the ticket when nobody came. */
  readonly timer: NodeJS.Timeout;
}

/** The open codes of one gateway. */
export class SignInCodes {
  /** By the code's SHA-256, oldest first. */
  readonly #open = new Map<string, OpenCode>();
  readonly #bounds: SignInBounds;
  readonly #now: () => number;

  /** `now`: wall time, ms, so that a machine that slept does not prolong a code. */
  constructor(bounds: Partial<SignInBounds> = {}, now: () => number = Date.now) {
    this.#bounds = { ...BOUNDS, ...bounds };
    this.#now = now;
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** A new code for a ticket. */
  make(ticket: string): string {
    this.#makeRoom(ticket);
    const code = randomBytes(CODE_BYTES).toString('base64url');
    const { lifeMs } = this.#bounds;
    const key = hash('sha256', code);
    const timer = setTimeout(() => this.#open.delete(key), lifeMs).unref();
    this.#open.set(key, { ticket, untilMs: this.#now() + lifeMs, timer });
    return code;
  }

  /** The ticket of a code, which is used up by that; undefined for a code that is wrong, used or too old. */
  take(code: string): string | undefined {
    const key = CODE.test(code) ? hash('sha256', code) : '';
    const found = this.#open.get(key);
    if (found === undefined) return undefined;
    this.#forget(key, found);
    return this.#now() < found.untilMs ? found.ticket : undefined;
  }

  /** Forgets all. */
  close(): void {
    for (const [key, open] of this.#open) this.#forget(key, open);
  }

  #makeRoom(ticket: string): void {
    const { openMax, perTicket } = this.#bounds;
    const own = [...this.#open].filter(([, open]) => open.ticket === ticket);
    const [oldest] = own.length >= perTicket ? own : this.#open.size >= openMax ? this.#open : [];
    if (oldest !== undefined) this.#forget(...oldest);
  }

  #forget(key: string, { timer }: OpenCode): void {
    clearTimeout(timer);
    this.#open.delete(key);
  }
}
