// What a request asks for: the checks of contracts-2, 7.3 that need no hive. A request that breaks one is status 400.

import { utf8Length } from '@cohesix/bytes';
import { CONSOLE_CAPS, ok, type Refusal, type Result, refusal, refuse, TAIL_LINES_MAX } from '@cohesix/wire';
import { type ProblemOptions, problem } from '../http/problem.ts';
import type { Query } from '../http/query.ts';
import type { Reply } from '../route.ts';

/** Names in a path at most; no manifest allows more (`secure9p.walk_depth`). */
const PATH_DEPTH_MAX = 8;
/** Leads to the hive as it was after a line, whose paths are as long as those of the hive. */
const OF_THE_PAST = /^\/replay\/at\/[^/]+\//;
const OF_THE_PAST_DEPTH = 3;

/** A path that the hive may be asked about: absolute, bounded, UTF-8 without NUL; else `invalid-path`. */
export function pathAsked(path: string | null | undefined): Result<string> {
  if (path === null || path === undefined || path === '')
    return refuse('invalid-path', 'A path is needed: path=/proc.');
  if (!path.startsWith('/')) return refuse('invalid-path', 'A path is absolute: it starts with a slash.');
  if (utf8Length(path) > CONSOLE_CAPS.pathBytesMax)
    return refuse('invalid-path', `A path has at most ${CONSOLE_CAPS.pathBytesMax} bytes.`);
  if (path.includes('\0') || !path.isWellFormed()) return refuse('invalid-path', 'A path is UTF-8 without NUL.');
  return ok(path);
}

/** The path of a query; a parameter given twice is refused, since two readers could take one each. */
export function pathOf(query: Query): Result<string> {
  const { repeated } = query;
  if (repeated === undefined) return pathAsked(query.get('path'));
  return refuse('invalid-payload', `The parameter ${JSON.stringify(repeated.slice(0, 64))} is given twice.`);
}

/**
 * Why no hive has such a path; undefined when one may. The hive is asked all the same, so that it counts and notes the refusal
 * as for any other door; the request is a bad one (400) whatever it says.
 */
export function pathFault(path: string): Refusal | undefined {
  const names = path === '/' ? [] : path.slice(1).split('/');
  const depth = OF_THE_PAST.test(path) ? names.length - OF_THE_PAST_DEPTH : names.length;
  if (depth > PATH_DEPTH_MAX) return refusal('invalid-path', `A path has at most ${PATH_DEPTH_MAX} names.`);
  if (names.some((name) => name === '' || name === '.' || name === '..'))
    return refusal('invalid-path', 'A path has no empty name, no `.` and no `..`.');
  return undefined;
}

/** Bounds of a number in a query. */
export interface NumberBounds {
  readonly min: number;
  readonly max: number;
}

/** A decimal number of a query; undefined when it is not there. `invalid-payload` otherwise, `too-big` over the bound. */
function numberAsked(name: string, text: string | null, { min, max }: NumberBounds): Result<number | undefined> {
  if (text === null) return ok(undefined);
  if (!/^\d{1,16}$/.test(text)) return refuse('invalid-payload', `${name} is a decimal number.`);
  return inBounds(name, Number(text), { min, max });
}

/** The same for a number of a JSON body. */
export function inBounds(name: string, value: number, { min, max }: NumberBounds): Result<number> {
  if (!Number.isSafeInteger(value) || value < min) return refuse('invalid-payload', `${name} is at least ${min}.`);
  return value > max ? refuse('too-big', `${name} is at most ${max} here.`) : ok(value);
}

/** How many bytes, from where, how many lines: what reads have in common. */
export interface ReadAsked {
  readonly maxBytes: number;
  readonly from: bigint | undefined;
  readonly lines: number | undefined;
}

/** Reads `max_bytes`, `from` and `lines` of a query. `max_bytes` must be there (contracts-2, 7.1). */
export function readAsked(query: URLSearchParams, maxBytes: number): Result<ReadAsked> {
  const most = numberAsked('max_bytes', query.get('max_bytes'), { min: 1, max: maxBytes });
  if (!most.ok) return most;
  if (most.value === undefined) return refuse('invalid-payload', 'max_bytes is needed: the most bytes of the answer.');
  const lines = numberAsked('lines', query.get('lines'), { min: 1, max: TAIL_LINES_MAX });
  if (!lines.ok) return lines;
  const from = cursorAsked(query.get('from'));
  return from.ok ? ok({ maxBytes: most.value, from: from.value, lines: lines.value }) : from;
}

/** An offset or an absolute cursor: 1 to 15 digits, or 16 as far as a double is exact. */
export function cursorAsked(text: string | null | undefined): Result<bigint | undefined> {
  const number = numberAsked('from', text ?? null, { min: 0, max: Number.MAX_SAFE_INTEGER });
  return number.ok ? ok(number.value === undefined ? undefined : BigInt(number.value)) : number;
}

/** A request that cannot be answered as it stands: status 400 whatever the code. */
export function badRequest(refusal: Refusal, options: ProblemOptions = {}): Reply {
  return problem(refusal, { status: 400, ...options });
}

/** No answer of the hive in time, to something that changes nothing. */
export function lateRead(path: string, deadlineMs: number): Reply {
  const detail = `The hive did not answer within ${deadlineMs} ms; nothing was changed, ask again.`;
  return problem({ code: 'timeout', detail }, { members: { path } });
}
