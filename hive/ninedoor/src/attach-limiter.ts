// Slows down whoever fails to attach: exponential back-off per peer and, after a few failures in a window, a cooldown
// (`contracts-1.md` 2.2). A success clears the peer. Pure data with time as a parameter; bounded number of peers. A
// clock that goes back makes no wait longer than the longest there is.

import type { AttachFailures } from '@cohesix/manifest';
import { ok, type Result, refuse } from '@cohesix/wire';

const PEERS_MAX = 4096;

interface Peer {
  failures: number;
  blockedUntil: number;
  isCooling: boolean;
  windowFailures: number;
  windowStart: number;
}

export class AttachLimiter {
  readonly #limits: () => AttachFailures;
  readonly #peers = new Map<string, Peer>();

  /** `limits` is asked each time: they may change while the hive runs. */
  constructor(limits: () => AttachFailures) {
    this.#limits = limits;
  }

  /** `throttled` while the peer backs off after a failure, `rate-limited` in the cooldown after several. */
  check(peer: string, now: number): Result<void> {
    const waitMs = this.waitMs(peer, now);
    if (waitMs === 0) return ok(undefined);
    const code = this.#peers.get(peer)?.isCooling === true ? 'rate-limited' : 'throttled';
    return refuse(code, `Too many failed attaches; wait ${waitMs} ms.`);
  }

  /** How long the peer is still blocked, in ms; 0 when it is not. */
  waitMs(peer: string, now: number): number {
    const known = this.#peers.get(peer);
    if (known === undefined) return 0;
    const limits = this.#limits();
    const longestMs = known.isCooling ? limits.cooldown_ms : limits.backoff_cap_ms;
    known.blockedUntil = Math.min(known.blockedUntil, now + longestMs);
    return Math.max(0, known.blockedUntil - now);
  }

  /** Counts a failure: the n-th (from 0) blocks base × 2^min(n,8) up to the cap; a full window starts the cooldown. */
  failed(peer: string, now: number): void {
    const known = this.#peers.get(peer) ?? this.#add(peer, now);
    const limits = this.#limits();
    if (now - known.windowStart > limits.window_ms || now < known.windowStart) {
      known.windowStart = now;
      known.windowFailures = 0;
    }
    known.windowFailures += 1;
    const backoff = Math.min(limits.backoff_base_ms * 2 ** Math.min(known.failures, 8), limits.backoff_cap_ms);
    known.failures += 1;
    known.blockedUntil = now + backoff;
    known.isCooling = false;
    if (known.windowFailures >= limits.window_failures) {
      known.blockedUntil = now + limits.cooldown_ms;
      known.isCooling = true;
      known.failures = 0;
      known.windowFailures = 0;
    }
  }

  /** Forgets the failures of a peer. */
  succeeded(peer: string): void {
    this.#peers.delete(peer);
  }

  #add(peer: string, now: number): Peer {
    if (this.#peers.size >= PEERS_MAX) {
      const oldest = this.#peers.keys().next().value;
      if (oldest !== undefined) this.#peers.delete(oldest);
    }
    const fresh = { failures: 0, blockedUntil: 0, isCooling: false, windowFailures: 0, windowStart: now };
    this.#peers.set(peer, fresh);
    return fresh;
  }
}
