// A small view as a record: a line of fields and, below it, lines of rows. Written once, it is shown as text (the source's
// `word key=value …` lines, contracts-1 4.3) and by the hive as CBOR with the same names; neither can forget a field.
//
//   word key=value key=value      `sessions total=3 worker=1`; without a word only the fields: `p50_ms=4`
//   row key=value key=value       `rule id=a target=/queen/ctl`; a bare row has values only: `shard 13 1`

import type { State, View } from '../types.ts';
import { logField } from './text.ts';

/** A value of a field; numbers are integers. */
export type FieldValue = string | number;

/** Fields in the order in which the text has them. */
export type Fields = Readonly<Record<string, FieldValue>>;

/** The lines below the first. */
export interface Rows {
  /** Name of the list in CBOR: `shards`. No field has it. */
  readonly name: string;
  /** First word of each line: `shard`. */
  readonly word: string;
  /** Lines have values without their names. */
  readonly isBare?: boolean;
  readonly each: readonly Fields[];
}

/** The content of a small view. */
export interface ViewRecord {
  /** First word of the text; undefined when the text has none. */
  readonly word?: string;
  readonly fields: Fields;
  readonly rows?: Rows;
}

/** The text of a record, each line with its LF. */
export function recordText({ word, fields, rows }: ViewRecord): string {
  const head = lineText(word, Object.entries(fields).map(pairText));
  if (rows === undefined) return head;
  const toText = rows.isBare === true ? valueText : pairText;
  return head + rows.each.map((row) => lineText(rows.word, Object.entries(row).map(toText))).join('');
}

function lineText(word: string | undefined, parts: readonly string[]): string {
  return `${(word === undefined ? parts : [word, ...parts]).join(' ')}\n`;
}

function pairText([key, value]: readonly [string, FieldValue]): string {
  return `${key}=${valueText([key, value])}`;
}

function valueText([, value]: readonly [string, FieldValue]): string {
  return typeof value === 'number' ? String(value) : logField(value);
}

type Params = Readonly<Record<string, string>>;

/** A view of the authority that is a record. */
export function recordView<Slice>(
  view: Omit<View<Slice>, 'render' | 'record'> & {
    readonly record: (slice: Readonly<Slice>, params: Params, state: Readonly<State>) => ViewRecord;
  },
): View<Slice> {
  return { ...view, render: (slice, params, state) => recordText(view.record(slice, params, state)) };
}
