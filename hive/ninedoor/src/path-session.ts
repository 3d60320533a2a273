// A session seen by absolute paths instead of fids: what the console and the in-process client use. Each call is
// walk, open, act, in that order and with the same functions as the 9P server, so that every door gives one answer.

import { type Ring, RingReader } from '@cohesix/telemetry';
import { ok, type Refusal, type Result, refusal, refuse } from '@cohesix/wire';
import { appendTo } from './append.ts';
import type { NineDoor } from './door.ts';
import type { Follows, Waiter } from './follows.ts';
import { lastLines } from './last-lines.ts';
import type { Entry } from './namespace.ts';
import {
  kindOf,
  modeOf,
  type OpenFile,
  type OpenIntent,
  openSpot,
  READ,
  sizeOf,
  versionOf,
  WRITE,
} from './open-file.ts';
import { PathStored } from './path-stored.ts';
import type { Ending } from './queens.ts';
import { type Meter, meterAt, type Session, type Spot } from './session.ts';
import { OpenStored } from './stored.ts';

/** What `stat` tells; the shape of the client's `FileStat`. */
export interface PathStat {
  readonly kind: 'directory' | 'view' | 'control' | 'stream' | 'blob';
  readonly mode: number;
  readonly size: bigint;
  readonly qidPath: bigint;
  readonly qidVersion: number;
}

/** A pulled follow; at most one `next` waits at a time. */
export interface PathFollow {
  next(): Promise<Result<Uint8Array | undefined>>;
  stop(): void;
}

type Content = Result<Uint8Array>;

type Failed = { readonly ok: false; readonly refusal: Refusal };

const READ_INTENT: OpenIntent = { read: true, write: false, follow: false };
const WRITE_INTENT: OpenIntent = { read: false, write: true, follow: false };
const FOLLOW_INTENT: OpenIntent = { read: true, write: false, follow: true };
/** Bytes a follow hands over at once. */
const FOLLOW_CHUNK_BYTES: number = 65_536;

export class PathSession {
  readonly #door: NineDoor;
  readonly session: Session;

  constructor(door: NineDoor, session: Session) {
    this.#door = door;
    this.session = session;
  }

  get role(): string {
    return this.session.principal.role;
  }

  async list(path: string): Promise<Result<readonly string[]>> {
    return this.#onceReady('ls', path, () => this.#listNow(path));
  }

  #listNow(path: string): Result<readonly string[]> {
    const opened = this.#open('ls', path, READ_INTENT);
    if (!opened.ok) return opened;
    const { spot, file } = opened.value;
    if (file.kind !== 'directory') return this.#refused('ls', path, refuse('not-directory'));
    const bytes = file.names.reduce((sum, name) => sum + Buffer.byteLength(name) + 1, 0);
    const charged = meterAt(this.session, spot)?.bytes(bytes);
    return charged === undefined || charged.ok ? ok(file.names) : this.#refused('ls', path, charged);
  }

  /** Content from an offset, of a stream from an absolute cursor on (default: the beginning of what there is). */
  async read(path: string, maxBytes: number, from: bigint = 0n): Promise<Content> {
    return this.readNow(path, maxBytes, from);
  }

  /** The same, without a promise unless a store has to be asked. */
  readNow(path: string, maxBytes: number, from: bigint = 0n): Content | Promise<Content> {
    return this.#content(path, maxBytes, (file) => contentOf(file, from));
  }

  /** The last `count` lines of a file, however long it is; what is lost from a stream counts as its first line. */
  async tail(path: string, count: number, maxBytes: number): Promise<Content> {
    return this.#content(path, maxBytes, (file) => tailOf(file, count));
  }

  /** Only what a store holds, or what has to be made first, is waited for. */
  #content(path: string, maxBytes: number, take: (file: ContentFile) => Content): Content | Promise<Content> {
    return this.#onceReady('cat', path, () => this.#contentNow(path, maxBytes, take));
  }

  #contentNow(path: string, maxBytes: number, take: (file: ContentFile) => Content): Content | Promise<Content> {
    const opened = this.#open('cat', path, READ_INTENT);
    if (!opened.ok) return opened;
    const { file } = opened.value;
    const charge = (content: Content): Content => this.#charged(path, maxBytes, { ...opened.value, content });
    return file.kind === 'stored'
      ? this.#contentStored(file.file, path, maxBytes, take).then(charge)
      : charge(take(file));
  }

  /** Content that is not too much, and paid for. */
  #charged(path: string, maxBytes: number, { content, ...opened }: Opened & { readonly content: Content }): Content {
    if (!content.ok) return this.#refused('cat', path, content);
    const { length } = content.value;
    if (length > maxBytes) {
      const why = `${path} holds ${length} bytes; asked for at most ${maxBytes}.`;
      return this.#refused('cat', path, refuse('too-big', why));
    }
    const charged = chargeRead(this.session, opened, length);
    return charged.ok ? content : this.#refused('cat', path, charged);
  }

  /** What a store holds, taken as the bytes it is. */
  async #contentStored(
    stored: OpenStored,
    path: string,
    maxBytes: number,
    take: (file: ContentFile) => Content,
  ): Promise<Content> {
    this.session.hold();
    const whole = await stored.whole(path, maxBytes);
    await stored.close();
    this.session.release();
    return whole.ok ? take({ kind: 'bytes', bytes: whole.value, canRead: true, canWrite: false }) : whole;
  }

  /** Opens a blob to move many bytes; `unsupported` for any other file. Whoever opens it closes it. */
  async openStored(path: string, verb: 'read' | 'write'): Promise<Result<PathStored>> {
    const [op, intent] = verb === 'read' ? (['pull', READ_INTENT] as const) : (['push', WRITE_INTENT] as const);
    return this.#onceReady(op, path, () => this.#openStoredNow(op, path, intent));
  }

  #openStoredNow(op: string, path: string, intent: OpenIntent): Result<PathStored> {
    const opened = this.#open(op, path, intent);
    if (!opened.ok) return opened;
    const { file, spot } = opened.value;
    const stored = storedOf(file, spot);
    if (stored === undefined)
      return this.#refused(op, path, refuse('unsupported', `${path} is not content that is moved in pieces.`));
    const refused = (failed: Failed): Failed => this.#refused(op, path, failed);
    return ok(new PathStored(this.session, stored, { meter: meterAt(this.session, spot), refused }));
  }

  /** Appends whole lines, or frames to a stream that takes them. */
  append(path: string, text: string | Uint8Array): Promise<Result<{ readonly bytes: number }>> {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    // Most appends wait for nothing here, and their bytes are borrowed until this returns.
    const waits = this.#door.ready(this.session, path);
    if (waits === undefined) return this.#appendNow(path, bytes);
    const kept = Uint8Array.from(bytes);
    return waits.then((made) => (made.ok ? this.#appendNow(path, kept) : this.#refused('echo', path, made)));
  }

  #appendNow(path: string, bytes: Uint8Array): Promise<Result<{ readonly bytes: number }>> {
    const spot = this.#reach('echo', path, WRITE);
    if (!spot.ok) return Promise.resolve(spot);
    const charged = this.session.meter?.bytes(bytes.length);
    if (charged !== undefined && !charged.ok) return Promise.resolve(this.#refused('echo', path, charged));
    return new Promise((resolve) => {
      appendTo(this.session, spot.value, bytes, this.#door.ports, (result) => {
        resolve(result.ok ? ok({ bytes: bytes.length }) : this.#refused('echo', path, result));
      });
    });
  }

  async follow(path: string, from: bigint | undefined): Promise<Result<PathFollow>> {
    return this.#onceReady('follow', path, () => this.#followNow(path, from));
  }

  #followNow(path: string, from: bigint | undefined): Result<PathFollow> {
    const opened = this.#open('follow', path, FOLLOW_INTENT);
    if (!opened.ok) return opened;
    const { file, spot } = opened.value;
    if (file.kind !== 'stream') {
      return this.#refused('follow', path, refuse('unsupported', `${path} is no stream to follow.`));
    }
    const { ring } = file;
    const start = from === undefined || from > BigInt(ring.end) ? ring.end : Number(from);
    const refused = (failed: Failed): Failed => this.#refused('follow', path, failed);
    return ok(new RingFollow(this.session, this.#door.follows, { ring, entry: spot.entry, start, refused }));
  }

  async stat(path: string): Promise<Result<PathStat>> {
    return this.#onceReady('stat', path, () => this.#statNow(path));
  }

  #statNow(path: string): Result<PathStat> {
    const spot = this.#reach('stat', path, READ);
    if (!spot.ok) return spot;
    const { entry } = spot.value;
    return ok({
      kind: kindOf(entry.file),
      mode: modeOf(this.session, spot.value),
      size: BigInt(sizeOf(this.session, spot.value)),
      qidPath: entry.qidPath,
      qidVersion: versionOf(entry),
    });
  }

  async ping(): Promise<Result<void>> {
    return this.#door.check(this.session);
  }

  /** Ends the session, in order unless told otherwise. */
  async close(how: Ending = 'quit'): Promise<void> {
    this.#door.close(this.session, refusal('closed'), how);
  }

  /** Counts and remembers a refusal that a protocol server found itself (a bad argument, an unknown verb). */
  refused(op: string, path: string, failed: Failed): void {
    this.#refused(op, path, failed);
  }

  /** Acts at once, or when what the path leads to was made. */
  #onceReady<T>(op: string, path: string, act: () => Result<T> | Promise<Result<T>>): Result<T> | Promise<Result<T>> {
    const waits = this.#door.ready(this.session, path);
    return waits === undefined ? act() : waits.then((made) => (made.ok ? act() : this.#refused(op, path, made)));
  }

  #reach(op: string, path: string, verb: number): Result<Spot> {
    const alive = this.#door.check(this.session);
    if (!alive.ok) return this.#refused(op, path, alive);
    const spot = this.#door.resolve(this.session, path);
    if (!spot.ok) return this.#refused(op, path, spot);
    const charged = meterAt(this.session, spot.value)?.operation(spot.value.scope, verb);
    return charged === undefined || charged.ok ? spot : this.#refused(op, path, charged);
  }

  #open(op: string, path: string, intent: OpenIntent): Result<Opened> {
    const spot = this.#reach(op, path, READ);
    if (!spot.ok) return spot;
    const opened = openSpot(this.session, spot.value, intent);
    return opened.ok ? ok({ spot: spot.value, file: opened.value }) : this.#refused(op, path, opened);
  }

  #refused<T extends Failed>(op: string, path: string, failed: T): T {
    this.#door.refused(this.session, failed.refusal, op, path);
    return failed;
  }
}

interface Opened {
  readonly spot: Spot;
  readonly file: OpenFile;
}

/** Charges a read of `count` bytes; of a stream they are its last. */
function chargeRead(session: Session, { spot, file }: Opened, count: number): Result<void> {
  const meter = meterAt(session, spot);
  if (meter === undefined) return DONE;
  if (file.kind !== 'stream') return meter.bytes(count);
  const { ring } = file;
  return chargeStream(session, meter, { entry: spot.entry, from: Math.max(ring.base, ring.end - count), count });
}

interface StreamRead {
  readonly entry: Entry;
  /** Cursor of the first byte. */
  readonly from: number;
  readonly count: number;
}

/** Charges a read of a stream: one move of the cursor, and its bytes. */
function chargeStream(session: Session, meter: Meter, { entry, from, count }: StreamRead): Result<void> {
  const moved = meter.cursor(session.isResume(entry, BigInt(from)));
  const charged = moved.ok ? meter.bytes(count) : moved;
  if (charged.ok) session.cursorAt(entry, BigInt(from + count));
  return charged;
}

const DONE: Result<void> = ok(undefined);

/** What can be moved in pieces: blobs, whether a store has them or memory. */
function storedOf(file: OpenFile, spot: Spot): OpenStored | undefined {
  if (file.kind === 'stored') return file.file;
  if (file.kind !== 'bytes' || kindOf(spot.entry.file) !== 'blob') return undefined;
  const { bytes } = file;
  return new OpenStored({
    read: async (offset, count) => ok(bytes.subarray(offset, offset + count)),
    close: async () => ok(undefined),
  });
}

/** What is read at once; stored files are read before. */
type ContentFile = Exclude<OpenFile, { kind: 'stored' }>;

function contentOf(file: ContentFile, from: bigint = 0n): Result<Uint8Array> {
  switch (file.kind) {
    case 'directory':
      return refuse('is-directory');
    case 'bytes':
      return ok(from === 0n ? file.bytes : file.bytes.subarray(Number(from)));
    case 'stream':
      return ok(retainedOf(file.ring, Number(from)));
  }
}

function tailOf(file: ContentFile, count: number): Result<Uint8Array> {
  if (file.kind === 'stream') {
    const last = file.ring.lastLines(count);
    if (last.length < file.ring.end - file.ring.base) return ok(last);
  }
  const content = contentOf(file);
  return content.ok ? ok(lastLines(content.value, count)) : content;
}

/** What a ring retains from a cursor on, behind a marker line when older bytes are gone: what a 9P reader from there sees. */
function retainedOf(ring: Ring, from: number): Uint8Array {
  const reader = new RingReader(ring);
  const target = new Uint8Array(Math.max(0, ring.end - Math.max(ring.base, from)) + MARKER_BYTES_MAX);
  let length = 0;
  for (;;) {
    const count = reader.read(from + length, target, length, target.length - length);
    if (count === 0) return target.subarray(0, length);
    length += count;
  }
}

const MARKER_BYTES_MAX = 128;

/** What a follow reads, from which cursor on, and whom it tells of a refusal. */
interface Followed {
  readonly ring: Ring;
  readonly entry: Entry;
  readonly start: number;
  readonly refused: (failed: Failed) => Failed;
}

class RingFollow implements PathFollow {
  readonly #session: Session;
  readonly #follows: Follows;
  readonly #followed: Followed;
  readonly #ring: Ring;
  readonly #reader: RingReader;
  readonly #waiter: Waiter;
  #offset: number;
  #ended: Result<undefined> | undefined;
  #wake: (() => void) | undefined;
  readonly #onClose = (): void => this.#end({ ok: false, refusal: this.#session.closedBy ?? refusal('closed') });

  constructor(session: Session, follows: Follows, followed: Followed) {
    const { ring } = followed;
    this.#session = session;
    this.#follows = follows;
    this.#followed = followed;
    this.#ring = ring;
    this.#reader = new RingReader(ring);
    this.#offset = followed.start;
    this.#waiter = { onAppend: () => this.#wake?.(), onEnd: (reason) => this.#end({ ok: false, refusal: reason }) };
    session.onClose.add(this.#onClose);
    session.hold();
    const added = follows.add(ring, this.#waiter);
    if (!added.ok) this.#end(added);
  }

  async next(): Promise<Result<Uint8Array | undefined>> {
    for (;;) {
      const chunk = this.#ended === undefined ? this.#take() : undefined;
      if (chunk !== undefined) return this.#charged(chunk);
      if (this.#ended !== undefined) return this.#ended;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  stop(): void {
    this.#end(ok(undefined));
  }

  /** Hands a chunk over if the ticket allows it; a refused one is still to be read. */
  #charged(chunk: Uint8Array): Result<Uint8Array> {
    const { meter } = this.#session;
    const read = { entry: this.#followed.entry, from: this.#offset, count: chunk.length };
    const charged = meter === undefined ? DONE : chargeStream(this.#session, meter, read);
    if (!charged.ok) return this.#followed.refused(charged);
    this.#offset += chunk.length;
    return ok(chunk);
  }

  /** The next whole lines, or undefined at the end. */
  #take(): Uint8Array | undefined {
    const available = this.#ring.end - Math.max(this.#offset, this.#ring.base) + MARKER_BYTES_MAX;
    const chunk = new Uint8Array(Math.min(FOLLOW_CHUNK_BYTES, Math.max(available, MARKER_BYTES_MAX)));
    const count = this.#reader.read(this.#offset, chunk, 0, chunk.length);
    if (count === 0) return undefined;
    return chunk.subarray(0, this.#reader.wholeCount(chunk, count));
  }

  #end(result: Result<undefined>): void {
    if (this.#ended !== undefined) return;
    this.#ended = result;
    this.#follows.remove(this.#ring, this.#waiter);
    this.#session.onClose.delete(this.#onClose);
    this.#wake?.();
    this.#session.release();
  }
}
