// The time, for what is counted down on the screen: that of the hive, whatever this machine believes. Of the past and of a recording there is
// no now: moments are shown as they are.

import { useEffect, useState } from 'react';
import { useReading } from '../files/reads.ts';
import { useHive } from '../session/hive.ts';
import { CLOCK, CLOCK_PATH, hiveTime } from './hive-clock.ts';

const TICK_MS = 1000;

/** The present moment by the hive's clock, every second; undefined while the page does not show the present. */
export function useNow(): number | undefined {
  const mode = useHive()?.mode;
  const clock = useReading(CLOCK_PATH, CLOCK);
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (mode !== 'live') return;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [mode]);
  return mode === 'live' ? hiveTime(now, clock) : undefined;
}
