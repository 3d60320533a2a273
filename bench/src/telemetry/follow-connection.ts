// Followers of one stream on one 9P connection: each has a fid opened to follow and one Tread at a time, which the hive parks at
// the end of the stream. What each got is looked at byte for byte: lines with the numbers in order, none missing.

import { connect, type Socket } from 'node:net';
import { NOTAG, O_RDONLY, RREAD_HEADER_SIZE, TYPE, tattach, tlopen, treadAt, tversion, twalk } from '../frames.ts';
import { LINE_BYTES, numberAt } from './lines.ts';

/** Reads that may wait on a connection: the hive's default `tags_per_session`, less one. */
export const FOLLOWERS_A_CONNECTION = 63;
/** Bit 31 of the flags of Tlopen: reads at the end wait. */
const FOLLOW = 0x8000_0000;
const MSIZE = 8192;
const ROOT = 0xfff0;
const HEADER_SIZE = 7;

/** Whom a connection tells. */
export interface FollowPorts {
  /** A follower has so many whole lines more. */
  readonly onLines: (lines: number) => void;
  readonly onError: (why: string) => void;
}

export class FollowConnection {
  readonly #socket: Socket;
  readonly #ports: FollowPorts;
  /** Cursor of each follower, by tag. */
  readonly #cursors: number[] = [];
  #begin = 0;
  #first = 0;
  #in: Buffer = Buffer.alloc(0);
  #out: Uint8Array[] = [];
  #asked: ((frame: Buffer) => void) | undefined;
  #isClosed = false;

  private constructor(socket: Socket, ports: FollowPorts) {
    this.#socket = socket;
    this.#ports = ports;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => this.#fail(error.message));
    socket.on('close', () => this.#fail('the hive closed the connection'));
  }

  /** Opens `count` followers of a stream. @throws Error when one is refused. */
  static async open(
    hive: { readonly socket: string; readonly queen: string },
    { path, count }: { readonly path: string; readonly count: number },
    ports: FollowPorts,
  ): Promise<FollowConnection> {
    const socket = connect(hive.socket);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    const opened = new FollowConnection(socket, ports);
    await opened.#ask(tversion(MSIZE), TYPE.Tversion);
    await opened.#ask(tattach(0, ROOT, { uname: '', aname: hive.queen }), TYPE.Tattach);
    for (let tag = 0; tag < count; tag++) {
      await opened.#ask(twalk(tag, ROOT, { newfid: tag, path }), TYPE.Twalk);
      await opened.#ask(tlopen(tag, tag, O_RDONLY + FOLLOW), TYPE.Tlopen);
      opened.#cursors.push(0);
    }
    return opened;
  }

  /** From now on each follows from `cursor` on, where the line of number `first` comes. */
  begin(cursor: number, first: number): void {
    this.#begin = cursor;
    this.#first = first;
    this.#cursors.fill(cursor);
    for (const tag of this.#cursors.keys()) this.#read(tag);
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  #ask(frame: Uint8Array, type: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#asked = (answer) => {
        this.#asked = undefined;
        if (answer[4] === type + 1) resolve();
        else reject(new Error(`message ${type} was answered by message ${answer[4]}`));
      };
      this.#socket.write(frame);
    });
  }

  #read(tag: number): void {
    if (this.#out.length === 0) queueMicrotask(() => this.#flush());
    this.#out.push(treadAt(tag, tag, { offset: this.#cursors[tag] ?? 0, count: MSIZE - RREAD_HEADER_SIZE }));
  }

  #flush(): void {
    const out = this.#out;
    this.#out = [];
    if (!this.#isClosed) this.#socket.write(Buffer.concat(out));
  }

  #receive(chunk: Buffer): void {
    this.#in = this.#in.length === 0 ? chunk : Buffer.concat([this.#in, chunk]);
    let offset = 0;
    while (this.#in.length - offset >= HEADER_SIZE) {
      const size = this.#in.readUInt32LE(offset);
      if (this.#in.length - offset < size) break;
      this.#answered(this.#in.subarray(offset, offset + size));
      offset += size;
    }
    this.#in = this.#in.subarray(offset);
  }

  #answered(frame: Buffer): void {
    if (this.#asked !== undefined) return this.#asked(frame);
    const tag = frame.readUInt16LE(5);
    if (tag === NOTAG || frame[4] !== TYPE.Tread + 1) return this.#fail(`a read was answered by message ${frame[4]}`);
    const data = frame.subarray(RREAD_HEADER_SIZE);
    const cursor = this.#cursors[tag] ?? 0;
    const before = cursor - this.#begin;
    const problem = problemOf(data, before, this.#first);
    if (problem !== undefined) return this.#fail(problem);
    this.#cursors[tag] = cursor + data.length;
    this.#ports.onLines(Math.floor((before + data.length) / LINE_BYTES) - Math.floor(before / LINE_BYTES));
    this.#read(tag);
  }

  #fail(why: string): void {
    if (this.#isClosed) return;
    this.close();
    this.#ports.onError(why);
  }
}

/** What is wrong with the data at an offset from where a follow began, at a line of number `first`; the numbers count up. */
function problemOf(data: Buffer, offset: number, first: number): string | undefined {
  if (data.length === 0) return 'a follow ended';
  for (let at = (LINE_BYTES - (offset % LINE_BYTES)) % LINE_BYTES; at + LINE_BYTES <= data.length; at += LINE_BYTES) {
    const [found, due] = [numberAt(data, at), first + (offset + at) / LINE_BYTES];
    if (found !== due) return `line ${found} came where line ${due} was due`;
  }
  return undefined;
}
