// The controls of a recording, over every place: play, step, speed, scrub. Keys while something of it has the focus: space plays or
// holds, the slider takes the arrows, Home and End.

import type { KeyboardEvent, ReactNode } from 'react';
import { ExactText } from '../act/exact-text.tsx';
import { useStore } from '../store/store.ts';
import { closePack, evidence, type ShownPack } from './evidence.ts';
import { closeReplay, moveTo, play, type Replaying, replaying, SPEEDS, setSpeed } from './replay.ts';
import './replay.css';

/** Shown while a recording is, or an evidence pack. */
export function ReplayBar(): ReactNode {
  const now = useStore(replaying);
  const pack = useStore(evidence);
  if (now !== undefined) return <Bar now={now} />;
  return pack === undefined ? null : <PackBar pack={pack} />;
}

function PackBar({ pack: { name, records, findings } }: { readonly pack: ShownPack }): ReactNode {
  const isGood = findings.length === 0;
  return (
    <section className="replay-bar" aria-label="Evidence">
      <span role="status" data-tone={isGood ? 'ok' : 'error'} data-testid="evidence">
        <strong>{isGood ? 'Evidence holds' : 'TAMPERED'}</strong> · {name}, {records} records
        {isGood ? ': every record, tile and the signature by the key in it were checked here.' : ''}
      </span>
      <button type="button" className="button" onClick={closePack}>
        Close
      </button>
      {findings.map((finding) => (
        <span key={finding} className="replay-did" data-tone="error">
          {finding}
        </span>
      ))}
    </section>
  );
}

function Bar({ now }: { readonly now: Replaying }): ReactNode {
  const { at, length, isPlaying, name, did } = now;
  const isOver = at >= length;
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== ' ' || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    play(!isPlaying);
  };
  return (
    <section className="replay-bar" aria-label="Recording" onKeyDown={onKey}>
      <button type="button" className="button primary" onClick={() => play(!isPlaying)}>
        {isPlaying ? 'Hold' : isOver ? 'Play again' : 'Play'}
      </button>
      <button
        type="button"
        className="button"
        aria-label="−1 exchange"
        disabled={at === 0}
        onClick={() => moveTo(at - 1)}
      >
        −1
      </button>
      <button
        type="button"
        className="button"
        aria-label="+1 exchange"
        disabled={isOver}
        onClick={() => moveTo(at + 1)}
      >
        +1
      </button>
      <input
        type="range"
        aria-label="Moment of the recording"
        aria-valuetext={`exchange ${at} of ${length}`}
        min={0}
        max={length}
        value={at}
        onChange={({ currentTarget }) => moveTo(Number(currentTarget.value))}
      />
      <Speed speed={now.speed} />
      <span className="replay-where" data-testid="replay-where">
        {isOver ? 'Replay complete' : `${at} of ${length}`} · {name}
      </span>
      <button type="button" className="button" onClick={closeReplay}>
        Close
      </button>
      {did === undefined ? null : (
        <code className="replay-did">
          <ExactText text={did} />
        </code>
      )}
      <span className="visually-hidden" role="status">
        {isOver ? 'Replay complete' : ''}
      </span>
    </section>
  );
}

function Speed({ speed }: { readonly speed: number }): ReactNode {
  return (
    <select aria-label="Speed" value={speed} onChange={({ currentTarget }) => setSpeed(Number(currentTarget.value))}>
      {SPEEDS.map((one) => (
        <option key={one} value={one}>
          {one}×
        </option>
      ))}
    </select>
  );
}
