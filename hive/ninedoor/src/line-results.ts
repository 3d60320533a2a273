// What became of the lines of an append, one result a line: `/proc/self/results`. A write itself answers with one word for all
// of its lines, because it is all or nothing; here its writer reads which line was refused, and what each accepted one gave
// back (the id of a new worker, the fence of a claim).

import type { Refusal } from '@cohesix/wire';

/** An accepted line. */
export interface AcceptedLine {
  /** Its journal entry. */
  readonly entry: number;
  /** What the capability gave back. */
  readonly reply: Readonly<Record<string, string | number | boolean>>;
}

/** What is known of the lines of one append: what each gave back, or which one (from 0) the refusal is about. */
export type LinesKnown = { readonly accepted: readonly AcceptedLine[] } | { readonly refusedLine: number };

/** The append of a session to a control file that was answered last. */
export interface LastAppend {
  readonly path: string;
  readonly lineCount: number;
  /** Undefined when every line was accepted. */
  readonly refusal: Refusal | undefined;
  readonly known: LinesKnown | undefined;
}

/**
 * One JSON line a line: `{line, path, result:"accepted", entry, reply}`, `{…, result:"refused", code, detail}`, or
 * `{…, result:"dropped"}` for a line that was not applied because of another one. Lines count from 1.
 */
export function resultsText(last: LastAppend | undefined): string {
  if (last === undefined) return '';
  const lines = Array.from({ length: last.lineCount }, (_, index) => JSON.stringify(resultOf(last, index)));
  return lines.map((line) => `${line}\n`).join('');
}

function resultOf({ path, refusal, known }: LastAppend, index: number): Readonly<Record<string, unknown>> {
  const place = { line: index + 1, path };
  if (refusal === undefined) {
    const accepted = known !== undefined && 'accepted' in known ? known.accepted[index] : undefined;
    return { ...place, result: 'accepted', ...accepted };
  }
  // A refusal of all lines at once (the journal cannot be written) is about each of them.
  const isAbout = known === undefined || !('refusedLine' in known) || known.refusedLine === index;
  return isAbout ? { ...place, result: 'refused', ...refusal } : { ...place, result: 'dropped' };
}
