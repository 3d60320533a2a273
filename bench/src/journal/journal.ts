// `journal`: durable changes of the hive beside a bare file, SQLite, etcd and JetStream, on one file system in one run;
// then how fast history is gone through, and what proofs of a large log take.
//
// One store works at a time; for each number of writers the stores take turns within each round, so that a slow minute
// of the machine is a slow minute for all of them. A figure is the median of the rounds. At the end every store is
// asked how many records it holds, and one that holds fewer or more than it acknowledged has failed.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '../bars.ts';
import { figure, type Machine, machine, median } from '../report.ts';
import { type HistoryRow, type JournalRow, judgeJournal, WIDTHS, widthText } from './bars.ts';
import { type Passage, prepareHistory } from './history.ts';
import { ledgerBodies, STEADY_LINE } from './ledger.ts';
import { findPlace } from './place.ts';
import { measureProofs, type ProofRow } from './proofs.ts';
import { measureStarts, type StartsRow } from './starts.ts';
import type { Store, StoreTarget } from './store.ts';
import { bare, barePreallocated } from './store-bare.ts';
import { etcd } from './store-etcd.ts';
import { hive, hiveAuthority } from './store-hive.ts';
import { jetstream } from './store-jetstream.ts';
import { sqlite } from './store-sqlite.ts';
import { type Measurement, measure } from './writers.ts';

/** How long, with whom and where. */
export interface JournalOptions {
  readonly targets: readonly StoreTarget[];
  readonly rounds: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  /** Records of the journals that are verified and replayed. */
  readonly verifyRecords: number;
  readonly replayRecords: number;
  /** Records of the log that proofs are made of, and how many proofs. */
  readonly proofRecords: number;
  readonly proofs: number;
  /** Records of the history that a hive starts on. */
  readonly startRecords: number;
  /** Folder for the stores; a temporary one on a disk when absent. */
  readonly directory?: string;
  /** Ends the run early; `journal` then throws, after ending every store. */
  readonly signal: AbortSignal;
  /** Called with each finished row's text, for a person who waits. */
  readonly onProgress: (line: string) => void;
}

/** Everything a run found. */
export interface JournalReport {
  readonly benchmark: 'journal';
  readonly machine: Machine;
  readonly fileSystem: string;
  readonly isInMemory: boolean;
  readonly rounds: number;
  readonly measureMs: number;
  /** Mean size of a record's body, bytes. */
  readonly recordSize: number;
  readonly versions: Readonly<Record<string, string>>;
  /** Targets that did not run, and why. */
  readonly skipped: Readonly<Record<string, string>>;
  /** Records that each store acknowledged and that were found in it afterwards. */
  readonly stored: Readonly<Record<string, number>>;
  readonly rows: readonly JournalRow[];
  readonly history: readonly HistoryRow[];
  /** Absent when they failed. */
  readonly proofs?: ProofRow;
  /** Absent when they failed. */
  readonly starts?: StartsRow;
  /** Rows that could not be measured, stores that lost records, and why. */
  readonly failures: readonly string[];
  readonly verdicts: readonly Verdict[];
}

/** All stores, in the order of their turns. */
export const STORES: readonly StoreTarget[] = [hive, hiveAuthority, bare, barePreallocated, sqlite, etcd, jetstream];

const BODIES = 256;

interface Open {
  readonly name: string;
  readonly store: Store;
  acknowledged: number;
  /** Nothing more is asked of a store that failed. */
  hasFailed: boolean;
}

interface Bed {
  readonly options: JournalOptions;
  readonly bodies: readonly Uint8Array[];
  readonly open: readonly Open[];
  readonly failures: string[];
}

/** Runs the benchmark. Targets that cannot run here are named in `skipped`; what fails, in `failures`. */
export async function journal(options: JournalOptions): Promise<JournalReport> {
  const { directory, fileSystem, isInMemory } = findPlace(options.directory);
  const { rounds, measureMs } = options;
  const folder = mkdtempSync(join(directory, 'cohesix-bench-journal-'));
  try {
    const bodies = await ledgerBodies(STEADY_LINE, BODIES);
    const failures: string[] = [];
    const stores = await measureStores(folder, { options, bodies, failures });
    const history = await measureHistory(folder, { options, bodies, failures });
    const proofs = await measureLog(folder, { options, failures });
    const starts = await measureHive(folder, { options, failures });
    const verdicts = judgeJournal(stores.rows, history, { proofs, starts });
    const recordSize = Math.round(bodies.reduce((sum, { length }) => sum + length, 0) / bodies.length);
    const run = { machine: machine(), fileSystem, isInMemory, rounds, measureMs, recordSize };
    return {
      benchmark: 'journal',
      ...run,
      ...stores,
      history,
      ...(proofs && { proofs }),
      ...(starts && { starts }),
      failures,
      verdicts,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Found = Pick<JournalReport, 'rows' | 'versions' | 'skipped' | 'stored'>;

async function measureStores(folder: string, base: Omit<Bed, 'open'>): Promise<Found> {
  const skipped: Record<string, string> = {};
  const open: Open[] = [];
  const stored: Record<string, number> = {};
  try {
    for (const target of base.options.targets) {
      const missing = target.missing();
      if (missing !== undefined) skipped[target.name] = missing;
      else await openInto(open, target, { folder, failures: base.failures });
    }
    const rows: JournalRow[] = [];
    for (const writers of WIDTHS) rows.push(...(await measureWidth(writers, { ...base, open })));
    const versions = Object.fromEntries(open.map(({ name, store }) => [name, store.version]));
    return { rows, versions, skipped, stored };
  } finally {
    for (const each of open) await closeInto(stored, each, base.failures);
  }
}

/** A store that does not open is a failure of the run, but no reason not to measure the others. */
async function openInto(
  open: Open[],
  target: StoreTarget,
  { folder, failures }: { readonly folder: string; readonly failures: string[] },
): Promise<void> {
  const { name } = target;
  try {
    open.push({ name, store: await target.open(join(folder, name)), acknowledged: 0, hasFailed: false });
  } catch (error) {
    failures.push(`${name} did not open: ${messageOf(error)}`);
  }
}

async function closeInto(stored: Record<string, number>, each: Open, failures: string[]): Promise<void> {
  const { name, store, acknowledged, hasFailed } = each;
  try {
    const found = await store.close();
    if (found === acknowledged) stored[name] = found;
    else if (!hasFailed) failures.push(`${name} acknowledged ${acknowledged} records and holds ${found}`);
  } catch (error) {
    failures.push(`${name} did not close: ${messageOf(error)}`);
  }
}

async function measureWidth(writers: number, bed: Bed): Promise<readonly JournalRow[]> {
  const found = new Map<string, Measurement[]>(bed.open.map(({ name }) => [name, []]));
  for (let round = 0; round < bed.options.rounds; round++) {
    for (const each of bed.open) {
      const measured = await measureOne(writers, each, bed);
      if (measured !== undefined) found.get(each.name)?.push(measured);
    }
  }
  const rows = [...found].filter(([, all]) => all.length > 0).map(([target, all]) => medians(writers, target, all));
  for (const { target, changesPerSecond } of rows) {
    bed.options.onProgress(`${widthText(writers)} ${target} ${figure(changesPerSecond)}/s`);
  }
  return rows;
}

async function measureOne(writers: number, each: Open, bed: Bed): Promise<Measurement | undefined> {
  const { warmupMs, measureMs } = bed.options;
  stopIfTold(bed.options);
  if (each.hasFailed) return undefined;
  try {
    const measured = await measure(each.store, { writers, warmupMs, measureMs, bodies: bed.bodies });
    each.acknowledged += measured.acknowledged;
    return measured;
  } catch (error) {
    each.hasFailed = true;
    bed.failures.push(`${widthText(writers)} ${each.name}: ${messageOf(error)}`);
    return undefined;
  }
}

function medians(writers: number, target: string, all: readonly Measurement[]): JournalRow {
  const of = (pick: (each: Measurement) => number) => median(all.map(pick));
  return {
    writers,
    target,
    changesPerSecond: of((each) => each.changesPerSecond),
    p50Us: of((each) => each.p50Us),
    p99Us: of((each) => each.p99Us),
    cpuUs: of((each) => each.cpuUs),
    coresHere: of((each) => each.coresHere),
    changes: of((each) => each.changes),
  };
}

async function measureHistory(folder: string, bed: Omit<Bed, 'open'>): Promise<readonly HistoryRow[]> {
  const { options, bodies, failures } = bed;
  const { verifyRecords, replayRecords, rounds } = options;
  const directory = join(folder, 'history');
  mkdirSync(directory);
  try {
    const passages = await prepareHistory({ directory, verifyRecords, replayRecords, bodies });
    const speeds = new Map<Passage, number[]>(passages.map((passage) => [passage, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [passage, all] of speeds) {
        stopIfTold(options);
        all.push(await timed(passage));
      }
    }
    return [...speeds].map(([{ name, records }, all]) => ({ name, records, recordsPerSecond: median(all) }));
  } catch (error) {
    stopIfTold(options);
    failures.push(`history: ${messageOf(error)}`);
    return [];
  }
}

async function measureHive(
  folder: string,
  { options, failures }: Pick<Bed, 'options' | 'failures'>,
): Promise<StartsRow | undefined> {
  const { startRecords: records, signal, onProgress } = options;
  try {
    return await measureStarts({ directory: join(folder, 'starts'), records, signal, onProgress });
  } catch (error) {
    stopIfTold(options);
    failures.push(`starts: ${messageOf(error)}`);
    return undefined;
  }
}

async function measureLog(
  folder: string,
  { options, failures }: Pick<Bed, 'options' | 'failures'>,
): Promise<ProofRow | undefined> {
  const { proofRecords: records, proofs, signal, onProgress } = options;
  const directory = join(folder, 'log');
  mkdirSync(directory);
  try {
    return await measureProofs({ directory, records, proofs, signal, onProgress });
  } catch (error) {
    stopIfTold(options);
    failures.push(`proofs: ${messageOf(error)}`);
    return undefined;
  }
}

/** Records a second. @throws Error when it saw another number of them than there are. */
async function timed({ name, records, run }: Passage): Promise<number> {
  const begin = performance.now();
  const seen = await run();
  const seconds = (performance.now() - begin) / 1000;
  if (seen !== records) throw new Error(`${name} saw ${seen} of ${records} records`);
  return records / seconds;
}

function stopIfTold({ signal }: JournalOptions): void {
  if (signal.aborted) throw new Error('the run was ended');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
