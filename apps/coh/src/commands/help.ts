// `coh help`: topics that belong to no command.

import { EXIT, REFUSALS } from '@cohesix/wire';
import { answer, type Context } from '../context.ts';
import { TOPIC_NAMES } from '../define/define.ts';
import { DONE } from '../session.ts';

/** Meaning of an exit status. */
const MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done',
  generic: 'failed in another way',
  usage: 'the command line, a line or a file is wrong',
  denied: 'the ticket does not allow it, or is not accepted',
  needsApproval: 'somebody else must approve it first',
  expired: 'the ticket is not valid at this time',
  busy: 'busy, or a limit or quota is reached; may work later',
  conflict: 'it exists already, or the state has moved on',
  unreachable: 'no hive answers',
  auditUnavailable: 'the hive cannot write its journal, so it changes nothing',
};

/** `coh help exit-codes`. JSON: `{exit: [{status, name, meaning, codes}]}`. */
function exitCodes(context: Context): number {
  const exit = Object.entries(EXIT).map(([name, status]) => ({
    status,
    name,
    meaning: MEANINGS[name as keyof typeof EXIT],
    codes: Object.entries(REFUSALS).flatMap(([code, row]) => (row.exit === status ? [code] : [])),
  }));
  const rows = exit.map(({ status, name, meaning, codes }) => {
    const more = codes.length === 0 ? [] : [`     ${codes.join(', ')}`];
    return [`  ${status}  ${name}: ${meaning}`, ...more].join('\n');
  });
  answer(context, { exit }, [
    'Exit statuses of every command, and the refusals behind them:',
    '',
    ...rows,
    '',
    FORCED_LINE,
  ]);
  return DONE;
}

const FORCED_LINE =
  '130 when Ctrl-C ends a wait for an approval (--wait) or `coh job watch`, or a second Ctrl-C ends `coh up` at once.';

const ENVIRONMENT: readonly (readonly [name: string, text: string])[] = [
  ['COH_DATA', 'data directory, like --data'],
  ['COH_TICKET', 'file with the ticket, like --ticket; a path, never the ticket itself'],
  ['COH_URL', 'door of the hive, like --to; --to, --url and --data come before it'],
  ['COH_REST_URL', 'the same when COH_URL is not set; then COHSH_REST_URL, then HIVE_GATEWAY_URL'],
  ['XDG_DATA_HOME', 'where the default data directory lies: $XDG_DATA_HOME/cohesix/hive'],
  ['NO_COLOR', 'when set, no colours; --color comes before it'],
  ['TERM', '`dumb` means no colours and no line editing'],
];

/** `coh help environment`. JSON: `{environment: [{name, text}]}`. */
function environment(context: Context): number {
  const rows = ENVIRONMENT.map(([name, text]) => `  ${name.padEnd(15)}${text}`);
  answer(context, { environment: ENVIRONMENT.map(([name, text]) => ({ name, text })) }, [
    'Environment variables:',
    '',
    ...rows,
  ]);
  return DONE;
}

const TOPICS: Readonly<Record<(typeof TOPIC_NAMES)[number], (context: Context) => number>> = {
  'exit-codes': exitCodes,
  environment,
};

/** Tells a topic; undefined when there is none of that name. */
export function topic(context: Context, name: string): number | undefined {
  const known = TOPIC_NAMES.find((one) => one === name);
  return known === undefined ? undefined : TOPICS[known](context);
}
