// coh session: who is attached to the hive, and how to end that.

import type { Command } from 'commander';
import { COMMAND } from '../io.ts';
import { SESSION_CLOSE, SESSION_DRAIN } from '../lines/sessions.ts';
import type { Runner } from './define.ts';
import { defineGroup, defineLine, defineList, type LineCommand } from './lines.ts';

const REVOKE_NOTE = `Its ticket stays good: to keep the holder out, revoke that (${COMMAND} ticket revoke).`;

/** Adds `coh session`. */
export function defineSessions(program: Command, run: Runner): void {
  const group = defineGroup(program, {
    word: 'session',
    summary: 'see who is attached, and end sessions',
    description: 'A session is one attached ticket on one door. Ids are new with every start of the hive.',
    examples: [
      ['coh session list', 'who is attached'],
      ['coh session drain 12', 'let it finish'],
    ],
  });
  for (const command of LINES) defineLine(group, run, command);
  defineList(group, run, {
    word: 'list',
    list: 'sessions',
    summary: 'who is attached',
    description: 'Lists the sessions, oldest first; that of this command is the last.',
    fields: '"id", "role", "subject", "door", "state", "since_ms", "expires_ms", "ticket"',
    examples: [['coh session list', 'a table']],
  });
}

const LINES: readonly LineCommand[] = [
  {
    word: 'close',
    form: SESSION_CLOSE,
    summary: 'end a session at once',
    description: 'Ends a session with its open files and follows.',
    notes: [REVOKE_NOTE],
    examples: [['coh session close 12 --reason idle', 'now']],
  },
  {
    word: 'drain',
    form: SESSION_DRAIN,
    summary: 'let a session finish',
    description:
      'The session opens nothing new and orders nothing any more; it ends when what it has open is closed, at once when that is nothing.',
    notes: [REVOKE_NOTE],
    examples: [['coh session drain 12', 'when it is ready']],
  },
];
