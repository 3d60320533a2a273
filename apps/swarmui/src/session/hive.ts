// The hive that the page shows: as it is, as it was after a line of its journal (scrub), or as a recording tells it (replay). Places
// ask `useHive` and do not care which it is.

import type { HiveClient } from '@cohesix/client/core';
import { Store, useStore } from '../store/store.ts';
import { session } from './session.ts';

/** A hive to look at. */
export interface Hive {
  readonly mode: 'live' | 'past' | 'replay';
  readonly client: HiveClient;
  /** Past: the line of the journal after which it is shown. */
  readonly at?: number;
  readonly role: string;
  readonly subject: string | undefined;
}

/** What stands in for the session's hive, when something does: the past, a recording. */
export const instead: Store<Hive | undefined> = new Store<Hive | undefined>(undefined);

/** The hive that is shown; undefined while there is none. */
export const hive: Store<Hive | undefined> = new Store<Hive | undefined>(undefined);

function settle(): void {
  const other = instead.get();
  const phase = session.phase.get();
  if (other !== undefined) hive.set(other);
  else if (phase.kind === 'ready') {
    const { client, role, subject } = phase;
    hive.set({ mode: 'live', client, role, subject });
  } else hive.set(undefined);
}

session.phase.watch(settle);
instead.watch(settle);
settle();

/** The hive that is shown, in a component. */
export function useHive(): Hive | undefined {
  return useStore(hive);
}
