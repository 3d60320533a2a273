// Lists of the hive as rows, fresh. A long one is not read again and again while much happens: it would be the only thing the
// connection does.

import { type Row, rowsIn } from '@cohesix/client/core';
import { ok } from '@cohesix/wire';
import type { Content } from '../../files/content.ts';
import { type Reading, useReading } from '../../files/reads.ts';

/** The longest view of a hive has 4 MiB (`/proc/fleet`, hive/node). */
const BYTES_MAX = 4_194_304;
/** A text longer than this is read once in `PACE_MS` at most. */
const LONG = 65_536;
const PACE_MS = 1000;

/** A list, and whether the hive cut it. */
export interface RowList {
  readonly text: string;
  readonly rows: readonly Row[];
  readonly isCut: boolean;
}

/** Path → when it may be read again, for long ones. */
const notBefore = new Map<string, number>();

const ROWS: Reading<RowList> = {
  name: 'rows',
  read: async (client, path) => {
    await until(notBefore.get(path) ?? 0);
    const content = await client.read(path, { maxBytes: BYTES_MAX });
    if (!content.ok) return content;
    if (content.value.length > LONG) notBefore.set(path, performance.now() + PACE_MS);
    else notBefore.delete(path);
    const text = new TextDecoder().decode(content.value);
    return ok({ text, ...rowsIn(text) });
  },
  isSame: (one, other) => one.text === other.text,
};

function until(moment: number): Promise<void> {
  const ms = moment - performance.now();
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}

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
