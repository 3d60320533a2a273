// `/replay/ctl`: asks the hive to decide its history again and to compare (contracts-1, section 5.9). What comes of it is no
// state: the hive answers in `/replay/status`. Here is only who asked for what.

import Type, { type Static } from 'typebox';
import { accept } from '../../kernel/decision.ts';
import type { Capability, Control, Decision, ParsedCommand } from '../../types.ts';

interface ReplaySlice {
  /** Journal entry of the last line; 0 when there was none. */
  entry: number;
}

const schema = Type.Object(
  {
    from: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Cursor in `/audit/journal`, at the start of a record; what is before it is decided, not counted.',
    }),
  },
  { additionalProperties: false, description: 'Decides everything again, beside the hive that runs.' },
);

const control: Control<ReplaySlice, Static<typeof schema>> = {
  pattern: '/replay/ctl',
  summary: 'Decides the history again in an authority of its own and compares; the answer is in `/replay/status`.',
  schema,
  writers: ['queen', 'system'],
  lineBytesMax: 1024,
  examples: ['{"from":0}'],
  decide,
};

function decide(_slice: Readonly<ReplaySlice>, { seq, value }: ParsedCommand<Static<typeof schema>>): Decision {
  return accept({
    changes: [{ capability: 'replay', change: { entry: seq } }],
    effects: [{ kind: 'replay.start', from: value.from, entry: seq }],
    log: [`replay asked from=${value.from} entry=${seq}`],
  });
}

/** Replays of the history: `/replay/ctl`. */
export const replayCapability: Capability<ReplaySlice> = {
  name: 'replay',
  controls: [control],
  views: [],
  names: [],
  initial: () => ({ entry: 0 }),
  evolve: (slice, { entry }: ReplaySlice) => {
    slice.entry = entry;
  },
  invariants: ({ entry }) => (entry >= 0 ? [] : [`replay: entry ${entry}`]),
};
