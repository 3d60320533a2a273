// Where a line of the journal is in the log, when the stream does not retain it any more: a binary search over the bundles, which
// hold the records in order.

import { TILE_WIDTH } from '@cohesix/tlog';
import { ok, type Result, refuse } from '@cohesix/wire';
import { type Reader, readBundle, readHead } from './log-files.ts';
import { hasLine, type JournalRecord, parseRecord } from './record.ts';

/** A record, and its place in the tree, from 0. */
export interface FoundRecord {
  readonly index: number;
  readonly record: JournalRecord;
}

/** The record with a line. `not-found`: no such line was signed yet; else as reading the log refuses. */
export async function findRecord(client: Reader, line: number): Promise<Result<FoundRecord>> {
  const head = await readHead(client);
  return head.ok ? findIn(client, line, head.value.checkpoint.size) : head;
}

/** The same in the tree of `size` records. */
export async function findIn(client: Reader, line: number, size: number): Promise<Result<FoundRecord>> {
  // A record has one line or more: line n is in one of the first n records.
  let low = 0;
  let high = Math.floor((Math.min(line, size) - 1) / TILE_WIDTH);
  while (low <= high) {
    const middle = Math.ceil((low + high) / 2);
    const records = await recordsOf(client, middle, size);
    if (!records.ok) return records;
    const [first] = records.value;
    if (low === high || (first !== undefined && first.record.seq <= line && records.value.some(has(line))))
      return foundOf(records.value.find(has(line)), line);
    if (first !== undefined && first.record.seq <= line) low = middle;
    else high = middle - 1;
  }
  return foundOf(undefined, line);
}

/** The records of a bundle that parse, with their places. */
export async function recordsOf(client: Reader, bundle: number, size: number): Promise<Result<readonly FoundRecord[]>> {
  const bodies = await readBundle(client, bundle, size);
  if (!bodies.ok) return bodies;
  return ok(
    bodies.value.flatMap((body, at) => {
      const record = parseRecord(new TextDecoder().decode(body));
      return record === undefined ? [] : [{ index: bundle * TILE_WIDTH + at, record }];
    }),
  );
}

function has(line: number): (found: FoundRecord) => boolean {
  return ({ record }) => hasLine(record, line);
}

function foundOf(found: FoundRecord | undefined, line: number): Result<FoundRecord> {
  return found === undefined ? refuse('not-found', `The signed journal has no line ${line}.`) : ok(found);
}
