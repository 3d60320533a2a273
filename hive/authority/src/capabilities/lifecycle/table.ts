// The lifecycle of the node as two tables (contracts-1, 4.10): which command leads where, and which gates are open.

import type { Gate } from '../../types.ts';

/** Every lifecycle state. */
export const LIFECYCLE_STATES = ['BOOTING', 'DEGRADED', 'ONLINE', 'DRAINING', 'QUIESCED', 'OFFLINE'] as const;

/** A lifecycle state. */
export type LifecycleState = (typeof LIFECYCLE_STATES)[number];

/** Every word of `/queen/lifecycle/ctl`. */
export const LIFECYCLE_WORDS = ['cordon', 'drain', 'resume', 'quiesce', 'reset'] as const;

/** A word of `/queen/lifecycle/ctl`; becomes the reason of the new state. */
export type LifecycleWord = (typeof LIFECYCLE_WORDS)[number];

/** A row: from which states, to which one, and whether live workers block it. */
export interface TransitionRow {
  readonly from: readonly LifecycleState[];
  readonly to: LifecycleState;
  readonly blockedByWorkers: boolean;
}

function allBut(state: LifecycleState): readonly LifecycleState[] {
  return LIFECYCLE_STATES.filter((other) => other !== state);
}

/** Word → row. Compared cell by cell with 4.10. */
export const TRANSITIONS: Readonly<Record<LifecycleWord, TransitionRow>> = {
  cordon: { from: ['ONLINE', 'DEGRADED'], to: 'DRAINING', blockedByWorkers: false },
  drain: { from: ['DRAINING'], to: 'QUIESCED', blockedByWorkers: true },
  quiesce: { from: ['ONLINE', 'DEGRADED', 'DRAINING'], to: 'QUIESCED', blockedByWorkers: true },
  resume: { from: allBut('ONLINE'), to: 'ONLINE', blockedByWorkers: false },
  reset: { from: allBut('BOOTING'), to: 'BOOTING', blockedByWorkers: true },
};

/** Word → what it does, for whoever approves or sends one; the rows above in words. */
export const MEANINGS: Readonly<Record<LifecycleWord, string>> = {
  cordon: 'Nothing new is begun: no worker, job or lease. What runs goes on. From ONLINE or DEGRADED to DRAINING.',
  drain:
    'Ends what cordon began: telemetry is not taken any more. Refused while a worker lives. From DRAINING to QUIESCED.',
  resume: 'Work is taken again. From any other state to ONLINE.',
  quiesce: 'Nothing is taken any more, neither work nor telemetry. Refused while a worker lives. To QUIESCED.',
  reset: 'Back to the state before the boot was complete. Refused while a worker lives. To BOOTING.',
};

const SERVING: readonly LifecycleState[] = ['ONLINE', 'DEGRADED'];
const FINISHING: readonly LifecycleState[] = ['ONLINE', 'DEGRADED', 'DRAINING'];

/** Gate → states in which it is open. Killing workers and changing budgets have no gate. */
export const GATES: Readonly<Record<Gate, readonly LifecycleState[]>> = {
  'new-work': SERVING,
  'telemetry-ingest': FINISHING,
  'worker-attach': FINISHING,
  'worker-telemetry': FINISHING,
  'worker-job': SERVING,
  'host-publish': SERVING,
};

/** States an operator put the node into; a restart keeps them. */
export const KEPT_OVER_RESTART: ReadonlySet<LifecycleState> = new Set(['DRAINING', 'QUIESCED', 'OFFLINE']);
