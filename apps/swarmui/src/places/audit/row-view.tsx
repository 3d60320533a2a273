// A row of the timeline: an entry, which leads to it, or a refusal, which leads nowhere.

import type { ReactNode } from 'react';
import { ExactText } from '../../act/exact-text.tsx';
import { hrefOf } from '../../app/router.ts';
import type { Entry } from '../../journal/record.ts';
import { Moment } from '../../time/moment-view.tsx';
import type { Refused, Row } from './timeline.ts';

interface Props {
  readonly row: Row | undefined;
  /** Where it is in the list, px. */
  readonly start: number;
  /** The entry that is open. */
  readonly line: number | undefined;
  /** The line after which the page shows the hive. */
  readonly at: number | undefined;
}

/** An entry is a link to it; a refusal is none, since it is no entry. */
export function RowView({ row, start, line, at }: Props): ReactNode {
  if (row === undefined) return null;
  const place = { transform: `translateY(${start}px)` };
  if (row.kind === 'refused')
    return (
      <li className="audit-row" data-tone="error" style={place}>
        <RefusedText row={row} />
      </li>
    );
  const { entry } = row;
  return (
    <li className="audit-row" style={place} data-later={at !== undefined && entry.seq > at}>
      <a
        data-seq={entry.seq}
        href={hrefOf('audit', String(entry.seq))}
        aria-current={entry.seq === line ? 'true' : undefined}
      >
        <EntryText entry={entry} isHere={entry.seq === at} />
      </a>
    </li>
  );
}

function EntryText({ entry, isHere }: { readonly entry: Entry; readonly isHere: boolean }): ReactNode {
  const { seq, record, line, outcome } = entry;
  return (
    <>
      <span className="audit-head">
        <span className="audit-seq">{seq}</span>
        <Moment atMs={record.at} />
        <strong>{record.who.subject}</strong>
        <code>{record.path}</code>
        {outcome.ok ? null : <span data-tone="error">refused {outcome.code}</span>}
        {isHere ? <span className="badge">shown now</span> : null}
      </span>
      <code className="audit-line">
        <ExactText text={line} />
      </code>
    </>
  );
}

function RefusedText({ row }: { readonly row: Refused }): ReactNode {
  return (
    <div className="audit-refused">
      <span className="audit-head">
        <span className="audit-seq">–</span>
        <Moment atMs={row.at} />
        <strong>{row.subject}</strong>
        <code>{row.path}</code>
      </span>
      <span className="audit-line">refused: {row.reason} (no line of the journal)</span>
    </div>
  );
}
