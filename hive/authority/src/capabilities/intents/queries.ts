// What others may ask about intents.

import { parseJson } from '../../kernel/json.ts';

/** Path of the control file of intents. */
export const INTENTS_PATH = '/queen/intents/ctl';

/** The file an intent is for that names none. */
export const DEFAULT_TARGET = '/queen/ctl';

/** A line for another file, as an intent carries it. */
export interface CarriedLine {
  readonly path: string;
  readonly line: string;
}

/**
 * The line that an intent carries and the file it is for, not checked any further; undefined when that cannot be told. For
 * doors: what only they know of a line (what a ticket's scopes allow, whether a bind has room) concerns this one too.
 */
export function carriedLine(intent: string): CarriedLine | undefined {
  const parsed = parseJson(intent);
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null) return undefined;
  const { target = DEFAULT_TARGET, cmd } = parsed.value as { readonly target?: unknown; readonly cmd?: unknown };
  return typeof target === 'string' && typeof cmd === 'string' ? { path: target, line: cmd } : undefined;
}
