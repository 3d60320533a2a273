// SQLite as built into Node: WAL, synchronous=FULL, one transaction for everything that waits.
//
// In this thread, which SQLite blocks while it works: it then needs no message to a worker and back for each record.
// That is kinder to it than what a hive could do.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { GroupCommit } from './group-commit.ts';
import type { Store, StoreTarget } from './store.ts';

/** node:sqlite with a table of numbered records. */
export const sqlite: StoreTarget = { name: 'sqlite', missing: () => undefined, open };

async function open(directory: string): Promise<Store> {
  mkdirSync(directory);
  const database = new DatabaseSync(join(directory, 'records.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE records (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT');
  const [begin, commit] = [database.prepare('BEGIN IMMEDIATE'), database.prepare('COMMIT')];
  const insert = database.prepare('INSERT INTO records (body) VALUES (?)');
  const { submit } = new GroupCommit((bodies) => {
    begin.run();
    for (const body of bodies) insert.run(body);
    commit.run();
  });
  const close = async (): Promise<number> => {
    const count = Number(database.prepare('SELECT count(*) AS count FROM records').get()?.count);
    database.close();
    return count;
  };
  return { version: `SQLite ${process.versions.sqlite} of Node ${process.version}, inline`, submit, close };
}
