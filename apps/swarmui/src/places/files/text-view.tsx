// The content of a view or of a control file, fresh: as text, as JSON laid out, or as bytes; so many lines at first.

import { ok } from '@cohesix/wire';
import { type ReactNode, useMemo, useState } from 'react';
import { LONG_SIZE, type Reading, useReading, VIEW_BYTES_MAX } from '../../files/reads.ts';
import { Refused } from '../../files/refused.tsx';
import { type Form, formsOf, linesOf } from './file-text.ts';

/** Lines shown at first, and more of them with each press. */
const LINES_STEP = 400;

const BYTES: Reading<Uint8Array> = {
  name: 'bytes',
  read: async (client, path) => {
    const content = await client.read(path, { maxBytes: VIEW_BYTES_MAX });
    return content.ok ? ok(content.value) : content;
  },
  isSame: (one, other) => one.length === other.length && one.every((byte, index) => byte === other[index]),
  isLong: ({ length }) => length > LONG_SIZE,
};

/** What the file says now. `empty`: said when that is nothing. */
export function TextView({ path, empty }: { readonly path: string; readonly empty?: string }): ReactNode {
  const content = useReading(path, BYTES);
  if (content.kind === 'waiting') return <p role="status">Reading…</p>;
  if (content.kind === 'refused') return <Refused path={path} refusal={content.refusal} />;
  if (content.value.length === 0)
    return (
      <p className="files-soft" data-file={path}>
        {empty ?? 'Empty: there is nothing to say now.'}
      </p>
    );
  return (
    <>
      {content.isStale ? <p className="files-soft">As it was when the hive was last heard.</p> : null}
      <BytesView path={path} bytes={content.value} />
    </>
  );
}

const WORDS: Readonly<Record<Form, string>> = { text: 'Text', json: 'JSON, laid out', hex: 'Bytes' };

/** Some bytes, in the form that suits them best or that somebody chose. */
export function BytesView({ path, bytes }: { readonly path: string; readonly bytes: Uint8Array }): ReactNode {
  const forms = useMemo(() => formsOf(bytes), [bytes]);
  const [chosen, setChosen] = useState<Form>();
  const [shown, setShown] = useState(LINES_STEP);
  const form = chosen !== undefined && forms.includes(chosen) ? chosen : (forms[0] ?? 'hex');
  const lines = useMemo(() => linesOf(bytes, form), [bytes, form]);
  return (
    <div className="stack">
      <fieldset className="files-forms row">
        <legend className="visually-hidden">Shown as</legend>
        {forms.map((one) => (
          <button key={one} type="button" className="button" aria-pressed={one === form} onClick={() => setChosen(one)}>
            {WORDS[one]}
          </button>
        ))}
      </fieldset>
      <section
        className="panel files-content code"
        data-file={path}
        data-form={form}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        tabIndex={0}
        aria-label={`Content of ${path}`}
      >
        {lines.slice(0, shown).join('\n')}
      </section>
      {lines.length <= shown ? null : (
        <button type="button" className="button" onClick={() => setShown(shown + LINES_STEP)}>
          {Math.min(LINES_STEP, lines.length - shown)} more of {lines.length} lines
        </button>
      )}
    </div>
  );
}
