// What `journal` found, as a person reads it.

import { figure, table } from '../report.ts';
import { type JournalRow, rowOf } from './bars.ts';
import type { JournalReport } from './journal.ts';
import type { ProofRow } from './proofs.ts';
import type { StartsRow } from './starts.ts';
import { bare, barePreallocated } from './store-bare.ts';
import { etcd } from './store-etcd.ts';
import { jetstream } from './store-jetstream.ts';

/** Whom the table compares with. */
const COMPARED: readonly string[] = [bare.name, barePreallocated.name, etcd.name];
const NOTES: readonly string[] = [
  'bare-prealloc has no bar: its syncs have no new size and no new blocks to make durable; those of a file that grows, as',
  'the journal does, have. jetstream is compared with nothing: unless it runs with sync_interval=always, its',
  'acknowledgement is no fsync.',
];

/** The report as a person reads it. */
export function journalText(report: JournalReport): string {
  const { rounds, measureMs, recordSize, fileSystem, rows, history } = report;
  const head = [
    'writers',
    'store',
    'changes/s',
    'p50 us',
    'p99 us',
    ...COMPARED.map((peer) => `x ${peer}`),
    'CPU us',
    'cores here',
  ];
  const passages = history.map(({ name, records, recordsPerSecond }) => [
    name,
    figure(records),
    figure(recordsPerSecond),
  ]);
  const verdicts = report.verdicts.map(({ bar, verdict, figure: found }) => [bar, verdict, found]);
  return [
    `durable changes of ${recordSize} bytes on ${fileSystem}; median of ${rounds} rounds of ${measureMs} ms, stores interleaved.`,
    ...(report.isInMemory
      ? ['That file system is in memory: nothing here is durable, and the figures say little.']
      : []),
    ...Object.entries(report.versions).map(([name, version]) => `${name}: ${version}`),
    ...Object.entries(report.skipped).map(([name, why]) => `${name}: skipped, ${why}`),
    '',
    table(
      head,
      rows.map((row) => cellsOf(row, rows)),
    ),
    '',
    ...NOTES,
    '',
    table(['history', 'records', 'records/s'], passages),
    '',
    ...(report.proofs === undefined ? [] : [proofText(report.proofs)]),
    ...(report.starts === undefined ? [] : [startsText(report.starts)]),
    ...report.failures.map((failure) => `FAILED ${failure}`),
    '',
    table(['bar', 'verdict', 'figure'], verdicts),
  ].join('\n');
}

function cellsOf(row: JournalRow, rows: readonly JournalRow[]): readonly string[] {
  const over = (peer: string): string => {
    const theirs = row.target === jetstream.name ? undefined : rowOf(rows, peer, row.writers);
    return theirs ? (row.changesPerSecond / theirs.changesPerSecond).toFixed(2) : '';
  };
  return [
    String(row.writers),
    row.target,
    ...[row.changesPerSecond, row.p50Us, row.p99Us].map(figure),
    ...COMPARED.map(over),
    figure(row.cpuUs),
    row.coresHere.toFixed(2),
  ];
}

function proofText(row: ProofRow): string {
  const counts = [row.records, row.proofs, row.bytesMax].map((count) => count.toLocaleString('en-US'));
  const times = [row.makeP50Us, row.makeP99Us, row.checkP50Us, row.checkP99Us].map(figure);
  const head = ['records in the log', 'proofs', 'bytes', 'made p50 us', 'p99 us', 'checked p50 us', 'p99 us'];
  return [
    table(head, [[...counts, ...times]]),
    `A proof is path and signed checkpoint, without the record. The log took ${row.buildSeconds.toFixed(1)} s to grow.`,
  ].join('\n');
}

function startsText({ records, snapshotRecord, withMs, withoutMs }: StartsRow): string {
  const head = ['records in the journal', 'newest snapshot', 'start ms', 'without snapshots ms'];
  const counts = [records, snapshotRecord].map((count) => count.toLocaleString('en-US'));
  return table(head, [[...counts, ...[withMs, withoutMs].map(figure)]]);
}
