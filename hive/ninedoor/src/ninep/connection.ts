// One 9P2000.L connection, whatever carries its bytes (TCP, unix socket, WebSocket). Frames in, frames out; no socket
// in here. The answers of one `receive` leave in as few writes as possible from pooled buffers: one write instead of
// one per answer is worth 9.5 times the throughput on Node.
//
// Back-pressure: when the peer does not read, and more than `write_queue_bytes` wait, handling stops in the middle of
// the input and goes on at `drained`. What is kept then is at most one unread chunk and the queue.

import type { ByteWriter } from '@cohesix/bytes';
import {
  create9pSplitter,
  decodeT,
  errnoOf,
  FAULT,
  type FrameSplitter,
  type Refusal,
  refusal,
  WIRE_LIMITS,
  type WireLimits,
  writeRlerror,
} from '@cohesix/wire';
import type { NineDoor } from '../door.ts';
import type { DoorKind, Session } from '../session.ts';
import { type Fid, FidTable } from './fid.ts';
import { handle } from './handlers.ts';
import { PendingTable } from './pending.ts';
import type { PiecePool } from './piece-pool.ts';
import type { WriterPool } from './writer-pool.ts';

/** Where a connection's bytes go. */
export interface ByteSink {
  /** Sends bytes; calls `sent` when the array may be used again. */
  write(bytes: Uint8Array, sent: () => void): void;
  /** Bytes given to `write` and not yet taken by the peer. */
  readonly queuedBytes: number;
  /** Stops and resumes delivery of input. */
  pause(): void;
  resume(): void;
  /** Ends after what is queued. */
  end(): void;
}

/** Whose connection it is. A name alone: of a peer at a stream socket. */
export interface NinepPeer {
  readonly peer: string;
  readonly kind: DoorKind;
}

/** Names of a Twalk that are looked at; walk(5) allows 16. What the hive allows is checked by the handler. */
const WALK_NAMES_MAX = 16;

/** Answers gathered before a write is made within one `receive`. */
const FLUSH_BYTES = 65_536;
/** Bytes of answers after which a connection waits for the others: pipelined reads must not hold up a hive. */
const TURN_BYTES_MAX = 8 * FLUSH_BYTES;
/** The same in time, for requests that are dear and answered in few bytes; the clock is read every so many frames. */
const TURN_MS_MAX = 5;
const FRAMES_A_LOOK = 16;

export class NinepConnection {
  readonly door: NineDoor;
  /** Whom failed attaches are counted against. */
  readonly peer: string;
  /** What carries it; sessions name it. */
  readonly kind: DoorKind;
  readonly fids: FidTable;
  readonly pending: PendingTable;
  /** Sessions attached on this connection. */
  readonly sessions: Set<Session> = new Set();
  /** Negotiated message size; before Tversion the largest the hive takes. */
  msize: number;
  /** Whether Tversion has agreed on 9P2000.L. */
  isNegotiated = false;
  /** Where answers are written now. */
  out: ByteWriter;
  readonly #sink: ByteSink;
  readonly #pool: WriterPool;
  readonly #splitter: FrameSplitter;
  #limits: WireLimits;
  #isStalled = false;
  #isHandling = false;
  #isClosed = false;
  #isInputEnded = false;
  #isYielding = false;
  /** Answered since this connection last let others have their turn. */
  #bytesThisTurn = 0;
  #framesThisTurn = 0;
  #turnStart = 0;
  #isFlushScheduled = false;

  constructor(door: NineDoor, sink: ByteSink, from: string | NinepPeer, pool: WriterPool) {
    const { secure9p } = door.manifest;
    const { peer, kind } = typeof from === 'string' ? { peer: from, kind: '9p' as const } : from;
    this.door = door;
    this.peer = peer;
    this.kind = kind;
    this.fids = new FidTable(secure9p.fids_per_session, (session) => door.check(session));
    this.pending = new PendingTable(secure9p.tags_per_session, door);
    this.msize = secure9p.msize;
    this.out = pool.take();
    this.#sink = sink;
    this.#pool = pool;
    this.#splitter = create9pSplitter(this.msize);
    this.#limits = { ...WIRE_LIMITS, msize: this.msize, walkNamesMax: WALK_NAMES_MAX };
  }

  /** Where copies of what is written into stores come from. */
  get pieces(): PiecePool {
    return this.#pool.pieces;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Takes a chunk of input; borrowed until the next call into this connection. */
  receive(chunk: Uint8Array): void {
    if (this.#isClosed) return;
    this.#splitter.push(chunk);
    if (!this.#isStalled) this.#run();
  }

  /** The peer has taken what was queued. */
  drained(): void {
    if (!this.#isStalled || this.#isYielding || this.#isClosed) return;
    this.#isStalled = false;
    this.#run();
    if (!this.#isStalled) this.#sink.resume();
    // What was handled just now may have parked reads; nobody will end them.
    if (this.#isInputEnded) this.pending.cancelAll();
    this.#endIfDone();
  }

  /** The transport is gone: ends sessions and waiting requests. Idempotent. What still has a fid did not leave in order. */
  closed(how: 'eof' | 'error' = 'eof'): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.pending.clear();
    this.fids.clear();
    for (const session of this.sessions) this.door.close(session, refusal('closed', 'The connection ended.'), how);
    this.sessions.clear();
    this.#pool.give(this.out);
  }

  /** Refuses a request: counted, audited, answered with Rlerror. */
  refuse(tag: number, reason: Refusal, session?: Session, op = '9p', path = ''): void {
    if (session === undefined) this.door.pressure.count(reason, `op=${op} peer=${this.peer}`);
    else this.door.refused(session, reason, op, path);
    writeRlerror(this.out, tag, errnoOf(reason.code));
  }

  /**
   * Forgets a fid with its waiting reads, and with the last fid of a session the session: nothing could reach it. Value:
   * what it was.
   */
  dropFid(number: number): Fid | undefined {
    const fid = this.fids.remove(number);
    if (fid === undefined) return undefined;
    const { session } = fid;
    for (const waiting of this.pending.onFid(number)) {
      this.pending.take(waiting);
      waiting.cancel?.();
      writeRlerror(this.out, waiting.tag, errnoOf('cancelled'));
    }
    // A session's root fid is its attach; only when that goes are the others looked at.
    if (session.rootFid === number || session.isRootGone) {
      session.isRootGone = true;
      if (!this.fids.has(session)) this.door.close(session, refusal('closed', 'Its last fid was clunked.'), 'quit');
    }
    if (fid.open !== undefined) session.release();
    return fid;
  }

  /** A session of this connection was closed by the hive: its fids answer why, the connection stays for a while. */
  sessionClosed(session: Session): void {
    this.sessions.delete(session);
  }

  /** Sends what was written outside `receive` (a durable write, a follow) once this turn is over. */
  scheduleFlush(): void {
    if (this.#isHandling || this.#isClosed) return;
    if (this.out.length >= FLUSH_BYTES) return this.#flush();
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    queueMicrotask(() => {
      this.#isFlushScheduled = false;
      this.#flush();
      this.#endIfDone();
    });
  }

  /** The peer sends nothing more: waiting reads end, writes are still answered, then the connection ends. */
  inputEnded(): void {
    if (this.#isClosed) return;
    this.#isInputEnded = true;
    this.pending.cancelAll();
    this.#flush();
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#isInputEnded && this.pending.size === 0 && !this.#isStalled) this.#sink.end();
  }

  /** Answers what is due, then ends the connection: the input cannot be understood any more. */
  fail(reason: Refusal): void {
    this.door.pressure.count(reason, `op=9p peer=${this.peer}`);
    this.#flush();
    this.#sink.end();
    this.closed('error');
  }

  /** Starts over after Tversion: no fids, no sessions, no waiting requests (version(5)). */
  restart(msize: number): void {
    this.pending.clear();
    this.fids.clear();
    for (const session of this.sessions) this.door.close(session, refusal('closed', 'Tversion started over.'));
    this.sessions.clear();
    this.msize = msize;
    this.#limits = { ...this.#limits, msize };
    this.#splitter.setBounds({ sizeMax: msize });
  }

  #run(): void {
    this.#isHandling = true;
    this.#bytesThisTurn = 0;
    this.#framesThisTurn = 0;
    this.#turnStart = this.door.ports.monotonicMs();
    while (!this.#isClosed) {
      if (this.#isTurnOver()) {
        this.#yield();
        break;
      }
      if (this.out.length >= FLUSH_BYTES) this.#flush();
      if (this.#sink.queuedBytes > this.door.manifest.secure9p.write_queue_bytes) {
        this.door.traffic.pauses += 1;
        this.#stall();
        break;
      }
      const found = this.#splitter.next();
      if (found === 'more') break;
      if (found !== 'frame') return this.#endHandling(found);
      this.#frame(this.#splitter.bytes, this.#splitter.start, this.#splitter.end);
    }
    this.#isHandling = false;
    this.#flush();
  }

  #endHandling(found: string): void {
    this.#isHandling = false;
    this.fail(refusal('invalid-frame', `Frame of ${this.#splitter.declaredSize} bytes: ${found}.`));
  }

  /** Whether the others should have their turn: much was answered, or (looked at now and then) it took long. */
  #isTurnOver(): boolean {
    if (this.#bytesThisTurn > TURN_BYTES_MAX) return true;
    this.#framesThisTurn += 1;
    if (this.#framesThisTurn % FRAMES_A_LOOK !== 0) return false;
    return this.door.ports.monotonicMs() - this.#turnStart > TURN_MS_MAX;
  }

  /** Goes on in the next turn of the event loop, whatever the peer takes meanwhile. */
  #yield(): void {
    this.#stall();
    this.#isYielding = true;
    this.door.ports.nextTurn(() => {
      this.#isYielding = false;
      this.drained();
    });
  }

  #stall(): void {
    this.#isStalled = true;
    this.#sink.pause();
  }

  #frame(bytes: Uint8Array, start: number, end: number): void {
    const message = decodeT(bytes, start, end, this.#limits);
    if (message.type === FAULT) return this.refuse(message.tag, refusal(message.code, message.detail));
    if (this.pending.has(message.tag)) {
      return this.refuse(message.tag, refusal('invalid-frame', `Tag ${message.tag} is in use.`));
    }
    handle(this, message);
  }

  #flush(): void {
    if (this.out.length === 0 || this.#isClosed) return;
    const full = this.out;
    this.#bytesThisTurn += full.length;
    this.out = this.#pool.take();
    this.#sink.write(full.view(), () => this.#pool.give(full));
  }
}
