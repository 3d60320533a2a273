// One value of a list on the screen.

import { type Cell, cellText } from '@cohesix/client/core';
import type { ReactNode } from 'react';
import { Moment } from '../../time/moment-view.tsx';
import { type ColumnInfo, shareOf } from './columns.ts';

/** The value of a column; `now`: from where moments are seen, when there is such a moment. */
export function CellText({
  column,
  cell,
  now,
}: {
  readonly column: ColumnInfo;
  readonly cell: Cell | undefined;
  readonly now: number | undefined;
}): ReactNode {
  const { key, kind } = column;
  if (cell === undefined || cell === null || cell === '') return <span className="fleet-none">–</span>;
  if (kind === 'moment' && typeof cell === 'number') return <Moment atMs={cell} nowMs={now} />;
  const share = kind === 'share' ? shareOf(cell) : undefined;
  if (share !== undefined) return <Share {...share} />;
  if (key === 'state')
    return (
      <span className="badge" data-tone={TONES[String(cell)] ?? 'plain'}>
        {cellText(key, cell)}
      </span>
    );
  if (typeof cell === 'number') return cell.toLocaleString('en');
  return HASH.test(String(cell)) ? (
    <code title={String(cell)}>{String(cell).slice(0, HASH_SHOWN)}…</code>
  ) : (
    String(cell)
  );
}

const HASH = /^[0-9a-f]{64}$/;
const HASH_SHOWN = 12;

function Share({ used, all }: { readonly used: number; readonly all: number | undefined }): ReactNode {
  if (all === undefined) return <span title="No limit">{used.toLocaleString('en')} of ∞</span>;
  const part = all === 0 ? 0 : Math.min(used / all, 1);
  return (
    <span className="fleet-share">
      {used.toLocaleString('en')} of {all.toLocaleString('en')}
      <span className="fleet-bar" aria-hidden="true" data-tone={part > NEARLY ? 'warn' : 'ok'}>
        <span style={{ width: `${part * 100}%` }} />
      </span>
    </span>
  );
}

const NEARLY = 0.9;

const TONES: Readonly<Record<string, 'ok' | 'warn' | 'error'>> = {
  running: 'ok',
  active: 'ok',
  succeeded: 'ok',
  done: 'ok',
  stopping: 'warn',
  starting: 'warn',
  waiting: 'warn',
  queued: 'warn',
  ending: 'warn',
  expired: 'warn',
  failed: 'error',
  lost: 'error',
};
