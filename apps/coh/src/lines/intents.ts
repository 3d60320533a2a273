// The lines of `/queen/intents/ctl` and of `/queen/epoch/ctl` as commands.

import { COMMAND } from '../io.ts';
import type { Form, Fresh, Values } from './form.ts';

/** Where intents are sent. */
export const INTENTS_PATH = '/queen/intents/ctl';

const EPOCH = [`The writer epoch: ${COMMAND} epoch`];

/** Sends a line that is carried out once, however often it is sent. A repeat is the same in every field. */
export const INTENT_SEND: Form = {
  path: INTENTS_PATH,
  fixed: { schema: 'queen-intent/v1' },
  fields: [
    { name: 'id', kind: 'text', flags: '--id <name>', about: 'name of the intent; default: a new one' },
    {
      name: 'idempotency_key',
      kind: 'text',
      flags: '--key <name>',
      about: 'with the id what a repeat is known by; default: the id',
    },
    {
      name: 'issued_unix_ms',
      kind: 'number',
      flags: '--issued <ms>',
      about: 'when it was made, ms since 1970; a repeat needs that of the first; default: now',
    },
    { name: 'writer_epoch', kind: 'number', flags: '--epoch <number>', about: 'only if this is the writer epoch' },
    { name: 'target', operand: 'path', kind: 'text', about: 'control file that the line is for' },
    { name: 'cmd', operand: 'line', kind: 'words', about: 'exactly the line' },
  ],
  complete: completeIntent,
  done: 'carried out',
  failed: 'cannot carry out',
  advice: {
    stale: EPOCH,
    exists: [`The latest intents: ${COMMAND} intent list`, 'For another line take another --id.'],
    'invalid-payload': [`How it is written: ${COMMAND} intent send --help`],
  },
};

function completeIntent(values: Values, fresh: Fresh): Values {
  const id = values.id ?? fresh.id('intent');
  const issued = values.issued_unix_ms ?? fresh.nowMs;
  return { ...values, id, idempotency_key: values.idempotency_key ?? id, issued_unix_ms: issued };
}

/** Raises the writer epoch. */
export const EPOCH_RAISE: Form = {
  path: '/queen/epoch/ctl',
  fixed: {},
  inside: 'promote',
  fields: [
    { name: 'epoch', kind: 'number', about: 'the new epoch, above the present one' },
    { name: 'reason', kind: 'text', flags: '--reason <text>', about: 'why, for the log', isNeeded: true },
  ],
  done: 'raised the writer epoch to',
  failed: 'cannot raise the writer epoch to',
  advice: { stale: EPOCH, 'invalid-payload': [`How it is written: ${COMMAND} epoch raise --help`] },
};
