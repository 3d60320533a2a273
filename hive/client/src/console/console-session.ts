// An attached console connection: one command in flight, the others wait in order. A command is answered by one
// acknowledgement and, when it is good and the verb streams, by data lines and END.
//
// A command whose deadline passes is answered `timeout` at once; its late answer is waited for (and dropped) for one
// more deadline, so that answers and commands stay in step. Then the connection is given up.

import {
  ackField,
  type ConsoleAnswer,
  consoleVerb,
  contentOfLine,
  ok,
  parseAnswer,
  type Refusal,
  type Result,
  refusal,
  refuse,
} from '@cohesix/wire';
import type { ByteTransport } from '../byte-transport.ts';
import type { Cancel, Timers } from '../timers.ts';
import { ConsoleLink } from './console-link.ts';

/** What a console session is opened with. */
export interface ConsoleOptions {
  /** The hive's console token. */
  readonly token: string;
  readonly role: string;
  readonly ticket: string;
  /** Milliseconds for each command's whole answer. Default 5000. */
  readonly deadlineMs?: number;
  /** Idle time after which a PING is sent. Default 15,000. */
  readonly heartbeatMs?: number;
  readonly timers: Timers;
}

/** What follows a command's OK: nothing, content lines until END, or as many names as `entries=` says and END. */
export type StreamKind = 'none' | 'content' | 'names';

/** A good answer. `parts`: content as bytes. `names`: of a directory. */
export interface Answer {
  readonly detail: string;
  readonly parts: readonly Uint8Array[];
  readonly partBytes: number;
  readonly names: readonly string[];
}

/** Commands that wait; one more is refused with `limit`. */
const WAITING_MAX = 256;

/** What a session sends by itself, in capitals; nobody else's `ping` is. */
const HEARTBEAT = 'PING';

/** Verbs of the transport's own ERR lines, which answer whatever was sent. */
const TRANSPORT_VERBS: ReadonlySet<string> = new Set(['PARSE', 'FRAME', 'AUTH']);

interface Command {
  readonly line: string;
  readonly stream: StreamKind;
  /** Content bytes, or names, above which the answer is `too-big`. */
  readonly max: number;
  readonly settle: (result: Result<Answer>) => void;
  isSettled: boolean;
  cancelDeadline: Cancel;
  detail: string | undefined;
  namesLeft: number;
  parts: Uint8Array[];
  partBytes: number;
  names: string[];
}

/** One console connection, authenticated and attached. */
export class ConsoleSession {
  readonly #link: ConsoleLink;
  readonly #timers: Timers;
  readonly #deadlineMs: number;
  readonly #heartbeatMs: number;
  readonly #waiting: Command[] = [];
  #active: Command | undefined;
  #cancelHeartbeat: Cancel = () => {};
  #heardAtMs: number;
  /** Whether nothing is heard because nothing is listened to; then silence says nothing about the hive. */
  #isPaused = false;
  /** Refusals that the hive sent, as opposed to those made here. */
  readonly #fromHive = new WeakSet<Refusal>();
  /** Once set, data lines go here instead of to a command: the session follows. */
  #stream: ((answer: ConsoleAnswer) => void) | undefined;
  /** Called once when the connection ends. */
  whenFailed: (why: Refusal) => void = () => {};

  private constructor(transport: ByteTransport, options: ConsoleOptions) {
    this.#timers = options.timers;
    this.#deadlineMs = options.deadlineMs ?? 5000;
    this.#heartbeatMs = options.heartbeatMs ?? 15_000;
    this.#heardAtMs = this.#timers.nowMs();
    this.#link = new ConsoleLink(transport, {
      line: (line) => this.#take(line),
      failed: (why) => this.#fail(why),
    });
  }

  /** Authenticates and attaches on a fresh transport; on refusal the transport is closed. */
  static async open(transport: ByteTransport, options: ConsoleOptions): Promise<Result<ConsoleSession>> {
    const session = new ConsoleSession(transport, options);
    for (const line of [`AUTH ${options.token}`, `ATTACH ${options.role} ${options.ticket}`]) {
      const answer = await session.command(line, 'none');
      if (answer.ok) continue;
      session.end();
      return answer;
    }
    session.#beat(session.#heartbeatMs);
    return ok(session);
  }

  /** Why the connection is over, once it is. */
  get failure(): Refusal | undefined {
    return this.#link.failure;
  }

  /** Whether a refusal was sent by the hive; any other was made here. */
  isFromHive(why: Refusal): boolean {
    return this.#fromHive.has(why);
  }

  get link(): ConsoleLink {
    return this.#link;
  }

  /** Sends a command when those before it are answered. */
  command(line: string, stream: StreamKind, max: number = Number.MAX_SAFE_INTEGER): Promise<Result<Answer>> {
    if (this.failure !== undefined) return Promise.resolve({ ok: false, refusal: this.failure });
    if (this.#waiting.length >= WAITING_MAX) {
      return Promise.resolve(refuse('limit', `More than ${WAITING_MAX} commands wait on this connection.`));
    }
    return new Promise((settle) => {
      const command: Command = { line, stream, max, settle, ...freshProgress() };
      command.cancelDeadline = this.#timers.after(this.#deadlineMs, () => this.#late(command));
      this.#waiting.push(command);
      this.#sendNext();
    });
  }

  /** From now on every line goes to `take`; the session sends only what `say` is given. */
  streamTo(take: (answer: ConsoleAnswer) => void): void {
    this.#stream = take;
  }

  /** Sends a line that is no command of the queue. */
  say(line: string): void {
    this.#link.send(line);
  }

  /** Stops listening: no PING is sent, and the one under way has time until after `resume`. */
  pause(): void {
    this.#isPaused = true;
    this.#heartbeat?.cancelDeadline();
    this.#link.pause();
  }

  /** Listens again; what is heard or not counts from now. */
  resume(): void {
    this.#isPaused = false;
    this.#heardAtMs = this.#timers.nowMs();
    const beat = this.#heartbeat;
    if (beat !== undefined) beat.cancelDeadline = this.#timers.after(this.#deadlineMs, () => this.#late(beat));
    this.#link.resume();
  }

  /** The PING that waits for its answer. */
  get #heartbeat(): Command | undefined {
    return this.#active?.line === HEARTBEAT ? this.#active : undefined;
  }

  /** Ends the connection after what is queued was sent. */
  end(): void {
    this.#link.end(refusal('closed'));
  }

  #sendNext(): void {
    while (this.#active === undefined) {
      const command = this.#waiting.shift();
      if (command === undefined) return;
      if (this.#link.send(command.line)) this.#active = command;
      else settle(command, refuse('too-big', 'The command is longer than a console line may be.'));
    }
  }

  #late(command: Command): void {
    settle(command, refuse('timeout', `No answer within ${this.#deadlineMs} ms.`));
    const at = this.#waiting.indexOf(command);
    if (at >= 0) this.#waiting.splice(at, 1);
    else if (this.#active === command)
      command.cancelDeadline = this.#timers.after(this.#deadlineMs, () => this.#giveUp());
  }

  #giveUp(): void {
    this.#link.end(refusal('unreachable', 'The hive does not answer.'));
  }

  #take(line: string): void {
    this.#heardAtMs = this.#timers.nowMs();
    const command = this.#active;
    if (command?.detail !== undefined && command.namesLeft > 0) {
      this.#name(command, line);
      return;
    }
    const answer = parseAnswer(line);
    if (answer.kind === 'err' && answer.verb === 'CONSOLE') {
      this.#link.end(refusal('unreachable', 'The hive closed the console: idle for too long.'));
    } else if (command === undefined) {
      if (this.#stream === undefined) this.#link.broken('a line without a command');
      else this.#stream(answer);
    } else if (command.detail === undefined) {
      this.#acknowledged(command, answer);
    } else {
      this.#data(command, answer);
    }
  }

  #acknowledged(command: Command, answer: ConsoleAnswer): void {
    const isItsOwn = 'verb' in answer && (answer.verb === ackWordOf(command.line) || TRANSPORT_VERBS.has(answer.verb));
    if (!isItsOwn) {
      if (this.#stream === undefined) this.#link.broken('an answer to another command');
      else this.#stream(answer);
    } else if (answer.kind === 'err') {
      const why = answer.verb === 'AUTH' ? authRefusal(answer.refusal) : answer.refusal;
      this.#fromHive.add(why);
      this.#finish(command, { ok: false, refusal: why });
    } else {
      this.#good(command, answer.detail);
    }
  }

  #good(command: Command, detail: string): void {
    command.detail = detail;
    if (command.stream === 'none') {
      this.#finish(command, answerOf(command));
    } else if (command.stream === 'names') {
      const entries = ackField(detail, 'entries') ?? '';
      if (/^\d{1,9}$/.test(entries)) command.namesLeft = Number(entries);
      else this.#link.broken('OK LS without a number of entries');
    }
  }

  #name(command: Command, name: string): void {
    command.namesLeft--;
    if (command.names.length <= command.max) command.names.push(name);
  }

  #data(command: Command, answer: ConsoleAnswer): void {
    if (answer.kind === 'end') {
      this.#finish(command, answerOf(command));
    } else if (answer.kind === 'data' && command.stream === 'content') {
      this.#content(command, answer.line);
    } else {
      this.#link.broken('an acknowledgement inside data');
    }
  }

  /** Keeps content up to the first byte too many; the rest is read and dropped. */
  #content(command: Command, line: string): void {
    const bytes = contentOfLine(line);
    if (!bytes.ok) {
      this.#link.broken(bytes.refusal.detail);
      return;
    }
    if (command.partBytes > command.max || command.isSettled) return;
    command.parts.push(bytes.value);
    command.partBytes += bytes.value.length;
  }

  #finish(command: Command, result: Result<Answer>): void {
    this.#active = undefined;
    command.cancelDeadline();
    settle(command, result);
    this.#sendNext();
  }

  /** After `ms`: a PING when nothing was heard meanwhile, though listened for. Its missing answer ends the connection. */
  #beat(ms: number): void {
    if (this.failure !== undefined) return;
    this.#cancelHeartbeat = this.#timers.after(ms, () => {
      const leftMs = this.#isPaused ? this.#heartbeatMs : this.#heardAtMs + this.#heartbeatMs - this.#timers.nowMs();
      if (leftMs <= 0 && this.#active === undefined) void this.command(HEARTBEAT, 'none');
      this.#beat(leftMs > 0 ? leftMs : this.#heartbeatMs);
    });
  }

  #fail(why: Refusal): void {
    this.#cancelHeartbeat();
    const unanswered = [...(this.#active === undefined ? [] : [this.#active]), ...this.#waiting.splice(0)];
    this.#active = undefined;
    for (const command of unanswered) {
      command.cancelDeadline();
      settle(command, { ok: false, refusal: why });
    }
    this.whenFailed(why);
  }
}

type Progress = Omit<Command, 'line' | 'stream' | 'max' | 'settle'>;

function freshProgress(): Progress {
  return {
    isSettled: false,
    cancelDeadline: () => {},
    detail: undefined,
    namesLeft: 0,
    parts: [],
    partBytes: 0,
    names: [],
  };
}

function answerOf(command: Command): Result<Answer> {
  if (command.partBytes > command.max || command.names.length > command.max) return refuse('too-big');
  const { detail = '', parts, partBytes, names } = command;
  return ok({ detail, parts, partBytes, names });
}

/** Whatever was wrong with the token, the caller is not authenticated; only lateness is another matter. */
function authRefusal(why: Refusal): Refusal {
  return why.code === 'timeout' ? why : refusal('unauthenticated', 'The console token is wrong.');
}

function ackWordOf(line: string): string {
  const word = line.split(' ', 1)[0] ?? '';
  return word === 'AUTH' ? 'AUTH' : (consoleVerb(word)?.ack ?? word.toUpperCase());
}

function settle(command: Command, result: Result<Answer>): void {
  if (command.isSettled) return;
  command.isSettled = true;
  command.settle(result);
}
