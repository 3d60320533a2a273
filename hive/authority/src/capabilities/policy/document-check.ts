// What the schema of a document cannot say: names are unique, targets are files that rules can be about, nothing locks
// everybody out or lets one person change the policy, and every test of the document holds. Pure, so that `coh policy test`
// says the same without a hive.

import type { Policy } from '@cohesix/manifest';
import { pathProblem } from '../../kernel/pattern.ts';
import { otherPath } from '../hosts/providers.ts';
import { BESIDE_DOCUMENT } from './active.ts';
import type { DocumentTest, Grant, PolicyDocument } from './document.ts';
import { isAbout } from './kept.ts';
import { POLICY_CTL_PATH, QUEUE_PATH } from './paths.ts';
import type { LineReader } from './reader.ts';
import { type Act, covers, type Rule, ruleFor } from './rule.ts';

/** Id by which one goes back to the rules of the manifest. */
export const MANIFEST_ID = 'manifest';

/** The sizes of lists that the settings allow. */
export type DocumentLimits = Pick<Policy, 'document_rules_max' | 'document_grants_max' | 'document_tests_max'>;

/** What is wrong with a document, with the place in it: `$.rules[2].target: …`; undefined when nothing is. */
export function documentProblem(document: PolicyDocument, limits: DocumentLimits): string | undefined {
  const { id, rules, grants, tests } = document;
  if (id === MANIFEST_ID) return `$.id: ${MANIFEST_ID} stands for the rules of the manifest`;
  return (
    tooMany('rules', rules.length, limits.document_rules_max) ??
    tooMany('grants', grants.length, limits.document_grants_max) ??
    tooMany('tests', tests.length, limits.document_tests_max) ??
    repeated('rules', 'id', [...BESIDE_DOCUMENT.map((rule) => rule.id), ...rules.map((rule) => rule.id)]) ??
    repeated(
      'grants',
      'id',
      grants.map((grant) => grant.id),
    ) ??
    repeated(
      'tests',
      'name',
      tests.map(({ name }) => name),
    ) ??
    firstOf(rules, (rule, index) => ruleProblem(rule, `$.rules[${index}]`)) ??
    firstOf(grants, (grant, index) => grantProblem(grant, `$.grants[${index}]`)) ??
    firstOf(tests, ({ path }, index) => fileProblem(path, `$.tests[${index}].path`))
  );
}

function firstOf<T>(
  items: readonly T[],
  problemOf: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const problem = problemOf(item, index);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function tooMany(list: string, count: number, max: number): string | undefined {
  return count > max ? `$.${list}: has ${count}; policy.document_${list}_max is ${max}` : undefined;
}

function repeated(list: string, field: string, names: readonly string[]): string | undefined {
  const found = names.find((name, index) => names.indexOf(name) !== index);
  return found === undefined
    ? undefined
    : `$.${list}: two have the ${field} ${JSON.stringify(found)}, or it is a built-in one`;
}

function ruleProblem({ target, effect, approvals, when }: Rule, at: string): string | undefined {
  if (effect === 'deny' && approvals !== undefined) return `${at}.approvals: a rule that refuses asks for none`;
  if (effect === 'deny' && covers(target, POLICY_CTL_PATH) && when?.subjects === undefined)
    return `${at}.when.subjects: missing; refusing ${POLICY_CTL_PATH} to everybody would keep this policy for ever`;
  return placeProblem(target, `${at}.target`) ?? fieldsProblem(when?.fields, `${at}.when.fields`);
}

function grantProblem({ target, fields }: Grant, at: string): string | undefined {
  const rule = protectedBy(target);
  if (rule !== undefined) return `${at}.target: nobody changes ${rule} alone, so nothing is granted there`;
  return placeProblem(target, `${at}.target`) ?? fieldsProblem(fields, `${at}.fields`);
}

/** The file with which the policy is changed that a target is about. */
function protectedBy(target: string): string | undefined {
  return BESIDE_DOCUMENT.find((rule) => covers(target, rule.target))?.target;
}

function placeProblem(path: string, at: string): string | undefined {
  if (covers(path, QUEUE_PATH)) return `${at}: no rule is about ${QUEUE_PATH}, or nobody could approve anything`;
  const half = path.split('/').find((name) => name !== '*' && name.includes('*'));
  if (half !== undefined) return `${at}: * stands for a whole component, not in ${JSON.stringify(half)}`;
  const problem = pathProblem(path);
  return problem === undefined ? undefined : `${at}: ${JSON.stringify(path)} ${problem}`;
}

function fileProblem(path: string, at: string): string | undefined {
  return path.includes('*') ? `${at}: has a *; a test is about one file` : placeProblem(path, at);
}

/** Most values one field may be given. */
const VALUES_MAX = 32;

function fieldsProblem(fields: Readonly<Record<string, unknown>> | undefined, at: string): string | undefined {
  for (const [name, value] of Object.entries(fields ?? {})) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (values.length === 0 || values.length > VALUES_MAX) return `${at}.${name}: 1 to ${VALUES_MAX} values`;
    if (values.some((one) => typeof one === 'object' && one !== null))
      return `${at}.${name}: expected a string, number, boolean or null, or a list of those`;
  }
  return undefined;
}

/** What became of one test of a document. */
export interface TestResult {
  readonly name: string;
  /** What was got instead, and by which rule; undefined when the test holds. */
  readonly problem: string | undefined;
}

/** Runs all tests of a document, in their order. */
export function runTests(document: PolicyDocument, read: LineReader): readonly TestResult[] {
  return document.tests.map((test) => ({ name: test.name, problem: testProblem(document, test, read) }));
}

/** The first test of a document that fails, as a sentence that names it; undefined when all hold. */
export function failingTest(document: PolicyDocument, read: LineReader): string | undefined {
  const failed = runTests(document, read).find(({ problem }) => problem !== undefined);
  return failed === undefined ? undefined : `test ${JSON.stringify(failed.name)}: ${failed.problem}`;
}

function testProblem(document: PolicyDocument, test: DocumentTest, read: LineReader): string | undefined {
  const line = read(test.path, test.line);
  if (!line.ok) return `${test.path} does not take the line: ${line.refusal.detail}`;
  const { path, who } = test;
  const { verdict, by } = verdictOn(document, { who, path, otherPath: otherPath(path), value: line.value });
  return verdict === test.expect ? undefined : `expected ${test.expect}, got ${verdict} (${by})`;
}

/** What a document makes of a line while no grant was used. */
function verdictOn(
  document: PolicyDocument,
  act: Act,
): { readonly verdict: DocumentTest['expect']; readonly by: string } {
  const rule = ruleFor([...document.rules, ...BESIDE_DOCUMENT], act);
  if (rule === undefined) return { verdict: 'allow', by: 'no rule is about it' };
  if (rule.effect === 'deny') return { verdict: 'deny', by: `rule ${rule.id}` };
  const grant = document.grants.find((one) => isAbout(one, act));
  if (grant !== undefined) return { verdict: 'allow', by: `grant ${grant.id}` };
  return { verdict: 'needs-approval', by: `rule ${rule.id}` };
}
