// Console: the shell of the hive on the page's own session, in a terminal; the same lines as plain text for who cannot or will not use one.

import { type ReactNode, type RefObject, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { saveFile } from '../../replay/save-file.ts';
import { useStore } from '../../store/store.ts';
import './console.css';
import { type LogLine, straight } from './line-log.ts';
import { RecordButton } from './record-button.tsx';
import { type OpenTerminal, openTerminal } from './terminal.ts';
import { theConsole, typedLines } from './the-console.ts';

/** Lines of the plain text; the transcript has all. */
const PLAIN_LINES_MAX = 300;

/** The place. */
export function Body(): ReactNode {
  const [isPlain, setPlain] = useState(false);
  const host = useRef<HTMLDivElement>(null);
  const terminal = useTerminal(host);
  return (
    <div className="console">
      <Tools isPlain={isPlain} onPlain={() => setPlain(!isPlain)} onDone={() => terminal.current?.focus()} />
      <div className="console-panes">
        <section
          className="console-terminal"
          ref={host}
          aria-label="Terminal: Tab completes; on an empty line it leaves"
        />
        <PlainText isShown={isPlain} />
      </div>
    </div>
  );
}

function useTerminal(host: RefObject<HTMLDivElement | null>): RefObject<OpenTerminal | null> {
  const terminal = useRef<OpenTerminal>(null);
  useEffect(() => {
    if (host.current === null) return undefined;
    const opened = openTerminal(host.current, theConsole, typedLines);
    terminal.current = opened;
    opened.focus();
    return () => opened.close();
  }, [host]);
  return terminal;
}

interface ToolsProps {
  readonly isPlain: boolean;
  readonly onPlain: () => void;
  /** The terminal is to have the keys again. */
  readonly onDone: () => void;
}

function Tools({ isPlain, onPlain, onDone }: ToolsProps): ReactNode {
  const { isRunning, isFollowing } = useStore(theConsole.status);
  const then = (act: () => unknown) => (): void => {
    act();
    onDone();
  };
  return (
    <div className="row console-tools" role="toolbar" aria-label="Console">
      <button
        type="button"
        className="button"
        disabled={!isRunning && !isFollowing}
        onClick={then(() => theConsole.interrupt())}
      >
        {isFollowing ? 'Stop following' : 'Stop'}
      </button>
      <button type="button" className="button" onClick={then(() => theConsole.clear())}>
        Clear
      </button>
      <button type="button" className="button" onClick={then(copyAll)}>
        Copy all
      </button>
      <button
        type="button"
        className="button"
        onClick={then(() => saveFile('console.txt', theConsole.transcript, 'text/plain'))}
      >
        Save
      </button>
      <button type="button" className="button" aria-pressed={isPlain} onClick={onPlain}>
        Plain text
      </button>
      <RecordButton />
    </div>
  );
}

/** Copies the transcript, and says what came of it; what the console says itself is no part of it. */
async function copyAll(): Promise<void> {
  const { transcript } = theConsole;
  const refused = (): string => '  Not copied: the browser gives no clipboard here. Save gives a file.';
  const copied = navigator.clipboard?.writeText(transcript).then(() => '  Copied.', refused);
  theConsole.note((await copied) ?? refused());
}

/** The last lines as text. Also when it is not shown: a screen reader hears what comes. */
function PlainText({ isShown }: { readonly isShown: boolean }): ReactNode {
  const { log } = theConsole;
  useSyncExternalStore(log.watch, log.version);
  const lines = log.from(Math.max(0, log.next - PLAIN_LINES_MAX));
  return (
    <div
      className={isShown ? 'console-plain panel' : 'visually-hidden'}
      role="log"
      aria-live="polite"
      aria-label="What was typed and answered"
      tabIndex={isShown ? 0 : undefined}
      data-testid="console-log"
    >
      {lines.map((line) => (
        <PlainLine key={line.number} line={line} />
      ))}
    </div>
  );
}

function PlainLine({ line: { tone, text } }: { readonly line: LogLine }): ReactNode {
  return (
    <div className="console-line" data-line={tone}>
      {straight(text)}
    </div>
  );
}
