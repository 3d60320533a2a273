// A NineDoor with a small namespace and ports under the test's control, and a 9P connection on it without a socket.
// Traces are text: `T…` lines go in, `R…` lines come out, in the form of @cohesix/wire's `formatMessage`.

import type { Principal } from '@cohesix/authority';
import { ByteWriter } from '@cohesix/bytes';
import { defaultManifest, type Manifest } from '@cohesix/manifest';
import { Ring } from '@cohesix/telemetry';
import { type Claims, makeKeyRing, mint, verify } from '@cohesix/ticket';
import { nodeTicketCrypto, randomTicketId, randomTicketKey } from '@cohesix/ticket/node';
import {
  create9pSplitter,
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
} from '@cohesix/wire';
import { NineDoor } from '../src/door.ts';
import { type ByteSink, NinepConnection } from '../src/ninep/connection.ts';
import { WriterPool } from '../src/ninep/writer-pool.ts';
import type { NodeDefinition } from '../src/node.ts';

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
  token(claims?: Partial<Claims>): string;
}

const KEY = randomTicketKey('test');
let nextPeer = 1;

export function makeFixture(change: (manifest: Manifest) => Manifest = (manifest) => manifest): Fixture {
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
      audit: (line) => fixture.audit.push(line),
      attachLimits: () => manifest.tickets.attach_failures,
      verify: (token) => verify(nodeTicketCrypto, keys, token, { audience: 'hive', nowMs: fixture.now }),
      gate: () => (fixture.gateOpen ? ok(undefined) : refuse('lifecycle-denied')),
      isDraining: () => false,
      hasWorker: (worker) => fixture.workers.has(worker),
      shardLabel: () => '13',
      chargeWorker: () => ok(undefined),
      submit: (who, path, lines, done) => {
        fixture.submitted.push({ who, path, lines, done });
        if (!fixture.holdsWrites) done(fixture.verdict);
      },
    },
    nodes(fixture as Fixture),
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

/** Attached as queen on fid 1, msize 8192. */
export function attached(fixture: Fixture, claims: Partial<Claims> = {}): Wire {
  const wire = connect(fixture);
  const answers = wire.say(
    "Tversion tag NOTAG msize 8192 version '9P2000.L'",
    `Tattach tag 1 fid 1 afid NOFID uname '' aname '${fixture.token(claims)}' n_uname NONUNAME`,
  );
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
