// A ledger with the real authority, and the lines that are written through it. The manifest asks for no approvals and
// starts no worker: this is about deciding, journaling and replaying, not about policy.

import { type Authority, BOOT_PATH, bootLine, createAuthority, type Principal, SYSTEM } from '@cohesix/authority';
import { type Journal, nodeDisk, openJournal, scanJournal } from '@cohesix/journal';
import { defaultManifest, type Manifest } from '@cohesix/manifest';
import { Ledger, type RecordSink, Replay } from '@cohesix/node';
import { ok, type Result } from '@cohesix/wire';

/** A line and who writes it where. */
export interface Line {
  readonly who: Principal;
  readonly path: string;
  readonly text: string;
}

/** Any change that leaves the state as large as it was; the line that `ninep` measures as `durable append`. */
export const STEADY_LINE: Line = {
  who: {
    subject: 'queen',
    role: 'queen',
    ticket: '6f1d0b6c3a5e4f7890ab12cd34ef56a7',
    ticketIds: ['0f8fad5bd9cb469fa165708677289501'],
    session: '1',
  },
  path: '/queen/ctl',
  text: '{"budget":{"ttl_s":300,"ops":1000}}',
};

/** A started ledger. */
export interface Books {
  readonly authority: Authority;
  /** Writes a line. */
  submit(line: Line, done: (result: Result<void>) => void): void;
  /** Number of the last durable line; the boot line is the first. */
  shownSeq(): number;
}

const WORKERS_ALIVE = 100;
const LINES_AT_ONCE = 1000;

/** The authority that all ledgers here decide with. */
export function benchAuthority(): Authority {
  return createAuthority(benchManifest());
}

/** A ledger on a sink, booted. @throws Error when it does not boot. */
export async function openBooks(sink: RecordSink): Promise<Books> {
  const authority = benchAuthority();
  const start = new Replay(authority, () => undefined).result;
  const nothing = (): void => undefined;
  const ledger = new Ledger(authority, start, sink, {
    now: Date.now,
    monotonicMs: () => performance.now(),
    full: () => undefined,
    markRecords: 65_536,
    onMark: nothing,
    onEffect: nothing,
    onLog: nothing,
    onRecord: nothing,
    onRefused: nothing,
    onShown: nothing,
  });
  const submit: Books['submit'] = ({ who, path, text }, done) => ledger.submit(who, path, [text], done);
  const books = { authority, submit, shownSeq: () => ledger.shownSeq };
  const boot = bootLine(benchManifest(), { epoch: 1, fingerprint: 'f00d', version: 'bench' });
  await written(books, { who: SYSTEM, path: BOOT_PATH, text: boot });
  return books;
}

/** The records that a ledger writes for `count` lines. */
export async function ledgerBodies(line: Line, count: number): Promise<readonly Uint8Array[]> {
  const bodies: Uint8Array[] = [];
  const books = await openBooks({
    append: (body, onDurable) => {
      bodies.push(body);
      queueMicrotask(() => onDurable(ok(undefined)));
      return ok(undefined);
    },
  });
  for (let index = 0; index < count; index++) await written(books, line);
  return bodies.slice(1);
}

/** The journal as a ledger writes to it. */
export function sinkOf(journal: Journal): RecordSink {
  return {
    append: (body, onDurable) =>
      journal.append(body, (_, failed) =>
        onDurable(failed === undefined ? ok(undefined) : { ok: false, refusal: failed }),
      ),
  };
}

/** Opens an empty journal. @throws Error when it is refused. */
export async function emptyJournal(directory: string): Promise<Journal> {
  const opened = await openJournal(directory, { at: Date.now() });
  if (!opened.ok) throw new Error(opened.refusal.detail);
  return opened.value.journal;
}

/** Closes a journal, verifies it, and answers how many records it holds. @throws Error when it is damaged. */
export async function closeJournal(journal: Journal, directory: string): Promise<number> {
  const closed = await journal.close();
  if (!closed.ok) throw new Error(closed.refusal.detail);
  const scan = await scanJournal(nodeDisk, directory, () => undefined);
  if (!scan.ok) throw new Error(scan.refusal.detail);
  return scan.value.last;
}

/** Writes a journal of `count` records about lives of workers into a folder, through a ledger. */
export async function writeLives(directory: string, count: number): Promise<void> {
  const journal = await emptyJournal(directory);
  const books = await openBooks(sinkOf(journal));
  const lines = lives();
  for (let left = count - 1; left > 0; left -= LINES_AT_ONCE) {
    const some = Math.min(left, LINES_AT_ONCE);
    await Promise.all(Array.from({ length: some }, () => written(books, lines.next().value)));
  }
  await journal.close();
}

/**
 * Workers come and go: the spawn, the hive's receipt that it started, and when a hundred are alive, for each new one
 * the kill of the oldest and the receipt that it ended. A kill alone would leave the place taken.
 */
function* lives(): Generator<Line, never> {
  const { who, path } = STEADY_LINE;
  const receipt = (text: string): Line => ({ who: SYSTEM, path: '/sys/workers/ctl', text });
  for (let number = 1; ; number++) {
    yield { who, path, text: '{"spawn":"heartbeat","ticks":100}' };
    yield receipt(`{"started":${startOf(number)}}}`);
    const oldest = number - WORKERS_ALIVE;
    if (oldest < 1) continue;
    yield { who, path, text: `{"kill":"worker-${oldest}"}` };
    yield receipt(`{"exited":${startOf(oldest)},"reason":"exit status 0"}}`);
  }
}

/** The open beginning of a receipt: the first boot has epoch 1, and fences count starts as ids count workers. */
function startOf(number: number): string {
  return `{"worker":"worker-${number}","fence":${number},"epoch":1`;
}

function written(books: Books, line: Line): Promise<void> {
  return new Promise((resolve, reject) => {
    books.submit(line, (result) =>
      result.ok ? resolve() : reject(new Error(`${line.text}: ${result.refusal.detail}`)),
    );
  });
}

function benchManifest(): Manifest {
  const manifest = defaultManifest();
  return {
    ...manifest,
    policy: { ...manifest.policy, enabled: false },
    workers: { ...manifest.workers, start: [] },
  };
}
