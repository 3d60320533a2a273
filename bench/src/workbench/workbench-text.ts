// What `workbench` found, as a person reads it.

import { figure, table } from '../report.ts';
import type { DecodeRow, WorkbenchReport } from './workbench.ts';

/** Bars of the design for a two-core machine, MB of code a second: first and goal. */
const BARS: readonly (readonly [isa: DecodeRow['isa'], name: string, first: number, goal: number])[] = [
  ['x86-64', 'own sweep', 30, 60],
  ['aarch64', 'own sweep', 80, 150],
  ['aarch64', 'own full decode', 20, 40],
];

/** The report as a person reads it. */
export function workbenchText(report: WorkbenchReport): string {
  const { pieces, rows } = report;
  return [
    ...pieces.map(({ isa, file, bytes }) => `${isa}: ${figure(bytes / 1e6)} MB of .text of ${file}`),
    'Rates are of CPU time (user and system); own instruction() and text() are a sample of one in 50.',
    '',
    table(
      ['isa', 'decoder', 'gives', 'MB/s', 'M instructions/s', 'own sweep is x'],
      rows.map((row) => cells(row, rows)),
    ),
    '',
    ...BARS.flatMap(([isa, name, first, goal]) =>
      rows.filter((row) => row.isa === isa && row.name === name).map((row) => verdict(row, first, goal)),
    ),
  ].join('\n');
}

function cells(row: DecodeRow, rows: readonly DecodeRow[]): readonly string[] {
  const own = rows.find(({ isa, name }) => isa === row.isa && name === 'own sweep');
  const ratio = (own?.megabytesPerSecond ?? 0) / row.megabytesPerSecond;
  const million = row.instructionsPerSecond / 1e6;
  return [row.isa, row.name, row.work, figure(row.megabytesPerSecond), figure(million), figure(ratio)];
}

function verdict({ isa, name, megabytesPerSecond }: DecodeRow, first: number, goal: number): string {
  const reached =
    megabytesPerSecond >= goal ? 'goal reached' : megabytesPerSecond >= first ? 'first bar reached' : 'not reached';
  return `${isa}, ${name}: bar ${first}, goal ${goal} MB/s: ${figure(megabytesPerSecond)} (${reached})`;
}
