// One line of the journal: who, what, what the policy said, what came of it, what it hangs together with, and its proof.

import type { Refusal } from '@cohesix/wire';
import { type ReactNode, useEffect, useState } from 'react';
import { ExactText } from '../../act/exact-text.tsx';
import { hrefOf, hrefOfPath } from '../../app/router.ts';
import { findRecord } from '../../journal/find.ts';
import { type Entry, entriesOf, gateOf } from '../../journal/record.ts';
import { scrubber } from '../../past/past.ts';
import { useHive } from '../../session/hive.ts';
import { Moment } from '../../time/moment-view.tsx';
import { Outcomes } from './outcomes.tsx';
import { ProofView } from './proof-view.tsx';
import { idsOf } from './timeline.ts';

interface Props {
  readonly line: number;
  readonly entries: readonly Entry[];
}

type Found = { readonly entry: Entry } | { readonly refusal: Refusal } | undefined;

/** The entry, out of what is here or out of the log. */
export function EntryView({ line, entries }: Props): ReactNode {
  const here = entries.find(({ seq }) => seq === line);
  const found = useFromLog(line, here !== undefined || entries.length === 0);
  const entry = here ?? (found !== undefined && 'entry' in found ? found.entry : undefined);
  if (entry !== undefined) return <EntryPanel entry={entry} />;
  if (found === undefined || !('refusal' in found)) return <p role="status">Reading line {line}…</p>;
  return (
    <div className="notice" data-tone="error" role="alert">
      <strong>
        Line {line}: {found.refusal.detail} ({found.refusal.code})
      </strong>
      <a href={hrefOf('audit')}>All lines</a>
    </div>
  );
}

/** A line that the stream does not retain any more. */
function useFromLog(line: number, isHere: boolean): Found {
  const [found, setFound] = useState<Found>();
  const client = useHive()?.client;
  useEffect(() => {
    if (isHere || client === undefined) return;
    let isOver = false;
    void findRecord(client, line).then((result) => {
      if (isOver) return;
      const entry = result.ok ? entriesOf(result.value.record).find(({ seq }) => seq === line) : undefined;
      if (entry !== undefined) setFound({ entry });
      else if (!result.ok) setFound({ refusal: result.refusal });
    });
    return () => {
      isOver = true;
    };
  }, [client, line, isHere]);
  return found;
}

function EntryPanel({ entry }: { readonly entry: Entry }): ReactNode {
  const { seq, record } = entry;
  return (
    <article className="panel stack audit-entry" aria-label={`Line ${seq}`} data-line={seq}>
      <div className="row">
        <h2>Line {seq}</h2>
        <span className="spacer" />
        <Past line={seq} />
        <a className="button" href={hrefOf('audit')}>
          Close
        </a>
      </div>
      <Facts entry={entry} />
      <pre className="audit-exact" data-testid="entry-line">
        <ExactText text={entry.line} />
      </pre>
      <Related entry={entry} />
      <ProofView key={record.seq} record={record} />
      <Outcomes outcome={entry.outcome} />
    </article>
  );
}

/** Ways to the hive before and after the line. */
function Past({ line }: { readonly line: number }): ReactNode {
  if (useHive()?.mode === 'replay') return null;
  return (
    <>
      {line > 1 ? (
        <button type="button" className="button" onClick={() => void scrubber.goTo(line - 1)}>
          Hive before it
        </button>
      ) : null}
      <button type="button" className="button" onClick={() => void scrubber.goTo(line)}>
        Hive after it
      </button>
    </>
  );
}

function Facts({ entry }: { readonly entry: Entry }): ReactNode {
  const { record, decision } = entry;
  const { subject, role, ticketIds, session } = record.who;
  const gate = gateOf(entry);
  return (
    <dl className="audit-facts">
      <dt>When</dt>
      <dd>
        <Moment atMs={record.at} />
      </dd>
      <dt>Who</dt>
      <dd>
        {subject} ({role}), session {session}
      </dd>
      <dt>Ticket chain</dt>
      <dd>{ticketIds.length === 0 ? 'none' : ticketIds.map((id) => <TicketId key={id} id={id} />)}</dd>
      <dt>File</dt>
      <dd>
        <a href={hrefOfPath(record.path)}>{record.path}</a>
      </dd>
      <dt>Policy</dt>
      <dd>
        {gate === undefined ? (
          `no rule asked (${typeof decision === 'string' ? decision : 'open'})`
        ) : (
          <>
            rule {gate.rule}, approved as <a href={hrefOf('approvals', gate.by)}>{gate.by}</a>
          </>
        )}
      </dd>
    </dl>
  );
}

function TicketId({ id }: { readonly id: string }): ReactNode {
  return (
    <a className="audit-ticket" href={hrefOf('audit', 'with', id)}>
      <code>{id}</code>
    </a>
  );
}

function Related({ entry }: { readonly entry: Entry }): ReactNode {
  const ids = idsOf(entry);
  if (ids.length === 0) return null;
  return (
    <nav className="row" aria-label="Lines that hang together with this one">
      <span>All lines with</span>
      {ids.map(({ kind, id }) => (
        <a key={id} className="badge audit-id" href={hrefOf('audit', 'with', id)}>
          {kind === 'session' ? id.replace(':', ' ') : `${kind} ${id}`}
        </a>
      ))}
    </nav>
  );
}
