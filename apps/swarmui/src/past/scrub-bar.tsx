// The slider over the journal: every place shows the hive as it was after the line that is chosen. On every place while the past is
// shown, and on Audit before that.

import { type KeyboardEvent, type ReactNode, useEffect, useState } from 'react';
import { hrefOf } from '../app/router.ts';
import { useHive } from '../session/hive.ts';
import { useStore } from '../store/store.ts';
import { momentText } from '../time/moment.ts';
import { useLineTime } from './line-time.ts';
import { scrubber } from './past.ts';
import './scrub.css';
import { stepOf } from './steps.ts';
import { useJournalEnd } from './use-journal-end.ts';

/** Over every place while the past is shown. */
export function PastBanner(): ReactNode {
  const scrub = useStore(scrubber.scrub);
  const hive = useHive();
  if (scrub === undefined) return null;
  const { shown, refusal } = scrub;
  return (
    <section className="scrub-banner" aria-label="The past" data-shown={shown} data-mode={hive?.mode}>
      <div className="scrub-head" role="status">
        {shown === undefined ? <strong>Going to line {scrub.line}…</strong> : <PastTitle line={shown} />}
        {shown !== undefined && shown !== scrub.line && refusal === undefined ? (
          <span>line {scrub.line} is on its way…</span>
        ) : null}
        {refusal === undefined ? null : (
          <span data-tone="error">
            Line {scrub.line}: {refusal.detail} ({refusal.code})
          </span>
        )}
        <button type="button" className="button primary" onClick={() => scrubber.leave()}>
          Back to now
        </button>
      </div>
      <ScrubBar />
    </section>
  );
}

function PastTitle({ line }: { readonly line: number }): ReactNode {
  const at = useLineTime(line);
  return (
    <strong>
      PAST, after <a href={hrefOf('audit', String(line))}>line {line}</a>
      {at === undefined ? '' : `, ${momentText(at)}`}. Nothing can be changed here.
    </strong>
  );
}

/** Slider, number, steps. In the present it stands at the end. */
export function ScrubBar(): ReactNode {
  const scrub = useStore(scrubber.scrub);
  const end = useJournalEnd();
  const last = Math.max(end.kind === 'here' ? end.value : 0, scrub?.line ?? 0);
  if (last < 1) return null;
  const line = scrub?.line ?? last;
  const go = (to: number): void => void scrubber.goTo(Math.min(last, Math.max(1, to)));
  const onKey = (event: KeyboardEvent): void => {
    const to = stepOf(event.key, { line, last, isBig: event.shiftKey });
    if (to === undefined) return;
    event.preventDefault();
    if (to !== line) go(to);
  };
  return (
    <div className="scrub-bar">
      <StepButton text="◀" label="One line back" isOff={line <= 1} onPress={() => go(line - 1)} />
      <input
        type="range"
        aria-label="Line of the journal"
        aria-valuetext={`line ${line} of ${last}`}
        min={1}
        max={last}
        value={line}
        onKeyDown={onKey}
        onChange={(event) => go(Number(event.currentTarget.value))}
      />
      <StepButton text="▶" label="One line forward" isOff={line >= last} onPress={() => go(line + 1)} />
      <LineInput line={line} last={last} onLine={go} />
    </div>
  );
}

interface StepProps {
  readonly text: string;
  readonly label: string;
  readonly isOff: boolean;
  readonly onPress: () => void;
}

function StepButton({ text, label, isOff, onPress }: StepProps): ReactNode {
  return (
    <button type="button" className="button" title={label} disabled={isOff} onClick={onPress}>
      <span aria-hidden="true">{text}</span>
      <span className="visually-hidden">{label}</span>
    </button>
  );
}

interface LineProps {
  readonly line: number;
  readonly last: number;
  readonly onLine: (line: number) => void;
}

/** A number typed, gone to with Enter. */
function LineInput({ line, last, onLine }: LineProps): ReactNode {
  const [text, setText] = useState(String(line));
  useEffect(() => setText(String(line)), [line]);
  return (
    <form
      className="scrub-line"
      onSubmit={(event) => {
        event.preventDefault();
        if (/^\d{1,15}$/.test(text.trim())) onLine(Number(text));
      }}
    >
      <label>
        Line{' '}
        <input inputMode="numeric" size={6} value={text} onChange={(event) => setText(event.currentTarget.value)} /> of{' '}
        {last}
      </label>
      <button type="submit" className="button">
        Go
      </button>
    </form>
  );
}
