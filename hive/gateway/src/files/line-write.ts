// One write to a file, and what became of its lines. A session keeps the results of its last write only, and callers with one
// ticket share one; so the writes of a session come one after another, each with the question for its results.

import { type HiveClient, type LineResult, lineResults } from '@cohesix/client';
import { type Refusal, refusal } from '@cohesix/wire';
import { within } from './deadline.ts';

/** Lines for one file. */
export interface LinesWanted {
  readonly path: string;
  /** Whole lines; the last one may lack its LF. */
  readonly text: string;
  /** Whether the hive keeps results of lines to this file: it is a control file. */
  readonly hasResults: boolean;
}

/**
 * What became of a write. `unknown`: no answer came in time, or the hive went away before it came: it may have happened.
 * `not-begun`: other writes of the session took all the time; it did not happen.
 */
export type Written =
  | { readonly kind: 'accepted'; readonly bytes: number; readonly results: readonly LineResult[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly results: readonly LineResult[] }
  | { readonly kind: 'unknown' | 'not-begun'; readonly refusal: Refusal };

/** The last write of each session. */
const LAST = new WeakMap<HiveClient, Promise<unknown>>();

/** Writes, once; never again by itself. */
export async function writeLines(client: HiveClient, wanted: LinesWanted, deadlineMs: number): Promise<Written> {
  const state: { is: 'waiting' | 'begun' | 'given-up' } = { is: 'waiting' };
  const before = LAST.get(client);
  const work = (async (): Promise<Written> => {
    await before;
    if (state.is === 'given-up') return notBegun(deadlineMs);
    state.is = 'begun';
    return written(client, wanted);
  })();
  LAST.set(
    client,
    work.catch(() => {}),
  );
  const done = await within(work, deadlineMs);
  if (done !== undefined) return done;
  if (state.is === 'begun') return unknown(wanted.path, `The hive did not answer within ${deadlineMs} ms`);
  state.is = 'given-up';
  return notBegun(deadlineMs);
}

async function written(client: HiveClient, { path, text, hasResults }: LinesWanted): Promise<Written> {
  const appended = await client.append(path, text);
  if (!appended.ok && isUnknown(client, appended.refusal)) return unknown(path, 'The connection to the hive was lost');
  const results = hasResults ? (await lineResults(client)).filter((one) => one.path === path) : [];
  if (appended.ok) return { kind: 'accepted', bytes: appended.value.bytes, results };
  return { kind: 'refused', refusal: appended.refusal, results };
}

/** Refusals that come from the way to the hive and not from the hive: the line may have got there. */
function isUnknown({ door }: HiveClient, { code }: Refusal): boolean {
  if (code === 'timeout' || code === 'unreachable') return true;
  return code === 'closed' && door !== 'in-process';
}

function unknown(path: string, why: string): Written {
  const detail = `${why}: the write may or may not have happened; look at ${path} before you write again.`;
  return { kind: 'unknown', refusal: refusal('timeout', detail) };
}

function notBegun(deadlineMs: number): Written {
  const detail = `Other writes of this ticket took ${deadlineMs} ms; this one was not begun.`;
  return { kind: 'not-begun', refusal: refusal('busy', detail) };
}
