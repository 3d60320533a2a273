// Audit: the journal as a timeline, an entry of it, and the proof that it is in what the hive signed. `#/audit/<line>` is an entry,
// `#/audit/with/<id>` are the entries that name something.

import { type ReactNode, useMemo, useState } from 'react';
import { hrefOf, useRoute } from '../../app/router.ts';
import { useLines } from '../../files/use-lines.ts';
import { useJournal } from '../../journal/use-journal.ts';
import { ScrubBar } from '../../past/scrub-bar.tsx';
import { useHive } from '../../session/hive.ts';
import './audit.css';
import { EntryView } from './entry-view.tsx';
import { Filters } from './filters.tsx';
import { ANY, capabilitiesOf, type Filter, filtered, refusedOf, rowsOf } from './timeline.ts';
import { TimelineView } from './timeline-view.tsx';

const DECISIONS_KEPT = 5000;

/** The place. */
export function Body(): ReactNode {
  const { rest } = useRoute();
  const { journal, tail } = useJournal();
  const decisions = useLines('/audit/decisions', DECISIONS_KEPT);
  const [chosen, setFilter] = useState<Filter>(ANY);
  const id = rest[0] === 'with' ? (rest[1] ?? '') : '';
  const line = rest[0] !== undefined && /^\d{1,15}$/.test(rest[0]) ? Number(rest[0]) : undefined;
  const refused = useMemo(() => refusedOf(decisions.kind === 'here' ? decisions.value.lines : []), [decisions]);
  const all = useMemo(() => rowsOf(journal.entries, refused), [journal.entries, refused]);
  const filter = useMemo(() => (id === '' ? chosen : { ...chosen, id }), [chosen, id]);
  const rows = useMemo(() => filtered(all, filter), [all, filter]);
  const capabilities = useMemo(() => [...new Set(journal.entries.flatMap(capabilitiesOf))].sort(), [journal.entries]);
  return (
    <div className="audit">
      <h1>
        Audit <span className="audit-count">{countText(rows.length, all.length)}</span>
      </h1>
      <Scrub />
      <Filters filter={chosen} capabilities={capabilities} onFilter={setFilter} />
      {id === '' ? null : <WithId id={id} />}
      <div className="audit-split" data-open={line !== undefined}>
        <TimelineView
          rows={rows}
          line={line}
          isReading={journal.isReading}
          refusal={journal.refusal}
          {...(journal.isWhole ? {} : { onOlder: () => void tail.older() })}
        />
        {line === undefined ? null : <EntryView key={line} line={line} entries={journal.entries} />}
      </div>
    </div>
  );
}

function countText(shown: number, all: number): string {
  return shown === all ? `${all} lines` : `${shown} of ${all} lines`;
}

/** The slider; in the past it is in the banner. While it is folded the end of the journal is not read for it. */
function Scrub(): ReactNode {
  const hive = useHive();
  const [isOpen, setOpen] = useState(false);
  if (hive?.mode !== 'live') return null;
  return (
    <details className="audit-scrub" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>See the hive as it was</summary>
      {isOpen ? <ScrubBar /> : null}
    </details>
  );
}

function WithId({ id }: { readonly id: string }): ReactNode {
  return (
    <p className="row" role="status">
      <span>
        Lines that name <code>{id.replace(/^session:/, 'session ')}</code>
      </span>
      <a href={hrefOf('audit')}>Show all</a>
    </p>
  );
}
