// Every way in which three queens can ask for, give, deny and use approvals of two lines, directly and by an intent, while approvals
// expire, effects fail and give them back, and an approver is revoked. No approval lets two lines through, or another line, or
// a line of who gave it; and no line gets through without one.

import { createAuthority, SYSTEM } from '@cohesix/authority';
import { explore, type Judged, type Moment, type Move, type Named } from './explore.ts';
import { ALICE, BOB, bootOf, CAROL, manifestWith } from './people.ts';
import { ranked } from './ranks.ts';

const QUEUE = '/actions/queue';
const CTL = '/queen/ctl';
const ONE = '{"budget":{"ops":1}}';
const TWO = '{"budget":{"ops":2}}';
const SPAWN = '{"spawn":"host"}';
const TTL_S = 1;

/** An approval or a denial, as its line said it. */
interface Given {
  readonly line: string;
  readonly by: string;
  /** Whose request it answers; null: anybody's line. */
  readonly askedBy: string | null;
  readonly isDenial: boolean;
  readonly until: number;
  isUsed: boolean;
}

interface Ghost {
  /** Open requests by id. */
  asked: Record<string, { readonly line: string; readonly by: string; readonly entry: number; readonly until: number }>;
  given: Record<string, Given>;
  revoked: string[];
  /** The last worker that was started, and which approval that used. */
  started: Started | null;
}

interface Started {
  readonly worker: unknown;
  readonly fence: unknown;
  readonly epoch: unknown;
  readonly entry: unknown;
  readonly approval: string;
}

const manifest = manifestWith(({ policy }) => {
  policy.rules = [{ id: 'ctl', target: CTL }];
  policy.approval_ttl_s = TTL_S;
});

function fixed(who: Move<Ghost>['who'], path: string, line: object | string): Move<Ghost> {
  const text = typeof line === 'string' ? line : JSON.stringify(line);
  return { who, path, line: () => text };
}

function act(who: Move<Ghost>['who'], id: string, line: string, decision: string): Move<Ghost> {
  return fixed(who, QUEUE, { id, target: CTL, line, decision });
}

/** Decides the open request of an id. */
function answer(who: Move<Ghost>['who'], id: string, decision: string): Move<Ghost> {
  const line = ({ asked }: Ghost): string | undefined =>
    asked[id] === undefined ? undefined : JSON.stringify({ id, entry: asked[id].entry, decision });
  return { who, path: QUEUE, line };
}

const INTENT = JSON.stringify({
  schema: 'queen-intent/v1',
  id: 'i',
  idempotency_key: 'k',
  issued_unix_ms: 1,
  cmd: ONE,
});

/** The word of the hive that what was started last has failed. */
const FAILURE: Move<Ghost> = {
  who: SYSTEM,
  path: '/sys/workers/ctl',
  line({ started }) {
    if (started === null) return undefined;
    const { worker, fence, epoch, entry } = started;
    return JSON.stringify({ failed: { worker, fence, epoch, entry, reason: 'no' } });
  },
};

const REVOKE_BOB = fixed(CAROL, '/queen/ticket/ctl', { revoke: { id: BOB.ticketIds[0] } });

function judge(ghost: Ghost, judged: Judged): string[] {
  const { command, outcome } = judged;
  if (!outcome.ok || command.path === '/sys/clock') return [];
  if (command.path === QUEUE) return noteAction(ghost, judged);
  if (command.path === '/queen/ticket/ctl') ghost.revoked.push(BOB.subject);
  else if (command.path === '/sys/workers/ctl') giveBack(ghost);
  else if (outcome.reply.dedupe !== 'duplicate') return judgeUse(ghost, judged);
  else if (outcome.changes.some(({ capability }) => capability === 'policy')) return ['a repeat used up an approval'];
  return [];
}

function noteAction(ghost: Ghost, { command, outcome }: Judged): string[] {
  const { at, seq, who } = command;
  const { id, line, decision } = JSON.parse(command.line) as { id: string; line?: string; decision: string };
  if (!outcome.ok) return [];
  const until = at + TTL_S * 1000;
  const isDenial = decision === 'deny';
  if (decision === 'request') {
    delete ghost.given[id];
    ghost.asked[id] = { line: line ?? '', by: who.subject, entry: seq, until };
    return [];
  }
  if (line !== undefined) {
    ghost.given[id] = { line, by: who.subject, askedBy: null, isDenial, until, isUsed: false };
    return [];
  }
  const request = ghost.asked[id];
  delete ghost.asked[id];
  if (request === undefined) return ['an answer to a request nobody made'];
  ghost.given[id] = { line: request.line, by: who.subject, askedBy: request.by, isDenial, until, isUsed: false };
  const broken = request.by === who.subject ? ['decided on the own request'] : [];
  return at < request.until ? broken : [...broken, 'an answer to a request that had expired'];
}

/** The approval of a line whose effect failed holds again. */
function giveBack(ghost: Ghost): void {
  const given = ghost.given[ghost.started?.approval ?? ''];
  if (given !== undefined) given.isUsed = false;
  ghost.started = null;
}

/** A line got through: which approval did the authority use up, and was it good for that? */
function judgeUse(ghost: Ghost, { command, outcome }: Judged): string[] {
  if (!outcome.ok) return [];
  const line = command.line === INTENT ? ONE : command.line;
  const used = outcome.changes.flatMap(({ capability, change }) => {
    const { kind, id } = change as { readonly kind: string; readonly id: string };
    return capability === 'policy' && kind === 'consume' ? [id] : [];
  });
  const [id] = used;
  const given = ghost.given[id ?? ''];
  if (id === undefined || used.length !== 1 || given === undefined) return [`${used.length} approvals for a line`];
  const broken: string[] = [];
  if (given.isDenial) broken.push('let through by a denial');
  if (given.isUsed) broken.push('an approval used twice');
  if (given.line !== line) broken.push('an approval of another line');
  if (given.by === command.who.subject) broken.push('an approval by the writer');
  if (given.askedBy !== null && given.askedBy !== command.who.subject)
    broken.push('an approval somebody else asked for');
  if (ghost.revoked.includes(given.by)) broken.push('an approval of a revoked ticket');
  if (command.at >= given.until) broken.push('an approval that had expired');
  for (const other of Object.values(ghost.given)) {
    const holds =
      other.isDenial && other.line === line && command.at < other.until && !ghost.revoked.includes(other.by);
    if (holds) broken.push('let through although it was denied');
  }
  given.isUsed = true;
  const { worker, fence, epoch, entry } = outcome.effects[0] ?? { kind: 'none' };
  ghost.started = worker === undefined ? null : { worker, fence, epoch, entry, approval: id };
  return broken;
}

/** Fields that are journal entries; `entry` is also one of a line that answers a request. */
const ENTRIES: ReadonlySet<string> = new Set(['entry', 'consumedEntry', 'spawnedSeq', 'startSeq', 'intent_entry']);

function textOf({ state, ghost, at }: Moment<Ghost>): string {
  const { workers } = state.get('workers') as { readonly workers: unknown };
  const { known } = state.get('intents') as { readonly known: unknown };
  return JSON.stringify(ranked([state.get('policy'), state.get('sessions'), workers, known, ghost, at], ENTRIES));
}

type Actors = Parameters<typeof explore<Ghost>>[0]['actors'];

function model(name: string, statesMin: number, actors: Actors): Named {
  return {
    name,
    statesMin,
    explore: () =>
      explore<Ghost>({
        authority: createAuthority(manifest),
        before: [bootOf(manifest)],
        actors,
        steps: 4,
        jumps: [1000],
        jumpsMax: 1,
        ghost: { asked: {}, given: {}, revoked: [], started: null },
        textOf,
        judge,
      }),
  };
}

/** No approval is used twice, for another line, by its giver, or after its end. */
const APPROVALS: Actors = [
  [act(ALICE, 'a', ONE, 'request'), answer(ALICE, 'a', 'approve'), fixed(ALICE, CTL, ONE), fixed(ALICE, CTL, TWO)],
  [answer(BOB, 'a', 'approve'), act(BOB, 'b', ONE, 'approve'), fixed(BOB, CTL, ONE)],
  [act(CAROL, 'c', TWO, 'approve'), fixed(CAROL, CTL, ONE), REVOKE_BOB],
];

/** No line gets through although it was denied. */
const DENIALS: Actors = [
  [act(ALICE, 'a', ONE, 'request'), fixed(ALICE, CTL, ONE), fixed(ALICE, '/queen/intents/ctl', INTENT)],
  [answer(BOB, 'a', 'approve'), act(BOB, 'b', ONE, 'approve')],
  [act(CAROL, 'c', ONE, 'deny'), answer(CAROL, 'a', 'deny'), REVOKE_BOB],
];

/** No approval is used twice where effects fail and give it back. */
const REFUNDS: Actors = [
  [act(ALICE, 'a', SPAWN, 'request'), fixed(ALICE, CTL, SPAWN)],
  [answer(BOB, 'a', 'approve'), act(BOB, 'b', SPAWN, 'approve'), fixed(BOB, CTL, SPAWN)],
  [FAILURE, REVOKE_BOB],
];

/** The models. */
export const APPROVAL_MODELS: readonly Named[] = [
  model('approvals', 50_000, APPROVALS),
  model('denials', 30_000, DENIALS),
  model('refunds', 8000, REFUNDS),
];
