// The policy gate: whether a line that would otherwise be accepted has the approval its file needs. It is the last
// check, and what it uses up is part of the same outcome, so a line that is refused spends nothing.

import { accept, reject } from '../../kernel/decision.ts';
import { logField } from '../../kernel/text.ts';
import { areTwoPersons, isSamePerson, SYSTEM_ROLE } from '../../principal.ts';
import type { Command, Decision, Principal, State } from '../../types.ts';
import { isRevoked } from '../sessions/queries.ts';
import { settingsIn } from '../settings/queries.ts';
import { type Action, inOrder, isAlive, policyChange, policySlice } from './action.ts';
import { ruleFor } from './rules.ts';

/** Lets a command through, with the change that uses up its approval, or refuses it. Denials win over approvals. */
export function policyGate(state: Readonly<State>, command: Command): Decision {
  const { who, path } = command;
  if (who.role === SYSTEM_ROLE) return accept({});
  const rule = ruleFor(settingsIn(state), path);
  if (rule === undefined) return accept({});
  const about = actionsAbout(state, command);
  const denial = about.find(({ state: is }) => is === 'denied');
  if (denial !== undefined) {
    const detail = `Action ${denial.id} denies exactly this line until it expires.`;
    return reject('approval-denied', detail, [
      gateLine(who, 'deny', `id=${denial.id} target=${logField(path)} path=${logField(path)}`),
    ]);
  }
  const approval = about.find((action) => isFor(action, who));
  if (approval === undefined) {
    return reject('needs-approval', missingDetail(rule.id, about), [
      gateLine(who, 'deny', `reason=missing-approval path=${logField(path)}`),
    ]);
  }
  return accept({
    changes: [policyChange({ kind: 'consume', id: approval.id, entry: command.seq })],
    log: [gateLine(who, 'allow', `id=${approval.id} target=${logField(path)} path=${logField(path)}`)],
  });
}

/** Decisions that hold now about exactly this path and line, oldest first; those of revoked tickets are void. */
function actionsAbout(state: Readonly<State>, { path, line, at }: Command): Action[] {
  const about: Action[] = [];
  for (const action of policySlice(state).actions.values()) {
    if (action.target !== path || action.line !== line || !isAlive(action, at)) continue;
    if (action.decidedBy === null || isRevoked(state, action.decidedBy.ticketIds)) continue;
    about.push(action);
  }
  return inOrder(about);
}

/** Whether an approval is for this writer: decided by somebody else and, if it was asked for, asked for by the writer. */
function isFor(action: Action, who: Principal): boolean {
  if (action.state !== 'queued' || action.decidedBy === null || !areTwoPersons(action.decidedBy, who)) return false;
  return action.askedBy === null || isSamePerson(action.askedBy, who);
}

function missingDetail(rule: string, about: readonly Action[]): string {
  const [own] = about;
  if (own === undefined) return `Rule ${rule}: ask for approval of exactly this line in /actions/queue.`;
  return `Rule ${rule}: approval ${own.id} is yours or for somebody else; another subject with another root ticket must approve.`;
}

function gateLine(who: Principal, outcome: string, rest: string): string {
  return `policy-gate outcome=${outcome} role=${logField(who.role)} ticket=${logField(who.ticket)} ${rest}`;
}
