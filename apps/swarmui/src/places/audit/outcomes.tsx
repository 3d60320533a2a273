// What came of a line: the answer, what changed, what was set going, what was logged.

import type { ReactNode } from 'react';
import type { Outcome } from '../../journal/record.ts';

/** Characters of a change that are shown at once. */
const SHOWN_MAX = 4000;

/** The outcome of one line. */
export function Outcomes({ outcome }: { readonly outcome: Outcome }): ReactNode {
  const { ok, code, detail, changes, effects, log, reply } = outcome;
  return (
    <section className="stack" aria-label="Outcome">
      <h3>
        {ok ? 'Accepted' : `Refused (${code ?? ''})`}
        {detail === undefined ? '' : `: ${detail}`}
      </h3>
      {log.length === 0 ? null : <pre>{log.join('\n')}</pre>}
      {isEmpty(reply) ? null : <Json title="Answer" value={reply} />}
      {changes.map(({ capability, change }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the changes of a line never change
        <Json key={index} title={`Changed: ${capability}`} value={change} />
      ))}
      {effects.length === 0 ? null : <Json title="Set going" value={effects} />}
    </section>
  );
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}

function Json({ title, value }: { readonly title: string; readonly value: unknown }): ReactNode {
  const text = JSON.stringify(value, undefined, 2);
  return (
    <details open={text.length < 600}>
      <summary>{title}</summary>
      <pre className="audit-json">{text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}\n…` : text}</pre>
    </details>
  );
}
