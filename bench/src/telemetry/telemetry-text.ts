// What `telemetry` found, as a person reads it.

import { figure, table } from '../report.ts';
import { LINE_BYTES } from './lines.ts';
import type { RingStretch } from './rings.ts';
import type { TelemetryReport } from './telemetry.ts';

const MIB = 2 ** 20;

/** The report as a person reads it. */
export function telemetryText(report: TelemetryReport): string {
  const { ringCount, fileSystem, rings = [], frames = [], missing, verdicts } = report;
  const peer = new Map(rings.filter(({ target }) => target === 'jetstream').map((row) => [row.batch, row]));
  return [
    `Lines of ${LINE_BYTES} bytes into ${figure(ringCount)} rings over one connection; the hive and its peers on ${fileSystem}.`,
    '',
    table(
      ['target', 'lines a batch', 'lines/s', 'x jetstream', 'CPU us/line', 'client cores', 'MiB'],
      [...rings, ...frames].map((row) => ringCells(row, peer.get(row.batch))),
    ),
    '',
    ...missing,
    ...flatLines(report),
    ...followerLines(report),
    ...contentLines(report),
    table(
      ['bar', 'verdict', 'figure'],
      verdicts.map(({ bar, verdict, figure: found }) => [bar, verdict, found]),
    ),
  ].join('\n');
}

function ringCells(row: RingStretch, peer: RingStretch | undefined): readonly string[] {
  const isOwn = row.target === 'files';
  return [
    row.target,
    String(row.batch),
    figure(row.linesPerSecond),
    peer === undefined ? '' : (row.linesPerSecond / peer.linesPerSecond).toFixed(2),
    isOwn ? '' : row.serverCpuUs.toFixed(2),
    row.clientCores.toFixed(2),
    isOwn ? '' : figure(row.memoryBytes / MIB),
  ];
}

function flatLines({ flat }: TelemetryReport): readonly string[] {
  if (flat === undefined) return [];
  const stages = flat.map((bytes) => Math.round(bytes / MIB)).join(', ');
  return [`Resident memory of the hive from slice to slice, MiB: ${stages}`, ''];
}

function followerLines({ followers }: TelemetryReport): readonly string[] {
  if (followers === undefined) return [];
  const { stretches, away } = followers;
  return [
    table(
      ['followers', 'lines/s', 'delivered/s', 'last has it: p50 ms', 'p95 ms', 'p99 ms', 'CPU us/delivered', 'MiB'],
      stretches.map((row) => [
        `${figure(row.followers)}, ${row.pace}`,
        figure(row.linesPerSecond),
        figure(row.deliveredPerSecond),
        ...[row.lastHasIt.p50Ms, row.lastHasIt.p95Ms, row.lastHasIt.p99Ms].map(figure),
        row.serverCpuUs.toFixed(2),
        figure(row.memoryBytes / MIB),
      ]),
    ),
    '',
    `A reader that was away: ${figure(away.writtenBytes)} bytes written, ${figure(away.givenBytes)} given, told of ${figure(away.toldLostBytes)} lost.`,
    '',
  ];
}

function contentLines({ content, contentBytes }: TelemetryReport): readonly string[] {
  if (content === undefined) return [];
  return [
    table(
      [`${figure(contentBytes / MIB)} MiB, messages of 1 MiB`, 'seconds', 'MB/s'],
      content.map(({ step, seconds, megabytesPerSecond }) => [step, seconds.toFixed(2), figure(megabytesPerSecond)]),
    ),
    '',
  ];
}
