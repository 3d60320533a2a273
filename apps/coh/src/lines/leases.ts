// The lines of `/queen/lease/ctl` as commands.

import { COMMAND } from '../io.ts';
import { type Advice, type Field, type Form, withFreshId } from './form.ts';

const PATH = '/queen/lease/ctl';

const LOOK = [`What is held and who waits: ${COMMAND} lease list`];

const ADVICE: Advice = {
  'not-found': [...LOOK, `What can be shared: ${COMMAND} lease resources`],
  exists: LOOK,
  busy: [`${LOOK}`, 'Wait for it with --queue, or take it from leases of lower priority with --preempt.'],
  stale: LOOK,
  exhausted: [`The quotas: ${COMMAND} lease quotas`],
  limit: [`The limits of leases: ${COMMAND} cat /proc/lease/summary`, `and [leases] of: ${COMMAND} manifest show`],
  'buffer-full': [`How much there is room for: ${COMMAND} cat /proc/lease/summary`],
  'invalid-payload': [`How it is written: ${COMMAND} lease --help`],
};

const lease: Field = { name: 'id', operand: 'lease', kind: 'text', about: 'id of the lease' };
const subject: Field = { name: 'subject', kind: 'text', about: 'who it is about' };
const resource: Field = { name: 'resource', kind: 'text', about: 'a resource, or a class of them: gpu:*' };
const fence: Field = { name: 'fence', kind: 'number', flags: '--fence <number>', about: 'only if this is its fence' };
const priority: Field = {
  name: 'priority',
  kind: 'number',
  flags: '--priority <number>',
  about: 'more is more important',
};
const ttl: Field = {
  name: 'ttl_s',
  kind: 'seconds',
  flags: '--ttl <duration>',
  about: 'how long it holds: 90s, 15m, 8h',
  isNeeded: true,
};

/** Of a shared resource; jobs need it, too. */
export const DEMAND: readonly Field[] = [
  { name: 'mem_mb', kind: 'number', flags: '--mem-mb <number>', about: 'MiB of a shared resource; default: all of it' },
  { name: 'streams', kind: 'number', flags: '--streams <number>', about: 'streams of a shared resource' },
];

/** Gives a resource to a subject. */
export const LEASE_GRANT: Form = {
  path: PATH,
  fixed: { op: 'grant' },
  fields: [
    { name: 'id', kind: 'text', flags: '--id <name>', about: 'name of the lease; default: a new one' },
    { name: 'subject', kind: 'text', flags: '--subject <name>', about: 'who is to hold it', isNeeded: true },
    resource,
    ttl,
    priority,
    ...DEMAND,
    {
      name: 'max_total_s',
      kind: 'seconds',
      flags: '--max-total <duration>',
      about: 'no renewal leads beyond this; default: what the manifest allows',
    },
    { name: 'wait', kind: 'flag', flags: '--queue', about: 'let the request wait when the resource is not free' },
    {
      name: 'wait_s',
      kind: 'seconds',
      flags: '--queue-for <duration>',
      about: 'let it wait that long at most',
      implies: { queue: true },
    },
    { name: 'preempt', kind: 'flag', flags: '--preempt', about: 'take the resource from leases of lower priority' },
  ],
  complete: withFreshId('lease'),
  done: 'granted',
  doneAs: { waiting: 'queued the request' },
  failed: 'cannot grant',
  advice: ADVICE,
};

/** Sets time and priority anew. */
export const LEASE_RENEW: Form = {
  path: PATH,
  fixed: { op: 'renew' },
  fields: [lease, ttl, priority, fence],
  done: 'renewed',
  failed: 'cannot renew',
  advice: ADVICE,
};

/** Gives a lease back. */
export const LEASE_RELEASE: Form = {
  path: PATH,
  fixed: { op: 'release' },
  fields: [lease, fence],
  done: 'released',
  failed: 'cannot release',
  advice: ADVICE,
};

/** Takes a lease away. */
export const LEASE_PREEMPT: Form = {
  path: PATH,
  fixed: { op: 'preempt' },
  fields: [
    lease,
    { name: 'reason', kind: 'text', flags: '--reason <word>', about: 'one word, kept with it', isNeeded: true },
  ],
  done: 'preempted',
  failed: 'cannot preempt',
  advice: ADVICE,
};

/** Limits what a subject holds. */
export const LEASE_QUOTA: Form = {
  path: PATH,
  fixed: { op: 'quota' },
  fields: [
    subject,
    resource,
    {
      name: 'max_active',
      kind: 'number',
      flags: '--max-active <number>',
      about: 'most leases that it holds at a time',
      isNeeded: true,
    },
    {
      name: 'max_preemptions',
      kind: 'number',
      flags: '--max-preemptions <number>',
      about: 'most preemptions of it that are remembered; with as many it is spared',
      isNeeded: true,
    },
  ],
  done: 'set the quota of',
  failed: 'cannot set the quota of',
  advice: ADVICE,
};

/** Removes such a limit. */
export const LEASE_UNQUOTA: Form = {
  path: PATH,
  fixed: { op: 'unquota' },
  fields: [subject, resource],
  done: 'removed the quota of',
  failed: 'cannot remove the quota of',
  advice: { ...ADVICE, 'not-found': [`The quotas: ${COMMAND} lease quotas`] },
};
