// The bars the hive is held to, beside its peers in the same run. They are printed, never asserted: the machine is
// noisy, and a figure is only worth something beside another of the same run.

import type { OperationName } from './operations.ts';

/** A connections x tags shape, for example `4x32`. */
export type Shape = `${number}x${number}`;

/** One row of results, medians over the rounds. */
export interface Row {
  readonly operation: OperationName;
  readonly shape: Shape;
  readonly target: string;
  readonly opsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly serverCpuUs: number;
  readonly clientCores: number;
  readonly operations: number;
}

/** A bar and how it came out; `unknown` when a row it needs is not there. */
export interface Verdict {
  readonly bar: string;
  readonly verdict: 'PASS' | 'FAIL' | 'unknown';
  readonly figure: string;
}

const CPU_ABOVE_CANNED_US = 5;
const DURABLE_PER_SECOND = 15_000;
const ALL_FILE_OPERATIONS: readonly OperationName[] = [
  'getattr',
  'read 128 B',
  'read 8168 B',
  'walk+open+read 8168 B+clunk',
  'walk 4 names+clunk',
  'append 64 B',
];
const PIPELINED: readonly OperationName[] = ['getattr', 'read 128 B', 'append 64 B', 'walk 4 names+clunk'];

/** Holds the rows against every bar. */
export function judge(rows: readonly Row[]): readonly Verdict[] {
  const ratio = (operation: OperationName, shape: Shape, least: number) =>
    ratioToDiod(rows, { operation, shape, least });
  return [
    ...ALL_FILE_OPERATIONS.map((operation) => ratio(operation, '1x1', 0.9)),
    ...(['1x32', '4x32'] as const).flatMap((shape) => PIPELINED.map((operation) => ratio(operation, shape, 3))),
    ratio('read 8168 B', '4x32', 2),
    ratio('session', '1x1', 1),
    ...ALL_FILE_OPERATIONS.flatMap((operation) =>
      (['1x32', '4x32'] as const).map((shape) => cpuAboveCanned(rows, operation, shape)),
    ),
    durable(rows),
  ];
}

/** The row of a target, or undefined. */
export function rowOf(rows: readonly Row[], key: Pick<Row, 'operation' | 'shape' | 'target'>): Row | undefined {
  return rows.find(
    ({ operation, shape, target }) => operation === key.operation && shape === key.shape && target === key.target,
  );
}

function ratioToDiod(
  rows: readonly Row[],
  { operation, shape, least }: { operation: OperationName; shape: Shape; least: number },
): Verdict {
  const bar = `${operation} ${shape} >= ${least} x diod`;
  const ours = rowOf(rows, { operation, shape, target: 'hive' });
  const diod = rowOf(rows, { operation, shape, target: 'diod' });
  if (!ours || !diod) return { bar, verdict: 'unknown', figure: 'not measured' };
  const ratio = ours.opsPerSecond / diod.opsPerSecond;
  return { bar, verdict: ratio >= least ? 'PASS' : 'FAIL', figure: `${ratio.toFixed(2)} x` };
}

function cpuAboveCanned(rows: readonly Row[], operation: OperationName, shape: Shape): Verdict {
  const bar = `${operation} ${shape} CPU <= canned + ${CPU_ABOVE_CANNED_US} us`;
  const ours = rowOf(rows, { operation, shape, target: 'hive' });
  const canned = rowOf(rows, { operation, shape, target: 'canned' });
  if (!ours || !canned) return { bar, verdict: 'unknown', figure: 'not measured' };
  const above = ours.serverCpuUs - canned.serverCpuUs;
  return { bar, verdict: above <= CPU_ABOVE_CANNED_US ? 'PASS' : 'FAIL', figure: `canned + ${above.toFixed(2)} us` };
}

function durable(rows: readonly Row[]): Verdict {
  const bar = `durable append 1x16 >= ${DURABLE_PER_SECOND}/s`;
  const ours = rowOf(rows, { operation: 'durable append', shape: '1x16', target: 'hive' });
  if (!ours) return { bar, verdict: 'unknown', figure: 'not measured' };
  const verdict = ours.opsPerSecond >= DURABLE_PER_SECOND ? 'PASS' : 'FAIL';
  return { bar, verdict, figure: `${Math.round(ours.opsPerSecond)}/s` };
}
