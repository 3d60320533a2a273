// What `fleet` found, as a person reads it.

import { figure, table } from '../report.ts';
import type { FleetReport } from './fleet.ts';
import type { Spread } from './spread.ts';

const MIB = 2 ** 20;

/** Published by the source system; taken on another machine with another load, so they are shown and not judged. */
const SOURCE: readonly string[] = [
  'The source system published, of its own load on another machine: 1,000 workers, p95 6.1 ms at 128 ops/s with 0.008 % errors;',
  'its strict lane 879 successful ops/s with 5.98 % errors. Here every refusal counts and nothing is tried again.',
];

/** The report as a person reads it. */
export function fleetText(report: FleetReport): string {
  const { workers, telemetryMs, fileSystem, memory, failures, verdicts } = report;
  const every = `a line of telemetry each every ${telemetryMs / 1000} s`;
  return [
    `${figure(workers)} workers, ${every}, and ${figure(workers)} leases in one hive on ${fileSystem}; approvals off.`,
    '',
    table(
      ['load', 'operations', 'errors', 'a second', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms'],
      spreadsOf(report).map(([name, spread]) => [name, ...cellsOf(spread)]),
    ),
    '',
    ...notesOf(report),
    ...SOURCE,
    '',
    table(
      ['memory after', 'MiB', 'highest MiB'],
      memory.map(({ after, now, most }) => [after, figure(now / MIB), figure(most / MIB)]),
    ),
    '',
    ...failures.map((failure) => `FAILED ${failure}`),
    table(
      ['bar', 'verdict', 'figure'],
      verdicts.map(({ bar, verdict, figure: found }) => [bar, verdict, found]),
    ),
  ].join('\n');
}

type Named = readonly [name: string, spread: Spread];

function spreadsOf({ spawn, leases, steady = [], sessions, expiry, kill }: FleetReport): readonly Named[] {
  const rows: Named[] = [];
  const add = (name: string, spread: Spread | undefined): void => {
    if (spread !== undefined) rows.push([name, spread]);
  };
  add('spawn', spawn?.write);
  add('grant a lease', leases);
  for (const { name, control, outside } of steady) {
    add(`control: ${name}`, control.all);
    add('  its reads', control.reads);
    add('  its durable lines', control.writes);
    add('  telemetry from outside', outside);
  }
  add('attach a session', sessions?.attach);
  add('operations of sessions', sessions?.operations);
  add('revoke, to the last accepted', sessions?.revoke);
  add('  a bare sync, beside each', sessions?.bareSync);
  add('renew a lease', expiry?.renew);
  add('control: all leases end, 128/s', expiry?.control.all);
  add('kill a worker', kill?.write);
  return rows;
}

function cellsOf({ operations, errors, perSecond, p50Ms, p95Ms, p99Ms, maxMs }: Spread): readonly string[] {
  return [operations, errors, perSecond].map(count).concat([p50Ms, p95Ms, p99Ms, maxMs].map(figure));
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function notesOf({ spawn, steady = [], expiry }: FleetReport): readonly string[] {
  return [
    ...(spawn === undefined
      ? []
      : [`All workers ran ${spawn.allRunSeconds.toFixed(1)} s after the first spawn was sent.`]),
    ...steady.map(
      ({ name, telemetry, expected }) =>
        `Telemetry, ${name}: ${count(telemetry)} lines/s by a sample of the workers, ${count(expected)} due.`,
    ),
    ...(expiry === undefined ? [] : [`No lease was held ${count(expiry.lateMs)} ms after the last was over.`]),
  ];
}
