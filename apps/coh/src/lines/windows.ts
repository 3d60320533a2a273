// The lines of `/queen/export/ctl` as commands.

import { COMMAND } from '../io.ts';
import type { Advice, Field, Form } from './form.ts';

const PATH = '/queen/export/ctl';

const LOOK = [`The open windows: ${COMMAND} window list`];

const ADVICE: Advice = {
  'not-found': LOOK,
  'buffer-full': LOOK,
  'invalid-payload': [`How it is written: ${COMMAND} window --help`],
};

const window: Field = { name: 'id', operand: 'window', kind: 'text', about: 'name of the window' };

/** Lets what belongs to an id go out of the hive for a time. */
export const WINDOW_OPEN: Form = {
  path: PATH,
  fixed: { op: 'open' },
  fields: [
    window,
    {
      name: 'ttl_s',
      kind: 'seconds',
      flags: '--ttl <duration>',
      about: 'when it shuts by itself: 90s, 15m, 8h',
      isNeeded: true,
    },
  ],
  done: 'opened',
  failed: 'cannot open',
  advice: ADVICE,
};

/** Ends that. */
export const WINDOW_CLOSE: Form = {
  path: PATH,
  fixed: { op: 'close' },
  fields: [
    window,
    { name: 'reason', kind: 'text', flags: '--reason <word>', about: 'one word, for the log', fallback: 'closed' },
  ],
  done: 'closed',
  failed: 'cannot close',
  advice: ADVICE,
};
