// An attached 9P connection as operations on fids: walk, open, read, write, list, attributes, clunk. Every fid taken here
// is clunked, also after an error and also when it turns out late that it exists.

import {
  DIRENT_HEADER_BYTES,
  IO_HEADER_BYTES,
  NOFID,
  NONUNAME,
  ok,
  type Qid,
  RATTACH,
  RCLUNK,
  type Refusal,
  type Result,
  RGETATTR,
  RLOPEN,
  type RMessage,
  RREAD,
  RREADDIR,
  RVERSION,
  RWALK,
  RWRITE,
  refusal,
  refuse,
  TATTACH,
  TCLUNK,
  TGETATTR,
  TLOPEN,
  TREAD,
  TREADDIR,
  TVERSION,
  TWALK,
  TWRITE,
  VERSION_9P2000L,
} from '@cohesix/wire';
import type { ByteTransport } from '../byte-transport.ts';
import type { Timers } from '../timers.ts';
import { FidPool } from './fid-pool.ts';
import { type Call, type Fate, Mux, type Reply, type Request } from './mux.ts';

/** Names one Twalk carries. */
const WALK_NAMES_MAX = 8;

/** The smallest msize with which anything works. */
const MSIZE_MIN = 256;

/** The offset of an append: the end, wherever it is. `~0` says so in Plan 9 and in io_uring; a hive takes any from 2^63 on. */
const OFFSET_AT_END = 0xffff_ffff_ffff_ffffn;

/** A store may sync and check a large content before it answers: it gets this many deadlines. */
const STORE_DEADLINES = 12;

/** What a session is attached with. */
export interface AttachOptions {
  /** Claimed role, compared with the ticket by the hive. */
  readonly role: string;
  readonly subject?: string;
  /** The ticket token; goes into `aname`. */
  readonly ticket: string;
  /** msize to ask for. Default 8192. */
  readonly msize?: number;
  /** Requests in flight, flushes not counted. Default 14: with two flushes the hive's default window of 16 tags. */
  readonly requestsMax?: number;
  /** Fids in use at a time. Default 128. */
  readonly fidsMax?: number;
  /** Milliseconds for each message's answer. Default 5000. */
  readonly deadlineMs?: number;
  readonly timers: Timers;
}

/** A fid that was walked to, and what is there. */
export interface Walked {
  readonly fid: number;
  readonly qid: Qid;
}

/** An opened fid: how many bytes one read or write of it carries. */
export interface Opened extends Walked {
  readonly ioBytes: number;
}

/** One attached connection. */
export class FidSession {
  readonly #mux: Mux;
  readonly #fids: FidPool;
  readonly #deadlineMs: number;
  readonly #root: Walked;
  readonly msize: number;

  private constructor(made: { mux: Mux; fids: FidPool; deadlineMs: number; root: Walked; msize: number }) {
    this.#mux = made.mux;
    this.#fids = made.fids;
    this.#deadlineMs = made.deadlineMs;
    this.#root = made.root;
    this.msize = made.msize;
  }

  /** Negotiates and attaches on a fresh transport; on refusal the transport is closed. */
  static async open(transport: ByteTransport, options: AttachOptions): Promise<Result<FidSession>> {
    const deadlineMs = options.deadlineMs ?? 5000;
    const asked = options.msize ?? 8192;
    const { timers, requestsMax = 14 } = options;
    const mux = new Mux(transport, { requestsMax, sizeMax: asked, flushDeadlineMs: deadlineMs, timers });
    const msize = await negotiate(mux, asked, deadlineMs);
    if (!msize.ok) return abandon(mux, msize.refusal);
    mux.lowerSizeMax(msize.value);
    const fids = new FidPool(options.fidsMax ?? 128);
    const root = await attach(mux, fids.take() ?? 0, options, deadlineMs);
    if (!root.ok) return abandon(mux, root.refusal);
    return ok(new FidSession({ mux, fids, deadlineMs, root: root.value, msize: msize.value }));
  }

  /** Fids in use, the root included; for tests and messages. */
  get fidCount(): number {
    return this.#fids.count;
  }

  /** Whether a refusal was sent by the hive; any other was made here. */
  isFromHive(why: Refusal): boolean {
    return this.#mux.isFromHive(why);
  }

  /** Most bytes one Twrite carries. */
  get writeMaxBytes(): number {
    return this.msize - IO_HEADER_BYTES;
  }

  /** Walks from the root and hands the fid to `use`; clunks it afterwards unless `use` says to keep it. */
  async withFid<T>(names: readonly string[], use: (at: Walked) => Promise<Result<T>>): Promise<Result<T>> {
    const at = await this.walk(names);
    if (!at.ok) return at;
    try {
      return await use(at.value);
    } finally {
      this.clunk(at.value.fid);
    }
  }

  /**
   * Walks from the root to a new fid, which the caller clunks. When a name in the middle is missing, the server answers
   * only how far it came: that is its way to say `invalid-path`, and a hive counts and explains it like any refusal.
   */
  async walk(names: readonly string[]): Promise<Result<Walked>> {
    const fid = this.#fids.take();
    if (fid === undefined) return refuse('limit', 'All fids of this connection are in use.');
    let at: Walked = this.#root;
    let left = names;
    do {
      const wnames = left.slice(0, WALK_NAMES_MAX);
      const qids = await this.#walkStep(at, fid, wnames);
      const isThere = qids.ok && qids.value.length === wnames.length;
      if (!qids.ok || !isThere) {
        if (at.fid === fid) this.clunk(fid);
        else if (qids.ok) this.#fids.release(fid);
        return qids.ok ? this.#mux.refusedByHive('invalid-path') : qids;
      }
      at = { fid, qid: qids.value.at(-1) ?? at.qid };
      left = left.slice(wnames.length);
    } while (left.length > 0);
    return ok(at);
  }

  /** One Twalk. Unless it is answered in time, a new `fid` is given back here; answered in part, it does not exist yet. */
  async #walkStep(at: Walked, fid: number, wnames: readonly string[]): Promise<Result<readonly Qid[]>> {
    const whenKnown = (fate: Fate<typeof RWALK>): void => {
      if (fate.kind === 'answered' && !fate.isLate) return;
      if (fate.kind === 'answered' && fate.reply.wqids.length === wnames.length) this.clunk(fid);
      else this.#fids.release(fid);
    };
    const reply = await this.#mux.call({ type: TWALK, fid: at.fid, newfid: fid, wnames }, RWALK, {
      deadlineMs: this.#deadlineMs,
      check: ({ wqids }) => (wqids.length > wnames.length ? 'Rwalk with more qids than names' : undefined),
      ...(at.fid === fid ? {} : { whenKnown }),
    }).reply;
    return reply.ok ? ok(reply.value.wqids) : reply;
  }

  /** Opens a walked fid. */
  async open(at: Walked, flags: number): Promise<Result<Opened>> {
    const reply = await this.#call({ type: TLOPEN, fid: at.fid, flags }, RLOPEN).reply;
    if (!reply.ok) return reply;
    const { qid, iounit } = reply.value;
    const ioBytes = iounit === 0 ? this.writeMaxBytes : Math.min(iounit, this.writeMaxBytes);
    return ok({ fid: at.fid, qid, ioBytes });
  }

  /** One Tread; empty at the end. The bytes belong to the caller. */
  async read(at: Opened, offset: bigint, count: number): Promise<Result<Uint8Array>> {
    const call = this.#readCall(at, offset, count, this.#deadlineMs);
    const reply = await call.reply;
    return reply.ok ? ok(reply.value.data) : reply;
  }

  /** One Tread that may wait for ever, for a follow. */
  readWaiting(at: Opened, offset: bigint): Call<typeof RREAD> {
    return this.#readCall(at, offset, at.ioBytes, undefined);
  }

  #readCall(at: Opened, offset: bigint, count: number, deadlineMs: number | undefined): Call<typeof RREAD> {
    return this.#mux.call({ type: TREAD, fid: at.fid, offset, count }, RREAD, {
      deadlineMs,
      check: ({ data }) => (data.length > count ? 'Rread with more bytes than asked' : undefined),
    });
  }

  /** One Twrite of all of `data` where the file ends, wherever that is: every writable file of a hive only appends. */
  append(at: Opened, data: Uint8Array): Promise<Result<number>> {
    return this.#write(at, OFFSET_AT_END, data, this.#deadlineMs);
  }

  /** One Twrite of a piece at an offset, of a file whose store takes its time. */
  async write(at: Opened, offset: bigint, data: Uint8Array): Promise<Result<void>> {
    const written = await this.#write(at, offset, data, this.#deadlineMs * STORE_DEADLINES);
    return written.ok ? ok(undefined) : written;
  }

  async #write(at: Opened, offset: bigint, data: Uint8Array, deadlineMs: number): Promise<Result<number>> {
    const reply = await this.#mux.call({ type: TWRITE, fid: at.fid, offset, data }, RWRITE, {
      deadlineMs,
      check: ({ count }) => (count > data.length ? 'Rwrite with more bytes than sent' : undefined),
    }).reply;
    if (!reply.ok) return reply;
    if (reply.value.count === data.length) return ok(data.length);
    return refuse(
      'internal',
      `The hive took ${reply.value.count} of ${data.length} bytes; an append is all or nothing.`,
    );
  }

  /** One Treaddir; empty at the end. */
  async readDirectory(at: Opened, offset: bigint): Promise<Result<Uint8Array>> {
    const count = Math.max(at.ioBytes, DIRENT_HEADER_BYTES);
    const reply = await this.#mux.call({ type: TREADDIR, fid: at.fid, offset, count }, RREADDIR, {
      deadlineMs: this.#deadlineMs,
      check: ({ data }) => (data.length > count ? 'Rreaddir with more bytes than asked' : undefined),
    }).reply;
    return reply.ok ? ok(reply.value.data) : reply;
  }

  /** Attributes of a walked fid; the root when none is given. */
  attributes(requestMask: bigint, at: Walked = this.#root): Promise<Result<Reply<typeof RGETATTR>>> {
    return this.#call({ type: TGETATTR, fid: at.fid, requestMask }, RGETATTR).reply;
  }

  /** Clunks and waits for what the hive says to the end of the file. The number is used again as after `clunk`. */
  async close({ fid }: Opened): Promise<Result<void>> {
    const reply = await this.#mux.call({ type: TCLUNK, fid }, RCLUNK, {
      deadlineMs: this.#deadlineMs * STORE_DEADLINES,
      whenKnown: (fate) => {
        if (fate.kind !== 'forgotten') this.#fids.release(fid);
      },
    }).reply;
    return reply.ok ? ok(undefined) : reply;
  }

  /** Clunks without waiting. The number is used again once the server has certainly forgotten it. */
  clunk(fid: number): void {
    this.#call({ type: TCLUNK, fid }, RCLUNK, (fate) => {
      if (fate.kind !== 'forgotten') this.#fids.release(fid);
    });
  }

  /**
   * Leaves in order: clunks the root, after every other fid was, and ends the connection. What is still under way is given
   * up, and is then no orderly end.
   */
  leave(): void {
    this.clunk(this.#root.fid);
    this.end(refusal('closed'));
  }

  /** Ends the connection with `failure`. */
  end(failure: Refusal): void {
    this.#mux.fail(failure);
  }

  #call<Type extends RMessage['type']>(
    request: Request,
    expect: Type,
    whenKnown: (fate: Fate<Type>) => void = () => {},
  ): Call<Type> {
    return this.#mux.call(request, expect, { deadlineMs: this.#deadlineMs, whenKnown });
  }
}

/** Tversion: the msize both accept. */
async function negotiate(mux: Mux, asked: number, deadlineMs: number): Promise<Result<number>> {
  const request = { type: TVERSION, msize: asked, version: VERSION_9P2000L } as const;
  const reply = await mux.call(request, RVERSION, {
    deadlineMs,
    check: ({ msize }) => (msize > asked ? 'Rversion with a larger msize than asked' : undefined),
  }).reply;
  if (!reply.ok) return reply;
  const { msize, version } = reply.value;
  if (version !== VERSION_9P2000L) return refuse('unsupported', `The server speaks ${JSON.stringify(version)}.`);
  if (msize < MSIZE_MIN) return refuse('unsupported', `The server's msize of ${msize} is below ${MSIZE_MIN}.`);
  return ok(msize);
}

async function attach(mux: Mux, fid: number, options: AttachOptions, deadlineMs: number): Promise<Result<Walked>> {
  const uname = options.subject === undefined ? options.role : `${options.role}:${options.subject}`;
  const request = { type: TATTACH, fid, afid: NOFID, uname, aname: options.ticket, nUname: NONUNAME } as const;
  const reply = await mux.call(request, RATTACH, { deadlineMs }).reply;
  return reply.ok ? ok({ fid, qid: reply.value.qid }) : reply;
}

function abandon(mux: Mux, why: Refusal): Result<never> {
  mux.fail(refusal('closed'));
  return { ok: false, refusal: why };
}
