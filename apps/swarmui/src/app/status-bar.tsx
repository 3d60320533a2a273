// What state the hive is in, at one look: reachable or not, lifecycle, sessions, pressure; and whose eyes these are.

import type { ReactNode } from 'react';
import { useText } from '../files/names.ts';
import { pulseSource } from '../files/pulse.ts';
import { useHive } from '../session/hive.ts';
import { session } from '../session/session.ts';
import { useStore } from '../store/store.ts';
import { nextTheme, useTheme } from './theme.ts';

/** The header of the page. */
export function StatusBar(): ReactNode {
  const hive = useHive();
  const phase = useStore(session.phase);
  return (
    <header>
      <strong>SwarmUI</strong>
      <Connection />
      {hive === undefined ? null : <HiveBadges />}
      <span className="spacer" />
      {phase.kind === 'ready' ? (
        <span className="badge" title="Whose ticket this tab holds">
          {phase.role}
          {phase.subject === undefined ? '' : ` ${phase.subject}`}
        </span>
      ) : null}
      <ThemeButton />
      <button type="button" className="button" onClick={() => session.signOut()}>
        Sign out
      </button>
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

function HiveBadges(): ReactNode {
  const lifecycle = useText('/proc/lifecycle/state');
  const reachable = useText('/proc/root/reachable');
  const cut = useText('/proc/root/cut_reason');
  const state = lifecycle.kind === 'here' ? lifecycle.value.trim().replace(/^state=/, '') : undefined;
  const isCut = reachable.kind === 'here' && !/(yes|true|1|reachable)$/.test(reachable.value.trim());
  const reason = cut.kind === 'here' ? cut.value.trim().replace(/^cut_reason=/, '') : '';
  return (
    <>
      {state === undefined ? null : <Badge tone={state === 'ONLINE' ? 'ok' : 'warn'} text={state} />}
      {reachable.kind === 'here' ? (
        <Badge tone={isCut ? 'error' : 'ok'} text={isCut ? `CUT ${reason}` : 'ROOT OK'} />
      ) : null}
    </>
  );
}

/** A word in a pill; the tone is said by its colour and by the word. */
export function Badge({
  tone,
  text,
}: {
  readonly tone: 'ok' | 'warn' | 'error' | 'plain';
  readonly text: string;
}): ReactNode {
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
