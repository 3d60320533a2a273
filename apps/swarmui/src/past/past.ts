// The scrubber of this page: puts the past in the place of the session's hive, and keeps it there over a reconnection.

import type { HiveClient } from '@cohesix/client/core';
import { ok, type Result } from '@cohesix/wire';
import { entriesOf, type JournalRecord, parseRecord } from '../journal/record.ts';
import { instead } from '../session/hive.ts';
import { session } from '../session/session.ts';
import { Scrubber } from './scrubber.ts';

const JOURNAL = '/audit/journal';
/** Bytes of the end of the journal that are read to know its last line; a record of a boot has some 16 KiB. */
const TAIL_BYTES = 65_536n;

/** The one of this page. */
export const scrubber: Scrubber = new Scrubber({
  live: () => {
    const phase = session.phase.get();
    return phase.kind === 'ready' ? phase.client : undefined;
  },
  show: (past) => {
    const phase = session.phase.get();
    if (past === undefined || phase.kind !== 'ready') instead.set(undefined);
    else instead.set({ mode: 'past', role: phase.role, subject: phase.subject, ...past });
  },
});

session.phase.watch(() => {
  const phase = session.phase.get();
  if (phase.kind === 'signed-out' && scrubber.scrub.get() !== undefined) scrubber.leave();
  else if (phase.kind === 'ready') void scrubber.again();
});

/** Number and record of the last line of the journal; undefined when the stream retains no whole record. */
export async function lastRecord(client: HiveClient): Promise<Result<JournalRecord | undefined>> {
  const stat = await client.stat(JOURNAL);
  if (!stat.ok) return stat;
  const from = stat.value.size > TAIL_BYTES ? stat.value.size - TAIL_BYTES : 0n;
  for (const cursor of [from, 0n]) {
    const bytes = await client.read(JOURNAL, { from: cursor });
    if (!bytes.ok) return bytes;
    const records = new TextDecoder().decode(bytes.value).split('\n').flatMap(recordOf);
    if (records.length > 0) return ok(records.at(-1));
  }
  return ok(undefined);
}

/** The last line of a record. */
export function lastLineOf(record: JournalRecord | undefined): number {
  return record === undefined ? 0 : (entriesOf(record).at(-1)?.seq ?? record.seq);
}

function recordOf(text: string): readonly JournalRecord[] {
  const record = parseRecord(text);
  return record === undefined ? [] : [record];
}
