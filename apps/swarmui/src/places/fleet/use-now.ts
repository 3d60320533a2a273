// The time, for what is counted down on the screen. Of the past and of a recording there is no now: moments are shown as they are.

import { useEffect, useState } from 'react';
import { useHive } from '../../session/hive.ts';

const TICK_MS = 1000;

/** The present moment, every second; undefined while the page does not show the present. */
export function useNow(): number | undefined {
  const mode = useHive()?.mode;
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (mode !== 'live') return;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [mode]);
  return mode === 'live' ? now : undefined;
}
