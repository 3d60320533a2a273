// The journal, as a component looks at it: followed for as long as the component is there.

import { useEffect, useMemo } from 'react';
import { useHive } from '../session/hive.ts';
import { useStore } from '../store/store.ts';
import { type Journal, JournalTail } from './tail.ts';

/** Follows the journal while the component is there. A recording has a journal of its own. */
export function useJournal(): { readonly journal: Journal; readonly tail: JournalTail } {
  const isReplay = useHive()?.mode === 'replay';
  // biome-ignore lint/correctness/useExhaustiveDependencies: another hive has another journal
  const tail = useMemo(() => new JournalTail(), [isReplay]);
  useEffect(() => tail.start(), [tail]);
  return { journal: useStore(tail.journal), tail };
}
