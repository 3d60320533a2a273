// The lines of `/queen/session/ctl` as commands.

import { COMMAND } from '../io.ts';
import type { Advice, Field, Form } from './form.ts';

const PATH = '/queen/session/ctl';

const LOOK = [`The sessions: ${COMMAND} session list`];

const ADVICE: Advice = {
  'not-found': LOOK,
  denied: [...LOOK, `To end a worker: ${COMMAND} kill WORKER`, `Who you are to the hive: ${COMMAND} whoami`],
  'invalid-payload': [`How it is written: ${COMMAND} session --help`],
};

const session: Field = { name: 'session', kind: 'text', about: 'id of the session' };

/** Ends a session at once. */
export const SESSION_CLOSE: Form = {
  path: PATH,
  fixed: {},
  inside: 'close',
  fields: [session, { name: 'reason', kind: 'text', flags: '--reason <text>', about: 'why, for the log' }],
  done: 'closed session',
  failed: 'cannot close session',
  advice: ADVICE,
};

/** Lets a session finish what it has open. */
export const SESSION_DRAIN: Form = {
  path: PATH,
  fixed: {},
  inside: 'drain',
  fields: [session],
  done: 'draining session',
  failed: 'cannot drain session',
  advice: ADVICE,
};
