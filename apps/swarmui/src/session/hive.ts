// The hive that the page shows: as it is, as it was after a line of its journal (scrub), or as a recording tells it (replay). Places
// ask `useHive` and do not care which it is.

import type { HiveClient } from '@cohesix/client/core';
import { Store, useStore } from '../store/store.ts';
import { isVisible } from './platform.ts';
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

/** Whose eyes see a hive: what was read with others is not shown to these. A sign-in, or a recording. */
export function eyesOf({ mode, client }: Hive): unknown {
  return mode === 'replay' ? client : session.signIns;
}

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
// A tab that slept may have lost its connection without a word; a network that is back is worth an attempt.
isVisible.watch(() => isVisible.get() && session.check());
globalThis.addEventListener?.('online', () => session.check());

/** The hive that is shown, in a component. */
export function useHive(): Hive | undefined {
  return useStore(hive);
}
