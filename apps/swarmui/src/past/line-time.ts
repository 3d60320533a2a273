// When a line of the journal was written. Lines do not change, so what is known stays.

import { useEffect, useState } from 'react';
import { findRecord } from '../journal/find.ts';
import type { Reader } from '../journal/log-files.ts';
import { hive } from '../session/hive.ts';
import { session } from '../session/session.ts';

const KEPT_MAX = 4096;
const times = new Map<number, number>();

// The next one who signs in may look at another hive.
session.phase.watch(() => session.phase.get().kind === 'signed-out' && times.clear());

/** Remembers the time of a line, ms since the epoch. */
function keepTime(line: number, at: number): void {
  if (times.size >= KEPT_MAX) times.clear();
  times.set(line, at);
}

/** The time of a line, in a component; undefined until it is known. */
export function useLineTime(line: number): number | undefined {
  const [at, setAt] = useState(times.get(line));
  useEffect(() => {
    let isOver = false;
    setAt(times.get(line));
    const client = hive.get()?.client;
    if (!times.has(line) && client !== undefined) void timeOf(client, line).then((time) => isOver || setAt(time));
    return () => {
      isOver = true;
    };
  }, [line]);
  return at;
}

async function timeOf(client: Reader, line: number): Promise<number | undefined> {
  const found = await findRecord(client, line);
  if (!found.ok) return undefined;
  keepTime(line, found.value.record.at);
  return found.value.record.at;
}
