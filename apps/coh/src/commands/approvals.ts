// approve, deny and approvals: the second person of the policy.

import type { HiveClient } from '@cohesix/client';
import { answer, type Context } from '../context.ts';
import { ACTIONS_QUEUE, isRecord, jsonLines, newActionId } from '../control-line.ts';
import { fail } from '../failure.ts';
import { COMMAND, visible } from '../io.ts';
import { DONE, failAt, withHive } from '../session.ts';

/** What `coh approve` and `coh deny` are told. */
export interface DecideOptions {
  /** How long the decision holds, milliseconds. */
  readonly ttl?: number;
}

/** An open request, as `/actions/pending` tells it. */
interface Pending {
  readonly id: string;
  readonly who: { readonly subject: string } | null;
  readonly target: string;
  readonly line: string;
  readonly expires_ms: number;
}

/**
 * `coh approve ID`, `coh approve PATH LINE`, and `deny` alike: decides an open request, or exactly one line before it
 * is sent. JSON: `{id, decision, path, line}`; of a request that is not listed any more, path and line are null.
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
  const about = isLine ? { id: newActionId(decision), path: first, line } : { id: first };
  return withHive(context, (client) => send(context, client, { decision, about, ...options }), {
    fallback: 'approver',
  });
}

interface Sent extends DecideOptions {
  readonly decision: 'approve' | 'deny';
  readonly about: { readonly id: string; readonly path?: string; readonly line?: string };
}

async function send(context: Context, client: HiveClient, { decision, about, ttl }: Sent): Promise<number> {
  const { id, path, line } = about;
  // Read before deciding: afterwards the request is no longer pending, and people want to see what they decided.
  const request = path === undefined ? (await pendingOf(client)).find((one) => one.id === id) : undefined;
  const target = path === undefined ? {} : { target: path, line };
  const ttlS = ttl === undefined ? {} : { ttl_s: Math.ceil(ttl / 1000) };
  const sent = await client.append(ACTIONS_QUEUE, JSON.stringify({ id, ...target, decision, ...ttlS }));
  if (!sent.ok) return failAt(context, client, { what: `cannot ${decision} ${path ?? id}`, refusal: sent.refusal });
  const decided = { id, decision, path: path ?? request?.target ?? null, line: line ?? request?.line ?? null };
  const word = decision === 'approve' ? 'approved' : 'denied';
  answer(context, decided, [
    visible(`${word} ${id}${decided.path === null ? '' : `: ${decided.path} ${decided.line}`}`),
  ]);
  return DONE;
}

/** `coh approvals`: open requests, oldest first. JSON: `{pending: [{id, who, target, line, rule, asked_ms, expires_ms}]}`. */
export function approvals(context: Context): Promise<number> {
  return withHive(context, async (client) => {
    const text = await client.read('/actions/pending');
    if (!text.ok) return failAt(context, client, { what: 'cannot read the open requests', refusal: text.refusal });
    const pending = jsonLines(new TextDecoder().decode(text.value)).filter(isPending);
    answer(context, { pending }, pending.length === 0 ? ['no open requests'] : pending.map(pendingText));
    return DONE;
  });
}

/** Ids of open requests, for completion. */
export async function pendingIds(client: HiveClient): Promise<readonly string[]> {
  return (await pendingOf(client)).map(({ id }) => id);
}

async function pendingOf(client: HiveClient): Promise<readonly Pending[]> {
  const text = await client.read('/actions/pending');
  return text.ok ? jsonLines(new TextDecoder().decode(text.value)).filter(isPending) : [];
}

function isPending(value: unknown): value is Pending {
  if (!isRecord(value)) return false;
  const { id, target, line } = value;
  return typeof id === 'string' && typeof target === 'string' && typeof line === 'string';
}

function pendingText({ id, who, target, line, expires_ms: expiresMs }: Pending): string {
  const until = Number.isFinite(expiresMs) ? new Date(expiresMs).toISOString() : 'unknown';
  return visible(`${id}  by ${who?.subject ?? 'nobody'}  until ${until}\n  ${target} ${line}`);
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
