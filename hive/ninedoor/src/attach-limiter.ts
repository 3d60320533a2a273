// Slows down whoever fails to attach: exponential back-off per peer and, after a few failures in a window, a cooldown
// (`contracts-1.md` 2.2). A success clears the peer. Pure data with time as a parameter; bounded number of peers.

import type { AttachFailures } from '@cohesix/manifest';
import { ok, type Result, refuse } from '@cohesix/wire';

const PEERS_MAX = 4096;

interface Peer {
  failures: number;
  blockedUntil: number;
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

  /** `throttled` while the peer is blocked. */
  check(peer: string, now: number): Result<void> {
    const known = this.#peers.get(peer);
    if (known === undefined || now >= known.blockedUntil) return ok(undefined);
    return refuse('throttled', `Too many failed attaches; wait ${known.blockedUntil - now} ms.`);
  }

  /** Counts a failure: the n-th (from 0) blocks base × 2^min(n,8) up to the cap; a full window starts the cooldown. */
  failed(peer: string, now: number): void {
    const known = this.#peers.get(peer) ?? this.#add(peer, now);
    const limits = this.#limits();
    if (now - known.windowStart > limits.window_ms) {
      known.windowStart = now;
      known.windowFailures = 0;
    }
    known.windowFailures += 1;
    const backoff = Math.min(limits.backoff_base_ms * 2 ** Math.min(known.failures, 8), limits.backoff_cap_ms);
    known.failures += 1;
    known.blockedUntil = now + backoff;
    if (known.windowFailures >= limits.window_failures) {
      known.blockedUntil = now + limits.cooldown_ms;
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
    const fresh = { failures: 0, blockedUntil: 0, windowFailures: 0, windowStart: now };
    this.#peers.set(peer, fresh);
    return fresh;
  }
}
