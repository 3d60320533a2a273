// "Open a recording": a trace or an evidence pack, chosen or dropped anywhere on the page. What reads it is loaded when there is one.

import { type ReactNode, useEffect, useRef, useState } from 'react';
import { type Dropped, droppedOf } from './dropped.ts';

/** The buttons, and what is wrong with what was opened last. */
export function OpenRecording(): ReactNode {
  const [problem, setProblem] = useState<string>();
  const [isOpening, setOpening] = useState(false);
  const open = (chosen: Promise<Dropped>): void => {
    if (isOpening) return;
    setOpening(true);
    setProblem(undefined);
    void chosen
      .then(openDropped)
      .catch(wordsOf)
      .then((why) => {
        setOpening(false);
        setProblem(why);
      });
  };
  useDrop(open);
  return (
    <section className="stack panel" aria-label="Recordings">
      <div className="row">
        <FilePicker title="Open a recording" label="A recording" onFiles={open} />
        <FilePicker title="Open evidence" label="A folder of evidence" isFolder onFiles={open} />
      </div>
      <span>
        A trace of this page or of <code>coh sh --record</code>; a folder of <code>coh audit export</code>. Dropping one
        here does the same. No hive is needed, and nothing is sent.
      </span>
      {isOpening ? <p role="status">Reading it…</p> : null}
      {problem === undefined ? null : (
        <div className="notice" data-tone="error" role="alert">
          <strong>Not opened.</strong> {problem}
        </div>
      )}
    </section>
  );
}

interface PickerProps {
  readonly title: string;
  readonly label: string;
  readonly isFolder?: boolean;
  readonly onFiles: (chosen: Promise<Dropped>) => void;
}

function FilePicker({ title, label, isFolder = false, onFiles }: PickerProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" className="button" onClick={() => input.current?.click()}>
        {title}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={label}
        {...(isFolder ? { webkitdirectory: '' } : { accept: '.trace' })}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          const packed = files.map((file) => ({ path: file.webkitRelativePath || file.name, file }));
          const name = packed[0]?.path.split('/', 1)[0] ?? '';
          if (files.length > 0) onFiles(Promise.resolve({ name, files: packed }));
          currentTarget.value = '';
        }}
      />
    </>
  );
}

/** A file that went away, or may not be read, rejects (DOMException); so does a part of the page that cannot be fetched. */
function wordsOf(error: unknown): string {
  return `It cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}

/** Why it cannot be shown; undefined when it is. */
async function openDropped({ name, files }: Dropped): Promise<string | undefined> {
  const [{ openRecording }, { openReplay }, { openPack }, { isPack }] = await Promise.all([
    import('./open-recording.ts'),
    import('./replay.ts'),
    import('./open-pack.ts'),
    import('./pack-files.ts'),
  ]);
  const [only] = files;
  if (only === undefined) return 'There are no files in it.';
  if (files.length > 1 || isPack(files)) {
    const report = await openPack(name, files);
    return report.ok ? undefined : report.refusal.detail;
  }
  const opened = await openRecording(only.file);
  if (!opened.ok) return opened.refusal.detail;
  openReplay(only.file.name, opened.value);
  return undefined;
}

function useDrop(open: (chosen: Promise<Dropped>) => void): void {
  useEffect(() => {
    const over = (event: DragEvent): void => event.preventDefault();
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      if (event.dataTransfer !== null) open(droppedOf(event.dataTransfer));
    };
    addEventListener('dragover', over);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('drop', drop);
    };
  });
}
