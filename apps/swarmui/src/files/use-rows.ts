// Lists of the hive as rows, fresh.

import { type Row, rowsIn } from '@cohesix/client/core';
import { ok } from '@cohesix/wire';
import type { Content } from './content.ts';
import { LONG_SIZE, type Reading, useReading, VIEW_BYTES_MAX } from './reads.ts';

/** A list, and whether the hive cut it. */
export interface RowList {
  readonly text: string;
  readonly rows: readonly Row[];
  readonly isCut: boolean;
}

const ROWS: Reading<RowList> = {
  name: 'rows',
  read: async (client, path) => {
    const content = await client.read(path, { maxBytes: VIEW_BYTES_MAX });
    if (!content.ok) return content;
    const text = new TextDecoder().decode(content.value);
    return ok({ text, ...rowsIn(text) });
  },
  isSame: (one, other) => one.text === other.text,
  isLong: ({ text }) => text.length > LONG_SIZE,
};

/** The rows of a view. */
export function useRows(path: string): Content<RowList> {
  return useReading(path, ROWS);
}

/** The rows of a view that may not be there, or may not be read: then none. */
export function useRowsIfAny(path: string): readonly Row[] {
  const content = useRows(path);
  return content.kind === 'here' ? content.value.rows : NONE;
}

const NONE: readonly Row[] = [];
