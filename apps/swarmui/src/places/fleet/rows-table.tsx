// A list as a table: sorted by its headers, filtered by a word, only the rows in view drawn, a row chosen by click or by keys.

import type { Row } from '@cohesix/client/core';
import {
  type ColumnDef,
  columnFilteringFeature,
  createFilteredRowModel,
  createSortedRowModel,
  globalFilteringFeature,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { type ReactNode, useMemo } from 'react';
import { type ColumnInfo, columnsOf, compareValues, sortValueOf } from './columns.ts';
import { TableRows } from './table-rows.tsx';

const features = tableFeatures({
  rowSortingFeature,
  columnFilteringFeature,
  globalFilteringFeature,
  sortedRowModel: createSortedRowModel(),
  filteredRowModel: createFilteredRowModel(),
});

/** The table of these features. */
export type RowsTableModel = ReturnType<typeof useTable<typeof features, Row>>;

/** What a table shows. */
export interface RowsTableProps {
  readonly rows: readonly Row[];
  /** The file they are from. */
  readonly path: string;
  readonly label: string;
  readonly first?: readonly string[];
  readonly without?: readonly string[];
  /** What a row is known by. */
  readonly idOf: (row: Row) => string;
  /** Where a row leads; undefined: nowhere. */
  readonly hrefOf?: (row: Row) => string;
  /** The id of the row that is looked at. */
  readonly chosen?: string | undefined;
}

/** Rows from which on there is a field to filter them. */
const FILTER_FROM = 8;

/** The table. */
export function RowsTable(props: RowsTableProps): ReactNode {
  const { rows, first, without, idOf, label } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: lists written in a component are others each time, with the same in them
  const columns = useMemo(
    () => columnsOf(rows, { ...(first && { first }), ...(without && { without }) }),
    [rows, first?.join(), without?.join()],
  );
  const definitions = useMemo(() => columns.map(definitionOf), [columns]);
  const table = useTable<typeof features, Row>({
    features,
    columns: definitions,
    data: rows,
    getRowId: (row, index) => `${idOf(row)} ${index}`,
    globalFilterFn: (row, _, wanted: string) =>
      Object.values(row.original).some((cell) => String(cell).toLowerCase().includes(wanted)),
    getColumnCanGlobalFilter: (column) => column.id === columns[0]?.key,
    autoResetAll: false,
  });
  const filter = table.state.globalFilter as string | undefined;
  return (
    <div className="stack fleet-table">
      {rows.length < FILTER_FROM ? null : (
        <div className="row">
          <input
            type="search"
            className="fleet-filter"
            aria-label={`Filter ${label}`}
            placeholder={`filter ${rows.length.toLocaleString('en')} rows…`}
            defaultValue={filter ?? ''}
            onChange={(event) => table.setGlobalFilter(event.target.value.toLowerCase())}
          />
          <span className="fleet-soft" role="status">
            {filter
              ? `${table.getRowModel().rows.length.toLocaleString('en')} of ${rows.length.toLocaleString('en')}`
              : ''}
          </span>
        </div>
      )}
      <TableRows {...props} table={table} columns={columns} />
    </div>
  );
}

function definitionOf({ key, title, kind }: ColumnInfo): ColumnDef<typeof features, Row> {
  return {
    id: key,
    header: title,
    accessorFn: (row) => sortValueOf(row[key], kind),
    sortUndefined: 'last',
    sortFn: (one, other, id) => compareValues(one.getValue(id), other.getValue(id)),
  };
}
