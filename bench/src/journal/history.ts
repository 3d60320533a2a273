// How fast history is gone through again: `verify` checks every checksum, hash and link of a journal; `replay` does
// that and decides each of its lines anew, as a start does; `replay only` has the records in memory already.
// The files were written a moment ago, so they are read from the page cache.

import type { Authority } from '@cohesix/authority';
import { nodeDisk, scanJournal } from '@cohesix/journal';
import { Replay } from '@cohesix/node';
import { benchAuthority, closeJournal, emptyJournal, writeLives } from './ledger.ts';

/** How many records, and where. */
export interface HistoryOptions {
  /** An empty folder. */
  readonly directory: string;
  readonly verifyRecords: number;
  readonly replayRecords: number;
  /** Records of the journal that is verified, in turn. */
  readonly bodies: readonly Uint8Array[];
}

/** One way to go through history. */
export interface Passage {
  readonly name: 'verify' | 'replay' | 'replay only';
  readonly records: number;
  /** Goes through all of it and answers how many records it saw. @throws Error when one is refused. */
  run(): Promise<number>;
}

const RECORDS_AT_ONCE = 1000;

/** Writes the journals and answers what to time. */
export async function prepareHistory(options: HistoryOptions): Promise<readonly Passage[]> {
  const { directory, verifyRecords, replayRecords } = options;
  const [plain, lives] = [`${directory}/verify`, `${directory}/replay`];
  await writePlain(plain, options);
  await writeLives(lives, replayRecords);
  const authority = benchAuthority();
  const inMemory: Uint8Array[] = [];
  await scan(lives, (body) => inMemory.push(Uint8Array.from(body)));
  return [
    { name: 'verify', records: verifyRecords, run: () => scan(plain, () => undefined) },
    { name: 'replay', records: replayRecords, run: () => scan(lives, replaying(authority)) },
    { name: 'replay only', records: replayRecords, run: async () => replayAll(authority, inMemory) },
  ];
}

async function writePlain(directory: string, { verifyRecords, bodies }: HistoryOptions): Promise<void> {
  const journal = await emptyJournal(directory);
  for (let count = 1; count <= verifyRecords; count++) {
    const appended = journal.append(bodies[count % bodies.length] ?? new Uint8Array(1));
    if (!appended.ok) throw new Error(appended.refusal.detail);
    if (count % RECORDS_AT_ONCE === 0) await appended.value.durable;
  }
  await closeJournal(journal, directory);
}

function replayAll(authority: Authority, bodies: readonly Uint8Array[]): number {
  const take = replaying(authority);
  for (const body of bodies) take(body);
  return bodies.length;
}

/** A replay from the start. */
function replaying(authority: Authority): (body: Uint8Array) => void {
  const replay = new Replay(authority, () => undefined);
  return (body) => {
    const taken = replay.record(body);
    if (!taken.ok) throw new Error(taken.refusal.detail);
  };
}

async function scan(directory: string, onBody: (body: Uint8Array) => void): Promise<number> {
  const scanned = await scanJournal(nodeDisk, directory, (_, body) => {
    onBody(body);
    return undefined;
  });
  if (!scanned.ok) throw new Error(scanned.refusal.detail);
  return scanned.value.last;
}
