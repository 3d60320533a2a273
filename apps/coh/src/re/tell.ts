// Answers of `coh re`: rows as a table for people, or one JSON object with the name and version of its schema. Texts of the
// file in it are escaped, and the JSON says which fields hold them.

import { type Context, type PaintedLine, say, sayJson } from '../context.ts';
import { paint } from '../io.ts';
import type { Row } from '../rows.ts';
import { tableLines } from '../table.ts';

/** Which rows of a long list. */
export interface Page {
  readonly from?: number;
  readonly limit?: number;
}

/** Rows that are told when nobody says how many. */
const ROWS_DEFAULT = 1000;

/** A list to tell. */
export interface Listing {
  /** `sections`; the schema is `cohesix.re.sections/1`. */
  readonly name: string;
  /** Fields, in order; those with a `*` hold text of the file. */
  readonly fields: readonly string[];
  readonly total: number;
  /** Makes a row when it is told. */
  readonly row: (index: number) => Row;
  /** Lines instead of a table. */
  readonly line?: (row: Row) => string | PaintedLine;
}

/** Tells the rows of a page. */
export function tellRows(context: Context, listing: Listing, { from = 0, limit = ROWS_DEFAULT }: Page): void {
  const end = Math.min(listing.total, from + limit);
  const rows: Row[] = [];
  for (let index = from; index < end; index += 1) rows.push(listing.row(index));
  if (context.json) {
    const untrusted = listing.fields.filter((field) => field.endsWith('*')).map(plainField);
    return tellJson(context, listing.name, { total: listing.total, from, untrusted, rows });
  }
  if (rows.length === 0) return say(context, [dim(context, listing.total === 0 ? 'none' : `none from ${from} on`)]);
  const columns = listing.fields.map((field) => ({ field: plainField(field) }));
  const lines = listing.line
    ? rows.map(listing.line)
    : tableLines(rows, { columns, limit: rows.length, nowMs: 0, width: context.io.stdout.columns });
  say(context, lines);
  if (end < listing.total) say(context, [dim(context, `… ${listing.total - end} more: --from ${end}`)]);
}

const plainField = (field: string): string => field.replace('*', '');

/** Writes an object with its schema. */
export function tellJson(context: Context, name: string, fields: object): void {
  sayJson(context, { schema: `cohesix.re.${name}/1`, ...fields });
}

/** A line that stands back. What is in it is shown as it is: escaped before. */
function dim({ colors }: Context, text: string): PaintedLine {
  return { painted: paint(colors.out, 'dim', text) };
}

/** An address as it is shown. */
export function hex(address: number): string {
  return `0x${address.toString(16)}`;
}
