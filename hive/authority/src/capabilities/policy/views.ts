// What people and tools read about the policy: its rules, what waits for a decision, and what became of each action.

import { controlVersion } from '../../kernel/kernel-capability.ts';
import { type Fields, recordView, type ViewRecord } from '../../kernel/record.ts';
import { asciiJson, utf8Size } from '../../kernel/text.ts';
import type { State, View } from '../../types.ts';
import { manifestIn, settingsIn } from '../settings/queries.ts';
import { type Action, inOrder, type PolicySlice, policySlice } from './action.ts';
import { type ActivePolicy, activePolicy, isBuiltIn } from './active.ts';

const STATUS_BYTES_MAX = 8192;
const LIST_BYTES_MAX = 32_768;
const PENDING_BYTES_MAX = 131_072;

/** The views of the policy. */
export const policyViews: readonly View<PolicySlice>[] = [
  {
    pattern: '/policy/rules',
    summary:
      'Pretty JSON: whether the policy is on, its limits, its rules, and the document they are of; null when they are those of the manifest.',
    boundBytes: 524_288,
    render: (_slice, _params, state) => rulesText(state),
  },
  recordView({
    pattern: '/policy/preflight/req',
    summary: '`req total= queued= consumed=`, then per action `req id= target= decision= state=`, oldest first.',
    boundBytes: LIST_BYTES_MAX,
    record: ({ actions }) => requestsRecord(inOrder(actions.values())),
  }),
  recordView({
    pattern: '/policy/preflight/diff',
    summary: '`diff rules= actions= unmatched=`, then per rule `rule id= target= queued= consumed=`.',
    boundBytes: LIST_BYTES_MAX,
    record: ({ actions }, _params, state) => diffRecord(inOrder(actions.values()), state),
  }),
  {
    pattern: '/actions/pending',
    summary:
      'One JSON line per open request, oldest first: who asks for which line to which file, who of how many has approved, until when, under which policy, and the newest line of the file.',
    boundBytes: PENDING_BYTES_MAX,
    render: ({ actions }, _params, state) =>
      inOrder(actions.values())
        .filter((action) => action.state === 'requested')
        .map((action) => pendingText(action, state))
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
  const active = activePolicy(state);
  const rules = (active?.rules ?? policy.rules).map((rule) => (isBuiltIn(rule) ? { ...rule, built_in: true } : rule));
  const { entry } = policySlice(state);
  const whole = { enabled: policy.enabled, limits, rules, document: documentOf(active), policy_entry: entry };
  return `${JSON.stringify(whole, null, 2)}\n`;
}

function documentOf(active: ActivePolicy | undefined): object | null {
  if (active?.kept === undefined) return null;
  const { document, sha256, appliedEntry } = active.kept;
  return { id: document.id, version: document.version, sha256, applied_entry: appliedEntry };
}

function countOf(actions: readonly Action[], state: Action['state']): number {
  return actions.filter((action) => action.state === state).length;
}

function requestsRecord(actions: readonly Action[]): ViewRecord {
  return {
    word: 'req',
    fields: { total: actions.length, queued: countOf(actions, 'queued'), consumed: countOf(actions, 'consumed') },
    rows: {
      name: 'entries',
      word: 'req',
      each: actions.map(({ id, target, decision, state }) => ({ id, target, decision, state })),
    },
  };
}

function diffRecord(actions: readonly Action[], state: Readonly<State>): ViewRecord {
  const rules = activePolicy(state)?.rules ?? [];
  const unmatched = actions.filter(({ rule }) => !rules.some(({ id }) => id === rule)).length;
  const entryOf = ({ id, target }: { readonly id: string; readonly target: string }): Fields => {
    const own = actions.filter(({ rule }) => rule === id);
    return { id, target, queued: countOf(own, 'queued'), consumed: countOf(own, 'consumed') };
  };
  return {
    word: 'diff',
    fields: { rules: rules.length, actions: actions.length, unmatched },
    rows: { name: 'entries', word: 'rule', each: rules.map(entryOf) },
  };
}

/** ASCII only: an approver sees every character that is not plain for what it is. */
function pendingText(action: Action, state: Readonly<State>): string {
  const { id, entry, target, line, rule, askedBy, askedAt, expiresAt } = action;
  const who = askedBy === null ? null : { subject: askedBy.subject, role: askedBy.role, ticket: askedBy.ticket };
  const asked = { id, entry, who, target, line, rule, asked_ms: askedAt, expires_ms: expiresAt };
  return `${asciiJson({ ...asked, ...approvalsOf(action), target_entry: controlVersion(state, target) })}\n`;
}

/** How far the approvals of an action are, and what they are bound to. */
function approvalsOf({ needs, approvedBy, generation, policyEntry }: Action): object {
  const by = approvedBy.map(({ subject }) => subject);
  return { needs, approved_by: by, generation, policy_entry: policyEntry };
}

function statusText(action: Action | undefined, bytesMax: number): string {
  if (action === undefined) return '';
  const { id, target, decision, state, rule, askedBy, decidedBy, expiresAt, consumedEntry, needs, approvedBy } = action;
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
    missing: state === 'requested' ? needs - approvedBy.length : 0,
    ...approvalsOf(action),
  };
  const text = `${asciiJson(full)}\n`;
  return utf8Size(text) <= bytesMax ? text : `${asciiJson({ id, state: 'oversize' })}\n`;
}
