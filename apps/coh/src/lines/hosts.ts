// The lines of `/host/ctl` as commands.

import { COMMAND } from '../io.ts';
import type { Advice, Field, Form } from './form.ts';

const PATH = '/host/ctl';

const LOOK = [`The hosts: ${COMMAND} host list`];

const ADVICE: Advice = {
  'not-found': [...LOOK, `Their orders: ${COMMAND} host orders`],
  busy: [...LOOK, `If that publisher is gone: ${COMMAND} host release NAME`],
  'buffer-full': LOOK,
  stale: [...LOOK, 'Somebody declared it since; declare it again.'],
  denied: [...LOOK, `Who you are to the hive: ${COMMAND} whoami`],
  unsupported: [`What this hive shows of hosts is [host] of: ${COMMAND} manifest show`],
  'invalid-payload': [`How it is written: ${COMMAND} host --help`],
};

const host: Field = { name: 'host', kind: 'text', about: 'name of the host' };

function names(name: string, flags: string, about: string): Field {
  return { name, kind: 'list', flags, about: `${about}; repeatable` };
}

/** Publishes a host from now on. */
export const HOST_DECLARE: Form = {
  path: PATH,
  fixed: { op: 'declare' },
  fields: [
    host,
    names('units', '--units <name>', 'a unit of systemd'),
    names('nodes', '--nodes <name>', 'a node of Kubernetes'),
    names('gpus', '--gpus <name>', 'a GPU'),
    names('interfaces', '--interfaces <name>', 'a network interface'),
  ],
  done: 'declared',
  failed: 'cannot declare',
  advice: ADVICE,
};

/** Publishes it no more, or takes it from who does. */
export const HOST_RELEASE: Form = {
  path: PATH,
  fixed: { op: 'release' },
  fields: [host, { name: 'reason', kind: 'text', flags: '--reason <text>', about: 'why, for the log' }],
  done: 'released',
  failed: 'cannot release',
  advice: ADVICE,
};

/** Says what became of an order. */
export const HOST_RESULT: Form = {
  path: PATH,
  fixed: { op: 'result' },
  fields: [
    host,
    { name: 'order', operand: 'host-order', kind: 'text', about: 'id of the order' },
    { name: 'state', kind: 'text', about: 'how it goes', choices: ['taken', 'done', 'failed'] },
    {
      name: 'fence',
      kind: 'number',
      flags: '--fence <number>',
      about: 'number of the declaration: `coh host list`',
      isNeeded: true,
    },
    { name: 'message', kind: 'text', flags: '--message <text>', about: 'for people' },
  ],
  done: 'reported',
  failed: 'cannot report on',
  advice: ADVICE,
};
