// gpu-breadcrumb/v1 (contracts-1 5.6): what a host tool says it runs on a GPU. One JSON line each:
//
//   {"schema":"gpu-breadcrumb/v1","event":"START","command":"…","status":"RUNNING"}
//   {"schema":"gpu-breadcrumb/v1","event":"EXIT","command":"…","status":"OK"|"ERR","exit_code":0}
//
// `worker` and `fence` are ours: the lease it runs under.

import { ok, type Result, refuse } from '@cohesix/wire';
import { streamTextProblem } from '../notes.ts';

/** Longest line, and longest command in it, bytes of UTF-8. */
const LINE_BYTES_MAX = 512;
const COMMAND_BYTES_MAX = 256;

/** What matters of a breadcrumb. */
export interface Breadcrumb {
  readonly event: 'START' | 'EXIT';
  readonly fence: number | undefined;
}

const FIELDS: ReadonlySet<string> = new Set(['schema', 'event', 'command', 'status', 'exit_code', 'worker', 'fence']);

/** The breadcrumbs of an append, or what is wrong with one: `invalid-payload`, `too-big`. */
export function breadcrumbsIn(bytes: Uint8Array): Result<readonly Breadcrumb[]> {
  const unfit = streamTextProblem(bytes);
  if (unfit !== undefined) return refuse('invalid-payload', unfit);
  const crumbs: Breadcrumb[] = [];
  for (const line of new TextDecoder().decode(bytes).split('\n').slice(0, -1)) {
    if (Buffer.byteLength(line) > LINE_BYTES_MAX)
      return refuse('too-big', `A breadcrumb has at most ${LINE_BYTES_MAX} bytes.`);
    const crumb = breadcrumbOf(line);
    if (typeof crumb === 'string') return refuse('invalid-payload', `Not a gpu-breadcrumb/v1: ${crumb}.`);
    crumbs.push(crumb);
  }
  return ok(crumbs);
}

/** A string says what is wrong. */
function breadcrumbOf(line: string): Breadcrumb | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'no JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'no object';
  const given = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) return `unknown field ${JSON.stringify(unknown)}`;
  return problemOf(given) ?? { event: given.event as Breadcrumb['event'], fence: given.fence as number | undefined };
}

function problemOf(given: Readonly<Record<string, unknown>>): string | undefined {
  const { schema, event, command, status, exit_code: exitCode, worker, fence } = given;
  if (schema !== 'gpu-breadcrumb/v1') return '$.schema';
  if (event !== 'START' && event !== 'EXIT') return '$.event: START or EXIT';
  if (event === 'START' ? status !== 'RUNNING' : status !== 'OK' && status !== 'ERR') return '$.status';
  if (typeof command !== 'string' || command === '') return '$.command';
  if (Buffer.byteLength(command) > COMMAND_BYTES_MAX) return `$.command: at most ${COMMAND_BYTES_MAX} bytes`;
  if (exitCode !== undefined && (event === 'START' || !Number.isSafeInteger(exitCode))) return '$.exit_code';
  if (worker !== undefined && typeof worker !== 'string') return '$.worker';
  return fence === undefined || (Number.isSafeInteger(fence) && Number(fence) > 0) ? undefined : '$.fence';
}
