// The chips of the header: what state the hive is in. Where there is no room they fold into one button.

import { type ReactNode, useEffect, useId, useMemo, useState } from 'react';
import { TEXT } from '../files/names.ts';
import { useContents } from '../files/use-contents.ts';
import type { Hive } from '../session/hive.ts';
import { eyesOf } from '../session/hive.ts';
import { type Chip, chipsOf, gravest, HEADER_FILES, type Tone } from './chips.ts';
import { Growths } from './growth.ts';
import { hrefOfPath } from './router.ts';

/** How often what is news is looked at again when nothing happens, ms. */
const AGE_MS = 10_000;

/** Root first, because nothing else matters while it is cut; then the others. */
export function StateChips({ hive }: { readonly hive: Hive }): ReactNode {
  const [root, ...others] = useChips(hive);
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  if (root === undefined) return null;
  return (
    <>
      <ChipLink chip={root} />
      <button
        type="button"
        className="button status-more"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        <span className="status-dot" data-tone={gravest(others)} />
        {SUMMARIES[gravest(others)]}
      </button>
      <ul className="status-chips" id={id} data-open={isOpen} aria-label="State of the hive">
        {others.map((chip) => (
          <li key={chip.name}>
            <ChipLink chip={chip} />
          </li>
        ))}
      </ul>
    </>
  );
}

const SUMMARIES: Readonly<Record<Tone, string>> = {
  plain: 'State',
  ok: 'State',
  warn: 'State: look',
  error: 'State: bad',
};

function ChipLink({ chip: { text, tone, path, about } }: { readonly chip: Chip }): ReactNode {
  return (
    <a
      className="badge status-chip"
      data-tone={tone}
      data-file={path}
      href={hrefOfPath(path)}
      title={`${about} (${path})`}
    >
      {text}
    </a>
  );
}

function useChips(hive: Hive): readonly Chip[] {
  const texts = useContents(HEADER_FILES, TEXT);
  const eyes = eyesOf(hive);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other eyes, or another moment, begin to count anew
  const growths = useMemo(() => new Growths(), [eyes, hive.mode]);
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), AGE_MS);
    return () => clearInterval(timer);
  }, []);
  return useMemo(() => {
    // A moment of the past, or of a recording, has no minute before it.
    const isLive = hive.mode === 'live';
    const atMs = Math.max(nowMs, Date.now());
    return chipsOf(texts, (path, value) => (isLive ? growths.note(path, value, atMs) : 0));
  }, [texts, growths, hive.mode, nowMs]);
}
