// The lines of `/gpu/ctl` as commands. What is written in words (`/gpu/<host>/<id>/ctl`) and by bridges has commands of its own.

import { COMMAND } from '../io.ts';
import type { Advice, Form } from './form.ts';

/** What to do about refusals of lines about GPUs. */
export const GPU_ADVICE: Advice = {
  'not-found': [`The GPUs, and who holds what: ${COMMAND} gpu list`],
  busy: [
    `What is free: ${COMMAND} gpu list`,
    `Nothing is published without a bridge; a made-up one: ${COMMAND} gpu publish --mock --once`,
  ],
  exists: [
    `Who publishes which host: ${COMMAND} gpu list`,
    `If that publisher is gone: ${COMMAND} gpu withdraw HOST; or publish under another name: --host NAME`,
  ],
  limit: [
    `How much each GPU has: ${COMMAND} gpu list`,
    `The bounds are [gpu] and [leases] of: ${COMMAND} manifest show`,
  ],
  denied: [`The leases: ${COMMAND} lease list`, `Who you are to the hive: ${COMMAND} whoami`],
  stale: [`The leases: ${COMMAND} lease list`],
};

/** Takes a host away from its publisher. */
export const GPU_WITHDRAW: Form = {
  path: '/gpu/ctl',
  fixed: {},
  fields: [{ name: 'release', operand: 'gpu-host', kind: 'text', about: 'host that publishes GPUs' }],
  done: 'withdrawn',
  failed: 'cannot withdraw',
  advice: GPU_ADVICE,
};
