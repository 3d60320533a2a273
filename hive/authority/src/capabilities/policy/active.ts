// The policy that holds now: the rules of the active document, or of the manifest while none is active, and the rules that
// hold beside either.

import type { State } from '../../types.ts';
import { otherGpuPath } from '../gpus/queries.ts';
import { otherHostPath } from '../hosts/queries.ts';
import { settingsIn } from '../settings/queries.ts';
import { policySlice } from './action.ts';
import type { KeptDocument } from './kept.ts';
import { POLICY_CTL_PATH, QUEUE_PATH } from './paths.ts';
import { type Act, approvalsNeeded, type Rule, ruleFor } from './rule.ts';

/** Staging a document changes nothing and is signed; making it hold takes a second person, whatever it says itself. */
const POLICY_CTL: Rule = {
  id: 'policy-ctl',
  target: POLICY_CTL_PATH,
  when: { fields: { op: ['apply', 'rollback'] } },
};

/** The settings can switch the policy off. The manifest's own rule for them may be taken out; that of a document not. */
const SETTINGS_CTL: Rule = { id: 'settings-ctl', target: '/queen/manifest/ctl' };

const BESIDE_MANIFEST: readonly Rule[] = [POLICY_CTL];

/** The rules that hold beside those of a document; their ids are taken. */
export const BESIDE_DOCUMENT: readonly Rule[] = [POLICY_CTL, SETTINGS_CTL];

/** Whether a rule is none of a document or of the manifest. */
export function isBuiltIn(rule: Rule): boolean {
  return BESIDE_DOCUMENT.includes(rule);
}

/** What holds now. */
export interface ActivePolicy {
  /** The active document; undefined while the rules are those of the manifest. */
  readonly kept: KeptDocument | undefined;
  readonly rules: readonly Rule[];
  /** Another path of the file at a path, if it has one. */
  readonly otherPath: (path: string) => string | undefined;
}

/** The policy that holds now; undefined when it is off. */
export function activePolicy(state: Readonly<State>): ActivePolicy | undefined {
  const { policy } = settingsIn(state);
  if (!policy.enabled) return undefined;
  const { active, documents } = policySlice(state);
  const kept = active === null ? undefined : documents.get(active);
  const otherPath = (path: string): string | undefined => otherHostPath(state, path) ?? otherGpuPath(state, path);
  if (kept === undefined) return { kept, rules: [...policy.rules, ...BESIDE_MANIFEST], otherPath };
  return { kept, rules: [...kept.document.rules, ...BESIDE_DOCUMENT], otherPath };
}

/** The rule about a line; undefined when it needs no approval. Nothing is about the queue: nobody could approve any more. */
export function ruleAbout(policy: ActivePolicy | undefined, act: Act): Rule | undefined {
  return policy === undefined || act.path === QUEUE_PATH ? undefined : ruleFor(policy.rules, everywhere(policy, act));
}

/** How many must approve a line; 1 when nobody must. */
export function approvalsAbout(policy: ActivePolicy | undefined, act: Act): number {
  return policy === undefined ? 1 : approvalsNeeded(policy.rules, everywhere(policy, act));
}

function everywhere({ otherPath }: ActivePolicy, act: Act): Act {
  return { ...act, otherPath: otherPath(act.path) };
}
