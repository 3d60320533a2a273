// What others may ask about tracing: which events the hive tells. The words are here because who emits events (the hive
// around the authority) and who sets the filter (`/trace/ctl`) must mean the same by them.

import { sliceOf } from '../../kernel/slice.ts';
import type { State } from '../../types.ts';

/** Levels of an event, gravest first (contracts-1, 4.6). A filter at one level lets the graver ones through too. */
export const TRACE_LEVELS = ['error', 'warn', 'info', 'debug', 'trace'] as const;

/** A level of an event. */
export type TraceLevel = (typeof TRACE_LEVELS)[number];

/**
 * Categories of events: what an event is about. `boot`, `ninep` and `kmesg` are the source's. `kmesg`: what the hive says of
 * itself and of the machine under it. `tcp`: connections of the console. `control`: lines of rooms without a category of their own.
 */
export const TRACE_CATS = [
  'boot',
  'clock',
  'control',
  'effect',
  'journal',
  'kmesg',
  'lease',
  'ledger',
  'lifecycle',
  'ninep',
  'policy',
  'refusal',
  'schedule',
  'session',
  'tcp',
  'worker',
] as const;

/** A category of events. */
export type TraceCat = (typeof TRACE_CATS)[number];

/** Which events are told. Replaced whole, never changed, so that who holds one sees by its identity whether it is the last. */
export interface TraceFilter {
  readonly level: TraceLevel;
  /** In byte order, no two alike; null for all. */
  readonly cats: readonly TraceCat[] | null;
}

/** The filter of a hive in which nobody set one. */
export const TRACE_FILTER_DEFAULT: TraceFilter = { level: 'info', cats: null };

/** The slice of `trace`. */
export interface TraceSlice {
  filter: TraceFilter;
  /** Journal entry that set it; 0 when nobody did. */
  entry: number;
}

/** The filter that holds now. */
export function traceFilter(state: Readonly<State>): TraceFilter {
  return sliceOf<TraceSlice>(state, 'trace').filter;
}
