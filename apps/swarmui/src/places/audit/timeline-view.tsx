// The timeline: rows of one height, of which only those in view are drawn.

import type { Refusal } from '@cohesix/wire';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useRef } from 'react';
import { goTo, hrefOf } from '../../app/router.ts';
import { useMainKeys } from '../../app/use-main-keys.ts';
import { useHive } from '../../session/hive.ts';
import { RowView } from './row-view.tsx';
import type { Row } from './timeline.ts';

/** As the style sheet has it, px. */
const ROW_PX = 52;

interface Props {
  readonly rows: readonly Row[];
  /** The entry that is open. */
  readonly line: number | undefined;
  readonly isReading: boolean;
  readonly refusal: Refusal | undefined;
  readonly onOlder?: () => void;
}

/** A list, newest first; arrows go from entry to entry. */
export function TimelineView({ rows, line, isReading, refusal, onOlder }: Props): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const at = useHive()?.at;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  useMainKeys((event) => {
    if (!box.current?.contains(event.target as Node)) return;
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const to = by === 0 ? undefined : nextEntry(rows, line, by);
    if (to === undefined) return;
    event.preventDefault();
    virtual.scrollToIndex(to.index);
    goTo(hrefOf('audit', String(to.line)), { replace: true });
    box.current.querySelector<HTMLElement>(`[data-seq="${to.line}"]`)?.focus();
  });
  return (
    <section className="audit-timeline" aria-label="Timeline">
      <Trouble refusal={refusal} isEmpty={rows.length === 0} isReading={isReading} />
      <div className="audit-box" ref={box}>
        <ol
          className="audit-rows"
          data-file="/audit/journal"
          aria-label="Lines, newest first"
          style={{ height: virtual.getTotalSize() }}
        >
          {virtual.getVirtualItems().map(({ index, start }) => (
            <RowView key={keyOf(rows[index], index)} row={rows[index]} start={start} line={line} at={at} />
          ))}
        </ol>
      </div>
      {onOlder === undefined ? null : (
        <button type="button" className="button" onClick={onOlder}>
          Older lines, out of the log
        </button>
      )}
    </section>
  );
}

function keyOf(row: Row | undefined, index: number): string {
  return row?.kind === 'entry' ? `line ${row.entry.seq}` : `refused ${row?.at} ${index}`;
}

function nextEntry(
  rows: readonly Row[],
  line: number | undefined,
  by: number,
): { readonly index: number; readonly line: number } | undefined {
  const from = rows.findIndex((row) => row.kind === 'entry' && row.entry.seq === line);
  for (let index = from < 0 ? 0 : from + by; index >= 0 && index < rows.length; index += by) {
    const row = rows[index];
    if (row?.kind === 'entry') return { index, line: row.entry.seq };
  }
  return undefined;
}

interface TroubleProps {
  readonly refusal: Refusal | undefined;
  readonly isEmpty: boolean;
  readonly isReading: boolean;
}

function Trouble({ refusal, isEmpty, isReading }: TroubleProps): ReactNode {
  if (isReading) return <p role="status">Reading /audit/journal…</p>;
  if (refusal !== undefined)
    return (
      <div className="notice" data-tone="error" role="alert">
        <strong>The journal cannot be read: {refusal.detail}</strong>
        <span>
          Files <code>/audit/journal</code> and <code>/audit/tile</code>, code <code>{refusal.code}</code>. It takes a
          ticket of the queen whose scope has <code>/audit</code>.
        </span>
      </div>
    );
  return isEmpty ? <p>No line is like that. Widen the filter, or read older lines.</p> : null;
}
