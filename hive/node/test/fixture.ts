// A ledger on a journal under the test's control, and what tests about a whole hive share.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Authority,
  BOOT_PATH,
  bootLine,
  createAuthority,
  type Effect,
  type Principal,
  SYSTEM,
  stateText,
} from '@cohesix/authority';
import { defaultManifest, type Manifest } from '@cohesix/manifest';
import type { PathSession } from '@cohesix/ninedoor';
import { ok, type Result, refuse } from '@cohesix/wire';
import { afterEach, beforeEach } from 'vitest';
import { type Hive, startHive } from '../src/hive.ts';
import type { Host } from '../src/host.ts';
import { Ledger, type RecordSink } from '../src/ledger.ts';
import { Replay, type ReplayResult } from '../src/replay.ts';

export const START_MS = 1_700_000_000_000;

export const QUEEN: Principal = {
  subject: 'queen',
  role: 'queen',
  ticket: 'fp-queen',
  ticketIds: ['00000000000000000000000000000001'],
  session: '1',
};

/** A manifest in which no line needs an approval and no worker starts by itself. */
export function plainManifest(change: (manifest: Manifest) => Manifest = (manifest) => manifest): Manifest {
  const manifest = defaultManifest();
  return change({
    ...manifest,
    policy: { ...manifest.policy, enabled: false },
    workers: { ...manifest.workers, start: [] },
  });
}

/** A journal in memory: records wait until the test makes them durable or fails them. */
export class TestSink implements RecordSink {
  readonly bodies: string[] = [];
  readonly waiting: ((result: Result<void>) => void)[] = [];
  /** Records are durable as soon as they are appended. */
  isInstant = false;
  /** What `append` answers instead of taking the record. */
  refusal: Result<never> | undefined;

  append(body: Uint8Array, onDurable: (result: Result<void>) => void): Result<unknown> {
    if (this.refusal !== undefined) return this.refusal;
    this.bodies.push(new TextDecoder().decode(body));
    this.waiting.push(onDurable);
    if (this.isInstant) queueMicrotask(() => this.release());
    return ok(undefined);
  }

  /** Makes the oldest `count` waiting records durable. */
  release(count: number = this.waiting.length): void {
    for (const onDurable of this.waiting.splice(0, count)) onDurable(ok(undefined));
  }

  /** The disk fails: everything that waits, in order. */
  fail(reason: string): void {
    for (const onDurable of this.waiting.splice(0)) onDurable(refuse('audit-unavailable', reason));
  }
}

export interface Books {
  readonly authority: Authority;
  readonly ledger: Ledger;
  readonly sink: TestSink;
  readonly effects: Effect[];
  readonly log: string[];
  /** What happened, in order: `shown`, `done <code>`, `effect <kind>`. */
  readonly events: string[];
  clock: number;
  /** Submits as the queen; answers collect in `answers` as codes. */
  submit(path: string, ...lines: (string | object)[]): void;
  readonly answers: string[];
  shownText(): string;
}

/** A ledger that has booted once, durably. */
export function makeBooks(manifest: Manifest = plainManifest(), start?: ReplayResult): Books {
  const authority = createAuthority(manifest);
  const sink = new TestSink();
  const [effects, log, events, answers]: [Effect[], string[], string[], string[]] = [[], [], [], []];
  const books = { authority, sink, effects, log, events, answers, clock: START_MS };
  const ledger = new Ledger(authority, start ?? new Replay(authority, () => undefined).result, sink, {
    now: () => books.clock,
    monotonicMs: () => 0,
    full: () => undefined,
    markRecords: 65_536,
    onMark: () => undefined,
    onEffect: (effect) => {
      effects.push(effect);
      events.push(`effect ${effect.kind}`);
    },
    onLog: (line) => log.push(line),
    onRecord: () => undefined,
    onRefused: () => undefined,
    onShown: () => events.push('shown'),
  });
  const submit = (path: string, ...lines: (string | object)[]): void => {
    const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
    ledger.submit(QUEEN, path, texts, (result) => {
      answers.push(result.ok ? 'ok' : result.refusal.code);
      events.push(`done ${result.ok ? 'ok' : result.refusal.code}`);
    });
  };
  if (start === undefined) {
    const line = bootLine(manifest, { epoch: 1, fingerprint: 'f00d', version: '0.1.0' });
    ledger.submit(SYSTEM, BOOT_PATH, [line], (result) => {
      if (!result.ok) throw new Error(result.refusal.detail);
    });
    sink.release();
    events.length = 0;
    log.length = 0;
  }
  return Object.assign(books, { ledger, submit, shownText: () => stateText(ledger.shown) });
}

/** A folder of its own, removed by the caller's `afterEach`. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'cohesix-node-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Where the replay of these record bodies ends. @throws Error when one of them is refused. */
export function replayed(authority: Authority, bodies: readonly string[]): ReplayResult {
  const replay = new Replay(authority, () => undefined);
  for (const body of bodies) {
    const taken = replay.record(new TextEncoder().encode(body));
    if (!taken.ok) throw new Error(taken.refusal.detail);
  }
  return replay.result;
}

/** A folder for each test of a file, and the hive that the test starts in it. */
export interface TestPlace {
  readonly path: string;
  /** The hive that was started last; undefined before. */
  readonly hive: Hive | undefined;
  /** As `startQuiet`. */
  start(change?: (manifest: Manifest) => Manifest, host?: Partial<Host>): Promise<Hive>;
}

/** Makes the place of each test of this file; when a test ends its hive stops and its folder goes. Called at the top of the file. */
export function placeForEach(): TestPlace {
  let folder = temporaryFolder();
  let hive: Hive | undefined;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(async () => {
    await hive?.stop();
    hive = undefined;
    folder.remove();
  });
  return {
    get path() {
      return folder.path;
    },
    get hive() {
      return hive;
    },
    async start(change, host) {
      hive = await startQuiet(folder.path, change, host);
      return hive;
    },
  };
}

/** Starts a hive in a folder: plain, without TCP listeners, and what the test changes. @throws Error when it is refused. */
export async function startQuiet(
  directory: string,
  change: (manifest: Manifest) => Manifest = (manifest) => manifest,
  host: Partial<Host> = {},
): Promise<Hive> {
  const adjust = (manifest: Manifest): Manifest => {
    const plain = plainManifest();
    return change({ ...plain, hive: manifest.hive, listen: { ...plain.listen, secure9p: '', console: '' } });
  };
  const started = await startHive({ directory, adjust, host });
  if (!started.ok) throw new Error(started.refusal.detail);
  return started.value;
}

/** A session of the local queen. @throws Error when it is refused. */
export function queenOf(hive: Hive): PathSession {
  const session = hive.attach(readFileSync(hive.paths.queenTicket, 'utf8').trim());
  if (!session.ok) throw new Error(session.refusal.detail);
  return session.value;
}

/** The text of a file, or the code of the refusal. */
export async function textOf(session: PathSession, path: string): Promise<string> {
  const read = await session.read(path, 4_000_000);
  return read.ok ? Buffer.from(read.value).toString() : read.refusal.code;
}
