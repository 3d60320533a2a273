// Ours: the journal alone, and the journal under a ledger that decides each line with the real authority.

import { closeJournal, emptyJournal, openBooks, STEADY_LINE, sinkOf } from './ledger.ts';
import type { Store, StoreTarget } from './store.ts';

/** @cohesix/journal: every record hashed into the chain, checksummed and copied; with callbacks, as the hive uses it. */
export const hive: StoreTarget = { name: 'hive', missing: () => undefined, open: openHive };

/** The ledger of @cohesix/node on that journal. It writes records of its own, like the given ones, and ignores those. */
export const hiveAuthority: StoreTarget = { name: 'hive+authority', missing: () => undefined, open: openAuthority };

async function openHive(directory: string): Promise<Store> {
  const journal = await emptyJournal(directory);
  return {
    version: '@cohesix/journal, defaults',
    submit: (body, done) => {
      const appended = journal.append(body, (_, failed) => done(failed?.detail));
      if (!appended.ok) queueMicrotask(() => done(appended.refusal.detail));
    },
    close: () => closeJournal(journal, directory),
  };
}

async function openAuthority(directory: string): Promise<Store> {
  const journal = await emptyJournal(directory);
  const books = await openBooks(sinkOf(journal));
  return {
    version: 'Ledger of @cohesix/node with its authority, no approvals',
    submit: (_, done) => {
      books.submit(STEADY_LINE, (result) => {
        // A refusal comes at once, while this line is still being submitted.
        if (result.ok) done(undefined);
        else queueMicrotask(() => done(result.refusal.detail));
      });
    },
    // The boot record is not one of those that were submitted.
    close: async () => Math.min(books.shownSeq(), await closeJournal(journal, directory)) - 1,
  };
}
