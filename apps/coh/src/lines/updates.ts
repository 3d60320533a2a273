// The lines of `/updates/ctl` and `/models/ctl` as commands.

import { COMMAND } from '../io.ts';
import type { Advice, Field, Form } from './form.ts';

const UPDATES = '/updates/ctl';

const LOOK = [`The updates: ${COMMAND} cas list`];

const ADVICE: Advice = {
  'not-found': LOOK,
  'invalid-transition': LOOK,
  stale: [`Back to one that was active: ${COMMAND} cas rollback`],
  busy: LOOK,
  'invalid-payload': [`How it is written: ${COMMAND} cas --help`],
};

const epoch: Field = { name: 'epoch', operand: 'update', kind: 'text', about: 'epoch of the update' };

/** Makes an update the active one. */
export const UPDATE_ACTIVATE: Form = {
  path: UPDATES,
  fixed: { op: 'activate' },
  fields: [epoch],
  done: 'activated',
  failed: 'cannot activate',
  advice: ADVICE,
};

/** Goes back to one that was active before. */
export const UPDATE_ROLLBACK: Form = {
  path: UPDATES,
  fixed: { op: 'rollback' },
  fields: [{ name: 'epoch', kind: 'text', flags: '--to-epoch <epoch>', about: 'which one; default: the one before' }],
  done: 'rolled back to',
  failed: 'cannot roll back',
  advice: ADVICE,
};

/** Removes an update. */
export const UPDATE_REMOVE: Form = {
  path: UPDATES,
  fixed: { op: 'remove' },
  fields: [epoch],
  done: 'removal ordered of',
  failed: 'cannot remove',
  advice: ADVICE,
};

/** Reads an update again. */
export const UPDATE_VERIFY: Form = {
  path: UPDATES,
  fixed: { op: 'verify' },
  fields: [epoch],
  done: 'verification ordered of',
  failed: 'cannot verify',
  advice: ADVICE,
};

/** Removes what nothing needs. */
export const STORE_COLLECT: Form = {
  path: UPDATES,
  fixed: { op: 'collect' },
  fields: [],
  done: 'collection ordered',
  failed: 'cannot collect',
  advice: ADVICE,
};

/** Removes a model. */
export const MODEL_REMOVE: Form = {
  path: '/models/ctl',
  fixed: { op: 'remove' },
  fields: [{ name: 'model', operand: 'cas-model', kind: 'text', about: 'hash of its weights' }],
  done: 'removal ordered of',
  failed: 'cannot remove',
  advice: ADVICE,
};
