// What the timeline shows: entries of the journal and lines that the policy kept back (which are no entries), newest first.

import { isObject, parsed } from '../../files/json.ts';
import type { Entry } from '../../journal/record.ts';

/** A line that the policy refused, as `/audit/decisions` tells it. */
export interface Refused {
  readonly kind: 'refused';
  readonly at: number;
  readonly subject: string;
  readonly role: string;
  readonly ticket: string;
  readonly path: string;
  readonly reason: string;
}

/** A row. */
export type Row = { readonly kind: 'entry'; readonly at: number; readonly entry: Entry } | Refused;

/** What rows are looked for. Texts are parts of what they are compared with, whatever the case; '' is any. */
export interface Filter {
  readonly who: string;
  readonly path: string;
  readonly capability: string;
  readonly outcome: '' | 'accepted' | 'refused';
  /** An id that occurs in the record. */
  readonly id: string;
}

/** Everything. */
export const ANY: Filter = { who: '', path: '', capability: '', outcome: '', id: '' };

/** The refusals in lines of `/audit/decisions`, oldest first. */
export function refusedOf(lines: readonly string[]): readonly Refused[] {
  return lines.flatMap((text) => {
    const value = parsed(text);
    if (!isObject(value) || value.seq !== null || typeof value.at !== 'number') return [];
    const { at, subject, role, ticket, path, reason } = value;
    return [
      {
        kind: 'refused' as const,
        at,
        subject: String(subject ?? ''),
        role: String(role ?? ''),
        ticket: String(ticket ?? ''),
        path: String(path ?? ''),
        reason: String(reason ?? ''),
      },
    ];
  });
}

/** Both, newest first; of one moment the refusal came before the entry. Each is in order already. */
export function rowsOf(entries: readonly Entry[], refused: readonly Refused[]): readonly Row[] {
  const rows: Row[] = [];
  let at = refused.length - 1;
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    const entry = entries[index] as Entry;
    for (; at >= 0 && (refused[at] as Refused).at > entry.record.at; at -= 1) rows.push(refused[at] as Refused);
    rows.push({ kind: 'entry', at: entry.record.at, entry });
  }
  for (; at >= 0; at -= 1) rows.push(refused[at] as Refused);
  return rows;
}

/** The rows that a filter lets through. */
export function filtered(rows: readonly Row[], filter: Filter): readonly Row[] {
  if (filter === ANY) return rows;
  return rows.filter((row) => (row.kind === 'entry' ? isEntry(row.entry, filter) : isRefused(row, filter)));
}

function isEntry(entry: Entry, { who, path, capability, outcome, id }: Filter): boolean {
  const { record } = entry;
  const { subject, role, ticket } = record.who;
  return (
    contains(`${subject} ${role} ${ticket}`, who) &&
    contains(record.path, path) &&
    (capability === '' || capabilitiesOf(entry).includes(capability)) &&
    (outcome === '' || (outcome === 'accepted') === entry.outcome.ok) &&
    (id === '' || mentions(entry, id))
  );
}

function isRefused(row: Refused, { who, path, capability, outcome, id }: Filter): boolean {
  return (
    contains(`${row.subject} ${row.role} ${row.ticket}`, who) &&
    contains(row.path, path) &&
    (capability === '' || capability === 'policy') &&
    outcome !== 'accepted' &&
    (id === '' || row.ticket === id)
  );
}

function contains(text: string, part: string): boolean {
  return part === '' || text.toLowerCase().includes(part.toLowerCase());
}

/** Capabilities that a line changed, each once. */
export function capabilitiesOf({ outcome }: Pick<Entry, 'outcome'>): readonly string[] {
  return [...new Set(outcome.changes.map(({ capability }) => capability))];
}

const SESSION = 'session:';

/** Whether the record of an entry names an id: as a JSON string, as part of a path, or as its session. */
export function mentions({ record }: Pick<Entry, 'record'>, id: string): boolean {
  if (id.startsWith(SESSION)) return record.who.session === id.slice(SESSION.length);
  const { text, path } = record;
  return hasValue(text, `"${id}"`) || hasValue(text, `\\"${id}\\"`) || path.split('/').includes(id);
}

/** Whether a quoted word is in a text of JSON other than as the name of a field. */
function hasValue(text: string, quoted: string): boolean {
  for (let at = text.indexOf(quoted); at >= 0; at = text.indexOf(quoted, at + 1))
    if (text[at + quoted.length] !== ':') return true;
  return false;
}

/** An id of an entry, and what it is of. */
export interface Id {
  readonly kind: string;
  readonly id: string;
}

/** Fields whose value is the name of something that lives longer than one line. */
const NAMING = ['worker', 'lease', 'job', 'approval', 'grant', 'device', 'model', 'host', 'gpu', 'key', 'id'];
/** What the `id` in a change of a capability is of. */
const KINDS: Readonly<Record<string, string>> = {
  leases: 'lease',
  workers: 'worker',
  schedule: 'job',
  policy: 'request',
  models: 'model',
};
const ID = /^[\w.:@-]{1,128}$/;
const IDS_MAX = 24;

/** Ids by which an entry hangs together with others: its session, its ticket, and those that its line, answer and changes name. */
export function idsOf(entry: Entry): readonly Id[] {
  const { record, line, outcome, decision } = entry;
  const ids = new Map<string, Id>();
  const add = (kind: string, id: string): void => {
    if (ID.test(id) && !ids.has(id) && ids.size < IDS_MAX) ids.set(id, { kind, id });
  };
  if (record.who.session !== '' && record.who.session !== 'system') add('session', `${SESSION}${record.who.session}`);
  if (record.who.ticket !== 'none') add('ticket', record.who.ticket);
  for (const { capability, change } of outcome.changes) addNames(change, add, KINDS[capability] ?? capability);
  for (const value of [parsed(line), decision, outcome.reply]) addNames(value, add, 'id');
  return [...ids.values()];
}

/** Names in a value and in the objects right in it. */
function addNames(value: unknown, add: (kind: string, id: string) => void, kind: string, depth = 0): void {
  if (!isObject(value) || depth > 1) return;
  for (const [name, one] of Object.entries(value)) {
    if (typeof one === 'string' && NAMING.includes(name)) add(name === 'id' ? kind : name, one);
    else addNames(one, add, kind, depth + 1);
  }
}
