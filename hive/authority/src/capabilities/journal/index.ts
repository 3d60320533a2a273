// What became of the journal itself: `/sys/journal/ctl` for the hive's own word that it could not write any more and that it
// can again, and a view of both. The word is written from disk space set aside, so it is in the history it speaks of.

import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { logField } from '../../kernel/text.ts';
import type { Capability, Control, Decision, ParsedCommand } from '../../types.ts';

/** Control file of the hive's word about its journal; the only one that a sealed hive writes to. */
export const JOURNAL_PATH = '/sys/journal/ctl';

interface JournalSlice {
  /** How often the journal was sealed and could say so. */
  seals: number;
  /** Time of the last seal, ms; 0 when there was none. */
  sealedAt: number;
  /** Why; empty when there was none. */
  reason: string;
  /** Time when it was writable again, ms; 0 while it is sealed, and when it never was. */
  resumedAt: number;
}

type JournalChange =
  | { readonly kind: 'sealed'; readonly at: number; readonly reason: string }
  | { readonly kind: 'resumed'; readonly at: number };

const closed = { additionalProperties: false } as const;
const reason = Type.String({ minLength: 1, maxLength: 256, description: 'What the disk said.' });
const schema = Type.Union([
  Type.Object(
    { sealed: Type.Object({ reason }, closed) },
    { ...closed, description: 'The journal could not be written; changes are refused from here on.' },
  ),
  Type.Object(
    { resumed: Type.Object({}, closed) },
    { ...closed, description: 'It can be written again; nothing that was acknowledged is missing.' },
  ),
]);
type JournalLine = Static<typeof schema>;

const control: Control<JournalSlice, JournalLine> = {
  pattern: JOURNAL_PATH,
  summary: "The hive's word that its journal could not be written, and that it can be again.",
  schema,
  writers: ['system'],
  examples: ['{"sealed":{"reason":"ENOSPC: no space left on device, write"}}', '{"resumed":{}}'],
  decide,
};

function decide(slice: Readonly<JournalSlice>, { value, at }: ParsedCommand<JournalLine>): Decision {
  if ('sealed' in value) {
    const { reason } = value.sealed;
    return accept({
      changes: [change({ kind: 'sealed', at, reason })],
      log: [`journal sealed reason=${logField(reason)}`],
    });
  }
  if (!isSealed(slice)) return reject('stale', 'The journal is not sealed.');
  return accept({
    changes: [change({ kind: 'resumed', at })],
    log: [`journal resumed sealed_ms=${at - slice.sealedAt}`],
  });
}

function change(is: JournalChange): { readonly capability: string; readonly change: JournalChange } {
  return { capability: 'journal', change: is };
}

function isSealed({ seals, resumedAt }: Readonly<JournalSlice>): boolean {
  return seals > 0 && resumedAt === 0;
}

/** The journal's own state: `/sys/journal/ctl`, `/proc/lifecycle/journal`. */
export const journalCapability: Capability<JournalSlice> = {
  name: 'journal',
  controls: [control],
  views: [
    {
      pattern: '/proc/lifecycle/journal',
      summary:
        '`seals=<n> sealed_ms=<u64> resumed_ms=<u64> reason=<text>`: how often the journal could not be written, when and why last.',
      boundBytes: 1024,
      render: (slice) =>
        `seals=${slice.seals} sealed_ms=${slice.sealedAt} resumed_ms=${slice.resumedAt} reason=${logField(slice.reason)}\n`,
    },
  ],
  names: [],
  initial: () => ({ seals: 0, sealedAt: 0, reason: '', resumedAt: 0 }),
  evolve: (slice, is: JournalChange) => {
    if (is.kind === 'resumed') slice.resumedAt = is.at;
    else Object.assign(slice, { seals: slice.seals + 1, sealedAt: is.at, reason: is.reason, resumedAt: 0 });
  },
  invariants: ({ seals, sealedAt }) =>
    seals === 0 && sealedAt !== 0 ? ['journal: sealed at a time, and never sealed'] : [],
};
