// What every place says while there is no connection: since when what is seen is old, and when the next attempt is made.

import { type ReactNode, useEffect, useState } from 'react';
import { useHive } from '../session/hive.ts';
import { type Phase, session } from '../session/session.ts';
import { useStore } from '../store/store.ts';
import { lostWords } from './lost-words.ts';

/** How often the count-down is written anew, ms. */
const TICK_MS = 1000;

/** Whether what is seen may be another by now: the connection is lost, and it is no recording. */
export function useIsLost(): boolean {
  const phase = useStore(session.phase);
  const hive = useHive();
  return phase.kind === 'connecting' && hive?.mode !== 'replay';
}

/** The banner; nothing while there is a connection. */
export function LostBanner(): ReactNode {
  const phase = useStore(session.phase);
  const isLost = useIsLost();
  return isLost && phase.kind === 'connecting' ? <Banner phase={phase} /> : null;
}

function Banner({ phase }: { readonly phase: Extract<Phase, { kind: 'connecting' }> }): ReactNode {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const { title, detail, next } = lostWords(phase, nowMs);
  return (
    <section className="lost-banner" aria-label="Connection" data-testid="lost">
      <div role="status">
        <strong>{title}</strong> {detail}
      </div>
      <span className="spacer" />
      {/* Not part of the status: a count-down would be read out each second. */}
      <span>{next}</span>
      <button type="button" className="button" disabled={phase.nextAtMs === undefined} onClick={() => session.check()}>
        Try now
      </button>
    </section>
  );
}
