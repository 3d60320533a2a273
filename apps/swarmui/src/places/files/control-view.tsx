// A control file: what it takes, as a form that grows into a line, and the lines it has accepted.

import { type ReactNode, useState } from 'react';
import { propose } from '../../act/acts.ts';
import { useHive } from '../../session/hive.ts';
import { useStore } from '../../store/store.ts';
import { type ControlDoc, docFor } from './control-doc.ts';
import { controlDocs } from './control-docs.ts';
import { LineForm } from './line-form.tsx';
import { firstLine, lineText, readLine } from './line-model.ts';
import { TextView } from './text-view.tsx';

/** The file at a path. */
export function ControlView({ path }: { readonly path: string }): ReactNode {
  const docs = useStore(controlDocs);
  const doc = docs === undefined ? undefined : docFor(docs, path);
  return (
    <div className="files-control">
      <div className="stack">
        {doc === undefined ? null : <p className="files-summary">{doc.summary}</p>}
        {docs === undefined ? <p role="status">Reading what it takes…</p> : <Write path={path} doc={doc} />}
      </div>
      <div className="stack">
        <h2>Accepted lines</h2>
        <TextView path={path} empty="No line was accepted yet, or none is retained." />
      </div>
    </div>
  );
}

function Write({ path, doc }: { readonly path: string; readonly doc: ControlDoc | undefined }): ReactNode {
  const hive = useHive();
  if (hive === undefined) return null;
  if (hive.mode !== 'live')
    return <p className="files-soft">This is not the present: nothing can be written here. Go back to now to write.</p>;
  return <Editor key={doc?.pattern} path={path} doc={doc ?? ANY_LINE} role={hive.role} />;
}

/** Of a file of which `/proc/controls` says nothing, or which the ticket may not see: a line as it is written. */
const ANY_LINE: ControlDoc = {
  pattern: '',
  summary: '',
  writers: [],
  lineBytesMax: 8192,
  isWord: true,
  schema: {},
  examples: [],
};

interface EditorProps {
  readonly path: string;
  readonly doc: ControlDoc;
  readonly role: string;
}

function Editor({ path, doc, role }: EditorProps): ReactNode {
  const [text, setText] = useState(() => firstLine(doc));
  const line = readLine(doc, text);
  const mayWrite = doc.writers.length === 0 || doc.writers.includes(role);
  const isFit = line.kind === 'value' && line.problems.length === 0;
  const send = (): void => propose({ path, line: text, what: `Write to ${path}` }, () => setText(firstLine(doc)));
  return (
    <form
      className="panel stack files-form"
      aria-label={`A line for ${path}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (isFit && mayWrite) send();
      }}
    >
      <LineForm doc={doc} line={line} onValue={(value) => setText(lineText(doc, value))} />
      <Examples doc={doc} onChoose={setText} />
      <label className="field">
        The line, as it is sent
        <textarea
          className="code"
          rows={Math.min(6, 1 + Math.floor(text.length / 70))}
          spellCheck={false}
          value={text}
          aria-describedby="files-line-state"
          aria-invalid={!isFit}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <p id="files-line-state" role="status" data-fit={isFit} className="files-state">
        {stateText(line, text, doc)}
      </p>
      <div className="row">
        <button type="submit" className="button primary" disabled={!isFit || !mayWrite}>
          Review
        </button>
        {mayWrite ? null : (
          <span className="files-soft">
            Only {doc.writers.join(', ')} may write here; this ticket is of {role}.
          </span>
        )}
      </div>
    </form>
  );
}

function Examples({
  doc: { examples },
  onChoose,
}: {
  readonly doc: ControlDoc;
  readonly onChoose: (line: string) => void;
}): ReactNode {
  if (examples.length === 0) return null;
  return (
    <label className="field">
      Begin with an example
      <select value="" onChange={(event) => onChoose(event.target.value)}>
        <option value="">…</option>
        {examples.map((example) => (
          <option key={example}>{example}</option>
        ))}
      </select>
    </label>
  );
}

function stateText(line: ReturnType<typeof readLine>, text: string, { lineBytesMax }: ControlDoc): string {
  if (line.kind === 'broken') return line.why;
  const [first] = line.problems;
  if (first !== undefined) return `${first.path === '' ? 'The line' : first.path}: ${first.message}.`;
  return `Fits: ${new TextEncoder().encode(text).length} of ${lineBytesMax} bytes. Nothing is sent before it was reviewed.`;
}
