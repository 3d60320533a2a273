// Rules: which lines need the approval of how many, and which are refused. A rule of the manifest is one without effect,
// approvals and condition. Of the rules that fit a line, one that refuses wins, else the one that asks for most approvals:
// so the order of rules decides nothing that matters.

/** A rule, of a document or of the manifest. */
export interface Rule {
  readonly id: string;
  readonly target: string;
  /** Default `approve`. */
  readonly effect?: 'approve' | 'deny';
  /** Persons besides the writer; default 1. */
  readonly approvals?: number;
  readonly when?: Condition;
}

/** What must be so of a line; all of it. */
export interface Condition {
  readonly roles?: readonly string[];
  readonly subjects?: readonly string[];
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** A line about to be accepted, as rules see it. */
export interface Act {
  /** Undefined when nobody knows yet: then every condition on the writer is taken as met. */
  readonly who: { readonly role: string; readonly subject: string } | undefined;
  readonly path: string;
  /** Another path of the same file: a rule about either is about the file. */
  readonly otherPath?: string | undefined;
  /** The line as its file reads it; undefined when it does not. */
  readonly value: unknown;
}

/** The rule that decides about a line; undefined when it needs no approval. */
export function ruleFor(rules: Iterable<Rule>, act: Act): Rule | undefined {
  let strictest: Rule | undefined;
  for (const rule of rules) {
    if (!fits(rule, act)) continue;
    if (rule.effect === 'deny') return rule;
    if (strictest === undefined || approvalsOf(rule) > approvalsOf(strictest)) strictest = rule;
  }
  return strictest;
}

/** How many persons besides the writer a rule asks for. */
export function approvalsOf({ approvals = 1 }: Rule): number {
  return approvals;
}

/** Most approvals that rules ask for a line of whoever writes it; 1 when none asks for any. */
export function approvalsNeeded(rules: Iterable<Rule>, act: Act): number {
  let most = 1;
  for (const rule of rules) if (rule.effect !== 'deny' && fits(rule, act)) most = Math.max(most, approvalsOf(rule));
  return most;
}

function fits({ target, when }: Rule, act: Act): boolean {
  const { path, otherPath } = act;
  const isAbout = covers(target, path) || (otherPath !== undefined && covers(target, otherPath));
  return isAbout && (when === undefined || meets(when, act));
}

/** Whether a target names a path: the same number of components, each equal or `*`. */
export function covers(target: string, path: string): boolean {
  if (target === path) return true;
  if (!target.includes('*')) return false;
  const [parts, components] = [target.split('/'), path.split('/')];
  if (parts.length !== components.length) return false;
  return parts.every((part, index) => part === '*' || part === components[index]);
}

function meets({ roles, subjects, fields }: Condition, { who, value }: Act): boolean {
  if (who !== undefined && roles !== undefined && !roles.includes(who.role)) return false;
  if (who !== undefined && subjects !== undefined && !subjects.some((name) => isOf(who.subject, name))) return false;
  return fields === undefined || hasFields(value, fields);
}

/** Who attenuates a ticket gets a subject below their own, and no rule less. */
function isOf(subject: string, name: string): boolean {
  return subject === name || subject.startsWith(`${name}/`);
}

/** Whether a line has all these fields, with one of the values given for each. */
export function hasFields(value: unknown, fields: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(fields).every(([path, wanted]) => {
    const found = fieldAt(value, path);
    return Array.isArray(wanted) ? wanted.includes(found) : found === wanted;
  });
}

/** The name of the whole line, of a file whose lines are words. */
const WHOLE = '$';

function fieldAt(value: unknown, path: string): unknown {
  let found = value;
  if (path === WHOLE) return found;
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return found;
}
