// Every way in which three queens can ask for and give approvals of which a document wants two, use its one standing grant, and
// make another document hold in between. No line gets through with fewer persons than the document that holds asks for; what was
// approved before a change of the policy is worth nothing after it; and a grant of one line lets one line through.

import { createAuthority } from '@cohesix/authority';
import { explore, type Judged, type Moment, type Move, type Named } from './explore.ts';
import { ALICE, BOB, bootOf, CAROL, manifestWith } from './people.ts';
import { ranked } from './ranks.ts';

const QUEUE = '/actions/queue';
const CTL = '/queen/ctl';
const POLICY = '/policy/ctl';
const ONE = '{"budget":{"ops":1}}';
const TWO = '{"budget":{"ops":2}}';
const TTL_S = 1;

/** Persons that the rules of a document ask for besides the writer. */
const NEEDS: Readonly<Record<string, number>> = { two: 2, one: 1 };

interface Request {
  readonly line: string;
  readonly by: string;
  readonly entry: number;
  readonly approvedBy: string[];
  isDenied: boolean;
  until: number;
}

interface Ghost {
  /** Requests under the policy that holds, by id. */
  asked: Record<string, Request>;
  holds: string;
  /** Lines that the grant of `two` let through. */
  granted: number;
}

const manifest = manifestWith(({ policy }) => {
  policy.rules = [];
  policy.approval_ttl_s = TTL_S;
});

function documentLine(id: string, version: number): string {
  const rules = [{ id: 'ctl', target: CTL, effect: 'approve', approvals: NEEDS[id] }];
  const grant = {
    id: 'g',
    subject: CAROL.subject,
    target: CTL,
    fields: { 'budget.ops': 2 },
    uses: 1,
    expires_ms: 2 ** 48,
  };
  const test = { name: 't', who: { role: 'queen', subject: 'x' }, path: CTL, line: ONE, expect: 'needs-approval' };
  const document = {
    schema: 'cohesix-policy/v1',
    id,
    version,
    rules,
    grants: id === 'two' ? [grant] : [],
    tests: [test],
  };
  return JSON.stringify({ op: 'load', document, sha256: HASH, signature: `— h ${'A'.repeat(91)}=` });
}

const HASH = '0'.repeat(64);
const APPLY_TWO = JSON.stringify({ op: 'apply', id: 'two', sha256: HASH });
const APPLY_ONE = JSON.stringify({ op: 'apply', id: 'one', sha256: HASH });

function approval(id: string, target: string, line: string): string {
  return JSON.stringify({ id, target, line, decision: 'approve' });
}

function fixed(who: Move<Ghost>['who'], path: string, line: string): Move<Ghost> {
  return { who, path, line: () => line };
}

function ask(who: Move<Ghost>['who'], id: string, line: string): Move<Ghost> {
  return fixed(who, QUEUE, JSON.stringify({ id, target: CTL, line, decision: 'request' }));
}

function answer(who: Move<Ghost>['who'], id: string, decision: string): Move<Ghost> {
  const line = ({ asked }: Ghost): string | undefined =>
    asked[id] === undefined ? undefined : JSON.stringify({ id, entry: asked[id].entry, decision });
  return { who, path: QUEUE, line };
}

function judge(ghost: Ghost, judged: Judged): string[] {
  const { command, outcome } = judged;
  if (!outcome.ok) return [];
  if (command.path === QUEUE) return noteAction(ghost, judged);
  if (command.path === POLICY) {
    ghost.holds = 'one';
    ghost.asked = {};
  }
  return command.path === CTL ? judgeUse(ghost, judged) : [];
}

function noteAction(ghost: Ghost, { command: { at, seq, who, line: text } }: Judged): string[] {
  const { id, line, decision, target = CTL } = JSON.parse(text) as Record<string, string | undefined> & { id: string };
  if (target !== CTL) return [];
  if (decision === 'request') {
    const until = at + TTL_S * 1000;
    ghost.asked[id] = { line: line ?? '', by: who.subject, entry: seq, approvedBy: [], isDenied: false, until };
    return [];
  }
  const request = ghost.asked[id];
  if (request === undefined) return ['an answer to a request nobody made under this policy'];
  if (request.by === who.subject) return ['decided on the own request'];
  if (at >= request.until) return ['an answer to a request that had expired'];
  if (decision === 'deny') request.isDenied = true;
  else if (request.approvedBy.includes(who.subject)) return ['one person approved twice'];
  else request.approvedBy.push(who.subject);
  const isDecided = decision === 'deny' || request.approvedBy.length >= (NEEDS[ghost.holds] ?? 0);
  if (isDecided) request.until = at + TTL_S * 1000;
  return [];
}

function judgeUse(ghost: Ghost, { command: { who, line, at }, outcome }: Judged): string[] {
  const used = (outcome.ok ? outcome.changes : [])
    .filter(({ capability }) => capability === 'policy')
    .map(({ change }) => change as { readonly kind: string; readonly id: string });
  const [only] = used;
  if (only === undefined || used.length !== 1) return [`${used.length} ways for a line through the policy`];
  if (only.kind === 'use') {
    ghost.granted += 1;
    const isFor = ghost.holds === 'two' && who.subject === CAROL.subject && line === TWO;
    return [
      ...(isFor ? [] : ['a grant for somebody else or something else']),
      ...(ghost.granted > 1 ? ['a grant used twice'] : []),
    ];
  }
  const request = ghost.asked[only.id];
  if (request === undefined) return ['an approval of another policy, or used twice'];
  delete ghost.asked[only.id];
  const broken: string[] = [];
  if (request.line !== line) broken.push('an approval of another line');
  if (request.by !== who.subject) broken.push('an approval somebody else asked for');
  if (request.isDenied) broken.push('let through although it was denied');
  if (at >= request.until) broken.push('an approval that had expired');
  if (request.approvedBy.length < (NEEDS[ghost.holds] ?? 0)) broken.push(`let through by ${request.approvedBy.length}`);
  return broken;
}

/** Fields that are journal entries. */
const ENTRIES: ReadonlySet<string> = new Set(['entry', 'consumedEntry', 'policyEntry', 'appliedEntry']);

function textOf({ state, ghost, at }: Moment<Ghost>): string {
  return JSON.stringify(ranked([state.get('policy'), ghost, at], ENTRIES));
}

const ACTORS: readonly (readonly Move<Ghost>[])[] = [
  [ask(ALICE, 'a', ONE), fixed(ALICE, CTL, ONE), fixed(ALICE, POLICY, APPLY_ONE)],
  [answer(BOB, 'a', 'approve'), fixed(BOB, QUEUE, approval('p', POLICY, APPLY_ONE)), fixed(BOB, CTL, ONE)],
  [answer(CAROL, 'a', 'approve'), answer(CAROL, 'a', 'deny'), fixed(CAROL, CTL, TWO)],
];

/** The model; nobody signs here, as the authority does not look at signatures. */
export const POLICY_MODELS: readonly Named[] = [
  {
    name: 'policy',
    statesMin: 10_000,
    explore: () =>
      explore<Ghost>({
        authority: createAuthority(manifest),
        before: [
          bootOf(manifest),
          { who: ALICE, path: POLICY, line: documentLine('two', 1) },
          { who: BOB, path: QUEUE, line: approval('b', POLICY, APPLY_TWO) },
          { who: ALICE, path: POLICY, line: APPLY_TWO },
          { who: ALICE, path: POLICY, line: documentLine('one', 2) },
        ],
        actors: ACTORS,
        steps: 5,
        jumps: [1000],
        jumpsMax: 1,
        ghost: { asked: {}, holds: 'two', granted: 0 },
        textOf,
        judge,
      }),
  },
];
