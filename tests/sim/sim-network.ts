// A connection between a client and the hive: bytes arrive in order, late, and in other pieces than they were sent in. It
// may stand still, break, end in one direction, or change a byte.

import type { ByteHandlers, ByteTransport } from '@cohesix/client';
import { type ByteSink, type NineDoor, NinepConnection, type WriterPool } from '@cohesix/ninedoor';
import type { Random } from './random.ts';
import type { Scope } from './sim-timers.ts';

/** Where a connection leads and what it is like. */
export interface LinkOptions {
  readonly door: NineDoor;
  readonly pool: WriterPool;
  readonly peer: string;
  /** Time of the network: it outlives the hive. */
  readonly scope: Scope;
  readonly random: Random;
  /** One in so many pieces has a wrong byte; 0 for none. */
  readonly corruptOneIn: number;
}

/** One direction: pieces on their way, in order. */
class Pipe {
  /** Bytes that were sent and have not arrived. */
  queued = 0;
  readonly #options: LinkOptions;
  readonly #arrive: (piece: Uint8Array) => void;
  /** When the last piece arrives, us; none may pass it. */
  #lastUs = 0;
  #isHeld = false;
  readonly #held: (() => void)[] = [];

  constructor(options: LinkOptions, arrive: (piece: Uint8Array) => void) {
    this.#options = options;
    this.#arrive = arrive;
  }

  /** Sends a copy, cut anywhere. */
  send(bytes: Uint8Array): void {
    const { random, corruptOneIn } = this.#options;
    const all = bytes.slice();
    if (corruptOneIn > 0 && all.length > 0 && random.chance(1, corruptOneIn)) {
      const at = random.below(all.length);
      all[at] = (all[at] ?? 0) ^ (1 << random.below(8));
    }
    const cuts = all.length > 1 && random.chance(1, 4) ? random.between(1, 3) : 0;
    const ends = Array.from({ length: cuts }, () => random.between(1, all.length - 1)).sort((a, b) => a - b);
    let from = 0;
    for (const end of [...ends, all.length]) {
      if (end > from) this.#piece(all.subarray(from, end));
      from = end;
    }
  }

  /** Calls `run` when all that was sent has arrived. */
  afterAll(run: () => void): void {
    this.#later(() => {
      if (this.#isHeld) this.#held.push(run);
      else run();
    });
  }

  /** Nothing arrives until `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    while (!this.#isHeld) {
      const next = this.#held.shift();
      if (next === undefined) return;
      next();
    }
  }

  #piece(piece: Uint8Array): void {
    this.queued += piece.length;
    const arrive = (): void => {
      this.queued -= piece.length;
      this.#arrive(piece);
    };
    this.#later(() => {
      if (this.#isHeld) this.#held.push(arrive);
      else arrive();
    });
  }

  #later(run: () => void): void {
    const { scope, random } = this.#options;
    const nowUs = scope.nowMs() * 1000;
    this.#lastUs = Math.max(this.#lastUs, nowUs + random.between(20, 1500));
    scope.afterUs(this.#lastUs - nowUs, run);
  }
}

/** A connection; to the client it is a transport. */
export class Link implements ByteTransport {
  readonly #connection: NinepConnection;
  readonly #toHive: Pipe;
  readonly #toClient: Pipe;
  #handlers: ByteHandlers | undefined;
  #isClientGone = false;
  #isHiveGone = false;

  constructor(options: LinkOptions) {
    this.#toHive = new Pipe(options, (piece) => {
      if (!this.#isHiveGone) this.#connection.receive(piece);
    });
    this.#toClient = new Pipe(options, (piece) => {
      if (!this.#isClientGone) this.#handlers?.data(piece);
    });
    this.#connection = new NinepConnection(options.door, this.#sink(), options.peer, options.pool);
  }

  /** What the hive writes to. */
  #sink(): ByteSink {
    const pipe = this.#toClient;
    const isGone = (): boolean => this.#isClientGone || this.#isHiveGone;
    return {
      write: (bytes, sent) => {
        pipe.send(bytes);
        sent();
        pipe.afterAll(() => {
          if (!this.#isHiveGone) this.#connection.drained();
        });
      },
      get queuedBytes() {
        return isGone() ? Number.POSITIVE_INFINITY : pipe.queued;
      },
      pause: () => this.#toHive.hold(),
      resume: () => this.#toHive.release(),
      end: () => pipe.afterAll(() => this.break('the hive ended the connection')),
    };
  }

  start(handlers: ByteHandlers): void {
    this.#handlers = handlers;
  }

  send(bytes: Uint8Array): void {
    if (!this.#isClientGone) this.#toHive.send(bytes);
  }

  pause(): void {
    this.#toClient.hold();
  }

  resume(): void {
    this.#toClient.release();
  }

  /** As a socket does: what is queued still goes out, and the hive still answers it; nobody reads that. */
  close(): void {
    this.#clientGone('closed');
    this.#toHive.afterAll(() => this.#hiveClosed());
  }

  destroy(): void {
    this.#clientGone('destroyed');
    this.#toHive.afterAll(() => this.#hiveClosed());
  }

  /** The client sends nothing more, but reads on. */
  halfClose(): void {
    this.#toHive.afterAll(() => {
      if (!this.#isHiveGone) this.#connection.inputEnded();
    });
  }

  /** Nothing arrives at the client until `resume`; the answers pile up at the hive. */
  stall(): void {
    this.#toClient.hold();
  }

  /** Both ends find the connection broken, at once; what was on its way is lost. */
  break(why: string): void {
    this.#clientGone(why);
    this.#hiveClosed();
  }

  /** The process of the hive is gone; the network tells the client. */
  hiveKilled(): void {
    this.#isHiveGone = true;
    this.#toHive.release();
    this.#toClient.afterAll(() => this.#clientGone('reset by peer'));
    this.#toClient.release();
  }

  #hiveClosed(): void {
    if (this.#isHiveGone) return;
    this.#isHiveGone = true;
    this.#connection.closed();
  }

  #clientGone(why: string): void {
    if (this.#isClientGone) return;
    this.#isClientGone = true;
    this.#handlers?.closed(why);
  }
}
