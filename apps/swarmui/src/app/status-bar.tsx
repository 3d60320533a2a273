// What state the hive is in, at one look: reachable or not, lifecycle, sessions, pressure; and whose eyes these are.

import { lazy, type ReactNode, Suspense } from 'react';
import { pulseSource } from '../files/pulse.ts';
import { PaletteButton } from '../palette/palette-button.tsx';
import { useHive } from '../session/hive.ts';
import { session } from '../session/session.ts';
import { useStore } from '../store/store.ts';
import { StateChips } from './state-chips.tsx';
import './status.css';
import { nextTheme, useTheme } from './theme.ts';

const ReplayBar = lazy(() => import('../replay/replay-bar.tsx').then(({ ReplayBar: one }) => ({ default: one })));

/** The header of the page. */
export function StatusBar(): ReactNode {
  const hive = useHive();
  const phase = useStore(session.phase);
  return (
    <header>
      <strong className="status-name">SwarmUI</strong>
      <Connection />
      {hive === undefined ? <Badge tone="warn" text="ROOT ?" /> : <StateChips hive={hive} />}
      <span className="spacer" />
      {phase.kind === 'ready' ? (
        <span className="badge" title="Whose ticket this tab holds">
          {phase.role}
          {phase.subject === undefined ? '' : ` ${phase.subject}`}
        </span>
      ) : null}
      <PaletteButton />
      <ThemeButton />
      <button type="button" className="button" onClick={() => session.signOut()}>
        Sign out
      </button>
      {hive?.mode === 'replay' ? (
        <Suspense fallback={null}>
          <ReplayBar />
        </Suspense>
      ) : null}
    </header>
  );
}

function Connection(): ReactNode {
  const hive = useHive();
  const phase = useStore(session.phase);
  const source = useStore(pulseSource);
  if (hive?.mode === 'past') return <Badge tone="warn" text={`PAST line ${hive.at}`} />;
  if (hive?.mode === 'replay') return <Badge tone="warn" text="REPLAY" />;
  if (phase.kind !== 'ready')
    return (
      <Badge
        tone="error"
        text={`OFFLINE, ${phase.kind === 'connecting' ? `attempt ${phase.attempt}` : 'signed out'}`}
      />
    );
  return <Badge tone="ok" text={source === 'clock' ? 'LIVE, every 2 s' : 'LIVE'} />;
}

/** A word in a pill; the tone is said by its colour and by the word. */
function Badge({ tone, text }: { readonly tone: 'ok' | 'warn' | 'error' | 'plain'; readonly text: string }): ReactNode {
  return (
    <span className="badge" data-tone={tone}>
      {text}
    </span>
  );
}

function ThemeButton(): ReactNode {
  const theme = useTheme();
  return (
    <button type="button" className="button" onClick={nextTheme} aria-label={`Colours: ${theme}; change`}>
      {theme === 'dark' ? '☾' : '☀'}
    </button>
  );
}
