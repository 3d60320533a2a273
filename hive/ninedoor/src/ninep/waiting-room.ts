// Connections of one listener, from the accept to the end, and the rule that a connection on which nobody is attached must
// not stay: who only connects costs a hive a place.

import type { NineDoor } from '../door.ts';
import type { NinepConnection } from './connection.ts';

/** Connections without a session beyond those: their attach is answered with `limit`. One more is closed unanswered. */
const WAITING_MAX = 64;
const SWEEP_MS = 1000;

interface Live {
  readonly connection: NinepConnection;
  readonly cut: () => void;
  /** When it last had no session attached; ends when that lasts longer than the handshake may take. */
  idleSince: number;
}

export class WaitingRoom {
  readonly #door: NineDoor;
  readonly #live = new Map<NinepConnection, Live>();
  readonly #sweep: NodeJS.Timeout;

  constructor(door: NineDoor) {
    this.#door = door;
    this.#sweep = setInterval(() => this.#cutUnattached(), SWEEP_MS);
    this.#sweep.unref();
  }

  /** Connections at a time. */
  get connectionsMax(): number {
    return this.#door.manifest.secure9p.sessions_max + WAITING_MAX;
  }

  /** Connections open now. */
  get size(): number {
    return this.#live.size;
  }

  /** Takes a connection in; `cut` ends it at once. */
  enter(connection: NinepConnection, cut: () => void): void {
    this.#live.set(connection, { connection, cut, idleSince: this.#door.ports.now() });
  }

  /** A connection is gone. */
  leave(connection: NinepConnection): void {
    this.#live.delete(connection);
  }

  /** Looks no more after anybody. */
  close(): void {
    clearInterval(this.#sweep);
  }

  #cutUnattached(): void {
    const now = this.#door.ports.now();
    for (const live of this.#live.values()) {
      if (live.connection.sessions.size > 0) live.idleSince = now;
      else if (now - live.idleSince > this.#door.manifest.secure9p.handshake_timeout_ms) live.cut();
    }
  }
}
