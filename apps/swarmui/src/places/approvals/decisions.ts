// Lines of `/audit/decisions` that say who approved, denied or used what.

import { isObject, parsed } from '../../files/json.ts';

/** A decision, or the use of one. */
export interface DecidedLine {
  /** Line of the journal. */
  readonly seq: number;
  /** Ms since the epoch. */
  readonly at: number;
  readonly subject: string;
  readonly verb: 'approved' | 'denied' | 'sent under it';
  readonly id: string;
  readonly target: string;
}

const VERBS: Readonly<Record<string, DecidedLine['verb']>> = {
  approve: 'approved',
  deny: 'denied',
  allow: 'sent under it',
};

/** Newest first. */
export function decidedOf(lines: readonly string[]): readonly DecidedLine[] {
  return lines.flatMap(lineOf).reverse();
}

function lineOf(text: string): readonly DecidedLine[] {
  const value = parsed(text);
  if (!isObject(value)) return [];
  const { seq, at, subject, outcome, id, target, path } = value;
  const verb = VERBS[String(outcome)];
  if (verb === undefined || typeof seq !== 'number' || typeof at !== 'number' || typeof id !== 'string') return [];
  return [{ seq, at, subject: String(subject), verb, id, target: String(target ?? path ?? '') }];
}
