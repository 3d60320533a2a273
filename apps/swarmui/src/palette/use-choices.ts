// The choices for what was typed, from the hive that is shown: the fleet and the end of the journal are followed while the palette is open,
// records are parsed once there is text to look for in them.

import { useMemo } from 'react';
import { useNames, useText } from '../files/names.ts';
import { useLines } from '../files/use-lines.ts';
import { parseRecord } from '../journal/record.ts';
import { controlDocs } from '../places/files/control-docs.ts';
import { parseFleet } from '../places/hive/model.ts';
import { useStore } from '../store/store.ts';
import { actChoices, entryChoices, fileChoices, pathTyped, placeChoices, workerChoices } from './choices.ts';
import { type Choice, ranked } from './rank.ts';

/** Records of the journal that are looked through. */
const RECORDS_MAX = 2000;

/** The best choices. */
export function useChoices(query: string): readonly Choice[] {
  const path = pathTyped(query);
  const names = useNames(path?.directory ?? '/');
  const fleet = useText('/proc/fleet');
  const journal = useLines('/audit/journal', RECORDS_MAX);
  const docs = useStore(controlDocs);
  const workers = useMemo(() => (fleet.kind === 'here' ? parseFleet(fleet.value).workers : []), [fleet]);
  const isLooking = path === undefined && query.trim() !== '';
  const records = useMemo(
    () => (isLooking && journal.kind === 'here' ? journal.value.lines.flatMap((line) => parseRecord(line) ?? []) : []),
    [isLooking, journal],
  );
  return useMemo(() => {
    if (path !== undefined) {
      const found = names.kind === 'here' ? fileChoices(path.directory, names.value) : [];
      return ranked(query, found);
    }
    const first = [...placeChoices(), ...actChoices(docs ?? [])];
    if (!isLooking) return ranked('', first);
    return ranked(query, [...first, ...workerChoices(workers), ...entryChoices(query, records)]);
  }, [query, path, isLooking, names, docs, workers, records]);
}
