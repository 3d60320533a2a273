// `/actions/queue`: asking for an approval, and deciding. A decision either stands alone (all fields) or answers the
// request of its id (short form); nobody decides on a request of their own.

import Type, { type Static } from 'typebox';
import { APPROVED_LINE_BYTES_MAX } from '../../kernel/bounds.ts';
import { accept, reject } from '../../kernel/decision.ts';
import { controlVersion } from '../../kernel/kernel-capability.ts';
import { pathProblem } from '../../kernel/pattern.ts';
import { logField } from '../../kernel/text.ts';
import { areTwoPersons, partyOf } from '../../principal.ts';
import type { Acceptance, Change, Control, Decision, ParsedCommand, Principal, State } from '../../types.ts';
import { isRevoked } from '../sessions/queries.ts';
import { settingsIn } from '../settings/queries.ts';
import { type Action, inOrder, isAlive, type PolicySlice, policyChange } from './action.ts';
import { activePolicy, approvalsAbout, ruleAbout } from './active.ts';
import { QUEUE_PATH } from './paths.ts';
import type { LineReader } from './reader.ts';

const closed = { additionalProperties: false } as const;
const id = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Name of the action.' });
const ttl = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 604_800,
    description: 'How long it holds, seconds; default `policy.approval_ttl_s`.',
  }),
);

const generation = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description:
      'Journal entry of the newest line of the target (`target_entry` in `/actions/pending`): the approval is good only while that is the newest.',
  }),
);

const fullLine = Type.Object(
  {
    id,
    target: Type.String({ minLength: 2, maxLength: 1024, description: 'Exact path of the control file.' }),
    line: Type.String({
      minLength: 1,
      maxLength: APPROVED_LINE_BYTES_MAX,
      description: 'Exact line, without its line feed.',
    }),
    decision: Type.Union([Type.Literal('request'), Type.Literal('approve'), Type.Literal('deny')]),
    ttl_s: ttl,
    generation,
  },
  { ...closed, description: 'Asks for, gives or denies approval of exactly this line.' },
);

const entry = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Journal entry of the request, as `/actions/pending` shows it: an id may be asked for again.',
});

const shortLine = Type.Object(
  { id, entry, decision: Type.Union([Type.Literal('approve'), Type.Literal('deny')]), ttl_s: ttl, generation },
  { ...closed, description: 'Decides the open request of that id.' },
);

const queueLine = Type.Union([fullLine, shortLine]);
type Full = Static<typeof fullLine>;
type Short = Static<typeof shortLine>;

/** The control file. */
export function actionsQueue(read: LineReader): Control<PolicySlice, never> {
  const control: Control<PolicySlice, Full | Short> = {
    pattern: QUEUE_PATH,
    summary: 'Asks for approvals and decides on them; under no rule itself.',
    schema: queueLine,
    writers: ['queen'],
    lineBytesMax: 16_384,
    examples: [
      '{"id":"a1","target":"/queen/ctl","line":"{\\"spawn\\":\\"host\\"}","decision":"request"}',
      '{"id":"a1","entry":12,"decision":"approve"}',
      '{"id":"a2","target":"/queen/ctl","line":"{\\"kill\\":\\"worker-1\\"}","decision":"approve","ttl_s":60,"generation":7}',
      '{"id":"a3","target":"/queen/ctl","line":"{\\"kill\\":\\"worker-2\\"}","decision":"deny"}',
    ],
    decide: (slice, command, state) =>
      'target' in command.value
        ? decideFull(slice, { ...command, value: command.value }, { state, read })
        : decideShort(slice, { ...command, value: command.value }, state),
  };
  return control;
}

interface Surroundings {
  readonly state: Readonly<State>;
  readonly read: LineReader;
}

function decideFull(slice: Readonly<PolicySlice>, command: ParsedCommand<Full>, around: Surroundings): Decision {
  const { value, at } = command;
  const problem = targetProblem(value.target);
  if (problem !== undefined) return reject('invalid-payload', `$.target: ${JSON.stringify(value.target)} ${problem}`);
  const changed = generationProblem(value.generation, value.target, around.state);
  if (changed !== undefined) return reject('stale', changed);
  const taken = slice.actions.get(value.id);
  if (taken !== undefined && isAlive(taken, at))
    return reject('exists', `Action ${value.id} is ${taken.state}; choose another id.`);
  const room = makeRoom(slice, { at, max: settingsIn(around.state).policy.approvals_max, id: value.id });
  if (room === undefined) return reject('buffer-full', 'All actions kept are still open; let some be used or expire.');
  const action = newAction(slice, command, around);
  return accept({
    changes: [...room, policyChange({ kind: 'put', action })],
    log: [actionLine(command.who, action)],
    reply: replyOf(action),
  });
}

/** Why a line that names a generation comes too late; undefined when it names none, or the present one. */
function generationProblem(named: number | undefined, target: string, state: Readonly<State>): string | undefined {
  const now = controlVersion(state, target);
  if (named === undefined || named === now) return undefined;
  return `${target} is at entry ${now}, not ${named}; look again.`;
}

function targetProblem(target: string): string | undefined {
  if (target.includes('*')) return 'has a *; approvals are for one file';
  if (target === QUEUE_PATH) return 'needs no approval';
  return pathProblem(target);
}

function newAction(
  slice: Readonly<PolicySlice>,
  { value, at, seq, who }: ParsedCommand<Full>,
  { state, read }: Surroundings,
): Action {
  const isRequest = value.decision === 'request';
  const isApproval = value.decision === 'approve';
  const line = read(value.target, value.line);
  const policy = activePolicy(state);
  // Who approves beforehand does not say whose line: then rules for some writers count for all.
  const act = { who: isRequest ? who : undefined, path: value.target, value: line.ok ? line.value : undefined };
  const needs = approvalsAbout(policy, act);
  return {
    id: value.id,
    target: value.target,
    line: value.line,
    rule: ruleAbout(policy, act)?.id ?? null,
    decision: value.decision,
    state: stateAfter(value.decision, { given: 1, needs }),
    entry: seq,
    askedAt: at,
    askedBy: isRequest ? partyOf(who) : null,
    decidedAt: isRequest ? null : at,
    decidedBy: isRequest ? null : partyOf(who),
    approvedBy: isApproval ? [partyOf(who)] : [],
    needs,
    generation: value.generation ?? null,
    policyEntry: slice.entry,
    expiresAt: at + ttlMs(value.ttl_s, state),
    consumedEntry: null,
  };
}

function ttlMs(seconds: number | undefined, state: Readonly<State>): number {
  return (seconds ?? settingsIn(state).policy.approval_ttl_s) * 1000;
}

interface Approvals {
  readonly given: number;
  readonly needs: number;
}

function stateAfter(decision: Action['decision'], { given, needs }: Approvals): Action['state'] {
  if (decision === 'deny') return 'denied';
  return decision === 'approve' && given >= needs ? 'queued' : 'requested';
}

function replyOf({ id, state, needs, approvedBy }: Action): NonNullable<Acceptance['reply']> {
  return state === 'requested' && approvedBy.length > 0
    ? { id, state, missing: needs - approvedBy.length }
    : { id, state };
}

/** History dropped by one line: its outcome must fit into a journal record. After a lowered maximum, lines to come drop the rest. */
const DROPPED_MAX = 64;

/** Drops the oldest history so that one more action fits; undefined when too much is alive. */
function makeRoom(
  slice: Readonly<PolicySlice>,
  need: { readonly at: number; readonly max: number; readonly id: string },
): Change[] | undefined {
  const others = inOrder(slice.actions.values()).filter((action) => action.id !== need.id);
  const excess = others.length + 1 - need.max;
  const history = others.filter((action) => !isAlive(action, need.at));
  if (excess > history.length) return undefined;
  const dropped = Math.min(Math.max(0, excess), DROPPED_MAX);
  return history.slice(0, dropped).map((action) => policyChange({ kind: 'drop', id: action.id }));
}

function decideShort(slice: Readonly<PolicySlice>, command: ParsedCommand<Short>, state: Readonly<State>): Decision {
  const { value, at, who } = command;
  const open = slice.actions.get(value.id);
  if (open === undefined) return reject('not-found', `No action ${value.id}; see /actions/pending.`);
  if (open.entry !== value.entry) {
    return reject('stale', `Action ${value.id} is of entry ${open.entry}, not ${value.entry}; read it again.`);
  }
  if (open.askedBy !== null && isRevoked(state, open.askedBy.ticketIds)) {
    return reject('stale', `The ticket that asked for action ${value.id} was revoked.`);
  }
  if (open.state !== 'denied' && open.policyEntry < slice.entry)
    return reject(
      'stale',
      `The policy changed at entry ${slice.entry}, which ended action ${value.id}; it must be asked anew.`,
    );
  if (open.state === 'requested' && !isAlive(open, at)) return reject('stale', `Request ${value.id} has expired.`);
  if (open.state !== 'requested') {
    return reject('invalid-transition', `Action ${value.id} is ${open.state}, not an open request.`);
  }
  const moved = generationProblem(value.generation, open.target, state);
  if (moved !== undefined) return reject('stale', moved);
  // Who asked, or approved first, may have named an earlier one: then nobody approves what they did not mean.
  const outrun =
    value.decision === 'deny' ? undefined : generationProblem(open.generation ?? undefined, open.target, state);
  if (outrun !== undefined) return reject('stale', `${outrun} Request ${value.id} is about what it was before.`);
  const twice = personProblem(open, who, value.decision);
  if (twice !== undefined) return reject('denied', twice);
  return accept(decided(open, command, state));
}

/** Why this person may not decide: it is the own request, or they have approved already. Whoever approved may still deny. */
function personProblem(
  { id, askedBy, approvedBy }: Action,
  who: Principal,
  decision: Short['decision'],
): string | undefined {
  if (askedBy !== null && !areTwoPersons(askedBy, partyOf(who)))
    return `Request ${id} is your own; another subject with another root ticket must decide.`;
  if (decision === 'deny' || approvedBy.every((by) => areTwoPersons(by, partyOf(who)))) return undefined;
  return `You approved ${id} already; another subject with another root ticket must approve it too.`;
}

function decided(open: Action, command: ParsedCommand<Short>, state: Readonly<State>): Parameters<typeof accept>[0] {
  const { value, at, who } = command;
  const approvedBy = value.decision === 'approve' ? [...open.approvedBy, partyOf(who)] : open.approvedBy;
  const isLast = value.decision === 'deny' || approvedBy.length >= open.needs;
  const action: Action = {
    ...open,
    decision: value.decision,
    state: stateAfter(value.decision, { given: approvedBy.length, needs: open.needs }),
    decidedAt: at,
    decidedBy: partyOf(who),
    approvedBy,
    generation: value.generation ?? open.generation,
    expiresAt: isLast ? at + ttlMs(value.ttl_s, state) : open.expiresAt,
  };
  return {
    changes: [policyChange({ kind: 'put', action })],
    log: [actionLine(who, action)],
    reply: replyOf(action),
  };
}

function actionLine(who: Principal, { id, decision, target }: Action): string {
  const ticket = logField(who.ticket);
  return `policy-action role=${logField(who.role)} ticket=${ticket} id=${id} decision=${decision} target=${logField(target)}`;
}
