// The lines of `/queen/telemetry` as commands.

import { COMMAND } from '../io.ts';
import type { Advice, Form } from './form.ts';

const LOOK = [`The devices: ${COMMAND} telemetry status`];

const ADVICE: Advice = {
  'not-found': LOOK,
  'buffer-full': [...LOOK, `To forget one that does not send any more: ${COMMAND} telemetry forget DEVICE`],
  'invalid-payload': [`How it is written: ${COMMAND} telemetry --help`],
  'invalid-path': [`How it is written: ${COMMAND} telemetry --help`],
};

/** Begins a segment of the device in `values.device`; `coh telemetry push` sends it. */
export const SEGMENT_NEW: Form = {
  path: ({ device }) => `/queen/telemetry/${String(device)}/ctl`,
  fixed: { new: 'segment' },
  fields: [
    { name: 'mime', kind: 'text', flags: '--mime <type>', about: 'what the records are; default: by the name' },
    { name: 'name', kind: 'text', flags: '--name <name>', about: 'what it is called; default: the name of the file' },
    { name: 'bytes', kind: 'number', flags: '--bytes <number>', about: 'bytes of the whole artefact' },
  ],
  done: 'begun',
  failed: 'cannot begin a segment',
  advice: ADVICE,
};

/** Forgets a device. */
export const DEVICE_FORGET: Form = {
  path: '/queen/telemetry/ctl',
  fixed: {},
  inside: 'forget',
  fields: [{ name: 'device', kind: 'text', about: 'id of the device' }],
  done: 'forgotten',
  failed: 'cannot forget',
  advice: ADVICE,
};
