// A 9P connection of the fleet's load: many requests in flight by tag, and many sessions attached beside each other, which
// `@cohesix/client` has no use for. Whatever the hive answers is an answer here, refusals included: nothing is sent twice.
//
// Frames are those of the peer benchmarks (`frames.ts`). All requests of one turn of the event loop leave in one write.

import { connect, type Socket } from 'node:net';
import { NOTAG, TYPE, tattach, tgetattr, tlopen, tversion, twalk, twrite } from '../frames.ts';

/** What came back: errno 0 is success, any other the Linux errno of Rlerror. */
export interface Answer {
  readonly errno: number;
  /** When it arrived, ms of `performance.now`. */
  readonly at: number;
}

const MSIZE = 8192;
/** The hive's default `tags_per_session`; what is asked beyond waits here. */
const TAGS = 64;
/** `size[4] type[1] tag[2]`, and the errno of Rlerror. */
const HEADER_SIZE = 7;

interface Asked {
  readonly frame: (tag: number) => Uint8Array;
  readonly replyType: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

export class Pipe {
  readonly #socket: Socket;
  readonly #free = Array.from({ length: TAGS }, (_, index) => index);
  readonly #asked = new Map<number, Asked>();
  readonly #waiting: Asked[] = [];
  #in: Buffer = Buffer.alloc(0);
  #out: Uint8Array[] = [];
  #failure: Error | undefined;
  #nextFid = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new Error('the hive closed the connection')));
  }

  /** Connects to a unix socket and agrees on a version. Rejects with the system's error. */
  static async open(path: string): Promise<Pipe> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    const pipe = new Pipe(socket);
    await pipe.#ask(TYPE.Tversion, () => tversion(MSIZE), NOTAG);
    return pipe;
  }

  /** Attaches a ticket as one more session of this connection; its root fid. @throws Error when it is refused. */
  async attach(ticket: string): Promise<number> {
    const fid = this.#nextFid++;
    must('attach', await this.#ask(TYPE.Tattach, (tag) => tattach(tag, fid, { uname: '', aname: ticket })));
    return fid;
  }

  /** Walks from a root fid and opens. @throws Error when it is refused. */
  async open(root: number, path: string, flags: number): Promise<number> {
    const newfid = this.#nextFid++;
    must(`walk to ${path}`, await this.#ask(TYPE.Twalk, (tag) => twalk(tag, root, { newfid, path })));
    must(`open of ${path}`, await this.#ask(TYPE.Tlopen, (tag) => tlopen(tag, newfid, flags)));
    return newfid;
  }

  /** Appends bytes to an open fid. */
  write(fid: number, bytes: Uint8Array): Promise<Answer> {
    return this.#ask(TYPE.Twrite, (tag) => twrite(tag, fid, bytes));
  }

  /** The least operation of a session: what its ticket pays for and a revocation ends. */
  getattr(fid: number): Promise<Answer> {
    return this.#ask(TYPE.Tgetattr, (tag) => tgetattr(tag, fid));
  }

  /** Ends the connection; what waits is rejected. Idempotent. */
  close(): void {
    this.#socket.destroy();
  }

  #ask(type: number, frame: Asked['frame'], tag?: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const asked: Asked = { frame, replyType: type + 1, resolve, reject };
      const free = tag ?? this.#free.pop();
      if (free === undefined) this.#waiting.push(asked);
      else this.#send(free, asked);
    });
  }

  #send(tag: number, asked: Asked): void {
    this.#asked.set(tag, asked);
    if (this.#out.length === 0) queueMicrotask(() => this.#flush());
    this.#out.push(asked.frame(tag));
  }

  #flush(): void {
    const out = this.#out;
    this.#out = [];
    this.#socket.write(out.length === 1 && out[0] !== undefined ? out[0] : Buffer.concat(out));
  }

  #receive(chunk: Buffer): void {
    const at = performance.now();
    this.#in = this.#in.length === 0 ? chunk : Buffer.concat([this.#in, chunk]);
    let offset = 0;
    while (this.#in.length - offset >= HEADER_SIZE) {
      const size = this.#in.readUInt32LE(offset);
      if (this.#in.length - offset < size) break;
      this.#answered(this.#in.subarray(offset, offset + size), at);
      offset += size;
    }
    this.#in = this.#in.subarray(offset);
  }

  #answered(frame: Buffer, at: number): void {
    const tag = frame.readUInt16LE(5);
    const asked = this.#asked.get(tag);
    if (asked === undefined) return this.#end(new Error(`an answer with tag ${tag}, which asked nothing`));
    this.#asked.delete(tag);
    const next = this.#waiting.shift();
    if (next !== undefined) this.#send(tag, next);
    else if (tag !== NOTAG) this.#free.push(tag);
    const isError = frame[4] === TYPE.Rlerror;
    if (isError || frame[4] === asked.replyType) {
      asked.resolve({ errno: isError ? frame.readUInt32LE(HEADER_SIZE) : 0, at });
    } else asked.reject(new Error(`T-message ${asked.replyType - 1} was answered by message ${frame[4]}`));
  }

  #end(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    for (const { reject } of [...this.#asked.values(), ...this.#waiting.splice(0)]) reject(error);
    this.#asked.clear();
    this.#socket.destroy();
  }
}

function must(what: string, { errno }: Answer): void {
  if (errno !== 0) throw new Error(`${what} was refused with errno ${errno}`);
}
