// What others may ask about the writer epoch. It is one number: every boot raises it, and a promotion raises it between boots
// (`lifecycle` keeps it). A line that names another one was meant for another writer.

import type { State } from '../../types.ts';
import { bootEpoch } from '../lifecycle/queries.ts';
import { manifestIn } from '../settings/queries.ts';

/** A promotion: the epoch was raised by a line, not by a boot. */
export interface Promotion {
  readonly epoch: number;
  readonly at: number;
  readonly entry: number;
  /** Subject of who wrote it. */
  readonly by: string;
  readonly reason: string;
}

/** The last promotion, and how many there were. */
export interface EpochsSlice {
  promotions: number;
  last: Promotion | null;
}

/** What is wrong with the writer epoch a line names; undefined when it is the present one, or none and none is needed. */
export function epochProblem(
  state: Readonly<State>,
  named: number | undefined,
): { readonly code: 'stale' | 'invalid-payload'; readonly detail: string } | undefined {
  const now = bootEpoch(state);
  if (named === now) return undefined;
  if (named !== undefined) {
    const advice = named < now ? 'read /proc/epoch and decide anew' : 'only a boot or /queen/epoch/ctl raises it';
    return { code: 'stale', detail: `The line is of writer epoch ${named}; this is ${now}: ${advice}.` };
  }
  if (!manifestIn(state).intents.epoch_required) return undefined;
  return {
    code: 'invalid-payload',
    detail: `$.writer_epoch: missing; intents.epoch_required is set and it is ${now}.`,
  };
}
