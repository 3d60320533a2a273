// Tables for people: a line of titles, then one aligned line a row, of bounded width and number.

import { formatSpan } from './duration.ts';
import { type Cell, cellText, type Row } from './rows.ts';

/** A column of a table. */
export interface Column {
  /** Field of the row. */
  readonly field: string;
  /** Default: the name of the field. */
  readonly title?: string;
  /** `left`: how long until that moment. */
  readonly kind?: 'left';
}

/** What a table is to be like. */
export interface TableWish {
  readonly columns: readonly Column[];
  /** Most rows. */
  readonly limit: number;
  /** Now, ms since the epoch. */
  readonly nowMs: number;
  /** Columns of the terminal: a longer line is cut, so that it stays one. */
  readonly width?: number | undefined;
}

/** Longest text of a cell that others stand behind, characters. */
const CELL_MAX = 48;

/** The lines of a table; columns that are empty in all rows are left out, rows beyond the limit are counted. */
export function tableLines(rows: readonly Row[], wish: TableWish): readonly string[] {
  const { columns, limit, nowMs, width = Number.POSITIVE_INFINITY } = wish;
  const shown = rows.slice(0, limit);
  const used = columns.filter(({ field }) => shown.some((row) => (row[field] ?? '') !== ''));
  const texts = [
    used.map(({ title, field }) => (title ?? field).toUpperCase()),
    ...shown.map((row) => used.map((column) => columnText(column, row[column.field] ?? null, nowMs))),
  ];
  const widths = used.map((_, at) => Math.max(...texts.map((line) => line[at]?.length ?? 0)));
  const lines = texts.map((line) =>
    line
      .map((text, at) => text.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const rest = rows.length - shown.length;
  const more = rest === 0 ? [] : [`… and ${rest} more: --limit shows more of them, --json all`];
  return [...lines.map((line) => cut(line, width)), ...more];
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function columnText({ field, kind }: Column, cell: Cell, nowMs: number): string {
  const text = kind === 'left' && typeof cell === 'number' ? leftText(cell - nowMs) : cellText(field, cell);
  return cut(text, CELL_MAX);
}

function leftText(ms: number): string {
  return ms <= 0 ? 'over' : formatSpan(ms);
}
