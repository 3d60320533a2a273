// `journal`, quickly: that every store answers and keeps every record it acknowledged, not how fast. And its bars.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { type HistoryRow, type JournalRow, judgeJournal, type OnceRows } from '../src/journal/bars.ts';
import { GroupCommit } from '../src/journal/group-commit.ts';
import { type JournalReport, journal } from '../src/journal/journal.ts';
import { measureProofs, type ProofRow } from '../src/journal/proofs.ts';
import type { StartsRow } from '../src/journal/starts.ts';
import type { Store, StoreTarget } from '../src/journal/store.ts';
import { etcd } from '../src/journal/store-etcd.ts';
import { jetstream } from '../src/journal/store-jetstream.ts';
import { measure } from '../src/journal/writers.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const TIMEOUT_MS = 90_000;
const OURS = ['hive', 'hive+authority', 'bare', 'bare-prealloc', 'sqlite'];
const BARS = 11;
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface Run {
  readonly status: unknown;
  readonly report: JournalReport;
  readonly output: string;
  /** What the run left in its folder. */
  readonly left: readonly string[];
}

async function quick(targets: readonly string[]): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'cohesix-bench-test-'));
  folders.push(folder);
  const json = join(folder, 'report.json');
  const args = [MAIN, 'journal', '--quick', '--targets', targets.join(','), '--dir', folder, '--json', json];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [status] = await once(child, 'close');
  const output = Buffer.concat(chunks).toString();
  try {
    const report = JSON.parse(readFileSync(json, 'utf8')) as JournalReport;
    return { status, report, output, left: readdirSync(folder) };
  } catch (error) {
    throw new Error(`no report; the benchmark printed:\n${output}`, { cause: error });
  }
}

function expectAllStored({ status, report, output, left }: Run, targets: readonly string[]): void {
  expect(report.failures, output).toEqual([]);
  expect(report.skipped).toEqual({});
  expect(report.rows.map(({ writers, target }) => `${writers} ${target}`)).toEqual(
    [1, 16, 64].flatMap((writers) => targets.map((target) => `${writers} ${target}`)),
  );
  for (const { changes, writers, target } of report.rows) expect(changes, `${writers} ${target}`).toBeGreaterThan(0);
  for (const target of targets) expect(report.stored[target], target).toBeGreaterThan(0);
  expect(left).toEqual(['report.json']);
  expect(status).toBe(0);
}

test('every store in this process keeps what it acknowledged', { timeout: TIMEOUT_MS }, async () => {
  const run = await quick(OURS);
  expectAllStored(run, OURS);
  expect(run.report.history.map(({ name, records }) => `${name} ${records}`)).toEqual([
    'verify 3000',
    'replay 2000',
    'replay only 2000',
  ]);
  expect(run.report.verdicts.filter(({ verdict }) => verdict === 'unknown').map(({ bar }) => bar)).toEqual([
    'hive >= 5 x etcd at 64 writers',
    'proof <= 2048 bytes in a log of 10,000,000 records',
    'proof made in p99 <= 5 ms in a log of 10,000,000 records',
    'start after 1,000,000 records <= 5 s',
  ]);
  // 12 levels of 45 bytes, and a checkpoint with one signature.
  expect(run.report.proofs).toMatchObject({ records: 3000, proofs: 20 });
  expect(run.report.proofs?.bytesMax).toBeGreaterThan(12 * 45);
  expect(run.report.proofs?.bytesMax).toBeLessThan(12 * 45 + 500);
  expect(run.output).toContain('bare-prealloc has no bar');
});

test.for([etcd, jetstream])('$name keeps what it acknowledged', { timeout: TIMEOUT_MS }, async (target, ctx) => {
  const missing = target.missing();
  if (missing) ctx.skip(missing);
  expectAllStored(await quick([target.name]), [target.name]);
});

test('a store that forgets, one that does not open and one that is not there are told apart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cohesix-bench-test-'));
  folders.push(folder);
  const { submit } = new GroupCommit(() => undefined);
  const target = (name: string, open: StoreTarget['open'], missing?: string): StoreTarget => ({
    name,
    missing: () => missing,
    open,
  });
  const report = await journal({
    targets: [
      target('forgetful', async () => ({ version: '1', submit, close: async () => 7 })),
      target('shut', () => Promise.reject(new Error('no disk'))),
      target('absent', () => Promise.reject(new Error('never asked')), 'not installed'),
    ],
    ...{
      rounds: 1,
      warmupMs: 0,
      measureMs: 5,
      verifyRecords: 10,
      replayRecords: 10,
      proofRecords: 1,
      proofs: 3,
      startRecords: 100,
    },
    directory: folder,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  expect(report.failures).toEqual([
    'shut did not open: no disk',
    expect.stringMatching(/^forgetful acknowledged \d+ records and holds 7$/),
  ]);
  expect(report.skipped).toEqual({ absent: 'not installed' });
  expect(report.stored).toEqual({});
  expect(report.history.map(({ records }) => records)).toEqual([10, 10, 10]);
  expect(readdirSync(folder)).toEqual([]);
});

test('bars whose rows are not there stay open', () => {
  expect(judgeJournal([], [], { proofs: undefined, starts: undefined }).map(({ verdict }) => verdict)).toEqual(
    Array(BARS).fill('unknown'),
  );
});

const AT_THE_BARS = [
  row('hive', { writers: 1, changesPerSecond: 5_000, p99Us: 20_000 }),
  row('bare', { writers: 1, changesPerSecond: 10_000 }),
  row('hive', { writers: 16, p99Us: 20_000 }),
  row('hive', { writers: 64, changesPerSecond: 50_000, p99Us: 20_000 }),
  row('bare', { writers: 64, changesPerSecond: 125_000 }),
  row('bare-prealloc', { writers: 64, changesPerSecond: 1_000_000 }),
  row('etcd', { writers: 64, changesPerSecond: 10_000 }),
];

const STARTS: StartsRow = { records: 1_000_000, snapshotRecord: 1, withMs: 5000, withoutMs: 1 };

const PROOFS: ProofRow = {
  ...{ records: 10_000_000, proofs: 1, bytesMax: 2048, buildSeconds: 1 },
  ...{ makeP50Us: 1, makeP99Us: 5000, checkP50Us: 1, checkP99Us: 1 },
};

test('a hive at every bar passes, just below each it fails', () => {
  const below = AT_THE_BARS.map((each) =>
    each.target === 'hive' ? { ...each, changesPerSecond: each.changesPerSecond - 1, p99Us: 20_100 } : each,
  );
  const verdictsOf = (rows: readonly JournalRow[], recordsPerSecond: number, once: OnceRows): string[] =>
    judgeJournal(rows, history(recordsPerSecond), once).map(({ verdict }) => verdict);
  const at = { proofs: PROOFS, starts: STARTS };
  expect(verdictsOf(AT_THE_BARS, 100_000, at)).toEqual(Array(BARS).fill('PASS'));
  const slow = { proofs: { ...PROOFS, bytesMax: 2049, makeP99Us: 5001 }, starts: { ...STARTS, withMs: 5001 } };
  expect(verdictsOf(below, 99_999, slow)).toEqual(Array(BARS).fill('FAIL'));
});

test('proofs of a smaller log and starts on a shorter history are not judged', () => {
  const judged = judgeJournal([], [], {
    proofs: { ...PROOFS, records: 9_999_999 },
    starts: { ...STARTS, records: 999_999 },
  });
  expect(judged.map(({ verdict }) => verdict)).toEqual(Array(BARS).fill('unknown'));
});

test('a log that cannot be written is a failure, not proofs', async () => {
  const nowhere = measureProofs({
    directory: '/dev/null/log',
    ...{ records: 300, proofs: 1, signal: new AbortController().signal, onProgress: () => undefined },
  });
  await expect(nowhere).rejects.toThrow('/dev/null/log');
});

test('what is submitted during a commit makes the next one', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const commits: number[] = [];
  const { submit } = new GroupCommit(async (bodies) => {
    commits.push(bodies.length);
    await Promise.resolve();
  });
  const body = new Uint8Array(1);
  let left = 5;
  const done = (): void => {
    left -= 1;
    if (left === 0) resolve();
  };
  submit(body, () => {
    for (let more = 0; more < 3; more++) submit(body, done);
    done();
  });
  submit(body, done);
  await promise;
  expect(commits).toEqual([2, 3]);
});

test.each([
  ['answers with a problem', new GroupCommit(() => Promise.reject(new Error('the disk is full'))).submit],
  [
    'throws',
    new GroupCommit(() => {
      throw new Error('the disk is full');
    }).submit,
  ],
])('a store that %s ends the row', async (_, submit) => {
  const store: Store = { version: 'broken', submit, close: async () => 0 };
  const load = { writers: 2, warmupMs: 0, measureMs: 1000, bodies: [new Uint8Array(1)] };
  await expect(measure(store, load)).rejects.toThrow('not stored: the disk is full');
});

function row(target: string, given: Partial<JournalRow>): JournalRow {
  const nothing = { writers: 0, changesPerSecond: 0, p50Us: 0, p99Us: 0, cpuUs: 0, coresHere: 0, changes: 0 };
  return { target, ...nothing, ...given };
}

function history(recordsPerSecond: number): readonly HistoryRow[] {
  return (['verify', 'replay', 'replay only'] as const).map((name) => ({ name, records: 1, recordsPerSecond }));
}
