// Why the worker of a job ends, told by the workers room where it decides it. The job itself ends when the record of the
// worker is gone (`upkeep.ts`), so that what it holds is not given out while its process may still be there.

import type { Change, State } from '../../types.ts';
import { scheduleChange } from './changes.ts';
import { type Cause, scheduleSlice } from './record.ts';

/** The change that remembers why a worker ends; none when it does no job, or is ending already. */
export function workerEndChanges(
  state: Readonly<State>,
  worker: string,
  end: readonly [Cause, reason: string],
): Change[] {
  const { jobs, running } = scheduleSlice(state);
  const id = running.get(worker);
  if (id === undefined || jobs.get(id)?.cause !== null) return [];
  const [cause, reason] = end;
  return [scheduleChange({ kind: 'ending', id, cause, reason })];
}
