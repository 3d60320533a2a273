// The palette: one field, and under it what fits, chosen by keys or a click (ARIA 1.2, combobox with a listbox).

import { Dialog } from '@base-ui/react/dialog';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { goTo } from '../app/router.ts';
import { KEYS, type PaletteView, paletteView } from './palette.ts';
import './palette.css';
import type { Choice } from './rank.ts';
import { useChoices } from './use-choices.ts';

const close = (): void => paletteView.set('closed');

/** The dialog; focus goes back to where it was. */
export function PaletteDialog({ view }: { readonly view: PaletteView }): ReactNode {
  return (
    <Dialog.Root open onOpenChange={(open) => open || close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="dialog-backdrop" />
        <Dialog.Popup className="dialog palette">{view === 'keys' ? <Keys /> : <Choices />}</Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Choices(): ReactNode {
  const [query, setQuery] = useState('');
  const [marked, setMarked] = useState(0);
  const choices = useChoices(query);
  const at = Math.min(marked, Math.max(0, choices.length - 1));
  const go = (choice: Choice | undefined): void => {
    if (choice === undefined) return;
    close();
    goTo(choice.href);
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setMarked((at + step + choices.length) % Math.max(1, choices.length));
    else if (event.key === 'Enter') go(choices[at]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <Dialog.Title className="visually-hidden">Go to</Dialog.Title>
      <input
        className="palette-input"
        role="combobox"
        aria-label="Place, worker, /file, journal line or act"
        aria-expanded={choices.length > 0}
        aria-controls="palette-list"
        aria-autocomplete="list"
        aria-activedescendant={choices.length === 0 ? undefined : `palette-${at}`}
        placeholder="Place, worker, /file, journal line or act"
        autoComplete="off"
        spellCheck={false}
        maxLength={256}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setMarked(0);
        }}
        onKeyDown={onKey}
      />
      <List choices={choices} at={at} go={go} />
      <p role="status" className="palette-foot">
        {choices.length === 0 ? `Nothing fits ${query}. Files begin with /.` : `${choices.length} found. `}
        <button type="button" className="button" onClick={() => paletteView.set('keys')}>
          Keys (?)
        </button>
      </p>
    </>
  );
}

interface ListProps {
  readonly choices: readonly Choice[];
  readonly at: number;
  readonly go: (choice: Choice) => void;
}

function List({ choices, at, go }: ListProps): ReactNode {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Chromium answers a promise, which is no end of an effect.
    void list.current?.children[at]?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  return (
    <div id="palette-list" role="listbox" aria-label="What fits" className="palette-list" ref={list}>
      {choices.map((choice, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: keys are heard by the field, which keeps the focus
        <div
          key={choice.id}
          id={`palette-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === at}
          className="palette-choice"
          onClick={() => go(choice)}
        >
          <span className="palette-title">{choice.title}</span>
          <span className="palette-hint">
            {choice.group} · {choice.hint}
          </span>
        </div>
      ))}
    </div>
  );
}

function Keys(): ReactNode {
  return (
    <div className="stack">
      <Dialog.Title>Keys</Dialog.Title>
      <dl className="palette-keys">
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div className="row">
        <Dialog.Close className="button">Close</Dialog.Close>
      </div>
    </div>
  );
}
