// Which columns a list of the hive has, and what kind of value each holds: made from its rows, since a view may say more than
// the page knows of. Columns that the page knows come first, in their order; those with nothing in them are left out.

import { type Cell, isMoment, type Row } from '@cohesix/client/core';

/** What a column holds. `share`: `3/100`, used of all. Words may stand among moments. */
export type ColumnKind = 'text' | 'number' | 'moment' | 'share';

/** A column. */
export interface ColumnInfo {
  /** The name of the field. */
  readonly key: string;
  readonly title: string;
  readonly kind: ColumnKind;
}

/** Rows looked at to find the columns. */
const PROBED = 500;

/** The columns of some rows; `first`: fields that come first; `without`: fields that are not shown. */
export function columnsOf(
  rows: readonly Row[],
  { first = [], without = [] }: { readonly first?: readonly string[]; readonly without?: readonly string[] } = {},
): readonly ColumnInfo[] {
  const kinds = new Map<string, ColumnKind>();
  for (const row of rows.slice(0, PROBED))
    for (const [key, cell] of Object.entries(row))
      if (cell !== null && cell !== '') kinds.set(key, kindOf(key, cell, kinds.get(key)));
  const known = first.filter((key) => kinds.has(key));
  const others = [...kinds.keys()].filter((key) => !first.includes(key) && !without.includes(key));
  return [...known, ...others].map((key) => ({
    key,
    title: titleOf(key, kinds.get(key)),
    kind: kinds.get(key) ?? 'text',
  }));
}

/** A word among moments (`job`: a lease that ends with its job) takes nothing from the others; else mixed values are text. */
function kindOf(key: string, cell: Cell, before: ColumnKind | undefined): ColumnKind {
  const kind = kindOfCell(key, cell);
  if (before === 'moment' || kind === 'moment') return 'moment';
  return before === undefined || before === kind ? kind : 'text';
}

function kindOfCell(key: string, cell: Cell): ColumnKind {
  if (typeof cell === 'number') return isMoment(key, cell) ? 'moment' : 'number';
  return typeof cell === 'string' && SHARE.test(cell) ? 'share' : 'text';
}

const SHARE = /^(\d{1,16})\/(\d{1,16}|none)$/;

const TITLES: Readonly<Record<string, string>> = {
  mem_mb: 'MiB',
  memory_mb: 'MiB in all',
  ttl_s: 'TTL, s',
  at_ms: 'when',
  since_ms: 'since',
  sha256: 'SHA-256',
  gpus: 'GPUs',
};

function titleOf(key: string, kind: ColumnKind | undefined): string {
  const name = kind === 'moment' ? key.replace(/_ms$/, '') : key.replace(/_(ms|s)$/, ', $1');
  return TITLES[key] ?? name.replaceAll('_', ' ');
}

/** Used and all of a share; undefined of anything else. `all` undefined: no limit. */
export function shareOf(
  cell: Cell | undefined,
): { readonly used: number; readonly all: number | undefined } | undefined {
  const [, used, all] = (typeof cell === 'string' ? SHARE.exec(cell) : null) ?? [];
  if (used === undefined) return undefined;
  return { used: Number(used), all: all === 'none' ? undefined : Number(all) };
}

/** What a cell is sorted by; what says nothing comes last. */
export function sortValueOf(cell: Cell | undefined, kind: ColumnKind): number | string | undefined {
  if (cell === null || cell === undefined || cell === '') return undefined;
  if (kind === 'share') return shareOf(cell)?.used;
  return typeof cell === 'number' ? cell : String(cell);
}

/** Order of two sort values: numbers by size, texts so that `worker-9` is before `worker-10`. */
export function compareValues(one: number | string, other: number | string): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return COLLATOR.compare(String(one), String(other));
}

const COLLATOR = new Intl.Collator('en', { numeric: true });
