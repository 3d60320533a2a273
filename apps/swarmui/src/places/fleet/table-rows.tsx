// The drawn part of a table: its headers, and the rows in view between two that hold the room of the others.

import type { Row } from '@cohesix/client/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';
import { goTo } from '../../app/router.ts';
import { useNow } from '../../time/use-now.ts';
import { CellText } from './cell-text.tsx';
import type { ColumnInfo } from './columns.ts';
import type { RowsTableModel, RowsTableProps } from './rows-table.tsx';

const ROW_PX = 33;

interface TableRowsProps extends RowsTableProps {
  readonly table: RowsTableModel;
  readonly columns: readonly ColumnInfo[];
}

/** The table element. */
export function TableRows({ table, columns, label, path, ...props }: TableRowsProps): ReactNode {
  const scroll = useRef<HTMLElement>(null);
  const now = useNow();
  const rows = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const onKeyDown = useRowKeys(rows.length, scroll, (index) => virtual.scrollToIndex(index));
  return (
    <section
      ref={scroll}
      className="fleet-scroll"
      aria-label={`${label}, table`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <table aria-label={label} aria-rowcount={rows.length + 1} data-file={path}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <Header key={column.key} column={column} table={table} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Room px={before} columns={columns.length} />
          {items.map(({ index }) => {
            const row = rows[index]?.original;
            return row === undefined ? null : (
              <OneRow key={rows[index]?.id} row={row} index={index} columns={columns} now={now} {...props} />
            );
          })}
          <Room px={after} columns={columns.length} />
        </tbody>
      </table>
    </section>
  );
}

/** Rows that are not drawn, as room. */
function Room({ px, columns }: { readonly px: number; readonly columns: number }): ReactNode {
  return px <= 0 ? null : (
    <tr className="fleet-room">
      <td colSpan={columns} style={{ height: px }} />
    </tr>
  );
}

function Header({
  column: { key, title, kind },
  table,
}: {
  readonly column: ColumnInfo;
  readonly table: RowsTableModel;
}): ReactNode {
  const column = table.getColumn(key);
  const sorted = column?.getIsSorted() ?? false;
  const order = sorted === 'asc' ? 'ascending' : 'descending';
  return (
    <th scope="col" data-kind={kind} aria-sort={sorted === false ? undefined : order}>
      <button type="button" className="fleet-sort" onClick={() => column?.toggleSorting()}>
        {title}
        <span aria-hidden="true">{sorted === false ? '' : sorted === 'asc' ? ' ▲' : ' ▼'}</span>
      </button>
    </th>
  );
}

interface OneRowProps extends Pick<RowsTableProps, 'idOf' | 'hrefOf' | 'chosen'> {
  readonly row: Row;
  readonly index: number;
  readonly columns: readonly ColumnInfo[];
  readonly now: number | undefined;
}

function OneRow({ row, index, columns, now, idOf, hrefOf, chosen }: OneRowProps): ReactNode {
  const href = hrefOf?.(row);
  return (
    <tr
      aria-rowindex={index + 2}
      data-index={index}
      data-chosen={idOf(row) === chosen}
      data-leads={href !== undefined}
      onClick={() => href !== undefined && goTo(href)}
    >
      {columns.map((column, at) => (
        <td key={column.key} data-field={column.key} data-kind={column.kind}>
          {at === 0 && href !== undefined ? (
            <a href={href} aria-current={idOf(row) === chosen ? 'true' : undefined}>
              <CellText column={column} cell={row[column.key]} now={now} />
            </a>
          ) : (
            <CellText column={column} cell={row[column.key]} now={now} />
          )}
        </td>
      ))}
    </tr>
  );
}

/** Up and down go from row to row, Home and End to the first and the last; a row that is not drawn yet gets the focus when it is. */
function useRowKeys(
  count: number,
  scroll: { readonly current: HTMLElement | null },
  show: (index: number) => void,
): (event: KeyboardEvent) => void {
  const wanted = useRef<number>(undefined);
  useEffect(() => {
    if (wanted.current === undefined) return;
    const link = scroll.current?.querySelector<HTMLElement>(`tr[data-index="${wanted.current}"] a`);
    if (link === null || link === undefined) return;
    wanted.current = undefined;
    link.focus();
  });
  return (event) => {
    const at = Number((document.activeElement?.closest('tr') as HTMLElement | null)?.dataset.index ?? -1);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: count - 1 }[event.key];
    if (to === undefined || to < 0 || to >= count || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    wanted.current = to;
    show(to);
    scroll.current?.querySelector<HTMLElement>(`tr[data-index="${to}"] a`)?.focus();
  };
}
