// The policy gate: whether a line that would otherwise be accepted has the approvals its file needs, or a standing grant. It
// is the last check, and what it uses up is part of the same outcome, so a line that is refused spends nothing.

import { accept, reject } from '../../kernel/decision.ts';
import { controlVersion } from '../../kernel/kernel-capability.ts';
import { logField } from '../../kernel/text.ts';
import { areTwoPersons, isSamePerson, SYSTEM_ROLE } from '../../principal.ts';
import type { Decision, ParsedCommand, Principal, State } from '../../types.ts';
import { isRevoked } from '../sessions/queries.ts';
import { type Action, inOrder, isAlive, partiesOf, policyChange, policySlice } from './action.ts';
import { type ActivePolicy, activePolicy, ruleAbout } from './active.ts';
import { grantFor, type Spent, type Usable } from './kept.ts';
import { approvalsOf, type Rule } from './rule.ts';

/**
 * Lets a command through, with the change that uses up its approval or its grant, or refuses it. Rules that refuse and
 * denials win over approvals, and approvals over grants.
 */
export function policyGate(state: Readonly<State>, command: ParsedCommand): Decision {
  const { who, path, value } = command;
  if (who.role === SYSTEM_ROLE) return accept({});
  const policy = activePolicy(state);
  const rule = ruleAbout(policy, { who, path, value });
  if (policy === undefined || rule === undefined) return accept({});
  if (rule.effect === 'deny')
    return denied(command, `rule=${rule.id}`, `Rule ${rule.id} refuses it; no approval helps.`);
  const about = actionsAbout(state, command);
  const denial = about.find(({ state: is }) => is === 'denied');
  if (denial !== undefined) {
    const told = `id=${denial.id} target=${logField(path)}`;
    return denied(command, told, `Action ${denial.id} denies exactly this line until it expires.`);
  }
  const approval = about.find((action) => isFor(action, { who, rule, version: controlVersion(state, path) }));
  if (approval !== undefined) {
    return accept({
      changes: [policyChange({ kind: 'consume', id: approval.id, entry: command.seq, rule: rule.id, path })],
      log: [gateLine(command, 'allow', `id=${approval.id} target=${logField(path)}`)],
    });
  }
  return byGrant(state, command, { policy, rule, about });
}

interface Asked {
  readonly policy: ActivePolicy;
  readonly rule: Rule;
  readonly about: readonly Action[];
}

function byGrant(state: Readonly<State>, command: ParsedCommand, { policy, rule, about }: Asked): Decision {
  const { who, path, value, at } = command;
  const { kept } = policy;
  const found = kept === undefined ? undefined : grantFor(kept, { who, path, value }, at);
  if (kept === undefined || found?.kind !== 'usable') {
    const detail = `Rule ${rule.id}: ${missing(state, command, { rule, about, found })}`;
    return reject('needs-approval', detail, [gateLine(command, 'deny', 'reason=missing-approval')]);
  }
  const { grant, use } = found;
  const { id: document } = kept.document;
  return accept({
    changes: [policyChange({ kind: 'use', document, grant: grant.id, use, rule: rule.id, path })],
    log: [gateLine(command, 'allow', `grant=${grant.id} used=${use.used} target=${logField(path)}`)],
  });
}

/** Decisions that hold now about exactly this path and line, oldest first; those of revoked tickets are void. */
function actionsAbout(state: Readonly<State>, { path, line, at }: ParsedCommand): Action[] {
  const about: Action[] = [];
  for (const action of policySlice(state).actions.values()) {
    if (action.target !== path || action.line !== line || !isAlive(action, at) || action.decidedBy === null) continue;
    if (partiesOf(action).some(({ ticketIds }) => isRevoked(state, ticketIds))) continue;
    about.push(action);
  }
  return inOrder(about);
}

interface Use {
  readonly who: Principal;
  readonly rule: Rule;
  /** Journal entry of the newest line of the file. */
  readonly version: number;
}

/**
 * Whether an approval is for this writer now: by as many others as the rule asks for; if it was asked for, asked for by the
 * writer; and if it names the newest line of the file, that is still the newest.
 */
function isFor(action: Action, { who, rule, version }: Use): boolean {
  const { state, approvedBy, askedBy, generation } = action;
  if (state !== 'queued' || approvedBy.length < approvalsOf(rule)) return false;
  if (!approvedBy.every((by) => areTwoPersons(by, who))) return false;
  if (generation !== null && generation !== version) return false;
  return askedBy === null || isSamePerson(askedBy, who);
}

interface Missing {
  readonly rule: Rule;
  readonly about: readonly Action[];
  readonly found: Usable | Spent | undefined;
}

/** What is in the way, for people. */
function missing(state: Readonly<State>, command: ParsedCommand, { rule, about, found }: Missing): string {
  const { path } = command;
  const [own] = about;
  if (own !== undefined) return missingOf(own, { who: command.who, rule, version: controlVersion(state, path) });
  const ended = endedApproval(state, command);
  if (ended !== undefined) {
    const { entry } = policySlice(state);
    return `the policy changed at entry ${entry}, which ended ${ended.id} of entry ${ended.entry}; ask again in /actions/queue.`;
  }
  if (found?.kind === 'spent') return `grant ${found.grant.id} ${found.problem}; ask for approval in /actions/queue.`;
  const count = approvalsOf(rule);
  const by = count === 1 ? '' : ` by ${count} others`;
  return `ask for approval of exactly this line${by} in /actions/queue.`;
}

function missingOf({ id, approvedBy, needs, generation }: Action, { rule, version }: Use): string {
  const count = Math.max(needs, approvalsOf(rule));
  if (approvedBy.length < count) return `${id} has ${approvedBy.length} of ${count} approvals.`;
  if (generation !== null && generation !== version)
    return `approval ${id} is for the file as of entry ${generation}, and it is at ${version}; look again, and ask again.`;
  return `approval ${id} is yours or for somebody else; another subject with another root ticket must approve.`;
}

/** The newest action about this line that a change of the policy ended. */
function endedApproval(state: Readonly<State>, { path, line }: ParsedCommand): Action | undefined {
  const { actions, entry } = policySlice(state);
  return inOrder(actions.values()).findLast(
    (action) =>
      action.target === path && action.line === line && action.state === 'expired' && action.policyEntry < entry,
  );
}

function denied(command: ParsedCommand, told: string, detail: string): Decision {
  return reject('approval-denied', detail, [gateLine(command, 'deny', told)]);
}

function gateLine({ who, path }: ParsedCommand, outcome: string, rest: string): string {
  const ticket = logField(who.ticket);
  return `policy-gate outcome=${outcome} role=${logField(who.role)} ticket=${ticket} ${rest} path=${logField(path)}`;
}
