// Why a request was needed: the rule of the policy that asks, and what a decision would change, in words.

import { isObject, parsed } from '../../files/json.ts';

/** A rule of `/policy/rules`. */
export interface Rule {
  readonly id: string;
  readonly target: string;
  readonly when: unknown;
  readonly isBuiltIn: boolean;
}

/** The rule with a name in the text of `/policy/rules`; undefined when it has none. */
export function ruleOf(text: string, id: string): Rule | undefined {
  const policy = parsed(text);
  const rules: readonly unknown[] = isObject(policy) && Array.isArray(policy.rules) ? policy.rules : [];
  const rule = rules.find((one) => isObject(one) && one.id === id);
  if (!isObject(rule)) return undefined;
  return { id, target: String(rule.target ?? ''), when: rule.when, isBuiltIn: rule.built_in === true };
}

/** Why it asks, in words. */
export function whyText(rule: Rule): string {
  const when = conditionText(rule.when);
  const who = rule.isBuiltIn ? 'Every hive has this rule' : 'The policy has this rule';
  return `${who}: lines for ${rule.target}${when === '' ? '' : ` where ${when}`} need an approval.`;
}

function conditionText(when: unknown): string {
  const fields = isObject(when) && isObject(when.fields) ? when.fields : {};
  return Object.entries(fields)
    .map(([name, value]) => `${name === '$' ? 'the line' : name} is ${wordsOf(value)}`)
    .join(' and ');
}

function wordsOf(value: unknown): string {
  return (Array.isArray(value) ? value : [value]).map(String).join(' or ');
}

/** What `/policy/preflight/diff` counts for a rule, in words; undefined when it says nothing of it. */
export function preflightText(text: string, rule: string): string | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`rule id=${rule} `));
  const [, queued, consumed] = /queued=(\d+) consumed=(\d+)/.exec(line ?? '') ?? [];
  if (queued === undefined) return undefined;
  return `Under this rule: ${queued} approved and not sent yet, ${consumed} sent.`;
}

/** What a control file holds, for people: its accepted lines, one a line; a content that is no such log stays as it is. */
export function acceptedText(text: string): string {
  return text.trimEnd().split('\n').map(acceptedLine).join('\n');
}

function acceptedLine(text: string): string {
  const value = parsed(text);
  if (!isObject(value) || typeof value.seq !== 'number' || typeof value.line !== 'string') return text;
  const { subject } = isObject(value.who) ? value.who : {};
  return `line ${value.seq} by ${String(subject ?? 'nobody')}: ${value.line}`;
}
