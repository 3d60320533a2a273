// A small 9P2000.L server over a LocalDoor, for tests of the client alone. Correct unless a hook says otherwise, and
// it keeps count of what the client does with fids and tags.

import { ByteWriter } from '@cohesix/bytes';
import {
  create9pSplitter,
  decodeT,
  encodeR,
  errnoOf,
  FAULT,
  O_ACCMODE,
  O_FOLLOW_STREAM,
  O_RDONLY,
  O_WRONLY,
  QTAPPEND,
  QTDIR,
  RATTACH,
  RCLUNK,
  type RefusalCode,
  RFLUSH,
  RGETATTR,
  RLERROR,
  RLOPEN,
  type RMessage,
  RREAD,
  RREADDIR,
  RVERSION,
  RWALK,
  RWRITE,
  TATTACH,
  TCLUNK,
  TFLUSH,
  TGETATTR,
  TLOPEN,
  type TMessage,
  TREAD,
  TREADDIR,
  TVERSION,
  TWALK,
  TWRITE,
  WIRE_LIMITS,
  writeDirent,
} from '@cohesix/wire';
import type { FileStat } from '../src/hive-client.ts';
import type { LocalDoor, LocalFollow } from '../src/local-door.ts';
import { genOfKind } from '../src/ninep/file-kind.ts';
import type { MemoryTransport } from './memory-transport.ts';

type Untagged<M> = M extends unknown ? Omit<M, 'tag'> : never;
export type Answer = Untagged<RMessage>;

interface ServedFid {
  path: string;
  content?: Uint8Array;
  names?: readonly string[];
  follow?: LocalFollow;
  isWritable?: boolean;
}

/** Hooks: what a server may do wrong or late. */
export interface ServerHooks {
  /** Sees a request first; `false` means it will be answered by `server.answer` later or never. */
  before?: (request: TMessage, server: NinePServer) => boolean;
  msize?: number;
  version?: string;
  tokens?: ReadonlySet<string>;
}

export class NinePServer {
  readonly fids: Map<number, ServedFid> = new Map();
  readonly requests: TMessage[] = [];
  readonly #door: LocalDoor;
  readonly #transport: MemoryTransport;
  readonly #hooks: ServerHooks;
  readonly #inFlight = new Map<number, { isFlushed: boolean }>();
  msize = 8192;
  /** Most tags seen in flight at a time. */
  tagsHigh = 0;

  constructor(door: LocalDoor, transport: MemoryTransport, hooks: ServerHooks = {}) {
    this.#door = door;
    this.#transport = transport;
    this.#hooks = hooks;
    const splitter = create9pSplitter(1 << 20);
    transport.start({
      data: (chunk) => {
        splitter.push(chunk);
        while (splitter.next() === 'frame') {
          const request = decodeT(splitter.bytes, splitter.start, splitter.end, { ...WIRE_LIMITS, msize: this.msize });
          if (request.type === FAULT) this.error(request.tag, request.code);
          else this.#take(request.type === TWRITE ? { ...request, data: request.data.slice() } : request);
        }
      },
      closed: () => {},
    });
  }

  /** Requests of a type. */
  sent(type: number): TMessage[] {
    return this.requests.filter((request) => request.type === type);
  }

  #take(request: TMessage): void {
    this.requests.push(request);
    if (request.type === TFLUSH) {
      const target = this.#inFlight.get(request.oldtag);
      if (target !== undefined) target.isFlushed = true;
      this.#inFlight.delete(request.oldtag);
    } else {
      if (this.#inFlight.has(request.tag)) throw new TypeError(`tag ${request.tag} used twice`);
      this.#inFlight.set(request.tag, { isFlushed: false });
      this.tagsHigh = Math.max(this.tagsHigh, this.#inFlight.size);
    }
    if (this.#hooks.before?.(request, this) === false) return;
    this.serve(request);
  }

  /** Answers a request as a correct server does. */
  serve(request: TMessage): void {
    void this.#answerOf(request).then((answer) => {
      if (request.type !== TFLUSH) {
        const entry = this.#inFlight.get(request.tag);
        if (entry === undefined || entry.isFlushed) return;
      }
      this.answer(request.tag, answer);
    });
  }

  /** Sends an answer now. */
  answer(tag: number, answer: Answer): void {
    this.#inFlight.delete(tag);
    const writer = new ByteWriter({ sizeMax: 1 << 21 });
    if (!encodeR(writer, { ...answer, tag } as RMessage)) throw new TypeError('an answer that does not encode');
    this.#transport.send(writer.view());
  }

  /** Sends a refusal now. */
  error(tag: number, code: RefusalCode): void {
    this.answer(tag, { type: RLERROR, ecode: errnoOf(code) });
  }

  /** Sends raw bytes now. */
  raw(bytes: Uint8Array): void {
    this.#transport.send(bytes);
  }

  die(): void {
    this.#transport.destroy();
  }

  async #answerOf(request: TMessage): Promise<Answer> {
    switch (request.type) {
      case TVERSION:
        this.msize = Math.min(request.msize, this.#hooks.msize ?? 8192);
        return { type: RVERSION, msize: this.msize, version: this.#hooks.version ?? request.version };
      case TATTACH:
        return this.#attach(request.fid, request.aname);
      case TFLUSH:
        return { type: RFLUSH };
      case TWALK:
        return this.#walk(request.fid, request.newfid, request.wnames);
      case TLOPEN:
        return this.#open(request.fid, request.flags);
      case TREAD:
        return this.#read(request.fid, request.offset, request.count);
      case TWRITE:
        return this.#write(request.fid, request.data);
      case TREADDIR:
        return this.#readdir(request.fid, request.offset, request.count);
      case TGETATTR:
        return this.#getattr(request.fid);
      case TCLUNK:
        this.fids.get(request.fid)?.follow?.stop();
        return this.fids.delete(request.fid) ? { type: RCLUNK } : refused('bad-fid');
      default:
        return refused('unsupported');
    }
  }

  #attach(fid: number, token: string): Answer {
    if (this.#hooks.tokens?.has(token) === false) return refused('denied');
    this.fids.set(fid, { path: '/' });
    return { type: RATTACH, qid: { type: QTDIR, version: 0, path: 1n } };
  }

  async #walk(fid: number, newfid: number, names: readonly string[]): Promise<Answer> {
    const from = this.fids.get(fid);
    if (from === undefined || (newfid !== fid && this.fids.has(newfid))) return refused('bad-fid');
    let { path } = from;
    const wqids = [];
    for (const name of names) {
      const next = `${path === '/' ? '' : path}/${name}`;
      const stat = await this.#door.stat(next);
      if (!stat.ok) break;
      path = next;
      wqids.push(qidOf(stat.value));
    }
    if (wqids.length === 0 && names.length > 0) return refused('invalid-path');
    if (wqids.length === names.length) this.fids.set(newfid, { path });
    return { type: RWALK, wqids };
  }

  async #open(number: number, flags: number): Promise<Answer> {
    const fid = this.fids.get(number);
    if (fid === undefined) return refused('bad-fid');
    const stat = await this.#door.stat(fid.path);
    if (!stat.ok) return refused(stat.refusal.code);
    const access = flags & O_ACCMODE;
    if (access === O_WRONLY) {
      if (stat.value.kind === 'directory') return refused('is-directory');
      if ((stat.value.mode & 0o222) === 0) return refused('denied');
      fid.isWritable = true;
    } else if ((flags & O_FOLLOW_STREAM) !== 0) {
      if (stat.value.kind !== 'stream') return refused('unsupported');
    } else if (access === O_RDONLY) {
      if (stat.value.kind === 'directory') {
        const names = await this.#door.list(fid.path);
        if (names.ok) fid.names = names.value;
      } else {
        const content = await this.#door.read(fid.path, 1 << 24);
        if (!content.ok) return refused(content.refusal.code);
        fid.content = content.value;
      }
    }
    return { type: RLOPEN, qid: qidOf(stat.value), iounit: 0 };
  }

  async #read(number: number, offset: bigint, count: number): Promise<Answer> {
    const fid = this.fids.get(number);
    if (fid?.names !== undefined) return refused('is-directory');
    if (fid?.content !== undefined) {
      return { type: RREAD, data: fid.content.subarray(Number(offset), Number(offset) + count) };
    }
    if (fid === undefined || fid.isWritable === true) return refused('bad-fid');
    if (fid.follow === undefined) {
      const follow = await this.#door.follow(fid.path, offset);
      if (!follow.ok) return refused(follow.refusal.code);
      fid.follow = follow.value;
    }
    const chunk = await fid.follow.next();
    if (!chunk.ok) return refused(chunk.refusal.code);
    return { type: RREAD, data: chunk.value ?? new Uint8Array(0) };
  }

  async #write(number: number, data: Uint8Array): Promise<Answer> {
    const fid = this.fids.get(number);
    if (fid?.isWritable !== true) return refused('bad-fid');
    const appended = await this.#door.append(fid.path, new TextDecoder().decode(data));
    return appended.ok ? { type: RWRITE, count: data.length } : refused(appended.refusal.code);
  }

  #readdir(number: number, offset: bigint, count: number): Answer {
    const names = this.fids.get(number)?.names;
    if (names === undefined) return refused('not-directory');
    const writer = new ByteWriter({ sizeStart: count, sizeMax: count });
    for (let index = Number(offset); index < names.length; index++) {
      const entry = {
        qid: { type: 0, version: 0, path: 1n },
        offset: BigInt(index + 1),
        type: 8,
        name: names[index] ?? '',
      };
      if (!writeDirent(writer, count, entry)) break;
    }
    return { type: RREADDIR, data: writer.copy() };
  }

  async #getattr(number: number): Promise<Answer> {
    const fid = this.fids.get(number);
    if (fid === undefined) return refused('bad-fid');
    const stat = await this.#door.stat(fid.path);
    if (!stat.ok) return refused(stat.refusal.code);
    return attributesOf(stat.value);
  }
}

function attributesOf({ kind, mode, size, ...rest }: FileStat): Answer {
  const zero = 0n;
  return {
    type: RGETATTR,
    valid: 0x3fffn,
    qid: qidOf({ kind, mode, size, ...rest }),
    mode: mode | (kind === 'directory' ? 0o040000 : 0o100000),
    uid: 0,
    gid: 0,
    nlink: 1n,
    rdev: zero,
    size,
    blksize: 4096n,
    blocks: zero,
    atimeSec: zero,
    atimeNsec: zero,
    mtimeSec: zero,
    mtimeNsec: zero,
    ctimeSec: zero,
    ctimeNsec: zero,
    btimeSec: zero,
    btimeNsec: zero,
    gen: genOfKind(kind),
    dataVersion: zero,
  };
}

function qidOf({ kind, qidPath, qidVersion }: FileStat): { type: number; version: number; path: bigint } {
  const type = kind === 'directory' ? QTDIR : kind === 'control' || kind === 'stream' ? QTAPPEND : 0;
  return { type, version: qidVersion, path: qidPath };
}

function refused(code: RefusalCode): Answer {
  return { type: RLERROR, ecode: errnoOf(code) };
}
