// The metrics of a hive, as one ticket sees them: each view of the table is read once in the caller's session, and what the ticket
// cannot see is left out. How many were hidden, or could not be read now, is a metric too.

import type { HiveClient } from '@cohesix/client';
import { ok, type RefusalCode, type Result } from '@cohesix/wire';
import type { Family, Labels, Sample } from './family.ts';
import { type Fields, fieldsOf, numberOf, rowsOf } from './fields.ts';
import {
  type FamilySource,
  INFO_METRICS,
  type InfoSource,
  ROW_METRICS,
  ROWS_MAX,
  type RowSource,
  type Source,
  VIEW_METRICS,
} from './table.ts';

/** Bytes of one view that are read: 256 lines of any view of the table, and more. */
const VIEW_BYTES_MAX = 262_144;

/** Reads under way at a time: a scrape must not take all places of its ticket. */
const READS_AT_ONCE = 4;

/** Refusals that mean the session is of no use any more, or that the ticket has nothing left. */
const ENDING: ReadonlySet<RefusalCode> = new Set([
  'closed',
  'unreachable',
  'timeout',
  'revoked',
  'expired',
  'exhausted',
  'rate-limited',
]);

/** Refusals that mean the ticket does not see the view, or the hive has none. */
const HIDING: ReadonlySet<RefusalCode> = new Set(['invalid-path', 'denied', 'not-found', 'not-directory']);

/** All families of the views that `client` can read. Refused when it can read none, with the reason of the last. */
export async function hiveFamilies(client: Pick<HiveClient, 'read'>): Promise<Result<readonly Family[]>> {
  const views = await readViews(client);
  if (!views.ok) return views;
  const { texts, hidden, failed } = views.value;
  const parsed = new Map([...texts].map(([view, text]) => [view, fieldsOf(text)]));
  const rows = rowFamilies(texts);
  return ok([
    ...INFO_METRICS.map((source) => infoFamily(source, parsed.get(source.view))),
    ...VIEW_METRICS.map((source) => familyOf(source, parsed)),
    ...rows.families,
    single(
      'cohesix_views_hidden',
      'Views of the metrics that the ticket does not see, or the hive does not have.',
      hidden,
    ),
    single('cohesix_views_failed', 'Views of the metrics that could not be read this time.', failed),
    single('cohesix_view_rows_left_out', 'Lines of views beyond the bound of labels.', rows.left),
  ]);
}

interface Views {
  readonly texts: ReadonlyMap<string, string>;
  readonly hidden: number;
  readonly failed: number;
}

/** Every view of the table, in the order of the table. */
const VIEWS: readonly string[] = [
  ...new Set(
    [...INFO_METRICS, ...VIEW_METRICS.flatMap(({ sources }) => sources), ...ROW_METRICS].map(({ view }) => view),
  ),
];

async function readViews(client: Pick<HiveClient, 'read'>): Promise<Result<Views>> {
  const texts = new Map<string, string>();
  let [hidden, failed] = [0, 0];
  let ending: Result<never> | undefined;
  const waiting = [...VIEWS];
  const worker = async (): Promise<void> => {
    for (let view = waiting.shift(); view !== undefined && ending === undefined; view = waiting.shift()) {
      const read = await client.read(view, { maxBytes: VIEW_BYTES_MAX });
      if (read.ok) texts.set(view, new TextDecoder().decode(read.value));
      else if (ENDING.has(read.refusal.code)) ending = read;
      else if (HIDING.has(read.refusal.code)) hidden += 1;
      else failed += 1;
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, worker));
  return ending ?? ok({ texts, hidden, failed });
}

function familyOf({ sources, ...head }: FamilySource, parsed: ReadonlyMap<string, Fields>): Family {
  return {
    ...head,
    samples: sources.flatMap((source) => samplesOf(source, parsed.get(source.view)?.get(source.field))),
  };
}

function samplesOf({ labels = {}, scale = 1, states, isOne }: Source, value: string | undefined): readonly Sample[] {
  if (value === undefined) return [];
  if (states !== undefined)
    return states.map((state) => ({ labels: { ...labels, state }, value: Number(state === value) }));
  const number = isOne === undefined ? numberOf(value) : Number(value === isOne);
  return number === undefined ? [] : [{ labels, value: scaled(number, scale) }];
}

function infoFamily({ view: _, labels, ...head }: InfoSource, fields: Fields | undefined): Family {
  return { ...head, samples: fields === undefined ? [] : [{ labels: labelsOf(labels, fields), value: 1 }] };
}

function rowFamilies(texts: ReadonlyMap<string, string>): {
  readonly families: readonly Family[];
  readonly left: number;
} {
  const rowsByView = new Map(
    [...new Set(ROW_METRICS.map(({ view }) => view))].map((view) => [view, rowsOf(texts.get(view) ?? '', ROWS_MAX)]),
  );
  const families = ROW_METRICS.map((source) => rowFamily(source, rowsByView.get(source.view)?.rows ?? []));
  return { families, left: [...rowsByView.values()].reduce((sum, { left }) => sum + left, 0) };
}

function rowFamily({ view: _, field, labels, scale = 1, part, ...head }: RowSource, rows: readonly Fields[]): Family {
  const samples = rows.flatMap((row): readonly Sample[] => {
    const text = row.get(field);
    const number = numberOf(part === undefined ? text : text?.split('/')[part]);
    return number === undefined ? [] : [{ labels: labelsOf(labels, row), value: scaled(number, scale) }];
  });
  return { ...head, samples };
}

function labelsOf(labels: Labels, row: Fields): Labels {
  return Object.fromEntries(Object.entries(labels).map(([label, field]) => [label, row.get(field) ?? '']));
}

/** 1795302525995 ms are 1795302525.995 s, not …5.9950001. */
function scaled(value: number, scale: number): number {
  return scale < 1 ? value / Math.round(1 / scale) : value * scale;
}

function single(name: string, help: string, value: number): Family {
  return { name, kind: 'gauge', help, samples: [{ labels: {}, value }] };
}
