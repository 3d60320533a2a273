// Intents: `/queen/intents/ctl` (m28b, 2: `queen-intent/v1`). An intent carries one line for another control file under a name of
// its own, so that who did not hear the answer can send the very same bytes again: the line is carried out once, and every
// repeat gets the first answer. The carried line is decided by its own file, lifecycle gate and policy included (the kernel
// does that); a line that is refused leaves nothing behind, and may be sent again.

import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { canonical } from '../../kernel/plain.ts';
import { asciiJson, logField } from '../../kernel/text.ts';
import type { Acceptance, Capability, Control, Decision, Delegation, ParsedCommand, State, View } from '../../types.ts';
import { epochProblem } from '../epochs/queries.ts';
import { manifestIn } from '../settings/queries.ts';
import { evolveIntents, type IntentsSlice, inOrder, intentsChange, type Known, keyOf } from './dedupe.ts';
import { DEFAULT_TARGET, INTENTS_PATH } from './queries.ts';

/** Files an intent may be for. Who may write intents may write these: not tickets, settings, epochs or approvals. */
const TARGETS = [
  DEFAULT_TARGET,
  '/queen/lifecycle/ctl',
  '/queen/schedule/ctl',
  '/queen/lease/ctl',
  '/queen/export/ctl',
] as const;

/** How far the issue time of an intent may lie ahead of the hive's clock, ms. */
export const AHEAD_MS_MAX = 60_000;

/** Longest intent, bytes (the source's bound). */
const INTENT_BYTES_MAX = 2048;

const name = (description: string) => Type.String({ pattern: '^(?!-)(?!.*\\.\\.)[A-Za-z0-9._-]{1,128}$', description });

const intentLine = Type.Object(
  {
    schema: Type.Literal('queen-intent/v1'),
    id: name('Name of the intent; not a path, not an option.'),
    idempotency_key: name('With `id` the identity: the same two with any other field changed are refused.'),
    issued_unix_ms: Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'When it was made, ms; at most a minute ahead of the hive.',
    }),
    writer_epoch: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'The writer epoch it is meant for (`/proc/epoch`); another one is `stale`.',
      }),
    ),
    target: Type.Optional(
      Type.Union(
        TARGETS.map((path) => Type.Literal(path)),
        { description: `The file the line is for; default \`${DEFAULT_TARGET}\`.` },
      ),
    ),
    cmd: Type.String({ minLength: 1, description: 'The exact line for that file, as a string.' }),
  },
  { additionalProperties: false, description: 'Carries out `cmd` once, however often it is sent.' },
);

type IntentLine = Static<typeof intentLine>;

const EXAMPLE = {
  schema: 'queen-intent/v1',
  id: 'spawn-one',
  idempotency_key: 'retry-one',
  issued_unix_ms: 1_700_000_000_000,
};

const control: Control<IntentsSlice, IntentLine> = {
  pattern: INTENTS_PATH,
  summary: `Carries out a line of another control file exactly once. Who may write here may write to ${TARGETS.join(', ')}.`,
  schema: intentLine,
  writers: ['queen', 'system'],
  lineBytesMax: INTENT_BYTES_MAX,
  examples: [
    JSON.stringify({ ...EXAMPLE, writer_epoch: 1, cmd: '{"spawn":"heartbeat","ticks":3}' }),
    JSON.stringify({ ...EXAMPLE, id: 'stop-all', target: '/queen/lifecycle/ctl', cmd: 'cordon' }),
  ],
  decide: decideIntent,
};

/** A repeat is answered before anything else is asked: also after the epoch was raised, and when the node is draining. */
function decideIntent(
  slice: Readonly<IntentsSlice>,
  command: ParsedCommand<IntentLine>,
  state: Readonly<State>,
): Decision | Delegation {
  const { value, at, seq, who } = command;
  const body = JSON.stringify(canonical(value));
  const { id, idempotency_key: idempotencyKey, issued_unix_ms: issuedMs, target = DEFAULT_TARGET, cmd } = value;
  const known = slice.known.get(keyOf({ id, idempotencyKey }));
  if (known !== undefined) return decideKnown(known, { body, subject: who.subject });
  const epoch = epochProblem(state, value.writer_epoch);
  if (epoch !== undefined) return reject(epoch.code, epoch.detail);
  if (issuedMs <= slice.floorMs) {
    const detail = `Intents issued until ${slice.floorMs} are not remembered any more; if this is a new one, issue it anew.`;
    return reject('stale', detail);
  }
  if (issuedMs > at + AHEAD_MS_MAX)
    return reject('invalid-payload', `$.issued_unix_ms: is ${issuedMs - at} ms ahead of the hive; set your clock.`);
  const { dedupe_max: max } = manifestIn(state).intents;
  return {
    kind: 'delegate',
    path: target,
    line: cmd,
    accepted: ({ reply }) => {
      const fresh: Known = { id, idempotencyKey, body, subject: who.subject, issuedMs, target, entry: seq, reply };
      return acceptance(fresh, 'fresh', [intentsChange({ kind: 'know', known: fresh, max })]);
    },
  };
}

function decideKnown(known: Known, repeat: { readonly body: string; readonly subject: string }): Decision {
  if (known.body !== repeat.body || known.subject !== repeat.subject) {
    const detail = `Intent ${known.id} with this idempotency key was another one, or somebody else's (entry ${known.entry}).`;
    return reject('exists', detail);
  }
  return acceptance(known, 'duplicate', [intentsChange({ kind: 'duplicate' })]);
}

function acceptance(known: Known, dedupe: 'fresh' | 'duplicate', changes: Acceptance['changes']): Acceptance {
  const { id, idempotencyKey, target, entry, reply } = known;
  return accept({
    changes,
    log: [`intent ${dedupe} id=${id} key=${idempotencyKey} target=${logField(target)} entry=${entry}`],
    reply: { ...reply, dedupe, intent_entry: entry },
  });
}

/** Recent intents that the view shows (the source's number). */
const RECENT_MAX = 16;

const dedupeView: View<IntentsSlice> = {
  pattern: '/proc/queen/dedupe',
  summary: `One JSON line \`queen-dedupe/v1\` (entries, capacity, accepted, duplicates, floor), then the latest ${RECENT_MAX} intents, newest first.`,
  boundBytes: 16_384,
  render: (slice, _params, state) => {
    const { known, accepted, duplicates, floorMs } = slice;
    const summary = {
      schema: 'queen-dedupe/v1',
      entries: known.size,
      capacity: manifestIn(state).intents.dedupe_max,
      accepted,
      duplicates,
      floor_unix_ms: floorMs,
    };
    const recent = inOrder(slice).slice(-RECENT_MAX).reverse();
    return [summary, ...recent.map(shown)].map((line) => `${asciiJson(line)}\n`).join('');
  },
};

/** No command and no reply: who reads the table is not told what was ordered. */
function shown({ id, idempotencyKey, issuedMs, subject, target, entry }: Known): object {
  return { id, idempotency_key: idempotencyKey, issued_unix_ms: issuedMs, outcome: 'ACK', subject, target, entry };
}

/** Most intents any manifest remembers; a lower maximum holds from the next intent on. */
const KNOWN_EVER_MAX = 4096;

function invariants({ known, accepted }: Readonly<IntentsSlice>): string[] {
  const broken =
    known.size <= Math.min(KNOWN_EVER_MAX, accepted) ? [] : [`intents: ${known.size} known of ${accepted}`];
  const entries = new Set([...known.values()].map(({ entry }) => entry));
  if (entries.size !== known.size) broken.push('intents: two intents were carried out by one entry');
  for (const [key, intent] of known)
    if (key !== keyOf(intent)) broken.push(`intents: ${keyOf(intent)} is kept as ${key}`);
  return broken;
}

/** Intents: `/queen/intents/ctl`, `/proc/queen/dedupe`. */
export const intentsCapability: Capability<IntentsSlice> = {
  name: 'intents',
  controls: [control],
  views: [dedupeView],
  names: [],
  initial: () => ({ known: new Map(), floorMs: 0, accepted: 0, duplicates: 0 }),
  evolve: evolveIntents,
  invariants,
};
