// What state the hive is in, at one look: reachable or not, lifecycle, sessions, pressure; and whose eyes these are.

import { lazy, type ReactNode, Suspense } from 'react';
import { pulseSource } from '../files/pulse.ts';
import { PaletteButton } from '../palette/palette-button.tsx';
import { useHive } from '../session/hive.ts';
import { session } from '../session/session.ts';
import { whoText } from '../session/verdicts.ts';
import { useStore } from '../store/store.ts';
import type { Tone } from './chips.ts';
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
          {whoText(phase)}
        </span>
      ) : null}
      <PaletteButton />
      <ThemeButton />
      {phase.kind === 'signed-out' ? null : (
        <button type="button" className="button" onClick={() => session.signOut()}>
          Sign out
        </button>
      )}
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
  return source === 'clock' ? (
    <Badge tone="ok" text="LIVE, every 2 s" about={BY_CLOCK} />
  ) : (
    <Badge tone="ok" text="LIVE" />
  );
}

const BY_CLOCK =
  'This ticket may not follow /trace/events, which tells when something happens: the page looks every two seconds.';

interface BadgeProps {
  readonly tone: Tone;
  readonly text: string;
  readonly about?: string;
}

/** A word in a pill; the tone is said by its colour and by the word. */
function Badge({ tone, text, about }: BadgeProps): ReactNode {
  return (
    <span className="badge" data-tone={tone} title={about}>
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
