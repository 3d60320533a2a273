// `/actions/queue`: asking for an approval, and deciding. A decision either stands alone (all fields) or answers the
// request of its id (short form); nobody decides on a request of their own.

import Type, { type Static } from 'typebox';
import { APPROVED_LINE_BYTES_MAX } from '../../kernel/bounds.ts';
import { accept, reject } from '../../kernel/decision.ts';
import { pathProblem } from '../../kernel/pattern.ts';
import { logField } from '../../kernel/text.ts';
import { areTwoPersons, partyOf } from '../../principal.ts';
import type { Change, Control, Decision, ParsedCommand, Principal, State } from '../../types.ts';
import { isRevoked } from '../sessions/queries.ts';
import { settingsIn } from '../settings/queries.ts';
import { type Action, inOrder, isAlive, type PolicySlice, policyChange } from './action.ts';
import { QUEUE_PATH, ruleFor } from './rules.ts';

const closed = { additionalProperties: false } as const;
const id = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Name of the action.' });
const ttl = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 604_800,
    description: 'How long it holds, seconds; default `policy.approval_ttl_s`.',
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
  },
  { ...closed, description: 'Asks for, gives or denies approval of exactly this line.' },
);

const entry = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Journal entry of the request, as `/actions/pending` shows it: an id may be asked for again.',
});

const shortLine = Type.Object(
  { id, entry, decision: Type.Union([Type.Literal('approve'), Type.Literal('deny')]), ttl_s: ttl },
  { ...closed, description: 'Decides the open request of that id.' },
);

const queueLine = Type.Union([fullLine, shortLine]);
type Full = Static<typeof fullLine>;
type Short = Static<typeof shortLine>;

const control: Control<PolicySlice, Full | Short> = {
  pattern: QUEUE_PATH,
  summary: 'Asks for approvals and decides on them; under no rule itself.',
  schema: queueLine,
  writers: ['queen'],
  lineBytesMax: 16_384,
  examples: [
    '{"id":"a1","target":"/queen/ctl","line":"{\\"spawn\\":\\"host\\"}","decision":"request"}',
    '{"id":"a1","entry":12,"decision":"approve"}',
    '{"id":"a2","target":"/queen/ctl","line":"{\\"kill\\":\\"worker-1\\"}","decision":"approve","ttl_s":60}',
    '{"id":"a3","target":"/queen/ctl","line":"{\\"kill\\":\\"worker-2\\"}","decision":"deny"}',
  ],
  decide: (slice, command, state) =>
    'target' in command.value
      ? decideFull(slice, { ...command, value: command.value }, state)
      : decideShort(slice, { ...command, value: command.value }, state),
};

/** The control file. */
export const actionsQueue: Control<PolicySlice, never> = control;

function decideFull(slice: Readonly<PolicySlice>, command: ParsedCommand<Full>, state: Readonly<State>): Decision {
  const { value, at } = command;
  const problem = targetProblem(value.target);
  if (problem !== undefined) return reject('invalid-payload', `$.target: ${JSON.stringify(value.target)} ${problem}`);
  const taken = slice.actions.get(value.id);
  if (taken !== undefined && isAlive(taken, at))
    return reject('exists', `Action ${value.id} is ${taken.state}; choose another id.`);
  const room = makeRoom(slice, { at, max: settingsIn(state).policy.approvals_max, id: value.id });
  if (room === undefined) return reject('buffer-full', 'All actions kept are still open; let some be used or expire.');
  const action = newAction(command, state);
  return accept({
    changes: [...room, policyChange({ kind: 'put', action })],
    log: [actionLine(command.who, action)],
    reply: { id: action.id, state: action.state },
  });
}

function targetProblem(target: string): string | undefined {
  if (target.includes('*')) return 'has a *; approvals are for one file';
  if (target === QUEUE_PATH) return 'needs no approval';
  return pathProblem(target);
}

function newAction({ value, at, seq, who }: ParsedCommand<Full>, state: Readonly<State>): Action {
  const settings = settingsIn(state);
  const isRequest = value.decision === 'request';
  return {
    id: value.id,
    target: value.target,
    line: value.line,
    rule: ruleFor(settings, value.target)?.id ?? null,
    decision: value.decision,
    state: stateAfter(value.decision),
    entry: seq,
    askedAt: at,
    askedBy: isRequest ? partyOf(who) : null,
    decidedAt: isRequest ? null : at,
    decidedBy: isRequest ? null : partyOf(who),
    expiresAt: at + (value.ttl_s ?? settings.policy.approval_ttl_s) * 1000,
    consumedEntry: null,
  };
}

function stateAfter(decision: Action['decision']): Action['state'] {
  if (decision === 'request') return 'requested';
  return decision === 'approve' ? 'queued' : 'denied';
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
  if (open.state === 'requested' && !isAlive(open, at)) return reject('stale', `Request ${value.id} has expired.`);
  if (open.state !== 'requested' || open.askedBy === null) {
    return reject('invalid-transition', `Action ${value.id} is ${open.state}, not an open request.`);
  }
  if (!areTwoPersons(open.askedBy, partyOf(who))) {
    return reject('denied', `Request ${value.id} is your own; another subject with another root ticket must decide.`);
  }
  return accept(decided(open, command, state));
}

function decided(open: Action, command: ParsedCommand<Short>, state: Readonly<State>): Parameters<typeof accept>[0] {
  const { value, at, who } = command;
  const action: Action = {
    ...open,
    decision: value.decision,
    state: stateAfter(value.decision),
    decidedAt: at,
    decidedBy: partyOf(who),
    expiresAt: at + (value.ttl_s ?? settingsIn(state).policy.approval_ttl_s) * 1000,
  };
  return {
    changes: [policyChange({ kind: 'put', action })],
    log: [actionLine(who, action)],
    reply: { id: action.id, state: action.state },
  };
}

function actionLine(who: Principal, { id, decision, target }: Action): string {
  const ticket = logField(who.ticket);
  return `policy-action role=${logField(who.role)} ticket=${ticket} id=${id} decision=${decision} target=${logField(target)}`;
}
