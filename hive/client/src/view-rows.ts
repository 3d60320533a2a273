// Rows of the lists that the hive shows: a line is `key=value` words (a value that is no plain word is a JSON string), or
// one JSON object.

import { jsonLines } from './control-reply.ts';

/** One value of a row; null: there is none. */
export type Cell = string | number | boolean | null;

/** The fields of a line, in their order. */
export type Row = Readonly<Record<string, Cell>>;

/** The rows of a view, and whether the hive cut it. */
export interface Rows {
  readonly rows: readonly Row[];
  readonly isCut: boolean;
}

/** How a view that does not fit its bound ends. */
const CUT = '… truncated';

/** Reads a view of one row a line. */
export function rowsIn(text: string): Rows {
  const lines = text.split('\n').filter((line) => line !== '');
  const isCut = lines.at(-1) === CUT;
  return { rows: (isCut ? lines.slice(0, -1) : lines).map(rowOf), isCut };
}

/** The fields of one line. */
export function rowOf(line: string): Row {
  if (line.startsWith('{')) {
    const [value] = jsonLines(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, cellOf(one)]));
  }
  const words = line.matchAll(/(?:^| )([\w-]+)=("(?:[^"\\]|\\.)*"|\S*)/g);
  return Object.fromEntries([...words].map(([, key = '', value = '']) => [key, fieldValue(key, value)]));
}

/** A value of JSON as a cell; what has parts stays JSON. */
export function cellOf(value: unknown): Cell {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Fields that are text also when they look like a number, or like the word for nothing. */
const TEXT: ReadonlySet<string> = new Set(['id', 'subject', 'resource', 'reason', 'role', 'action']);

function fieldValue(key: string, value: string): Cell {
  if (value.startsWith('"')) return jsonText(value);
  if (TEXT.has(key)) return value;
  if (value === 'none') return null;
  return /^\d{1,16}$/.test(value) && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function jsonText(value: string): string {
  const [text] = jsonLines(value);
  return typeof text === 'string' ? text : value;
}

/** A cell for people: times as moments, what is no plain word as JSON, so that nothing in it looks like something else. */
export function cellText(key: string, cell: Cell): string {
  if (cell === null || cell === '') return '-';
  if (typeof cell === 'number' && isMoment(key, cell)) return new Date(cell).toISOString();
  if (typeof cell !== 'string' || /^[!#-~]+$/.test(cell)) return String(cell);
  return JSON.stringify(cell).replace(/[\u007f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Latest moment that ECMAScript has a name for, ms. */
const MOMENT_MAX = 8_640_000_000_000_000;

/** Whether a field is a moment, ms since the epoch; a `budget_ms` and a `deadline_ms` are spans. */
export function isMoment(key: string, value: number): boolean {
  return key.endsWith('_ms') && !SPANS.has(key) && value > 0 && value <= MOMENT_MAX;
}

const SPANS: ReadonlySet<string> = new Set(['age_ms', 'budget_ms', 'deadline_ms', 'window_ms']);

/** The fields of a row as `key=value` words for people. */
export function rowText(row: Row): readonly string[] {
  return Object.entries(row).map(([key, cell]) => `${key.replace(/_ms$/, '')}=${cellText(key, cell)}`);
}
