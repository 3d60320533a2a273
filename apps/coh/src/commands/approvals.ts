// approve, deny and approvals: the second person of the policy.

import { type HiveClient, jsonLines } from '@cohesix/client';
import { ok, type Result } from '@cohesix/wire';
import { answer, type Context, note } from '../context.ts';
import { ACTIONS_QUEUE, isRecord, newActionId } from '../control-line.ts';
import { fail } from '../failure.ts';
import { COMMAND, visible } from '../io.ts';
import { withoutTrailingSlash } from '../places.ts';
import { DONE, failAt, withHive } from '../session.ts';

/** What `coh approve` and `coh deny` are told. */
export interface DecideOptions {
  /** How long the decision holds, milliseconds. */
  readonly ttl?: number;
  /** Decides also about a path that no rule asks an approval for. */
  readonly force?: boolean;
  /** Of a request: the approval ends with the next line that the file takes. */
  readonly unchanged?: boolean;
}

/** An open request, as `/actions/pending` tells it. */
export interface Pending {
  readonly id: string;
  /** Journal entry of the request; a decision names it, because an id may be asked for again. */
  readonly entry: number;
  readonly who: { readonly subject: string } | null;
  readonly target: string;
  readonly line: string;
  readonly expires_ms: number;
  /** How many must approve, and who has. */
  readonly needs?: number;
  readonly approved_by?: readonly string[];
  /** Journal entry of the newest line of the target. */
  readonly target_entry?: number;
}

/**
 * `coh approve ID`, `coh approve PATH LINE`, and `deny` alike: decides an open request, or exactly one line before it
 * is sent. JSON: `{id, decision, path, line}`.
 */
export function decide(
  context: Context,
  decision: 'approve' | 'deny',
  [first = '', ...words]: readonly string[],
  options: DecideOptions,
): Promise<number> {
  const line = words.join(' ');
  const isLine = first.startsWith('/');
  if (isLine && line === '') return Promise.resolve(fail(context, missingLine(decision, first)));
  if (!isLine && line !== '') return Promise.resolve(fail(context, notBoth(decision, first)));
  const about = isLine ? { id: newActionId(decision), path: withoutTrailingSlash(first), line } : { id: first };
  return withHive(context, (client) => send(context, client, { decision, about, ...options }), {
    fallback: 'approver',
  });
}

interface Sent extends DecideOptions {
  readonly decision: 'approve' | 'deny';
  readonly about: { readonly id: string; readonly path?: string; readonly line?: string };
}

async function send(context: Context, client: HiveClient, sent: Sent): Promise<number> {
  const { decision, about, ttl, force, unchanged } = sent;
  const { id, path, line } = about;
  if (path !== undefined && force !== true && !(await isUnderRule(client, path)))
    return fail(context, withoutRule(sent, path));
  if (path !== undefined && !takesWords(path) && jsonLines(line ?? '').length === 0)
    note(context, 'warning: this line does not parse as JSON; a control file would refuse it.');
  // Read before deciding: afterwards the request is no longer pending, and people want to see what they decided.
  const request = path === undefined ? (await pendingOf(client)).find((one) => one.id === id) : undefined;
  if (path === undefined && request === undefined) return fail(context, notOpen(sent, id));
  const target = path === undefined ? { entry: request?.entry } : { target: path, line };
  const ttlS = ttl === undefined ? {} : { ttl_s: Math.ceil(ttl / 1000) };
  const version = unchanged === true ? { generation: request?.target_entry } : {};
  const queued = await client.append(ACTIONS_QUEUE, JSON.stringify({ id, ...target, decision, ...ttlS, ...version }));
  if (!queued.ok) {
    const { refusal } = queued;
    const advice = CLOSED.has(refusal.code) ? { advice: [`Open requests: ${COMMAND} approvals`] } : {};
    return failAt(context, client, { what: `cannot ${decision} ${path ?? id}`, refusal, ...advice });
  }
  const decided = { id, decision, path: path ?? request?.target, line: line ?? request?.line };
  const word = decision === 'approve' ? 'approved' : 'denied';
  const missing = decision === 'approve' ? await missingOf(client, id) : 0;
  const more = missing === 0 ? [] : [`${missing} more must approve it: ${COMMAND} approve ${id}`];
  const told = missing === 0 ? decided : { ...decided, missing };
  answer(context, told, [visible(`${word} ${id}: ${decided.path} ${decided.line}`), ...more]);
  return DONE;
}

/** How many more persons must approve an action; 0 when it cannot be read. */
async function missingOf(client: HiveClient, id: string): Promise<number> {
  const text = await client.read(`/actions/${id}/status`);
  const [status] = text.ok ? jsonLines(new TextDecoder().decode(text.value)) : [];
  return isRecord(status) && typeof status.missing === 'number' ? status.missing : 0;
}

/** Refusals of a decision that came too late, or about a request that is another one by now. */
const CLOSED: ReadonlySet<string> = new Set(['invalid-transition', 'not-found', 'expired', 'stale']);

function notOpen({ decision }: Sent, id: string): Parameters<typeof fail>[1] {
  return {
    what: `cannot ${decision} ${id}`,
    code: 'not-found',
    sentence: 'No open request has this id, or your ticket cannot read /actions/pending.',
    advice: [`Open requests: ${COMMAND} approvals`],
  };
}

/** Whether lines of a file are words: of the lifecycle, orders to hosts, and of GPUs. Those of others are JSON. */
function takesWords(path: string): boolean {
  return path === '/queen/lifecycle/ctl' || /^\/host\/(?!tickets\/|ctl$)|^\/gpu\/.+\/ctl$/.test(path);
}

/** Whether an approval for this path can ever be used; yes when the rules cannot be read. */
async function isUnderRule(client: HiveClient, path: string): Promise<boolean> {
  const text = await client.read('/policy/rules');
  const [policy] = text.ok ? jsonLines(new TextDecoder().decode(text.value).replaceAll('\n', ' ')) : [];
  if (!isRecord(policy) || !Array.isArray(policy.rules)) return true;
  if (policy.enabled === false) return false;
  return policy.rules.some(
    (rule: unknown) => isRecord(rule) && pathsOf(path).some((one) => covers(String(rule.target), one)),
  );
}

/** A path, and what else the file may be called: files of hosts have a path with the host and one without. */
function pathsOf(path: string): readonly string[] {
  const [, host, , ...below] = path.split('/');
  return host === 'host' ? [path, `/host/${below.join('/')}`, path.replace('/host', '/host/*')] : [path];
}

/** Whether a rule's target names a path; `*` stands for one name, in a path for one that is not known. */
function covers(target: string, path: string): boolean {
  const [names, given] = [target.split('/'), path.split('/')];
  return (
    names.length === given.length && names.every((name, at) => name === '*' || given[at] === '*' || name === given[at])
  );
}

function withoutRule({ decision }: Sent, path: string): Parameters<typeof fail>[1] {
  return {
    what: `no rule is about ${visible(path)}`,
    code: 'usage',
    sentence: 'Lines for this file need no approval, so a decision about one would never be used.',
    advice: [
      `The rules: ${COMMAND} cat /policy/rules`,
      `To decide all the same: ${COMMAND} ${decision} --force PATH LINE`,
    ],
  };
}

/**
 * `coh approvals`: open requests, oldest first. JSON: `{pending: [{id, entry, who, target, line, rule, asked_ms, expires_ms, needs,
 * approved_by, generation, policy_entry, target_entry}]}`.
 */
export function approvals(context: Context): Promise<number> {
  return withHive(context, async (client) => {
    const pending = await openRequests(client);
    if (!pending.ok) return failAt(context, client, { what: UNREADABLE, refusal: pending.refusal });
    const { value } = pending;
    answer(context, { pending: value }, value.length === 0 ? ['no open requests'] : value.map(pendingText));
    return DONE;
  });
}

/** What could not be done when `openRequests` refuses. */
export const UNREADABLE = 'cannot read the open requests';

/** Open requests, oldest first; refuses as reading `/actions/pending` does. */
export async function openRequests(client: HiveClient): Promise<Result<readonly Pending[]>> {
  const text = await client.read('/actions/pending');
  return text.ok ? ok(jsonLines(new TextDecoder().decode(text.value)).filter(isPending)) : text;
}

/** Ids of open requests, for completion. */
export async function pendingIds(client: HiveClient): Promise<readonly string[]> {
  return (await pendingOf(client)).map(({ id }) => id);
}

async function pendingOf(client: HiveClient): Promise<readonly Pending[]> {
  const pending = await openRequests(client);
  return pending.ok ? pending.value : [];
}

function isPending(value: unknown): value is Pending {
  if (!isRecord(value)) return false;
  const { id, entry, target, line } = value;
  return typeof id === 'string' && typeof entry === 'number' && typeof target === 'string' && typeof line === 'string';
}

/** A request for people: two lines, or three. */
export function pendingText({ id, who, target, line, expires_ms: expiresMs, ...rest }: Pending): string {
  const until = Number.isFinite(expiresMs) ? new Date(expiresMs).toISOString() : 'unknown';
  const approved = approvedText(rest);
  const head = `${id}  by ${who?.subject ?? 'nobody'}  until ${until}${approved}`;
  return visible([head, `  ${target} ${line}`, ...documentHint(target, line)].join('\n'));
}

/** An order to apply a policy document names it only: who approves it wants to read it. */
function documentHint(target: string, line: string): readonly string[] {
  const [order] = target === '/policy/ctl' ? jsonLines(line) : [];
  return isRecord(order) && order.op === 'apply' ? [`  read it: ${COMMAND} policy show ${String(order.id)}`] : [];
}

/** Who approved of how many, when one is not enough. */
export function approvedText({ needs = 1, approved_by: by = [] }: Pick<Pending, 'needs' | 'approved_by'>): string {
  return needs === 1 ? '' : `  approved by ${by.length} of ${needs}${by.length === 0 ? '' : ` (${by.join(', ')})`}`;
}

function missingLine(decision: string, path: string): Parameters<typeof fail>[1] {
  const advice = [`${COMMAND} ${decision} ${path} '{"spawn":"host"}'`];
  return {
    what: 'the line to decide on is missing',
    code: 'usage',
    sentence: 'A decision is about exactly one line.',
    advice,
  };
}

function notBoth(decision: string, first: string): Parameters<typeof fail>[1] {
  const sentence = `${JSON.stringify(first)} is no path, so it names a request; nothing may follow it.`;
  return {
    what: 'too many arguments',
    code: 'usage',
    sentence,
    advice: [`${COMMAND} ${decision} ID`, `${COMMAND} ${decision} PATH LINE`],
  };
}
