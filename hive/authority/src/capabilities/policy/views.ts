// What people and tools read about the policy: its rules, what waits for a decision, and what became of each action.

import { asciiJson, logField, utf8Size } from '../../kernel/text.ts';
import type { State, View } from '../../types.ts';
import { manifestIn, settingsIn } from '../settings/queries.ts';
import { type Action, inOrder, type PolicySlice } from './action.ts';

const STATUS_BYTES_MAX = 8192;
const LIST_BYTES_MAX = 32_768;
const PENDING_BYTES_MAX = 131_072;

/** The views of the policy. */
export const policyViews: readonly View<PolicySlice>[] = [
  {
    pattern: '/policy/rules',
    summary: 'Pretty JSON: whether the policy is on, its limits, its rules.',
    boundBytes: 524_288,
    render: (_slice, _params, state) => rulesText(state),
  },
  {
    pattern: '/policy/preflight/req',
    summary: '`req total= queued= consumed=`, then per action `req id= target= decision= state=`, oldest first.',
    boundBytes: LIST_BYTES_MAX,
    render: ({ actions }) => requestsText(inOrder(actions.values())),
  },
  {
    pattern: '/policy/preflight/diff',
    summary: '`diff rules= actions= unmatched=`, then per rule `rule id= target= queued= consumed=`.',
    boundBytes: LIST_BYTES_MAX,
    render: ({ actions }, _params, state) => diffText(inOrder(actions.values()), state),
  },
  {
    pattern: '/actions/pending',
    summary: 'One JSON line per open request, oldest first: who asks for which line to which file, and until when.',
    boundBytes: PENDING_BYTES_MAX,
    render: ({ actions }) =>
      inOrder(actions.values())
        .filter(({ state }) => state === 'requested')
        .map(pendingText)
        .join(''),
  },
  {
    pattern: '/actions/:id/status',
    summary:
      'One JSON line: `id`, `target`, `decision`, `state` (requested, queued, denied, consumed, expired) and more.',
    boundBytes: STATUS_BYTES_MAX,
    render: ({ actions }, { id = '' }, state) => statusText(actions.get(id), settingsIn(state).policy.status_max_bytes),
  },
];

function rulesText(state: Readonly<State>): string {
  const { policy, log } = manifestIn(state);
  const limits = {
    queue_max_entries: policy.approvals_max,
    queue_max_bytes: log.control_log_bytes,
    ctl_max_bytes: log.control_log_bytes,
    status_max_bytes: policy.status_max_bytes,
    approval_ttl_s: policy.approval_ttl_s,
  };
  const rules = policy.rules.map(({ id, target }) => ({ id, target }));
  return `${JSON.stringify({ enabled: policy.enabled, limits, rules }, null, 2)}\n`;
}

function countOf(actions: readonly Action[], state: Action['state']): number {
  return actions.filter((action) => action.state === state).length;
}

function requestsText(actions: readonly Action[]): string {
  const head = `req total=${actions.length} queued=${countOf(actions, 'queued')} consumed=${countOf(actions, 'consumed')}\n`;
  const line = ({ id, target, decision, state }: Action) =>
    `req id=${id} target=${logField(target)} decision=${decision} state=${state}\n`;
  return head + actions.map(line).join('');
}

function diffText(actions: readonly Action[], state: Readonly<State>): string {
  const { rules } = settingsIn(state).policy;
  const unmatched = actions.filter(({ rule }) => !rules.some(({ id }) => id === rule)).length;
  const head = `diff rules=${rules.length} actions=${actions.length} unmatched=${unmatched}\n`;
  const line = ({ id, target }: { readonly id: string; readonly target: string }) => {
    const own = actions.filter(({ rule }) => rule === id);
    return `rule id=${id} target=${logField(target)} queued=${countOf(own, 'queued')} consumed=${countOf(own, 'consumed')}\n`;
  };
  return head + rules.map(line).join('');
}

/** ASCII only: an approver sees every character that is not plain for what it is. */
function pendingText({ id, entry, target, line, rule, askedBy, askedAt, expiresAt }: Action): string {
  const who = askedBy === null ? null : { subject: askedBy.subject, role: askedBy.role, ticket: askedBy.ticket };
  return `${asciiJson({ id, entry, who, target, line, rule, asked_ms: askedAt, expires_ms: expiresAt })}\n`;
}

function statusText(action: Action | undefined, bytesMax: number): string {
  if (action === undefined) return '';
  const { id, target, decision, state, rule, askedBy, decidedBy, expiresAt, consumedEntry } = action;
  const full = {
    id,
    target,
    decision,
    state,
    rule,
    asked_by: askedBy?.subject ?? null,
    decided_by: decidedBy?.subject ?? null,
    expires_ms: expiresAt,
    entry: consumedEntry,
  };
  const text = `${asciiJson(full)}\n`;
  return utf8Size(text) <= bytesMax ? text : `${asciiJson({ id, state: 'oversize' })}\n`;
}
