// One console connection: frames in, frames out, a state machine AUTH → ATTACH → commands (`contracts-1.md` 2). No
// socket in here. Commands run one after the other; while one waits for the journal, input is not read, so nothing is
// dropped. A follow runs beside the commands until `stop`; what a slow reader misses is marked by the stream itself.

import { timingSafeEqual } from 'node:crypto';
import { ByteWriter } from '@cohesix/bytes';
import {
  type AuthFailure,
  boundAck,
  CONSOLE_CAPS,
  CONSOLE_HEADER_BYTES,
  CONSOLE_TIMEOUT_LINE,
  type ConsoleCaps,
  type ConsoleCommand,
  consoleLineOf,
  createConsoleSplitter,
  drainOversizeFrames,
  END_LINE,
  FRAME_ERROR_LINE,
  type FrameSplitter,
  formatAuthError,
  formatErr,
  formatParseError,
  parseConsoleLine,
  type Refusal,
  type RefusalCode,
  refusal,
  writeConsoleFrame,
} from '@cohesix/wire';
import type { NineDoor } from '../door.ts';
import type { ByteSink } from '../ninep/connection.ts';
import { PathSession } from '../path-session.ts';
import type { Ending } from '../queens.ts';
import { type Answer, runCommand } from './commands.ts';
import { ConsoleFollow } from './follow.ts';

/** Bytes of answers gathered before they are written; more than the longest line. */
const OUT_BYTES_MAX = 2 * 1_048_576;

/** Bytes of answers after which a connection waits for the others: pipelined commands must not hold up a hive. */
const TURN_BYTES_MAX = 65_536;

const AUTH_PREFIX = 'AUTH ';

type Stage = 'auth' | 'attach' | 'commands' | 'closed';

export class ConsoleConnection {
  readonly door: NineDoor;
  readonly peer: string;
  readonly #sink: ByteSink;
  readonly #token: Uint8Array;
  readonly #splitter: FrameSplitter;
  readonly #caps: ConsoleCaps;
  #stage: Stage = 'auth';
  #session: PathSession | undefined;
  #follow: ConsoleFollow | undefined;
  #isBusy = false;
  #isStalled = false;
  #isInputEnded = false;
  /** Answered since this connection last let others have their turn. */
  #bytesThisTurn = 0;
  /** Wall time of the last line received; decides time-outs. */
  lastActive: number;
  /** Why this side ended the connection; undefined while it did not. */
  closeReason: string | undefined;

  constructor(door: NineDoor, sink: ByteSink, peer: string, token: string) {
    this.door = door;
    this.peer = peer;
    this.#sink = sink;
    this.#token = Buffer.from(token);
    const lineBytesMax = door.manifest.console.line_max_bytes;
    this.#caps = {
      ...CONSOLE_CAPS,
      lineBytesMax,
      payloadBytesMax: lineBytesMax,
      ticketBytesMax: door.manifest.tickets.token_max_bytes,
    };
    this.#splitter = createConsoleSplitter(lineBytesMax + CONSOLE_HEADER_BYTES);
    this.lastActive = door.ports.now();
  }

  get isAuthenticated(): boolean {
    return this.#stage !== 'auth';
  }

  get hasFollow(): boolean {
    return this.#follow !== undefined;
  }

  /** Takes a chunk of input. Must not be called between `sink.pause` and `sink.resume`. */
  receive(chunk: Uint8Array): void {
    if (this.#stage === 'closed') return;
    this.#splitter.push(chunk);
    void this.#run();
  }

  /** The peer has taken what was queued. */
  drained(): void {
    this.#follow?.resume();
    if (!this.#isStalled) return;
    this.#isStalled = false;
    this.#sink.resume();
    void this.#run();
  }

  /** The peer sends nothing more: what it sent is still answered, then the connection ends, and a follow with it. */
  inputEnded(): void {
    this.#isInputEnded = true;
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#isInputEnded && !this.#isBusy && !this.#isStalled) this.#end('eof');
  }

  /** The transport is gone, or this side ended it. Idempotent. `how`: whether the client left in order. */
  closed(how: Ending = 'eof'): void {
    if (this.#stage === 'closed') return;
    this.#stage = 'closed';
    this.#endFollow();
    void this.#session?.close(how);
  }

  /** Ends a connection that said nothing for too long. */
  timeOut(): void {
    this.#send([this.isAuthenticated ? CONSOLE_TIMEOUT_LINE : formatAuthError('timeout')]);
    this.#end('inactivity-timeout');
  }

  async #run(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (this.#isOpen()) {
      if (this.#sink.queuedBytes > this.door.manifest.secure9p.write_queue_bytes) {
        this.#isStalled = true;
        this.door.traffic.pauses += 1;
        this.#sink.pause();
        break;
      }
      const found = this.#splitter.next();
      if (found === 'more') break;
      this.lastActive = this.door.ports.now();
      if (found === 'oversize') {
        this.#count(refusal('too-big', `A frame of ${this.#splitter.declaredSize} bytes.`), 'frame');
        this.#send([FRAME_ERROR_LINE]);
      } else if (found === 'frame') {
        const line = consoleLineOf(this.#splitter);
        // A command may wait for the journal; until it is answered nothing more is read.
        this.#sink.pause();
        await this.#line(line);
        if (this.#bytesThisTurn > TURN_BYTES_MAX) await this.#nextTurn();
        if (!this.#isStalled) this.#sink.resume();
      } else {
        if (!this.isAuthenticated) this.#send([formatAuthError('invalid-length')]);
        this.#count(refusal('invalid-frame', `A frame of ${this.#splitter.declaredSize} bytes.`), 'frame');
        this.#end('invalid-length');
      }
    }
    this.#isBusy = false;
    this.#endIfDone();
  }

  /** Lets other connections have their turn. */
  async #nextTurn(): Promise<void> {
    this.#bytesThisTurn = 0;
    await new Promise<void>((resolve) => {
      this.door.ports.nextTurn(resolve);
    });
  }

  #isOpen(): boolean {
    return this.#stage !== 'closed';
  }

  async #line(line: string | undefined): Promise<void> {
    if (line === undefined) return this.#badLine('line is not UTF-8');
    if (this.#stage === 'auth') return this.#auth(line);
    if (line === '') return;
    const command = parseConsoleLine(line, this.#caps);
    if (!command.ok) return this.#badLine(command.refusal.detail);
    await this.#command(command.value);
  }

  #badLine(text: string): void {
    if (this.#stage === 'auth') return this.#refuseAuth('expected-token');
    this.#count(refusal('invalid-payload', text), 'parse');
    this.#send([formatParseError(text)]);
  }

  /** Counts and audits a refusal that no session is to blame for. */
  #count(reason: Refusal, op: string): void {
    this.door.pressure.count(reason, `op=${op} peer=${this.peer}`);
  }

  /** Refuses a command that needs a session or a follow. */
  #refuseCommand(verb: string, code: RefusalCode): void {
    this.#count(refusal(code), verb.toLowerCase());
    this.#send([formatErr(verb, code)]);
  }

  #auth(line: string): void {
    const given = Buffer.from(line);
    if (given.length !== AUTH_PREFIX.length + this.#token.length) return this.#refuseAuth('invalid-length');
    if (!line.startsWith(AUTH_PREFIX)) return this.#refuseAuth('expected-token');
    if (!timingSafeEqual(given.subarray(AUTH_PREFIX.length), this.#token)) return this.#refuseAuth('invalid-token');
    this.#stage = 'attach';
    drainOversizeFrames(this.#splitter);
    this.#send(['OK AUTH']);
  }

  #refuseAuth(failure: AuthFailure): void {
    this.#count(refusal('unauthenticated'), `auth why=${failure}`);
    this.#send([formatAuthError(failure)]);
    this.#end(failure);
  }

  async #command(command: ConsoleCommand): Promise<void> {
    switch (command.kind) {
      case 'attach':
        return this.#attach(command.role, command.ticket ?? '');
      case 'quit':
        this.#send(['OK QUIT']);
        return this.#end('quit');
      case 'follow':
        return this.#startFollow(command.path, command.from);
      case 'stop':
        return this.#stopFollow();
      default:
        return this.#answer(await runCommand({ door: this.door, session: this.#session, peer: this.peer }, command));
    }
  }

  #answer(answer: Answer): void {
    this.#send([...(answer.before ?? []), boundAck(answer.ack, this.#caps.lineBytesMax), ...(answer.lines ?? [])]);
    if (answer.lines !== undefined) this.#send([END_LINE]);
  }

  async #attach(word: string, token: string): Promise<void> {
    const role = word.toLowerCase() === 'worker' ? 'worker-heartbeat' : word.toLowerCase();
    const session = this.door.attach({ role, subject: undefined, token, door: 'console', peer: this.peer });
    if (!session.ok) return this.#attachRefused(session.refusal.code);
    await this.#follow?.stop();
    void this.#session?.close();
    this.#session = new PathSession(this.door, session.value);
    this.#stage = 'commands';
    this.#send([`OK ATTACH role=${role}`]);
  }

  #attachRefused(code: RefusalCode): void {
    const isBlocked = code === 'throttled' || code === 'rate-limited';
    const context = isBlocked ? { delayMs: this.door.attachWaitMs(this.peer) } : {};
    this.#send([formatErr('ATTACH', code, context)]);
  }

  async #startFollow(path: string, from: bigint | undefined): Promise<void> {
    if (this.#session === undefined) return this.#refuseCommand('FOLLOW', 'unauthenticated');
    if (this.#follow !== undefined) {
      const busy = refusal('busy', 'One follow at a time; send stop first.');
      this.#session.refused('follow', path, { ok: false, refusal: busy });
      return this.#send([formatErr('FOLLOW', 'busy', { path })]);
    }
    const started = await this.#session.follow(path, from);
    if (!started.ok) return this.#send([formatErr('FOLLOW', started.refusal.code, { path })]);
    this.#send([`OK FOLLOW path=${path}`]);
    this.#follow = new ConsoleFollow(started.value, {
      lineBytesMax: this.#caps.lineBytesMax,
      send: (lines) => this.#send(lines),
      isFull: () => this.#sink.queuedBytes > this.door.manifest.secure9p.write_queue_bytes,
      ended: (reason) => {
        this.#follow = undefined;
        if (this.#isOpen()) this.#send([reason === undefined ? END_LINE : formatErr('FOLLOW', reason.code, { path })]);
      },
    });
  }

  async #stopFollow(): Promise<void> {
    if (this.#session === undefined) return this.#refuseCommand('STOP', 'unauthenticated');
    if (this.#follow === undefined) return this.#refuseCommand('STOP', 'invalid-transition');
    await this.#follow.stop();
    this.#send(['OK STOP']);
  }

  #endFollow(): void {
    void this.#follow?.stop();
    this.#follow = undefined;
  }

  #send(lines: readonly string[]): void {
    if (this.#stage === 'closed' || lines.length === 0) return;
    let writer = new ByteWriter({ sizeStart: 512, sizeMax: OUT_BYTES_MAX });
    for (const line of lines) {
      if (writeConsoleFrame(writer, line)) continue;
      this.#write(writer);
      writer = new ByteWriter({ sizeStart: 512, sizeMax: OUT_BYTES_MAX });
      writeConsoleFrame(writer, line);
    }
    this.#write(writer);
  }

  #write(writer: ByteWriter): void {
    this.#bytesThisTurn += writer.length;
    this.#sink.write(writer.view(), () => undefined);
  }

  #end(reason: string): void {
    this.closeReason ??= reason;
    this.#sink.end();
    this.closed(ENDINGS.get(reason) ?? 'error');
  }
}

/** Why this side ended a connection → how its session ended; what is not here broke the protocol. */
const ENDINGS: ReadonlyMap<string, Ending> = new Map([
  ['quit', 'quit'],
  ['eof', 'eof'],
  ['inactivity-timeout', 'closed'],
]);
