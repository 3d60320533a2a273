// Documents that the hive keeps: staged ones, the active one, and earlier ones to go back to. What the grants of a document
// have let through is kept with it, so that going back and forth fills up no budget.

import type { Party } from '../../principal.ts';
import type { Grant, PolicyDocument } from './document.ts';
import { type Act, covers, hasFields } from './rule.ts';

/** What a grant has let through. */
export interface GrantUse {
  readonly used: number;
  /** Thousandths of a line it may let through at `at`; 0 without `per_s`. */
  readonly milli: number;
  /** Time of its last line, ms. */
  readonly at: number;
}

/** A document as it was loaded. */
export interface LoadedDocument {
  readonly document: PolicyDocument;
  /** SHA-256 of its canonical text, hex. */
  readonly sha256: string;
  /** Journal entry that loaded it; the order of documents. */
  readonly entry: number;
  readonly loadedBy: Party;
}

/** A document that is kept, and what became of it. */
export interface KeptDocument extends LoadedDocument {
  /** Journal entry since which it holds, or held last; null when it never did. */
  appliedEntry: number | null;
  /** By id of the grant; one that was not used yet is not in it. */
  readonly uses: Map<string, GrantUse>;
}

/** Documents in the order they were loaded. */
export function documentsInOrder(documents: ReadonlyMap<string, KeptDocument>): KeptDocument[] {
  return [...documents.values()].sort((left, right) => left.entry - right.entry);
}

/** A grant that lets a line through, with what is left of it afterwards. */
export interface Usable {
  readonly kind: 'usable';
  readonly grant: Grant;
  readonly use: GrantUse;
}

/** A grant that is about a line and does not let it through now. */
export interface Spent {
  readonly kind: 'spent';
  readonly grant: Grant;
  readonly problem: string;
}

/** Whether a grant is about a line. */
export function isAbout({ subject, role, target, fields }: Grant, { who, path, value }: Act): boolean {
  if (who === undefined || who.subject !== subject || (role !== undefined && who.role !== role)) return false;
  return covers(target, path) && (fields === undefined || hasFields(value, fields));
}

/**
 * What the grants of a document make of a line at `at` (ms): the first that lets it through, else the first that is about it;
 * undefined when none is. An intent and the line it carries cannot use one grant: a target for both files would be one for the
 * settings, where nothing is granted.
 */
export function grantFor({ document, uses }: KeptDocument, act: Act, at: number): Usable | Spent | undefined {
  let spent: Spent | undefined;
  for (const grant of document.grants) {
    if (!isAbout(grant, act)) continue;
    const asked = useOnce(grant, uses.get(grant.id), at);
    if (asked.kind === 'usable') return asked;
    spent ??= asked;
  }
  return spent;
}

function useOnce(grant: Grant, before: GrantUse | undefined, at: number): Usable | Spent {
  const { uses, per_s: perS, expires_ms: expiresMs } = grant;
  const used = before?.used ?? 0;
  if (at >= expiresMs) return { kind: 'spent', grant, problem: 'has expired' };
  if (used >= uses) return { kind: 'spent', grant, problem: `is used up (${uses})` };
  if (perS === undefined) return { kind: 'usable', grant, use: { used: used + 1, milli: 0, at } };
  const full = perS * MILLI;
  // One line a second is one thousandth of a line in a millisecond.
  const milli = before === undefined ? full : Math.min(full, before.milli + perS * (at - before.at));
  if (milli < MILLI) return { kind: 'spent', grant, problem: `lets ${perS} lines a second through` };
  return { kind: 'usable', grant, use: { used: used + 1, milli: milli - MILLI, at } };
}

const MILLI = 1000;
