// Several changes of jobs, their workers and their leases within one command, each decided in the light of those before it.
// It begins with the leases as the clock command leaves them (`leasesAfterTick`), because the leases room comes first.

import type { Change, Command, Effect, State } from '../../types.ts';
import type { LeasesDraft } from '../leases/draft.ts';
import { leasesAfterTick } from '../leases/upkeep.ts';
import { evolveSchedule, type ScheduleChange, scheduleChange } from './changes.ts';
import { type ScheduleSlice, scheduleSlice } from './record.ts';

/** Jobs and leases as they will be, and what makes them so. */
export interface ScheduleDraft {
  readonly state: Readonly<State>;
  readonly clock: Pick<Command, 'at' | 'seq'>;
  /** Read only. */
  slice: Readonly<ScheduleSlice>;
  readonly leases: LeasesDraft;
  /** Changes of jobs and workers, in order. */
  readonly changes: Change[];
  readonly effects: Effect[];
  readonly log: string[];
  /** Workers that were started. */
  started: number;
}

/** What a clock command begins with. */
export function draftOf(state: Readonly<State>, clock: ScheduleDraft['clock']): ScheduleDraft {
  const leases = leasesAfterTick(state, clock);
  return { state, clock, slice: scheduleSlice(state), leases, changes: [], effects: [], log: [], started: 0 };
}

/** Adds a change of a job and its line for the log. */
export function add(draft: ScheduleDraft, change: ScheduleChange, line: string): void {
  if (draft.slice === scheduleSlice(draft.state)) draft.slice = copyOf(draft.slice);
  evolveSchedule(draft.slice as ScheduleSlice, change);
  draft.changes.push(scheduleChange(change));
  draft.log.push(line);
}

function copyOf(slice: Readonly<ScheduleSlice>): ScheduleSlice {
  return { ...slice, jobs: new Map(slice.jobs), running: new Map(slice.running), history: [...slice.history] };
}
