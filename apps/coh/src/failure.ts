// How a command ends badly: what was tried, the code of the refusal, its sentence, and what to do. The exit status is
// the code's in the one table (`REFUSALS` in @cohesix/wire); only `usage` and `failed` are not refusals of a hive.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { EXIT, REFUSALS, type Refusal, type RefusalCode } from '@cohesix/wire';
import { type Context, jsonText } from './context.ts';
import { COMMAND, paint, visible } from './io.ts';
import { shellWord } from './places.ts';
import { withoutTokens } from './token.ts';

/** A code of the table; `usage`: the command line itself is wrong; `failed`: something here, not in the hive, went wrong. */
export type FailureCode = RefusalCode | 'usage' | 'failed';

/** Why a command failed. */
export interface Failure {
  /** What could not be done, without a full stop: `cannot read /nope`. */
  readonly what: string;
  readonly code: FailureCode;
  /** What was wrong. */
  readonly sentence?: string | undefined;
  /** What to do, a line each; default: the advice for the code. */
  readonly advice?: readonly string[];
  /** The exit status, when it is not the code's. */
  readonly exit?: number;
}

/** The exit status of a code. */
export function exitOf(code: FailureCode): number {
  if (code === 'usage') return EXIT.usage;
  return code === 'failed' ? EXIT.generic : REFUSALS[code].exit;
}

/**
 * Tells a failure and gives its exit status. With `--json` stdout gets one object
 * `{"error":{"code","exit","what","sentence","advice"}}`, else stderr gets `coh: <what> (<code>)` and the rest below.
 * Tickets in it are never told, and nothing in it steers a terminal.
 */
export function fail(context: Pick<Context, 'io' | 'json' | 'colors' | 'globals'>, failure: Failure): number {
  const { io, json, colors } = context;
  const { code } = failure;
  const what = withoutTokens(failure.what);
  const sentence = withoutTokens(failure.sentence ?? '');
  const advice = (failure.advice ?? adviceFor(code)).map((line) => withoutTokens(withFlags(context, line)));
  const exit = failure.exit ?? exitOf(code);
  if (json) {
    io.stdout.write(`${jsonText({ error: { code, exit, what, sentence, advice } })}\n`);
    return exit;
  }
  const said = sentence.split('\n').filter((line) => line.trim() !== '');
  const lines = [
    `${paint(colors.err, 'red', 'coh:')} ${visible(what)} (${code})`,
    ...[...said, ...advice].map((line) => `  ${visible(line)}`),
  ];
  io.stderr.write(`${lines.join('\n')}\n`);
  return exit;
}

/** The command in a piece of advice with the options that led here, so that it works as it stands. */
function withFlags({ io, globals }: Pick<Context, 'io' | 'globals'>, line: string): string {
  if (/ --help\b| --data /.test(line)) return line;
  const { data, to = globals.url, ticket } = globals;
  // A decision is another person's, with another ticket; and only a file is told, never a secret.
  const isFile = ticket !== undefined && !/ (?:approve|deny) /.test(line) && existsSync(resolve(io.cwd, ticket));
  const given = [
    ...(data === undefined ? [] : ['--data', data]),
    ...(to === undefined ? [] : ['--to', to]),
    ...(isFile ? ['--ticket', ticket] : []),
  ];
  return line.replace(`${COMMAND} `, `${[COMMAND, ...given.map(shellWord)].join(' ')} `);
}

/** The failure of a refusal. */
export function failureOf(what: string, { code, detail }: Refusal): Failure {
  return { what, code, sentence: detail };
}

/** What to do about a code when the command knows nothing better. */
export function adviceFor(code: FailureCode): readonly string[] {
  return ADVICE[code] ?? [];
}

const CHECK_TICKET = `What your ticket allows: ${COMMAND} ticket inspect`;
const SEE_BOUNDS = `The bounds of the hive: ${COMMAND} cat /proc/bounds`;

const ADVICE: Partial<Record<FailureCode, readonly string[]>> = {
  usage: [`Help: ${COMMAND} help`],
  denied: [CHECK_TICKET],
  unauthenticated: [CHECK_TICKET],
  'invalid-claims': [CHECK_TICKET],
  'invalid-path': [`What there is: ${COMMAND} ls /`],
  unreachable: ['Is it running? Start it with: npm start', `What is wrong: ${COMMAND} doctor`],
  timeout: [`Look whether it happened before you try again: ${COMMAND} tail /log/queen.log`],
  closed: [`What is wrong: ${COMMAND} doctor`],
  expired: [`Make a new ticket: ${COMMAND} ticket mint --help`],
  revoked: [`Make a new ticket: ${COMMAND} ticket mint --help`],
  'needs-approval': [`How approvals work: ${COMMAND} approve --help`],
  'approval-denied': [`Who decided what: ${COMMAND} cat /policy/preflight/req`],
  'audit-unavailable': [`Why: ${COMMAND} cat /proc/journal; after mending the disk restart the hive.`],
  'lifecycle-denied': [`The state now: ${COMMAND} cat /proc/lifecycle/state`],
  'invalid-transition': [`The state now: ${COMMAND} cat /proc/lifecycle/state`],
  'root-unreachable': [
    `Why: ${COMMAND} cat /proc/root/cut_reason`,
    `It ends when a queen comes back: ${COMMAND} whoami`,
  ],
  'too-big': [SEE_BOUNDS],
  'buffer-full': [SEE_BOUNDS],
  limit: [SEE_BOUNDS],
  exhausted: [`What is left: ${COMMAND} cat /proc/self/quotas`],
  internal: [`The hive's log: ${COMMAND} tail -n 20 /log/queen.log`],
};
