// The lines of `/gpu/models/ctl`, `/gpu/models/active` and `/queen/export/lora_jobs/ctl` as commands.

import { COMMAND } from '../io.ts';
import type { Advice, Field, Form } from './form.ts';

const REGISTRY = '/gpu/models/ctl';
const ACTIVE = '/gpu/models/active';

const LOOK = [`The models: ${COMMAND} model list`];

const ADVICE: Advice = {
  'not-found': LOOK,
  exists: LOOK,
  busy: LOOK,
  'invalid-transition': [...LOOK, `What was active when: ${COMMAND} model history`],
  'buffer-full': LOOK,
  'invalid-payload': [...LOOK, `How it is written: ${COMMAND} model --help`],
};

const model: Field = { name: 'id', operand: 'model', kind: 'text', about: 'id of the model' };
const host: Field = {
  name: 'host',
  kind: 'text',
  flags: '--host <name>',
  about: 'host that has the model; default: the only one that has any',
};

/** Registers a model: what it is, and what its files must be. */
export const MODEL_REGISTER: Form = {
  path: REGISTRY,
  fixed: { op: 'register' },
  fields: [
    model,
    host,
    { name: 'base', kind: 'text', flags: '--base <model>', about: 'the model it adapts' },
    { name: 'base_sha256', kind: 'text', flags: '--base-sha256 <hex>', about: 'SHA-256 of the weights of that model' },
    {
      name: 'hashes',
      kind: 'pairs',
      flags: '--hash <file=sha256:bytes>',
      about: 'of adapter, lora, metrics, policy, telemetry or weights; repeatable',
    },
    { name: 'stored', kind: 'text', flags: '--stored <hex>', about: 'its weights are /models/<hex> of the hive' },
    { name: 'evaluation', kind: 'text', flags: '--evaluation <text>', about: 'what its evaluation said: loss=0.42' },
    { name: 'job', kind: 'text', flags: '--job <name>', about: 'the LoRA job it was trained from' },
  ],
  done: 'registered',
  failed: 'cannot register',
  advice: ADVICE,
};

/** Vouches for a model. */
export const MODEL_APPROVE: Form = {
  path: REGISTRY,
  fixed: { op: 'approve' },
  fields: [model, host],
  done: 'approved',
  failed: 'cannot approve',
  advice: { ...ADVICE, denied: ['Somebody else must: with another ticket and another name (--ticket FILE).'] },
};

/** Says that a model must not be activated. */
export const MODEL_REJECT: Form = {
  path: REGISTRY,
  fixed: { op: 'reject' },
  fields: [
    model,
    host,
    { name: 'reason', kind: 'text', flags: '--reason <word>', about: 'one word, for the log', isNeeded: true },
  ],
  done: 'rejected',
  failed: 'cannot reject',
  advice: ADVICE,
};

/** Forgets a model. */
export const MODEL_FORGET: Form = {
  path: REGISTRY,
  fixed: { op: 'remove' },
  fields: [model, host],
  done: 'removed',
  failed: 'cannot remove',
  advice: ADVICE,
};

/** Makes a model the active one. */
export const MODEL_ACTIVATE: Form = {
  path: ACTIVE,
  fixed: { op: 'activate' },
  fields: [
    model,
    host,
    { name: 'base', kind: 'text', flags: '--base <model>', about: 'only if it is an adapter of this base' },
  ],
  done: 'activated',
  failed: 'cannot activate',
  advice: ADVICE,
};

/** Makes the model active that was so before. */
export const MODEL_ROLLBACK: Form = {
  path: ACTIVE,
  fixed: { op: 'rollback' },
  fields: [host, { name: 'steps', kind: 'number', flags: '--steps <number>', about: 'how far back; default: 1' }],
  done: 'rolled back to',
  failed: 'cannot roll back',
  advice: ADVICE,
};

const JOBS = '/queen/export/lora_jobs/ctl';
const JOBS_ADVICE: Advice = {
  'not-found': [`The published jobs: ${COMMAND} peft jobs`],
  'buffer-full': [`The published jobs: ${COMMAND} peft jobs`],
};

const job: Field = { name: 'id', operand: 'lora-job', kind: 'text', about: 'name of the LoRA job' };

/** Publishes what was written of a LoRA job; `coh peft publish` writes it and knows the hashes. */
export const LORA_PUBLISH: Form = {
  path: JOBS,
  fixed: { op: 'publish' },
  fields: [
    job,
    { name: 'base', kind: 'text', flags: '--base <model>', about: 'the base model', isNeeded: true },
    ...['telemetry', 'base_model', 'policy'].map(
      (name): Field => ({
        name,
        kind: 'text',
        flags: `--${name} <sha256:bytes>`,
        about: 'what was written',
        isNeeded: true,
      }),
    ),
  ],
  done: 'published',
  failed: 'cannot publish',
  advice: JOBS_ADVICE,
};

/** Removes a LoRA job. */
export const LORA_REMOVE: Form = {
  path: JOBS,
  fixed: { op: 'remove' },
  fields: [job],
  done: 'removed',
  failed: 'cannot remove',
  advice: JOBS_ADVICE,
};
