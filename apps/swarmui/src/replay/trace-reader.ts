// A trace, read as somebody who looks over the shoulder of the client: which file a fid is, and what was seen of it with which exchange.
//
// A trace does not say which connection a message is of. Connections one after another are told apart by their Tversion; of several
// at a time (a shell with an approver) a fid that both use is taken for what the later walk says.

import { getU32 } from '@cohesix/bytes';
import { compareBytes, type FileStat, kindOfFile, type Trace, type TraceExchange } from '@cohesix/client/core';
import {
  codeOfErrno,
  decodeR,
  decodeT,
  FAULT,
  HEADER_BYTES,
  O_FOLLOW_STREAM,
  RATTACH,
  type Refusal,
  RGETATTR,
  RLERROR,
  RLOPEN,
  type RMessage,
  RREAD,
  RREADDIR,
  RWALK,
  RWRITE,
  readDirents,
  refusal,
  TATTACH,
  TGETATTR,
  TLOPEN,
  type TMessage,
  TREAD,
  TREADDIR,
  TVERSION,
  TWALK,
  TWRITE,
  WIRE_LIMITS,
} from '@cohesix/wire';
import { joined, type Piece, pieceAt } from './runs.ts';

/** Something that was seen with an exchange; it holds until the next one of its kind. */
export interface Seen<T> {
  readonly index: number;
  readonly value: T;
}

/** Everything that was seen of a path, in order. */
export interface SeenFile {
  readonly contents: Seen<Uint8Array>[];
  readonly names: Seen<readonly string[]>[];
  readonly stats: Seen<FileStat>[];
  readonly refusals: Seen<Refusal>[];
  /** Of streams and of content that is moved in pieces. */
  readonly pieces: Piece[];
  isStream: boolean;
}

/** Lines that the recorded session appended. */
export interface Appended {
  readonly index: number;
  readonly path: string;
  readonly text: string;
}

/** What a trace holds. */
export interface TraceView {
  readonly files: ReadonlyMap<string, SeenFile>;
  readonly appended: readonly Appended[];
  readonly length: number;
  readonly role: string;
  readonly subject: string | undefined;
}

interface Fid {
  readonly path: string;
  parts: Uint8Array[];
  names: string[];
  /** Offset of the first read; undefined before it. */
  from: number | undefined;
  /** Cursor behind what was read, of a stream. */
  cursor: number;
}

const PERMISSION_BITS = 0o7777;

/** Reads all exchanges. Never refuses: what is no message tells nothing. */
export function readTrace(trace: Trace): TraceView {
  const reader = new Reader();
  for (const [index, exchange] of trace.exchanges.entries()) reader.take(index, exchange);
  return { ...reader.view(), length: trace.exchanges.length };
}

class Reader {
  readonly #files = new Map<string, SeenFile>();
  readonly #appended: Appended[] = [];
  readonly #fids = new Map<number, Fid>();
  #uname = '';

  view(): Omit<TraceView, 'length'> {
    const [role = '', ...subject] = this.#uname.split(':');
    return {
      files: this.#files,
      appended: this.#appended,
      role,
      subject: subject.length === 0 ? undefined : subject.join(':'),
    };
  }

  take(index: number, { request, response }: TraceExchange): void {
    const answers = messagesOf(response, decodeR);
    for (const message of messagesOf(request, decodeT)) {
      if (message.type === TVERSION) this.#fids.clear();
      const answer = answers.find(({ tag }) => tag === message.tag);
      if (answer !== undefined) this.#exchange(index, message, answer);
    }
  }

  #exchange(index: number, asked: TMessage, answer: RMessage): void {
    if (asked.type === TATTACH && answer.type === RATTACH) this.#attached(asked.fid, asked.uname);
    else if (asked.type === TWALK) this.#walked(index, asked, answer);
    else if ('fid' in asked) this.#used(index, asked, answer);
  }

  #attached(fid: number, uname: string): void {
    if (this.#uname === '') this.#uname = uname;
    this.#fids.set(fid, newFid('/'));
  }

  #walked(index: number, { fid, newfid, wnames }: Extract<TMessage, { type: typeof TWALK }>, answer: RMessage): void {
    const from = this.#fids.get(fid);
    if (from === undefined) return;
    const path = wnames.reduce((at, name) => (at === '/' ? `/${name}` : `${at}/${name}`), from.path);
    if (answer.type === RWALK && answer.wqids.length === wnames.length) this.#fids.set(newfid, newFid(path));
    else if (answer.type === RLERROR) this.#refused(index, path, answer.ecode);
    else if (answer.type === RWALK) this.#file(path).refusals.push({ index, value: refusal('invalid-path') });
  }

  #used(index: number, asked: TMessage & { readonly fid: number }, answer: RMessage): void {
    const fid = this.#fids.get(asked.fid);
    if (fid === undefined) return;
    if (answer.type === RLERROR && READS.has(asked.type)) return this.#refused(index, fid.path, answer.ecode);
    const file = this.#file(fid.path);
    if (asked.type === TLOPEN && answer.type === RLOPEN) {
      if ((asked.flags & O_FOLLOW_STREAM) !== 0) file.isStream = true;
    } else if (asked.type === TREAD && answer.type === RREAD) read(file, fid, { index, from: asked.offset, answer });
    else if (asked.type === TREADDIR && answer.type === RREADDIR) listed(file, fid, index, answer.data);
    else if (asked.type === TGETATTR && answer.type === RGETATTR) attributes(file, index, answer);
    else if (asked.type === TWRITE && answer.type === RWRITE)
      this.#appended.push({ index, path: fid.path, text: new TextDecoder().decode(asked.data) });
  }

  #refused(index: number, path: string, ecode: number): void {
    this.#file(path).refusals.push({ index, value: refusal(codeOfErrno(ecode)) });
  }

  #file(path: string): SeenFile {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const made: SeenFile = { contents: [], names: [], stats: [], refusals: [], pieces: [], isStream: false };
    this.#files.set(path, made);
    return made;
  }
}

const READS: ReadonlySet<number> = new Set([TLOPEN, TREAD, TREADDIR, TGETATTR]);

function newFid(path: string): Fid {
  return { path, parts: [], names: [], from: undefined, cursor: 0 };
}

interface Read {
  readonly index: number;
  readonly from: bigint;
  readonly answer: Extract<RMessage, { type: typeof RREAD }>;
}

/** A read is a piece at its cursor, and at the end of the file, from its beginning on, all of its content. */
function read(file: SeenFile, fid: Fid, { index, from, answer: { data } }: Read): void {
  if (fid.from === undefined) {
    fid.from = Number(from);
    fid.cursor = fid.from;
    // Only streams and stored content are read from elsewhere than their beginning.
    if (fid.from > 0) file.isStream = true;
  }
  if (data.length === 0) {
    if (fid.from === 0) file.contents.push({ index, value: joined(fid.parts) });
    return;
  }
  fid.parts.push(data);
  const piece = pieceAt(index, fid.cursor, data);
  fid.cursor = piece.start + piece.bytes.length;
  file.pieces.push(piece);
}

function listed(file: SeenFile, fid: Fid, index: number, data: Uint8Array): void {
  const entries = readDirents(data);
  if (!entries.ok) return;
  if (data.length > 0) {
    for (const { name } of entries.value) if (name !== '.' && name !== '..') fid.names.push(name);
    return;
  }
  file.names.push({ index, value: [...new Set(fid.names)].sort(compareBytes) });
  fid.names = [];
}

function attributes(file: SeenFile, index: number, answer: Extract<RMessage, { type: typeof RGETATTR }>): void {
  const { qid, mode, size, gen } = answer;
  const kind = kindOfFile({ gen, mode, qidType: qid.type });
  if (kind === 'stream' || kind === 'blob') file.isStream = true;
  const value = { kind, mode: mode & PERMISSION_BITS, size, qidPath: qid.path, qidVersion: qid.version };
  file.stats.push({ index, value });
}

/** The messages of a frame: one, or several where the recorder kept them together; those that are none are left out. */
function messagesOf<T extends { readonly type: number }>(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array, start: number, end: number, limits: typeof WIRE_LIMITS) => T,
): readonly Exclude<T, { type: typeof FAULT }>[] {
  const messages: Exclude<T, { type: typeof FAULT }>[] = [];
  let at = 0;
  while (bytes.length - at >= HEADER_BYTES) {
    const size = getU32(bytes, at);
    if (size < HEADER_BYTES || size > bytes.length - at) break;
    const message = decode(bytes, at, at + size, WIRE_LIMITS);
    if (message.type !== FAULT) messages.push(message as Exclude<T, { type: typeof FAULT }>);
    at += size;
  }
  return messages;
}
