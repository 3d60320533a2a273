// How long the journal is, as a slider wants to know it: looked at when the page is live, kept still while it shows the past.

import type { HiveClient } from '@cohesix/client/core';
import { ok, type Result } from '@cohesix/wire';
import type { Content } from '../files/content.ts';
import { type Reading, useReading } from '../files/reads.ts';
import { lastLineOf, lastRecord } from './past.ts';

const END: Reading<number> = {
  name: 'last line',
  read: async (client: HiveClient): Promise<Result<number>> => {
    const record = await lastRecord(client);
    return record.ok ? ok(lastLineOf(record.value)) : record;
  },
  isSame: Object.is,
};

/** Number of the last line, in a component; 0 when there is none to read. */
export function useJournalEnd(): Content<number> {
  return useReading('/audit/journal', END);
}
