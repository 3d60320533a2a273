// 9P connections without a socket of ours: what a WebSocket of the gateway carries. Each is a pair of a NinepConnection and
// a ByteLink, the other end; between them bytes are moved in memory, and whoever cannot take more makes the other wait.
//
// What is kept in a link: input that came while the connection does not read (its owner is told by `queuedBytes` and should
// stop reading its own source), and answers while the owner has paused it (the connection then stalls by itself).

import { ok, type Result, refuse } from '@cohesix/wire';
import type { NineDoor } from '../door.ts';
import { peerOf } from '../peer.ts';
import { type ByteSink, NinepConnection, type NinepPeer } from './connection.ts';
import { Flow } from './flow.ts';
import { WaitingRoom } from './waiting-room.ts';
import { ninepWriterPool, type WriterPool } from './writer-pool.ts';

/** What a link calls. */
export interface LinkHandlers {
  /** Bytes of the hive; the array belongs to the receiver. */
  data(chunk: Uint8Array): void;
  /** The link is gone; called once, and nothing after it. */
  closed(reason: string): void;
  /** What was queued by `send` has been taken. */
  drained?(): void;
}

/** The other end of a 9P connection in this process: the ByteTransport of @cohesix/client, structurally. */
export interface ByteLink {
  /** Starts delivery; called once. */
  start(handlers: LinkHandlers): void;
  /** Hands bytes to the hive; they must not change afterwards. */
  send(bytes: Uint8Array): void;
  /** Bytes of `send` that the hive has not taken yet. */
  readonly queuedBytes: number;
  /** Makes the hive wait with its answers. */
  pause(): void;
  resume(): void;
  /** Nothing more will be sent: ends after what is answered. */
  close(): void;
  /** Ends at once. */
  destroy(): void;
}

/** How long answers may wait for a link that was paused when it ends; the same as for sockets. */
const END_GRACE_MS = 2000;

/** Makes and counts links. */
export class NinepLinks {
  readonly #door: NineDoor;
  readonly #pool: WriterPool;
  readonly #room: WaitingRoom;
  readonly #open = new Set<Link>();
  #nextPeer = 1;

  constructor(door: NineDoor) {
    this.#door = door;
    this.#pool = ninepWriterPool(door.manifest);
    this.#room = new WaitingRoom(door);
  }

  /** A new connection for a caller at an address; `limit` when there are too many. */
  open(address: string): Result<ByteLink> {
    const { connectionsMax } = this.#room;
    if (this.#open.size >= connectionsMax) return refuse('limit', `At most ${connectionsMax} connections.`);
    const peer = peerOf(address, `websocket#${this.#nextPeer++}`);
    const link = new Link(this.#door, { peer, kind: 'websocket' }, this.#pool, () => {
      this.#open.delete(link);
      this.#room.leave(link.connection);
    });
    this.#open.add(link);
    this.#room.enter(link.connection, () => link.cut('nobody attached in time'));
    return ok(link);
  }

  /** Ends every link. */
  close(): void {
    this.#room.close();
    for (const link of this.#open) link.cut('the hive stops');
  }
}

class Link implements ByteLink {
  readonly connection: NinepConnection;
  readonly #input: Flow;
  readonly #output: Flow;
  readonly #onGone: () => void;
  #handlers: LinkHandlers | undefined;
  #isEnding = false;
  #isOutputOver = false;
  #isGone = false;
  #grace: NodeJS.Timeout | undefined;

  constructor(door: NineDoor, from: NinepPeer, pool: WriterPool, onGone: () => void) {
    this.#onGone = onGone;
    this.#input = new Flow({
      take: (bytes) => this.connection.receive(bytes),
      empty: () => this.#inputTaken(),
    });
    this.#output = new Flow({
      take: (bytes) => this.#handlers?.data(bytes),
      empty: () => this.#outputTaken(),
    });
    // Until somebody listens, answers wait.
    this.#output.pause();
    this.connection = new NinepConnection(door, this.#sink(), from, pool);
  }

  start(handlers: LinkHandlers): void {
    this.#handlers = handlers;
    this.#output.resume();
  }

  send(bytes: Uint8Array): void {
    if (!this.#isEnding && !this.#isGone) this.#input.push(bytes);
  }

  get queuedBytes(): number {
    return this.#input.bytes;
  }

  pause(): void {
    this.#output.pause();
  }

  resume(): void {
    this.#output.resume();
  }

  close(): void {
    if (this.#isEnding || this.#isGone) return;
    this.#isEnding = true;
    this.#startGrace();
    if (this.#input.bytes === 0) this.connection.inputEnded();
  }

  destroy(): void {
    this.cut('closed');
  }

  /** Ends at once, for a reason of the hive's. */
  cut(reason: string): void {
    this.#gone(reason, 'error');
  }

  #sink(): ByteSink {
    const link = this;
    return {
      write: (bytes, sent) => {
        if (!link.#isGone) link.#output.push(bytes.slice());
        sent();
      },
      get queuedBytes() {
        return link.#isGone ? Number.POSITIVE_INFINITY : link.#output.bytes;
      },
      pause: () => link.#input.pause(),
      resume: () => link.#input.resume(),
      end: () => link.#endAfterOutput(),
    };
  }

  #inputTaken(): void {
    if (this.#isGone) return;
    if (this.#isEnding) this.connection.inputEnded();
    else this.#handlers?.drained?.();
  }

  #outputTaken(): void {
    if (this.#isGone) return;
    if (this.#isOutputOver) this.#gone('closed by the hive', 'eof');
    else this.connection.drained();
  }

  #endAfterOutput(): void {
    this.#isOutputOver = true;
    this.#startGrace();
    // Later, so that whoever ends it has finished what it does.
    queueMicrotask(() => this.#output.bytes === 0 && this.#outputTaken());
  }

  /** A link whose owner has paused it must not stay when it ends. */
  #startGrace(): void {
    this.#grace ??= setTimeout(() => this.#gone('closed by the hive', 'eof'), END_GRACE_MS).unref();
  }

  #gone(reason: string, how: 'eof' | 'error'): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#grace);
    this.#input.drop();
    this.#output.drop();
    this.connection.closed(how);
    this.#onGone();
    this.#handlers?.closed(reason);
  }
}
