// One list of a tab: its heading, its table, or why there is none and what makes the first row.

import type { ReactNode } from 'react';
import { Refused } from '../../files/refused.tsx';
import { useRows } from '../../files/use-rows.ts';
import { RowsTable, type RowsTableProps } from './rows-table.tsx';

interface ListSectionProps extends Omit<RowsTableProps, 'rows' | 'label'> {
  readonly title: string;
  readonly empty: ReactNode;
}

/** The list at a path. */
export function ListSection({ title, empty, ...props }: ListSectionProps): ReactNode {
  const list = useRows(props.path);
  return (
    <section className="stack fleet-list" aria-label={title}>
      <h2>
        {title}
        {list.kind === 'here' && list.value.rows.length > 0 ? (
          <span className="fleet-count"> {list.value.rows.length.toLocaleString('en')}</span>
        ) : null}
      </h2>
      {list.kind === 'waiting' ? <p role="status">Reading {props.path}…</p> : null}
      {list.kind === 'refused' ? <Refused path={props.path} refusal={list.refusal} /> : null}
      {list.kind === 'here' && list.value.rows.length === 0 ? <p className="fleet-soft">{empty}</p> : null}
      {list.kind === 'here' && list.value.rows.length > 0 ? (
        <RowsTable {...props} label={title} rows={list.value.rows} />
      ) : null}
      {list.kind === 'here' && list.value.isCut ? (
        <p className="fleet-soft">The hive cut this list at the bound of {props.path}.</p>
      ) : null}
    </section>
  );
}
