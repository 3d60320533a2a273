// The bars of `journal`. Printed, never asserted; each against a peer in the same run, but for the absolute ones that
// say what a user may wait.

import type { Verdict } from '../bars.ts';
import type { Passage } from './history.ts';
import type { ProofRow } from './proofs.ts';
import type { StartsRow } from './starts.ts';
import type { Measurement } from './writers.ts';

/** Medians over the rounds, of one store under so many writers. */
export interface JournalRow extends Omit<Measurement, 'acknowledged'> {
  readonly writers: number;
  readonly target: string;
}

/** Median over the rounds, of one way through history. */
export interface HistoryRow {
  readonly name: Passage['name'];
  readonly records: number;
  readonly recordsPerSecond: number;
}

/** How many writers are measured. */
export const WIDTHS: readonly number[] = [1, 16, 64];

const P99_MS_MAX = 20;
const HISTORY_PER_SECOND = 100_000;
/** Records of the log whose proofs are judged; those of a smaller one say nothing about it. */
export const PROOF_RECORDS = 10_000_000;
const PROOF_BYTES_MAX = 2048;
const PROOF_P99_MS_MAX = 5;
/** Records of the history that starts are judged on. */
export const START_RECORDS = 1_000_000;
const START_MS_MAX = 5000;

/** What was measured once each; absent when it failed. */
export interface OnceRows {
  readonly proofs: ProofRow | undefined;
  readonly starts: StartsRow | undefined;
}

/**
 * Holds what was found against every bar. The bare file is the one that grows, as the journal does: no segment is made
 * before it is needed, so against a preallocated file there is no bar.
 */
export function judgeJournal(
  rows: readonly JournalRow[],
  history: readonly HistoryRow[],
  { proofs, starts }: OnceRows,
): readonly Verdict[] {
  return [
    ratio(rows, { peer: 'etcd', writers: 64, least: 5 }),
    ratio(rows, { peer: 'bare', writers: 64, least: 0.4 }),
    ratio(rows, { peer: 'bare', writers: 1, least: 0.5 }),
    ...WIDTHS.map((writers) => p99(rowOf(rows, 'hive', writers), writers)),
    ...(['verify', 'replay'] as const).map((name) => speed(history, name)),
    ...judgeProofs(proofs),
    judgeStarts(starts),
  ];
}

function judgeStarts(row: StartsRow | undefined): Verdict {
  const bar = `start after ${START_RECORDS.toLocaleString('en-US')} records <= ${START_MS_MAX / 1000} s`;
  if (row === undefined || row.records < START_RECORDS) return unknown(bar);
  return { bar, verdict: row.withMs <= START_MS_MAX ? 'PASS' : 'FAIL', figure: `${(row.withMs / 1000).toFixed(2)} s` };
}

function judgeProofs(row: ProofRow | undefined): readonly Verdict[] {
  const of = `in a log of ${PROOF_RECORDS.toLocaleString('en-US')} records`;
  const bars = [
    `proof <= ${PROOF_BYTES_MAX} bytes ${of}`,
    `proof made in p99 <= ${PROOF_P99_MS_MAX} ms ${of}`,
  ] as const;
  if (row === undefined || row.records < PROOF_RECORDS) return bars.map(unknown);
  const makeMs = row.makeP99Us / 1000;
  const verdict = (isMet: boolean): Verdict['verdict'] => (isMet ? 'PASS' : 'FAIL');
  return [
    { bar: bars[0], verdict: verdict(row.bytesMax <= PROOF_BYTES_MAX), figure: `${row.bytesMax} bytes` },
    { bar: bars[1], verdict: verdict(makeMs <= PROOF_P99_MS_MAX), figure: `${makeMs.toFixed(2)} ms` },
  ];
}

/** The row of a store, or undefined. */
export function rowOf(rows: readonly JournalRow[], target: string, writers: number): JournalRow | undefined {
  return rows.find((row) => row.target === target && row.writers === writers);
}

/** `1 writer`, `16 writers`. */
export function widthText(writers: number): string {
  return `${writers} writer${writers === 1 ? '' : 's'}`;
}

function ratio(
  rows: readonly JournalRow[],
  { peer, writers, least }: { readonly peer: string; readonly writers: number; readonly least: number },
): Verdict {
  const bar = `hive >= ${least} x ${peer} at ${widthText(writers)}`;
  const [ours, theirs] = [rowOf(rows, 'hive', writers), rowOf(rows, peer, writers)];
  if (!ours || !theirs) return unknown(bar);
  const found = ours.changesPerSecond / theirs.changesPerSecond;
  return { bar, verdict: found >= least ? 'PASS' : 'FAIL', figure: `${found.toFixed(2)} x` };
}

function p99(row: JournalRow | undefined, writers: number): Verdict {
  const bar = `hive p99 <= ${P99_MS_MAX} ms at ${widthText(writers)}`;
  if (!row) return unknown(bar);
  const ms = row.p99Us / 1000;
  return { bar, verdict: ms <= P99_MS_MAX ? 'PASS' : 'FAIL', figure: `${ms.toFixed(2)} ms` };
}

function speed(history: readonly HistoryRow[], name: Passage['name']): Verdict {
  const bar = `${name} >= ${HISTORY_PER_SECOND} records/s`;
  const row = history.find((each) => each.name === name);
  if (!row) return unknown(bar);
  const { recordsPerSecond } = row;
  const verdict = recordsPerSecond >= HISTORY_PER_SECOND ? 'PASS' : 'FAIL';
  return { bar, verdict, figure: `${Math.round(recordsPerSecond)}/s` };
}

function unknown(bar: string): Verdict {
  return { bar, verdict: 'unknown', figure: 'not measured' };
}
