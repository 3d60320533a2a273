// A process for journal.test.ts: `journal-writer.ts DIRECTORY`.
//
// Appends to the journal in DIRECTORY with 16 records in flight until it is killed, and prints the number of each
// record once it is durable. Small segments, so that kills also meet a new segment being begun.

import { openJournal } from '@cohesix/journal';
import { bodyOf } from './journal-body.ts';

const FLIGHT = 16;

const opened = await openJournal(process.argv[2] ?? '', { at: Date.now(), segmentBytesMax: 20_000 });
if (!opened.ok) throw new Error(opened.refusal.detail);
const { journal } = opened.value;

function appendNext(): void {
  const appended = journal.append(bodyOf(journal.nextSeq), (seq, refusal) => {
    if (refusal !== undefined) throw new Error(refusal.detail);
    process.stdout.write(`${seq}\n`);
    appendNext();
  });
  if (!appended.ok) throw new Error(appended.refusal.detail);
}

for (let count = 0; count < FLIGHT; count++) appendNext();
