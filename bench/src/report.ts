// The report of a benchmark: a table for people, JSON for comparing runs of one machine.

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { dirname } from 'node:path';

/** What ran where; figures of different machines or days are not comparable. */
export interface Machine {
  readonly at: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly linux: string;
}

/** This machine, now. */
export function machine(): Machine {
  const all = cpus();
  return {
    at: new Date().toISOString(),
    node: process.version,
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    linux: release(),
  };
}

/** Lines of a table: the first column left, the others right, as wide as their content. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)));
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  const [first, ...rest] = all.map((row) => line(row).join('  ').trimEnd());
  return [first, rule, ...rest].join('\n');
}

/** A number with thousands marks and as many decimals as it deserves. */
export function figure(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** The middle of a non-empty list; of an even one the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new RangeError('a median needs a value');
  return middle;
}

/** Writes JSON with a final newline, making the folder. */
export function writeJson(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`);
}
