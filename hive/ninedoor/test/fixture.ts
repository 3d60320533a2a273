// A NineDoor with a small namespace and ports under the test's control, and a 9P connection on it without a socket.
// Traces are text: `T…` lines go in, `R…` lines come out, in the form of @cohesix/wire's `formatMessage`.

import type { Principal } from '@cohesix/authority';
import { ByteWriter } from '@cohesix/bytes';
import { defaultManifest, type Manifest } from '@cohesix/manifest';
import { Ring } from '@cohesix/telemetry';
import { type Claims, makeKeyRing, mint, verify } from '@cohesix/ticket';
import { nodeTicketCrypto, randomTicketId, randomTicketKey } from '@cohesix/ticket/node';
import {
  consoleLineOf,
  create9pSplitter,
  createConsoleSplitter,
  decodeR,
  encodeT,
  FAULT,
  formatMessage,
  ok,
  parseMessage,
  type Result,
  RREADDIR,
  readDirents,
  refuse,
  type TMessage,
  WIRE_LIMITS,
  writeConsoleFrame,
} from '@cohesix/wire';
import { ConsoleConnection } from '../src/console/connection.ts';
import { NineDoor } from '../src/door.ts';
import { type ByteSink, NinepConnection } from '../src/ninep/connection.ts';
import { WriterPool } from '../src/ninep/writer-pool.ts';
import type { NodeDefinition } from '../src/node.ts';
import type { QueenEvent } from '../src/queens.ts';

export interface Submitted {
  readonly who: Principal;
  readonly path: string;
  readonly lines: readonly string[];
  readonly done: (result: Result<void>) => void;
}

export interface Fixture {
  readonly door: NineDoor;
  readonly audit: string[];
  readonly ring: Ring;
  /** Lines given to the authority; answered at once unless `holdsWrites`. */
  readonly submitted: Submitted[];
  holdsWrites: boolean;
  /** What the authority answers. */
  verdict: Result<void>;
  now: number;
  workers: Set<string>;
  gateOpen: boolean;
  view: string;
  /** Ticket ids (hex) that count as revoked. */
  revoked: Set<string>;
  /** Answer to each charge of a worker's operation budget. */
  workerBudget: Result<void>;
  /** What is left of the budget of each worker. */
  workerLeft: { left: number; of: number } | undefined;
  /** What the hive was told of its queens. */
  queens: QueenEvent[];
  token(claims?: Partial<Claims>): string;
}

const KEY = randomTicketKey('test');
let nextPeer = 1;

export function makeFixture(
  change: (manifest: Manifest) => Manifest = (manifest) => manifest,
  more: readonly NodeDefinition[] = [],
): Fixture {
  const manifest = change(defaultManifest());
  const keys = makeKeyRing(KEY);
  const ring = new Ring({ capacity: 4096 });
  const fixture: Omit<Fixture, 'door'> & { door: NineDoor | undefined } = {
    door: undefined,
    audit: [],
    ring,
    submitted: [],
    holdsWrites: false,
    verdict: ok(undefined),
    now: 1_000_000,
    workers: new Set(['worker-1']),
    gateOpen: true,
    view: 'Cohesix boot\n',
    revoked: new Set(),
    workerBudget: ok(undefined),
    workerLeft: undefined,
    queens: [],
    token: (claims = {}) => {
      const token = mint(nodeTicketCrypto, KEY, {
        id: randomTicketId(),
        audience: 'hive',
        role: 'queen',
        subject: 'queen',
        ...claims,
      });
      if (!token.ok) throw new Error(token.refusal.detail);
      return token.value;
    },
  };
  fixture.door = new NineDoor(
    manifest,
    {
      now: () => fixture.now,
      monotonicMs: () => performance.now(),
      nextTurn: setImmediate,
      audit: (line) => fixture.audit.push(line),
      attachLimits: () => manifest.tickets.attach_failures,
      verify: (token) =>
        verify(nodeTicketCrypto, keys, token, {
          audience: 'hive',
          nowMs: fixture.now,
          revoked: (id) => fixture.revoked.has(id),
        }),
      gate: () => (fixture.gateOpen ? ok(undefined) : refuse('lifecycle-denied')),
      isDraining: () => false,
      hasWorker: (worker) => fixture.workers.has(worker),
      shardLabel: () => '13',
      chargeWorker: () => fixture.workerBudget,
      workerBudget: () => fixture.workerLeft,
      onQueen: (event) => fixture.queens.push(event),
      submit: (who, path, lines, done) => {
        fixture.submitted.push({ who, path, lines, done });
        if (!fixture.holdsWrites) done(fixture.verdict);
      },
    },
    [...nodes(fixture as Fixture), ...more],
  );
  return fixture as Fixture;
}

function nodes(fixture: Fixture): NodeDefinition[] {
  const encoder = new TextEncoder();
  return [
    {
      pattern: '/proc/boot',
      file: { kind: 'view', boundBytes: 8192, version: undefined, render: () => encoder.encode(fixture.view) },
    },
    {
      pattern: '/queen/ctl',
      file: { kind: 'control', log: () => encoder.encode('log\n'), version: () => 1, writers: ['queen'] },
    },
    {
      pattern: '/log/queen.log',
      file: {
        kind: 'stream',
        ring: () => fixture.ring,
        append: (_, bytes) => {
          const appended = fixture.ring.append(bytes);
          return appended.ok ? ok(undefined) : appended;
        },
      },
    },
    {
      pattern: '/worker/:worker',
      names: { list: () => fixture.workers, has: (name) => fixture.workers.has(name) },
    },
    { pattern: '/worker/:worker/telemetry', file: { kind: 'stream', ring: () => fixture.ring, append: undefined } },
  ];
}

export interface Wire {
  readonly connection: NinepConnection;
  readonly sink: TestSink;
  /** Sends text messages in one chunk; the answers that came back at once, as text. */
  say(...messages: string[]): string[];
  sendBytes(bytes: Uint8Array): void;
  /** Answers received since the last take, as text. */
  take(): string[];
}

export class TestSink implements ByteSink {
  readonly written: Uint8Array[] = [];
  queuedBytes = 0;
  isPaused = false;
  isEnded = false;
  /** Bytes stay queued until `release`. */
  isStuck = false;
  readonly #held: (() => void)[] = [];

  write(bytes: Uint8Array, sent: () => void): void {
    this.written.push(bytes.slice());
    if (!this.isStuck) return sent();
    this.queuedBytes += bytes.length;
    this.#held.push(sent);
  }

  release(): void {
    this.isStuck = false;
    this.queuedBytes = 0;
    for (const sent of this.#held.splice(0)) sent();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    this.isEnded = true;
  }
}

export function connect(fixture: Fixture): Wire {
  const sink = new TestSink();
  const connection = new NinepConnection(fixture.door, sink, `test#${nextPeer++}`, new WriterPool(1 << 20));
  const sendBytes = (bytes: Uint8Array): void => connection.receive(bytes);
  const take = (): string[] => answersOf(sink.written.splice(0));
  const say = (...messages: string[]): string[] => {
    sendBytes(framesOf(messages));
    return take();
  };
  return { connection, sink, say, sendBytes, take };
}

export const VERSION = "Tversion tag NOTAG msize 8192 version '9P2000.L'";

/** Tattach with tag 1 and a ticket. */
export function attachText(token: string, fid = 1): string {
  return `Tattach tag 1 fid ${fid} afid NOFID uname '' aname '${token}' n_uname NONUNAME`;
}

/** Attached as queen on fid 1, msize 8192. */
export function attached(fixture: Fixture, claims: Partial<Claims> = {}): Wire {
  const wire = connect(fixture);
  const answers = wire.say(VERSION, attachText(fixture.token(claims)));
  if (!answers[1]?.startsWith('Rattach')) throw new Error(`attach: ${answers.join('; ')}`);
  return wire;
}

export function framesOf(messages: readonly string[]): Uint8Array {
  const writer = new ByteWriter();
  for (const text of messages) {
    const message = parseMessage(text);
    if (!message.ok) throw new Error(`${text}: ${message.refusal.detail}`);
    encodeT(writer, message.value as TMessage);
  }
  return writer.copy();
}

function answersOf(written: readonly Uint8Array[]): string[] {
  const splitter = create9pSplitter(1 << 20);
  const answers: string[] = [];
  for (const bytes of written) {
    splitter.push(bytes);
    while (splitter.next() === 'frame') {
      const message = decodeR(splitter.bytes, splitter.start, splitter.end, { ...WIRE_LIMITS, msize: 1 << 20 });
      answers.push(textOf(message));
    }
  }
  return answers;
}

function textOf(message: ReturnType<typeof decodeR>): string {
  if (message.type === FAULT) return `fault ${message.detail}`;
  if (message.type !== RREADDIR) return formatMessage(message);
  const entries = readDirents(message.data);
  return `Rreaddir tag ${message.tag} ${entries.ok ? entries.value.map(({ name }) => name).join(' ') : 'damaged'}`.trim();
}

/** What the console servers of these tests compare AUTH with. */
export const CONSOLE_TOKEN = 'door-token';

/** A console connection without a socket. Input that comes while it is paused waits, like in a socket. */
export interface ConsoleWire {
  readonly connection: ConsoleConnection;
  readonly sink: TestSink;
  /** Sends lines in one chunk and lets everything that can happen happen; the lines that came back. */
  say(...lines: string[]): Promise<string[]>;
  /** Sends bytes as they are; like `say`. */
  sendBytes(...chunks: Uint8Array[]): Promise<string[]>;
  /** Lines received since the last take, after everything that can happen has happened. */
  take(): Promise<string[]>;
}

export function connectConsole(fixture: Fixture, peer = `console#${nextPeer++}`): ConsoleWire {
  const sink = new TestSink();
  const connection = new ConsoleConnection(fixture.door, sink, peer, CONSOLE_TOKEN);
  const splitter = createConsoleSplitter(1 << 24);
  const waiting: Uint8Array[] = [];
  const deliver = (): void => {
    while (!sink.isPaused && !sink.isEnded) {
      const chunk = waiting.shift();
      if (chunk === undefined) return;
      connection.receive(chunk);
    }
  };
  const take = async (): Promise<string[]> => {
    do {
      deliver();
      await settled();
    } while (waiting.length > 0 && !sink.isPaused && !sink.isEnded);
    const lines: string[] = [];
    for (const bytes of sink.written.splice(0)) {
      splitter.push(bytes);
      while (splitter.next() === 'frame') lines.push(consoleLineOf(splitter) ?? 'not UTF-8');
    }
    return lines;
  };
  const sendBytes = (...chunks: Uint8Array[]): Promise<string[]> => {
    waiting.push(...chunks);
    return take();
  };
  return { connection, sink, take, sendBytes, say: (...lines) => sendBytes(consoleFrames(lines)) };
}

/** A console connection that is authenticated and attached as queen, or with the claims given. */
export async function attachedConsole(fixture: Fixture, claims: Partial<Claims> = {}): Promise<ConsoleWire> {
  const wire = connectConsole(fixture);
  const role = claims.role ?? 'queen';
  const answers = await wire.say(`AUTH ${CONSOLE_TOKEN}`, `attach ${role} ${fixture.token(claims)}`);
  if (answers[1] !== `OK ATTACH role=${role}`) throw new Error(`attach: ${answers.join('; ')}`);
  return wire;
}

/** Frames of the console, one after the other. */
export function consoleFrames(lines: readonly string[]): Uint8Array {
  const writer = new ByteWriter({ sizeMax: 1 << 24 });
  for (const line of lines) writeConsoleFrame(writer, line);
  return writer.copy();
}

/** Resolves when every promise that can settle without I/O has settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
