// Opening a journal: lock, scan, recover, and only then the first append.

import { dirname, join } from 'node:path';
import type { NextTurn } from '@cohesix/time';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import type { Disk, DiskFile } from './disk.ts';
import { attempt } from './disk.ts';
import type { JournalLimits } from './journal.ts';
import { Journal } from './journal.ts';
import type { DirectoryLock } from './lock.ts';
import { lockDirectory } from './lock.ts';
import { nodeDisk } from './node-disk.ts';
import type { Liveness, Owner } from './owner.ts';
import type { JournalPosition } from './position.ts';
import { spanOf } from './read.ts';
import { BODY_SIZE_LIMIT } from './record.ts';
import type { TornReport } from './recover.ts';
import { recover } from './recover.ts';
import type { OnRecord, Segment } from './scan.ts';
import { scanJournal } from './scan.ts';

const MIB = 1024 * 1024;

/** Limits that are taken when none are given. */
export const JOURNAL_LIMITS: JournalLimits = {
  segmentBytesMax: 64 * MIB,
  recordBytesMax: MIB,
  batchRecordsMax: 1024,
  pendingBytesMax: 16 * MIB,
};

/** How to open a journal. */
export interface JournalOptions extends Partial<JournalLimits> {
  /** Now, milliseconds since the epoch: names a torn tail and dates the lock. */
  readonly at: number;
  /** Sees every record, in order, before the journal opens. `body` is borrowed; a refusal stops the start. */
  readonly onRecord?: OnRecord;
  /** Where reading begins, for who knows what the records before come to; default: at the first record. */
  readonly from?: JournalPosition;
  /** Called once, when the journal seals itself; `pending` records are refused after it. */
  readonly onSealed?: (reason: string, errno: string) => void;
  /** Called when a new segment has begun, so that the one before is closed. */
  readonly onRolled?: () => void;
  readonly disk?: Disk;
  /** Default: `setImmediate`. */
  readonly nextTurn?: NextTurn;
  /** Who opens it; default: this process. */
  readonly owner?: Owner;
  /** Whether another owner still runs; default: asks this machine. */
  readonly livenessOf?: (owner: Owner, self: Owner) => Liveness;
}

/** What was found. */
export interface RecoveryReport {
  /** Valid records. */
  readonly records: number;
  readonly segments: number;
  /** Bytes of all segments. */
  readonly bytes: number;
  /** What a crash left after the last valid record, if anything. */
  readonly torn: TornReport | undefined;
}

/** An open journal and what its opening found. */
export interface OpenedJournal {
  readonly journal: Journal;
  readonly report: RecoveryReport;
}

/**
 * Opens the journal in `directory`, making it when it does not exist. Refuses with `busy` when another process has
 * it, with `audit-unavailable` when the disk fails or the journal was tampered with, or with `onRecord`'s refusal.
 * Throws RangeError for limits that make no sense.
 */
export async function openJournal(directory: string, options: JournalOptions): Promise<Result<OpenedJournal>> {
  const limits = limitsOf(options);
  const disk = options.disk ?? nodeDisk;
  const ready = await attempt(`cannot open the journal ${directory}`, () => makeDirectory(disk, directory));
  if (!ready.ok) return ready;
  if (!ready.value) return refuse('audit-unavailable', `${directory} must be a directory, not a link or other file`);
  const lock = await lockDirectory(directory, options);
  if (!lock.ok) return lock;
  let opened: Result<OpenedJournal> | undefined;
  try {
    opened = await openLocked(directory, options, { disk, limits, lock: lock.value });
    return opened;
  } finally {
    if (opened?.ok !== true) await lock.value.release();
  }
}

/** False when something else than a directory is there. */
async function makeDirectory(disk: Disk, directory: string): Promise<boolean> {
  const stat = await disk.lstat(directory);
  if (stat !== undefined) return stat.kind === 'directory';
  await disk.mkdir(directory);
  await disk.syncDirectory(dirname(directory));
  return true;
}

interface Held {
  readonly disk: Disk;
  readonly limits: JournalLimits;
  readonly lock: DirectoryLock;
}

async function openLocked(directory: string, options: JournalOptions, held: Held): Promise<Result<OpenedJournal>> {
  const { disk, limits, lock } = held;
  const scan = await scanJournal(disk, directory, options.onRecord ?? (() => undefined), options.from);
  if (!scan.ok) return scan;
  const doing = `cannot recover the journal ${directory}`;
  const recovered = await attempt(doing, () => recover(disk, directory, { ...scan.value, at: options.at }));
  if (!recovered.ok) return recovered;
  const { segments, torn } = recovered.value;
  const file = await attempt(doing, () => openLast(disk, directory, segments.at(-1)));
  if (!file.ok) return file;
  const journal = new Journal({
    disk,
    directory,
    lock,
    limits,
    onSealed: options.onSealed ?? (() => undefined),
    onRolled: options.onRolled ?? (() => undefined),
    nextTurn: options.nextTurn ?? setImmediate,
    spans: segments.map(spanOf),
    lastBase: segments.at(-1)?.base ?? 0,
    file: file.value,
    head: { seq: scan.value.last, hash: scan.value.chain },
  });
  const { bytes } = journal;
  return ok({ journal, report: { records: scan.value.last, segments: segments.length, bytes, torn } });
}

/** The segment that is appended to; an archived one is not, and the next record begins a new one. */
async function openLast(disk: Disk, directory: string, last: Segment | undefined): Promise<DiskFile | undefined> {
  return last === undefined || last.archive !== undefined ? undefined : disk.open(join(directory, last.name), 'write');
}

function limitsOf(options: JournalOptions): JournalLimits {
  return {
    segmentBytesMax: bounded('segmentBytesMax', options.segmentBytesMax ?? JOURNAL_LIMITS.segmentBytesMax, 2 ** 30),
    recordBytesMax: bounded('recordBytesMax', options.recordBytesMax ?? JOURNAL_LIMITS.recordBytesMax, BODY_SIZE_LIMIT),
    batchRecordsMax: bounded('batchRecordsMax', options.batchRecordsMax ?? JOURNAL_LIMITS.batchRecordsMax, 2 ** 20),
    pendingBytesMax: bounded('pendingBytesMax', options.pendingBytesMax ?? JOURNAL_LIMITS.pendingBytesMax, 2 ** 30),
  };
}

function bounded(name: string, value: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= max) return value;
  throw new RangeError(`${name} must be 1 to ${max}, not ${value}`);
}
