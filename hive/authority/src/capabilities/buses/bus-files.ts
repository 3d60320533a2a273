// The control files of a bus (contracts-1, 4.9): `/bus/<adapter>/{ctl,link,replay}`. What is spooled is on the hive's disk; here is
// whether the link is up, what the sidecar was told, and which frames were replayed.

import Type from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { SYSTEM_ROLE } from '../../principal.ts';
import type { Change, Control, Decision, ParsedCommand, State } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import { type Bus, busAt } from './adapters.ts';
import { type BusesSlice, busesChange, busRecord, type Link, type Replayed } from './changes.ts';
import { payloadSize } from './payload.ts';
import { forgotten } from './queries.ts';

/** Who may write to the files of a bus; a worker sees its own adapter only. */
const WRITERS = ['queen', 'worker-bus', 'system'] as const;

const TEXT_MAX = 1024;

const ctl: Control<BusesSlice, string> = {
  pattern: '/bus/:adapter/ctl',
  summary:
    'What the sidecar of the bus is told, one order a line: any text, or `base64:` and base64. Reading gives the last.',
  schema: Type.String({ minLength: 1, maxLength: TEXT_MAX, description: 'An order in the words of the sidecar.' }),
  parseWord: (line) => line,
  writers: WRITERS,
  gate: () => 'worker-job',
  examples: ['read holding 40001 2', 'base64:AQMAAAACxAs='],
  decide: (slice, command, state) =>
    atBus(slice, command, state, () => {
      const size = payloadSize(command.value);
      return size.ok ? accept({ reply: { bytes: size.value } }) : { kind: 'refuse', refusal: size.refusal };
    }),
};

const link: Control<BusesSlice, Link> = {
  pattern: '/bus/:adapter/link',
  summary: '`online` or `offline`: whether the sidecar has its bus. Offline, as at first, `telemetry` is spooled.',
  schema: Type.Union([Type.Literal('online'), Type.Literal('offline')]),
  parseWord: (line) => line.trim().toLowerCase(),
  writers: WRITERS,
  examples: ['online', 'offline'],
  decide: (slice, command, state) => atBus(slice, command, state, ({ mount }) => decideLink(slice, mount, command)),
};

function decideLink(slice: Readonly<BusesSlice>, mount: string, { value, at }: ParsedCommand<Link>): Decision {
  const before = busRecord(slice, mount).link;
  if (before === value) return accept({ reply: { link: value } });
  return accept({
    changes: [busesChange({ kind: 'link', mount, link: value, at })],
    log: [`bus link adapter=${mount} old=${before} new=${value}`],
    reply: { link: value },
  });
}

const replay: Control<BusesSlice, string> = {
  pattern: '/bus/:adapter/replay',
  summary:
    'Any line moves what is spooled to `telemetry`, in order; the hive then appends `replay entries=<n> bytes=<n> through=<seq>`.',
  schema: Type.String({ minLength: 1, maxLength: 128, description: 'Any text.' }),
  parseWord: (line) => line.trim(),
  writers: WRITERS,
  examples: ['now'],
  decide: (slice, command, state) =>
    atBus(slice, command, state, ({ mount }) =>
      command.who.role === SYSTEM_ROLE
        ? decideReplayed(slice, mount, command.value)
        : accept({ effects: [{ kind: 'bus.replay', adapter: mount, entry: command.seq }] }),
    ),
};

/** What the hive says of a replay: frames that were not replayed before, so that a repeat of its word counts nothing. */
function decideReplayed(slice: Readonly<BusesSlice>, mount: string, line: string): Decision {
  const found = /^replay entries=(\d{1,9}) bytes=(\d{1,12}) through=(\d{1,15})$/.exec(line);
  if (found === null) return reject('invalid-payload', 'The hive says `replay entries=<n> bytes=<n> through=<seq>`.');
  const [entries = 0, bytes = 0, through = 0] = found.slice(1).map(Number);
  const { through: before } = busRecord(slice, mount);
  const isNews = through > before || (entries === 0 && through === before);
  if (!isNews) return reject('stale', `Frames up to ${before} of ${mount} were replayed already.`);
  const replayed: Replayed = { entries, bytes, through };
  return accept({
    changes: [busesChange({ kind: 'replayed', mount, ...replayed })],
    log: [`bus replay adapter=${mount} entries=${entries} bytes=${bytes} through=${through}`],
  });
}

/** Decides a line to a file of a bus; records of adapters that are no more go with it. */
function atBus(
  slice: Readonly<BusesSlice>,
  { params }: ParsedCommand,
  state: Readonly<State>,
  decide: (bus: Bus) => Decision,
): Decision {
  const bus = busAt(manifestIn(state), params.adapter ?? '');
  if (bus === undefined) return reject('invalid-path');
  const decision = decide(bus);
  if (decision.kind === 'refuse') return decision;
  const gone: readonly Change[] = forgotten(slice, state);
  return { ...decision, changes: [...gone, ...decision.changes] };
}

/** The control files of buses. */
export const busControls: readonly Control<BusesSlice, never>[] = [ctl, link, replay];
