// What a line of the hive's own log is about, as an event: its level, its category, and the worker it names. Most of what
// happens in a hive is said in such a line, so the events of `/trace/events` are made from them and nothing is said twice.
// What clients note in the log is not among them.

import type { TraceCat, TraceLevel } from '@cohesix/authority';

/** What an event is about, and how grave it is. */
export interface Topic {
  readonly level: TraceLevel;
  readonly cat: TraceCat;
}

/** How a line begins after its first word, and what it is then; the first row that fits is taken. */
type Row = readonly [rest: string, level: TraceLevel, cat: TraceCat];

/** Lines of the rooms by their first word; those not listed are `control` at `info`. */
const BY_WORD: Readonly<Record<string, readonly Row[]>> = {
  boot: [['', 'info', 'boot']],
  restarted: [['', 'info', 'boot']],
  journal: [['', 'warn', 'journal']],
  lifecycle: [
    ['denied', 'warn', 'lifecycle'],
    ['', 'info', 'lifecycle'],
  ],
  root: [
    ['reachable', 'info', 'lifecycle'],
    ['', 'warn', 'lifecycle'],
  ],
  spawned: [['', 'info', 'worker']],
  killed: [['', 'info', 'worker']],
  revoked: [['', 'info', 'worker']],
  'policy-gate': [
    ['outcome=deny', 'warn', 'policy'],
    ['', 'info', 'policy'],
  ],
  'policy-action': [['', 'info', 'policy']],
  lease: [['', 'info', 'lease']],
  gpu: [
    ['host gone', 'warn', 'lease'],
    ['job', 'info', 'schedule'],
    ['', 'info', 'lease'],
  ],
  schedule: [['', 'info', 'schedule']],
};

/** Lines that begin with `audit`: what NineDoor and the hive itself say. Those not listed are `control` at `info`. */
const AUDIT_ROWS: readonly Row[] = [
  ['session.', 'info', 'session'],
  ['refused', 'warn', 'refusal'],
  ['tcp.conn', 'debug', 'tcp'],
  ['journal sealed', 'error', 'kmesg'],
  ['journal recovered', 'info', 'kmesg'],
  ['journal segment', 'info', 'journal'],
  ['journal', 'warn', 'kmesg'],
  ['cosigned failed', 'warn', 'kmesg'],
  ['cosigned', 'info', 'journal'],
  ['snapshot', 'warn', 'kmesg'],
  ['checkpoint', 'warn', 'kmesg'],
  ['listen', 'warn', 'kmesg'],
  ['invariant', 'error', 'kmesg'],
  ['effect', 'warn', 'effect'],
];

const CONTROL: Topic = { level: 'info', cat: 'control' };

/** What a line (without LF) is about. */
export function topicOf(line: string): Topic {
  const space = line.indexOf(' ');
  const word = space < 0 ? line : line.slice(0, space);
  const rest = space < 0 ? '' : line.slice(space + 1);
  if (word === 'audit' && rest.startsWith('refused ')) return refusalTopic(rest);
  const rows = word === 'audit' ? AUDIT_ROWS : Object.hasOwn(BY_WORD, word) ? BY_WORD[word] : undefined;
  const row = rows?.find(([start]) => rest.startsWith(start));
  return row === undefined ? CONTROL : { level: row[1], cat: row[2] };
}

/** What broke the protocol of a door is told apart from what a session was refused. */
function refusalTopic(rest: string): Topic {
  if (/ op=9p /.test(rest)) return { level: 'warn', cat: 'ninep' };
  return { level: 'warn', cat: / op=(?:frame|parse|auth) /.test(rest) ? 'tcp' : 'refusal' };
}

/** The name that stands where a line names a worker; whether there is such a worker is not asked here. */
export function taskOf(line: string): string | undefined {
  return /(?:^(?:spawned|killed|revoked) | (?:worker|subject)=)([A-Za-z0-9_-]+)/.exec(line)?.[1];
}
