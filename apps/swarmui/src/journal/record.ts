// Records of the journal, as `/audit/journal` and the bundles below `/audit/tile/entries` give them: one append, of one line or more.
// An entry is one line of it, with its own number. The text of a record is kept: it is what the log hashes.

import { isObject, parsed } from '../files/json.ts';

/** Who appended. */
export interface Who {
  readonly subject: string;
  readonly role: string;
  /** Short digest of the ticket. */
  readonly ticket: string;
  /** Ids of the ticket and of those it was made from. */
  readonly ticketIds: readonly string[];
  readonly session: string;
}

/** What became of a line. */
export interface Outcome {
  readonly ok: boolean;
  readonly code?: string;
  readonly detail?: string;
  readonly changes: readonly Change[];
  readonly effects: readonly unknown[];
  readonly log: readonly string[];
  readonly reply: unknown;
}

/** What a capability of the authority changed. */
export interface Change {
  readonly capability: string;
  readonly change: unknown;
}

/** One append. */
export interface JournalRecord {
  /** Number of its first line. */
  readonly seq: number;
  /** Ms since the epoch, by the hive's clock. */
  readonly at: number;
  readonly who: Who;
  readonly path: string;
  readonly lines: readonly string[];
  readonly outcomes: readonly Outcome[];
  /** What the policy said of each line: a word, or the rule and the approval. */
  readonly decisions: readonly unknown[];
  /** The very bytes of the record, as text. */
  readonly text: string;
}

/** One line of a record. */
export interface Entry {
  readonly seq: number;
  readonly record: JournalRecord;
  readonly line: string;
  readonly outcome: Outcome;
  readonly decision: unknown;
}

const NO_OUTCOME: Outcome = { ok: true, changes: [], effects: [], log: [], reply: undefined };

/** Reads a record; undefined when the text is none. */
export function parseRecord(text: string): JournalRecord | undefined {
  const value = parsed(text);
  if (!isObject(value)) return undefined;
  const { seq, at, path, lines } = value;
  if (typeof seq !== 'number' || typeof at !== 'number' || typeof path !== 'string' || !Array.isArray(lines))
    return undefined;
  const { outcomes, decisions } = value;
  return {
    seq,
    at,
    path,
    who: whoOf(value.who),
    lines: lines.map(String),
    outcomes: Array.isArray(outcomes) ? outcomes.map(outcomeOf) : [],
    decisions: Array.isArray(decisions) ? decisions : [],
    text,
  };
}

/** Its lines, oldest first. */
export function entriesOf(record: JournalRecord): readonly Entry[] {
  const { seq, lines, outcomes, decisions } = record;
  return lines.map((line, index) => ({
    seq: seq + index,
    record,
    line,
    outcome: outcomes[index] ?? NO_OUTCOME,
    decision: decisions[index],
  }));
}

/** Whether the record has that line. */
export function hasLine({ seq, lines }: JournalRecord, line: number): boolean {
  return seq <= line && line < seq + lines.length;
}

/** The rule and the approval that let a line through; undefined when no rule asked for one. */
export function gateOf({
  decision,
}: Pick<Entry, 'decision'>): { readonly rule: string; readonly by: string } | undefined {
  if (!isObject(decision) || typeof decision.rule !== 'string') return undefined;
  const { approval, grant } = decision;
  return { rule: decision.rule, by: String(approval ?? grant ?? '') };
}

function whoOf(value: unknown): Who {
  const { subject, role, ticket, ticketIds, session } = isObject(value) ? value : {};
  const ids = Array.isArray(ticketIds) ? ticketIds.map(String) : [];
  const word = (given: unknown): string => (typeof given === 'string' ? given : '');
  return { subject: word(subject), role: word(role), ticket: word(ticket), ticketIds: ids, session: word(session) };
}

function outcomeOf(value: unknown): Outcome {
  if (!isObject(value)) return NO_OUTCOME;
  const { ok, code, detail, changes, effects, log, reply } = value;
  return {
    ok: ok === true,
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof detail === 'string' ? { detail } : {}),
    changes: Array.isArray(changes) ? changes.filter(isChange) : [],
    effects: Array.isArray(effects) ? effects : [],
    log: Array.isArray(log) ? log.map(String) : [],
    reply,
  };
}

function isChange(value: unknown): value is Change {
  return isObject(value) && typeof value.capability === 'string';
}
