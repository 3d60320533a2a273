// A stream, followed: its last lines, filtered and held when somebody wants to read; what was lost stands among them.

import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import type { Lines } from '../../files/lines.ts';
import { Refused } from '../../files/refused.tsx';
import { useLines } from '../../files/use-lines.ts';
import { type Hive, useHive } from '../../session/hive.ts';
import { lostText } from './file-text.ts';

const LINES_MAX = 5000;
const ROW_PX = 20;

/** The last lines of the stream at a path. */
export function StreamView({ path }: { readonly path: string }): ReactNode {
  const content = useLines(path, LINES_MAX);
  const [filter, setFilter] = useState('');
  const [held, setHeld] = useState<Lines>();
  const hive = useHive();
  if (content.kind === 'waiting') return <p role="status">Following…</p>;
  if (content.kind === 'refused') return <Refused path={path} refusal={content.refusal} />;
  const now = content.value;
  const since = held === undefined ? 0 : now.lines.length + now.dropped - held.lines.length - held.dropped;
  return (
    <div className="files-stream stack">
      <div className="row">
        <input
          type="search"
          className="files-filter"
          aria-label="Show only lines with"
          placeholder="only lines with…"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <button
          type="button"
          className="button"
          aria-pressed={held !== undefined}
          onClick={() => setHeld(held === undefined ? now : undefined)}
        >
          {held === undefined ? 'Pause' : 'Go on'}
        </button>
        <span className="files-soft" role="status">
          {held === undefined ? stateText(hive, content.isStale) : `Paused, ${since} more since`}
        </span>
      </div>
      <LineList path={path} shown={held ?? now} filter={filter} isFollowing={held === undefined} />
    </div>
  );
}

function stateText(hive: Hive | undefined, isStale: boolean): string {
  if (hive === undefined || isStale) return 'Not followed now: as it was when the hive was last heard';
  if (hive.mode === 'past') return 'As far as it is kept; the past does not go on';
  return hive.mode === 'replay' ? 'As it was recorded' : 'Following';
}

interface LineListProps {
  readonly path: string;
  readonly shown: Lines;
  readonly filter: string;
  readonly isFollowing: boolean;
}

function LineList({ path, shown, filter, isFollowing }: LineListProps): ReactNode {
  const scroll = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => filtered(shown.lines, filter), [shown, filter]);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: 20,
  });
  useEffect(() => {
    if (isFollowing && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [isFollowing, lines, virtual]);
  return (
    <>
      <div
        ref={scroll}
        className="panel files-lines"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={`Lines of ${path}`}
        data-file={path}
      >
        <div className="files-lines-all" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => (
            <StreamLine key={index} line={lines[index] ?? ''} top={start} />
          ))}
        </div>
      </div>
      <p className="files-soft">{countText(shown, lines.length)}</p>
    </>
  );
}

function StreamLine({ line, top }: { readonly line: string; readonly top: number }): ReactNode {
  const lost = lostText(line);
  return (
    <div
      className="files-line"
      data-lost={lost !== undefined}
      style={{ transform: `translateY(${top}px)`, height: ROW_PX }}
      title={line}
    >
      {lost ?? line}
    </div>
  );
}

function filtered(lines: readonly string[], filter: string): readonly string[] {
  if (filter === '') return lines;
  const wanted = filter.toLowerCase();
  return lines.filter((line) => line.toLowerCase().includes(wanted));
}

function countText({ lines, dropped }: Lines, shown: number): string {
  const all = lines.length === 0 ? 'Nothing was written to it yet.' : `${shown} of ${lines.length} lines`;
  return dropped === 0 ? all : `${all}; ${dropped} earlier ones are not kept here`;
}
