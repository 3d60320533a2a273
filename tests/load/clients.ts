// Small clients for many connections at once: one socket each, no timers, no retries. What a real client does for
// people is left out; what goes over the wire is the same.

import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { ByteWriter } from '@cohesix/bytes';
import {
  consoleLineOf,
  create9pSplitter,
  createConsoleSplitter,
  decodeR,
  encodeT,
  FAULT,
  NOFID,
  NOTAG,
  O_FOLLOW_STREAM,
  RLERROR,
  type RMessage,
  RREAD,
  TATTACH,
  TGETATTR,
  TLOPEN,
  type TMessage,
  TREAD,
  TVERSION,
  TWALK,
  VERSION_9P2000L,
  WIRE_LIMITS,
  writeConsoleFrame,
} from '@cohesix/wire';

const MSIZE = 8192;
/** Bytes of a read that fits `MSIZE`. */
export const READ_BYTES = 8000;

/** A connected socket whose errors are ends. */
export async function dial(port: number): Promise<Socket> {
  const socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** One 9P connection; requests may overlap. */
export class Nine {
  readonly socket: Socket;
  readonly #splitter = create9pSplitter(MSIZE);
  readonly #waiting = new Map<number, (message: RMessage) => void>();
  #nextTag = 1;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => this.#receive(chunk));
  }

  /** Attached with fid 0. */
  static async attach(port: number, ticket: string): Promise<Nine> {
    const nine = new Nine(await dial(port));
    await nine.ask({ type: TVERSION, tag: NOTAG, msize: MSIZE, version: VERSION_9P2000L });
    await nine.ask({ type: TATTACH, tag: nine.tag(), fid: 0, afid: NOFID, uname: '', aname: ticket, nUname: NOFID });
    return nine;
  }

  tag(): number {
    return this.#nextTag++;
  }

  /** The answer. @throws Error when it is Rlerror. */
  ask(message: TMessage): Promise<RMessage> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(message.tag, (answer) => {
        if (answer.type === RLERROR) reject(new Error(`errno ${answer.ecode} for message ${message.type}`));
        else resolve(answer);
      });
      this.socket.write(frameOf(message));
    });
  }

  /** Opens a path on a fid. */
  async open(fid: number, path: string, flags = 0): Promise<void> {
    await this.ask({ type: TWALK, tag: this.tag(), fid: 0, newfid: fid, wnames: path.slice(1).split('/') });
    await this.ask({ type: TLOPEN, tag: this.tag(), fid, flags });
  }

  async read(fid: number, offset: bigint): Promise<Uint8Array> {
    const answer = await this.ask({ type: TREAD, tag: this.tag(), fid, offset, count: READ_BYTES });
    if (answer.type !== RREAD) throw new Error('no Rread');
    return answer.data.slice();
  }

  /** The whole of a small file. */
  async text(fid: number, path: string): Promise<string> {
    await this.open(fid, path);
    return Buffer.from(await this.read(fid, 0n)).toString();
  }

  /** Follows a stream from its end; `onText` sees everything that is appended. Ends with the connection. */
  async follow(fid: number, path: string, onText: (text: string) => void): Promise<void> {
    await this.open(fid, path, O_FOLLOW_STREAM);
    const attr = await this.ask({ type: TGETATTR, tag: this.tag(), fid, requestMask: 0x7ffn });
    if (!('size' in attr)) throw new Error('no Rgetattr');
    let offset = BigInt(attr.size);
    const next = async (): Promise<void> => {
      const bytes = await this.read(fid, offset);
      offset += BigInt(bytes.length);
      onText(Buffer.from(bytes).toString());
      void next();
    };
    void next();
  }

  #receive(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
    while (this.#splitter.next() === 'frame') {
      const { bytes, start, end } = this.#splitter;
      const message = decodeR(bytes, start, end, { ...WIRE_LIMITS, msize: MSIZE });
      if (message.type === FAULT) throw new Error(message.detail);
      const waiting = this.#waiting.get(message.tag);
      this.#waiting.delete(message.tag);
      waiting?.(message);
    }
  }
}

/** The bytes of one request. */
export function frameOf(message: TMessage): Uint8Array {
  const writer = new ByteWriter({ sizeStart: 64, sizeMax: MSIZE });
  encodeT(writer, message);
  return writer.copy();
}

/** One console connection; lines that are no answer to `say` go to `onLine`. */
export class Console {
  readonly socket: Socket;
  onLine: (line: string) => void = () => undefined;
  readonly #splitter = createConsoleSplitter(1 << 20);
  #collected: string[] = [];
  #wanted: { readonly last: RegExp; readonly resolve: (lines: string[]) => void } | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => this.#receive(chunk));
  }

  static async attach(port: number, { token, ticket }: { token: string; ticket: string }): Promise<Console> {
    const console = new Console(await dial(port));
    await console.say(`AUTH ${token}`, /^OK AUTH$/);
    await console.say(`attach queen ${ticket}`, /^OK ATTACH role=queen$/);
    return console;
  }

  /** Sends a line; resolves with what came up to the line that matches `last`. One at a time. */
  say(line: string, last: RegExp): Promise<string[]> {
    return new Promise((resolve) => {
      this.#collected = [];
      this.#wanted = { last, resolve };
      this.socket.write(consoleFrame(line));
    });
  }

  #receive(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
    while (this.#splitter.next() === 'frame') {
      const line = consoleLineOf(this.#splitter) ?? '';
      if (this.#wanted === undefined) {
        this.onLine(line);
        continue;
      }
      this.#collected.push(line);
      if (!this.#wanted.last.test(line)) continue;
      const { resolve } = this.#wanted;
      this.#wanted = undefined;
      resolve(this.#collected);
    }
  }
}

/** The bytes of one console line. */
export function consoleFrame(line: string): Uint8Array {
  const writer = new ByteWriter({ sizeStart: 64, sizeMax: 1 << 16 });
  writeConsoleFrame(writer, line);
  return writer.copy();
}
