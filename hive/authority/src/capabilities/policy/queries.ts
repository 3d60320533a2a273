// What others may ask of the policy.

import type { Manifest } from '@cohesix/manifest';
import { SYSTEM_ROLE } from '../../principal.ts';
import type { Change, Command, Outcome, State } from '../../types.ts';
import { type PolicyChange, policyChange } from './action.ts';

/** A rule is about a line, and an approval or a standing grant was used for it. */
export type Admitted =
  | { readonly rule: string; readonly approval: string }
  | { readonly rule: string; readonly grant: string };

/**
 * Why the policy let a line through: the hive wrote it itself, no rule is about it, or a rule is. Of a line that carries another,
 * where rules are about both: first of the carried one, then its own.
 */
export type Admission = 'system' | 'open' | Admitted | readonly Admitted[];

/** The admission of an accepted line. */
export function admissionOf(_state: Readonly<State>, { who }: Command, outcome: Outcome): Admission {
  if (who.role === SYSTEM_ROLE) return 'system';
  const all = policyChangesIn(outcome.ok ? outcome.changes : []).flatMap(admitted);
  const [only] = all;
  if (only === undefined) return 'open';
  return all.length === 1 ? only : all;
}

function admitted(change: PolicyChange): Admitted[] {
  if (change.kind === 'consume') return [{ rule: change.rule, approval: change.id }];
  return change.kind === 'use' ? [{ rule: change.rule, grant: change.grant }] : [];
}

function policyChangesIn(changes: readonly Change[]): readonly PolicyChange[] {
  return changes.filter(({ capability }) => capability === 'policy').map(({ change }) => change as PolicyChange);
}

/** Other settings from `entry` on: when their rules are others, what was asked and approved under those before ends. */
export function policyReplaced(
  before: Pick<Manifest, 'policy'>,
  after: Pick<Manifest, 'policy'>,
  command: Pick<Command, 'seq' | 'at'>,
): readonly Change[] {
  if (rulesText(before) === rulesText(after)) return [];
  return [policyChange({ kind: 'renew', entry: command.seq, at: command.at })];
}

function rulesText({ policy: { enabled, rules } }: Pick<Manifest, 'policy'>): string {
  return JSON.stringify([enabled, rules.map(({ id, target }) => [id, target])]);
}
