// The text of `/proc/spool/read` as records: a line of fields, then as many bytes as it says, then an LF unless they end in one; and marks
// of what is lost.

import { rowOf } from './rows.ts';

/** What the spool gives. */
export type SpoolRecord =
  | {
      readonly seq: number;
      readonly ts_ms: number;
      readonly kind: string;
      readonly bytes: number;
      readonly payload: Uint8Array;
    }
  /** Records that were durable and cannot be read any more, from `seq` on. */
  | { readonly seq: number; readonly lost: number };

/** Number of the last record of it. */
export function lastOf(record: SpoolRecord): number {
  return 'lost' in record ? record.seq + record.lost - 1 : record.seq;
}

const LF = 0x0a;

/** Cuts chunks into records; what is not whole at the end is left out. */
export async function* recordsIn(chunks: AsyncIterable<Uint8Array>): AsyncIterable<SpoolRecord> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    for (;;) {
      const found = firstIn(rest);
      if (found === undefined) break;
      rest = rest.subarray(found.end);
      yield found.record;
    }
  }
}

function firstIn(text: Buffer): { readonly record: SpoolRecord; readonly end: number } | undefined {
  const head = text.indexOf(LF);
  if (head < 0) return undefined;
  const line = text.toString('latin1', 0, head);
  const row = rowOf(line);
  const seq = Number(row.seq);
  if (line.startsWith('~ lost ')) return { record: { seq, lost: Number(row.records) }, end: head + 1 };
  const bytes = Number(row.bytes);
  const payload = Uint8Array.from(text.subarray(head + 1, head + 1 + bytes));
  const end = head + 1 + bytes + (payload.at(-1) === LF ? 0 : 1);
  if (payload.length < bytes || end > text.length) return undefined;
  return { record: { seq, ts_ms: Number(row.ts), kind: String(row.kind), bytes, payload }, end };
}
