// The lines of `/queen/schedule/ctl` as commands.

import { COMMAND } from '../io.ts';
import { type Advice, type Field, type Form, withFreshId } from './form.ts';
import { DEMAND } from './leases.ts';

const PATH = '/queen/schedule/ctl';

const LOOK = [`The jobs: ${COMMAND} job list`];

const ADVICE: Advice = {
  'not-found': [...LOOK, `What can be shared: ${COMMAND} lease resources`],
  exists: LOOK,
  stale: LOOK,
  'invalid-transition': LOOK,
  limit: [`The limits are [schedule] of: ${COMMAND} manifest show`],
  'buffer-full': [`How much there is room for: ${COMMAND} cat /proc/schedule/summary`, ...LOOK],
  'invalid-payload': [`How it is written: ${COMMAND} job --help`],
};

const job: Field = { name: 'id', operand: 'job', kind: 'text', about: 'id of the job' };

/** Queues a job. */
export const JOB_QUEUE: Form = {
  path: PATH,
  fixed: {},
  fields: [
    { name: 'id', kind: 'text', flags: '--id <name>', about: 'name of the job; default: a new one' },
    {
      name: 'role',
      kind: 'text',
      flags: '--role <role>',
      about: 'who does it; heartbeat is done here, others wait for a dispatcher outside',
      fallback: 'heartbeat',
    },
    { name: 'priority', kind: 'number', flags: '--priority <number>', about: 'more comes earlier', fallback: 0 },
    {
      name: 'ticks',
      kind: 'number',
      flags: '--ticks <number>',
      about: 'ticks of its worker; when they are used up it has succeeded',
      isNeeded: true,
    },
    {
      name: 'budget_ms',
      kind: 'ms',
      flags: '--budget <duration>',
      about: 'time of its worker; when that is up first it has failed',
      isNeeded: true,
    },
    { name: 'deadline_ms', kind: 'ms', flags: '--deadline <duration>', about: 'it is not started later, but expires' },
    {
      name: 'retries',
      kind: 'number',
      flags: '--retries <number>',
      about: 'further attempts after a worker that failed or was killed',
    },
    { name: 'resource', kind: 'text', flags: '--resource <name>', about: 'what it holds a lease of while it runs' },
    ...DEMAND,
  ],
  complete: withFreshId('job'),
  done: 'queued',
  failed: 'cannot queue',
  advice: ADVICE,
};

/** Ends a job. */
export const JOB_CANCEL: Form = {
  path: PATH,
  fixed: { op: 'cancel' },
  fields: [job],
  done: 'cancelled',
  failed: 'cannot cancel',
  advice: ADVICE,
};

/** Takes the head of the queue out. */
export const JOB_DEQUEUE: Form = {
  path: PATH,
  fixed: { op: 'dequeue' },
  fields: [job],
  done: 'dequeued',
  failed: 'cannot dequeue',
  advice: ADVICE,
};
