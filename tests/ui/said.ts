// What the files of a hive say, in the words that the header, Live Hive, Approvals and Audit have for it.

import type { SaidRow, Values } from './shown.ts';
import { cellSaid, rowsSaid, tableSaid } from './shown.ts';

/** A line of `/actions/pending`. */
export interface Asked {
  readonly id: string;
  readonly entry: number;
  readonly who: { readonly subject: string; readonly role: string };
  readonly target: string;
  readonly line: string;
  readonly asked_ms: number;
  readonly needs: number;
}

/** A change of a capability that a line of the journal made. */
export interface ChangeSaid {
  readonly capability: string;
  readonly change: { readonly kind: string; readonly worker?: { readonly budget: unknown } };
}

interface OutcomeSaid {
  readonly ok: boolean;
  readonly code?: string;
  readonly changes: readonly ChangeSaid[];
}

interface RecordSaid {
  readonly seq: number;
  readonly at: number;
  readonly who: {
    readonly subject: string;
    readonly role: string;
    readonly ticketIds: readonly string[];
    readonly session: string;
  };
  readonly path: string;
  readonly lines: readonly string[];
  readonly outcomes: readonly OutcomeSaid[];
  readonly decisions: readonly (string | { readonly rule: string; readonly approval?: string })[];
}

/** A line of the journal, with the append it came in. */
export interface EntrySaid {
  readonly seq: number;
  readonly record: RecordSaid;
  readonly line: string;
  readonly outcome: OutcomeSaid;
  readonly decision: RecordSaid['decisions'][number] | undefined;
}

/** The documents of a text of JSON: one as a whole, or one after the other, each from the beginning of a line. */
export function documents(text: string): readonly unknown[] {
  const parts = text.split(/\n(?=\{)/).filter((part) => part.trim() !== '');
  return parts.map((part) => JSON.parse(part) as unknown);
}

const field = (text: string, name = '\\w+'): string => new RegExp(`\\b${name}=(\\S+)`).exec(text)?.[1] ?? '';
const total =
  (name: string): ((text: string) => string) =>
  (text) =>
    `${name} ${field(text)}`;

/** What a chip of the header has for the text of its file. */
export const CHIPS: Readonly<Record<string, (text: string) => string>> = {
  '/proc/root/reachable': (text) => (field(text) === 'yes' ? 'ROOT OK' : 'CUT'),
  '/proc/lifecycle/state': total('state'),
  '/proc/9p/session/active': (text) => {
    const draining = field(text, 'draining');
    return `sessions ${field(text, 'active')}${draining === '0' ? '' : `, ${draining} draining`}`;
  },
  '/proc/ingest/queued': total('backlog'),
  '/proc/ingest/backpressure': total('backpressure'),
  '/proc/ingest/dropped': total('dropped'),
  '/proc/pressure/busy': total('busy'),
  '/proc/pressure/quota': total('quota'),
  '/proc/pressure/cut': total('cut'),
  '/proc/pressure/policy': total('policy'),
};

/** How many workers there are of each kind and in each state. */
export function countsSaid(fleet: string): Values {
  const counts = new Map<string, number>();
  for (const { kind = '', state = '' } of rowsSaid(fleet))
    for (const name of [kind, state]) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].map(([name, count]) => [name, String(count)]));
}

/** The fields of a worker as Live Hive has them. */
export function detailsSaid(fleet: string, id: string): Values {
  const { id: _id, ...others } = rowOf(fleet, id);
  return Object.fromEntries(Object.entries(others).map(([name, value]) => [name, detailSaid(name, value)]));
}

function detailSaid(name: string, value: string): string {
  if (name === 'expires_ms' && value === 'none') return 'never';
  if (name === 'expires_ms') return new Date(Number(value)).toISOString().replace(/^(.*)T(.*)\.\d+Z$/, '$1 $2 UTC');
  const [, used, all] = /^(\d+)\/(\w+)$/.exec(value) ?? [];
  if (used === undefined) return value;
  return all === 'none' ? `${used}, no limit` : `${used} of ${all}`;
}

/** The fields of an object as Fleet has them in its panel. */
export function cellsSaid(list: string, id: string): Values {
  return Object.fromEntries(Object.entries(rowOf(list, id)).map(([name, value]) => [name, cellSaid(name, value)]));
}

function rowOf(list: string, id: string): SaidRow {
  return rowsSaid(list).find((row) => row.id === id) ?? {};
}

/** The row of a request in the list of open ones. */
export function requestsSaid(pending: readonly Asked[]): Values {
  return tableSaid(pending.map(({ who, target, line }) => ({ subject: who.subject, target, line })));
}

/** The facts of a request. */
export function requestSaid(asked: Asked | undefined): Values {
  if (asked === undefined) return {};
  const { entry, who, target, line, asked_ms, needs } = asked;
  return {
    File: target,
    'Exact line': line,
    Asked: `line ${entry} of the journal, by ${who.subject} (${who.role}), ${new Date(asked_ms).toISOString()}`,
    Needs: needs === 1 ? 'one approval' : `${needs} approvals, of different persons`,
  };
}

/** Decisions by their line of the journal and request: who, what, which, for what file. */
export function decidedSaid(decisions: string): Values {
  const verbs: Readonly<Record<string, string>> = { approve: 'approved', deny: 'denied', allow: 'sent under it' };
  return Object.fromEntries(
    rowsSaid(decisions).flatMap(({ seq, subject, outcome = '', id, target, path }) =>
      verbs[outcome] === undefined || seq === null || id === undefined
        ? []
        : [[String(seq), `${subject} ${verbs[outcome]} ${id} ${target ?? path}`]],
    ),
  );
}

/** The lines of `/audit/journal`, oldest first. */
export function entriesSaid(journal: string): readonly EntrySaid[] {
  return (documents(journal) as readonly RecordSaid[]).flatMap((record) =>
    record.lines.map((line, index) => ({
      seq: record.seq + index,
      record,
      line,
      outcome: record.outcomes[index] ?? { ok: true, changes: [] },
      decision: record.decisions[index],
    })),
  );
}

/** A line of the journal as the timeline has it. */
export function rowSaid({ record, line, outcome }: EntrySaid): string {
  const verdict = outcome.ok ? 'accepted' : `refused ${outcome.code}`;
  return [new Date(record.at).toISOString(), record.who.subject, record.path, verdict, line].join(' ');
}

/** The fields of a line of the journal. */
export function entryFacts({ record, line, decision }: EntrySaid): Values {
  const { subject, role, session, ticketIds } = record.who;
  const gate = typeof decision === 'object' ? decision : undefined;
  return {
    When: new Date(record.at).toISOString(),
    Who: `${subject} (${role}), session ${session}`,
    'Ticket chain': ticketIds.length === 0 ? 'none' : ticketIds.join(''),
    File: record.path,
    Policy:
      gate === undefined ? `no rule asked (${decision ?? 'open'})` : `rule ${gate.rule}, approved as ${gate.approval}`,
    line,
  };
}
