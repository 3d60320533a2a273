// The life of the node: `/queen/lifecycle/ctl` for people, `/sys/boot` for the hive at each start, and three views.

import Type from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { cutAtLine } from '../../kernel/text.ts';
import type { Capability, Control, Decision, ParsedCommand, State, View } from '../../types.ts';
import { outstandingLeases } from '../leases/queries.ts';
import { manifestIn } from '../settings/queries.ts';
import { outstandingWorkers } from '../workers/queries.ts';
import { bootControl, transitionLine } from './boot.ts';
import { evolveLifecycle, lifecycleChange } from './change.ts';
import type { LifecycleSlice } from './queries.ts';
import {
  LIFECYCLE_STATES,
  LIFECYCLE_WORDS,
  type LifecycleState,
  type LifecycleWord,
  MEANINGS,
  TRANSITIONS,
} from './table.ts';

const lifecycleCtl: Control<LifecycleSlice, LifecycleWord> = {
  pattern: '/queen/lifecycle/ctl',
  summary: 'Moves the node through its life: one word a line, in any case.',
  schema: Type.Union(LIFECYCLE_WORDS.map((word) => Type.Literal(word, { description: MEANINGS[word] }))),
  parseWord: (line) => line.trim().toLowerCase(),
  writers: ['queen', 'system'],
  logInvalid: ({ state }) => deniedLine('unknown', state, 'invalid-command'),
  examples: ['cordon', 'drain', 'resume', 'quiesce', 'RESET'],
  decide: decideWord,
};

function decideWord(
  slice: Readonly<LifecycleSlice>,
  command: ParsedCommand<LifecycleWord>,
  state: Readonly<State>,
): Decision {
  const word = command.value;
  const { from, to, blockedByWorkers } = TRANSITIONS[word];
  if (!from.includes(slice.state)) {
    const detail = `${word} is not possible from ${slice.state}; it needs ${from.join(', ')}.`;
    return reject('invalid-transition', detail, [deniedLine(word, slice.state, 'invalid-transition')]);
  }
  const outstanding = blockedByWorkers ? outstandingIn(state) : 0;
  if (outstanding > 0) {
    const log = deniedLine(word, slice.state, `outstanding-leases leases=${outstanding}`);
    return reject(
      'busy',
      `lifecycle outstanding leases ${outstanding}; kill or wait for the workers, release the leases.`,
      [log],
    );
  }
  return accept({
    changes: [lifecycleChange({ kind: 'move', to, reason: word, at: command.at })],
    log: [transitionLine(slice.state, to, word)],
    reply: { state: to },
  });
}

/** Live workers and held leases: what must end before the node is drained. */
function outstandingIn(state: Readonly<State>): number {
  return outstandingWorkers(state) + outstandingLeases(state);
}

/** The line of contracts-1 4.11 for a lifecycle refusal. */
export function deniedLine(action: string, state: LifecycleState, reason: string): string {
  return `lifecycle denied action=${action} state=${state} reason=${reason}`;
}

/** Most that `observability.lifecycle_bytes` can be. */
const LIFECYCLE_BYTES_MAX = 8192;

const views: readonly View<LifecycleSlice>[] = [
  {
    pattern: '/proc/lifecycle/state',
    summary: `\`state=<${LIFECYCLE_STATES.join('|')}>\`; at most \`observability.lifecycle_bytes\`.`,
    boundBytes: LIFECYCLE_BYTES_MAX,
    render: bounded(({ state }) => `state=${state}\n`),
  },
  {
    pattern: '/proc/lifecycle/reason',
    summary:
      '`reason=<boot|manifest|boot-complete|cordon|drain|resume|quiesce|reset>`; at most `observability.lifecycle_bytes`.',
    boundBytes: LIFECYCLE_BYTES_MAX,
    render: bounded(({ reason }) => `reason=${reason}\n`),
  },
  {
    pattern: '/proc/lifecycle/since',
    summary:
      '`since_ms=<u64>`: wall time of the command that led to the state; at most `observability.lifecycle_bytes`.',
    boundBytes: LIFECYCLE_BYTES_MAX,
    render: bounded(({ sinceMs }) => `since_ms=${sinceMs}\n`),
  },
];

/** The text, cut at the `observability.lifecycle_bytes` of the manifest that holds now. */
function bounded(text: (slice: Readonly<LifecycleSlice>) => string): View<LifecycleSlice>['render'] {
  return (slice, _params, state) => cutAtLine(text(slice), manifestIn(state).observability.lifecycle_bytes);
}

/** A node that was ordered to be QUIESCED has nothing outstanding; one that its manifest starts so may have workers to start. */
function invariants(
  { state: now, reason, epoch, sinceMs }: Readonly<LifecycleSlice>,
  state: Readonly<State>,
): string[] {
  const broken = LIFECYCLE_STATES.includes(now) ? [] : [`lifecycle: no state ${String(now)}`];
  if (epoch === 0 && sinceMs !== 0) broken.push('lifecycle: the state changed before the first boot');
  const outstanding = now === 'QUIESCED' && reason !== 'manifest' ? outstandingIn(state) : 0;
  if (outstanding > 0) broken.push(`lifecycle: QUIESCED with ${outstanding} workers and leases`);
  return broken;
}

/** The life of the node: `/queen/lifecycle/ctl`, `/sys/boot`, `/proc/lifecycle/{state,reason,since}`. */
export const lifecycleCapability: Capability<LifecycleSlice> = {
  name: 'lifecycle',
  controls: [lifecycleCtl, bootControl],
  views,
  names: [],
  initial: () => ({
    state: 'BOOTING',
    reason: 'boot',
    sinceMs: 0,
    epoch: 0,
    fingerprint: '',
    version: '',
  }),
  evolve: evolveLifecycle,
  invariants,
};
