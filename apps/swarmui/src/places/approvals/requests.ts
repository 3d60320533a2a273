// Requests for an approval, as `/actions/pending` and `/actions/<id>/status` tell them, and the line that decides on one.

import { jsonLines } from '@cohesix/client/core';
import { ACTIONS_QUEUE } from '../../act/asks.ts';
import type { Act } from '../../act/coh-form.ts';
import { isObject } from '../../files/json.ts';

/** An open request. */
export interface Request {
  readonly id: string;
  /** Journal line of the request; a decision names it, because an id may be asked for again. */
  readonly entry: number;
  readonly subject: string;
  readonly role: string;
  readonly target: string;
  readonly line: string;
  readonly rule: string;
  /** Ms since the epoch, by the hive's clock. */
  readonly askedMs: number;
  readonly expiresMs: number;
  readonly needs: number;
  readonly approvedBy: readonly string[];
  /** The asker's: good only while this is the newest line of the target. */
  readonly generation: number | undefined;
  /** Journal line of the newest line of the target. */
  readonly targetEntry: number;
}

/** What a decision is. */
export type Decision = 'approve' | 'deny';

/** The requests of `/actions/pending`, oldest first; lines of another kind are left out. */
export function requestsOf(records: readonly unknown[]): readonly Request[] {
  return records.flatMap((value) => {
    const request = requestOf(value);
    return request === undefined ? [] : [request];
  });
}

function requestOf(value: unknown): Request | undefined {
  if (!isObject(value)) return undefined;
  const { id, entry, target, line } = value;
  if (typeof id !== 'string' || typeof entry !== 'number') return undefined;
  if (typeof target !== 'string' || typeof line !== 'string') return undefined;
  const { subject, role } = isObject(value.who) ? value.who : {};
  return {
    id,
    entry,
    target,
    line,
    subject: String(subject ?? 'nobody'),
    role: String(role ?? ''),
    rule: String(value.rule ?? ''),
    askedMs: Number(value.asked_ms),
    expiresMs: Number(value.expires_ms),
    needs: typeof value.needs === 'number' ? value.needs : 1,
    approvedBy: Array.isArray(value.approved_by) ? value.approved_by.map(String) : [],
    generation: typeof value.generation === 'number' ? value.generation : undefined,
    targetEntry: typeof value.target_entry === 'number' ? value.target_entry : 0,
  };
}

/** The line that decides: the one that `coh approve ID` and `coh deny ID` send. `isUnchanged`: good until the file takes a line. */
export function decisionAct(request: Request, decision: Decision, isUnchanged = false): Act {
  const { id, entry, targetEntry } = request;
  const version = isUnchanged ? { generation: targetEntry } : {};
  return {
    path: ACTIONS_QUEUE,
    line: JSON.stringify({ id, entry, decision, ...version }),
    what: `${decision === 'approve' ? 'Approve' : 'Deny'} ${id} of ${request.subject}`,
    ...(decision === 'deny' ? { isDanger: true } : {}),
  };
}

/** Why somebody cannot make a decision, in words; undefined when they can, as far as names tell. The hive looks at tickets too. */
export function whyNot(request: Request, own: string | undefined, decision: Decision): string | undefined {
  if (own === undefined) return undefined;
  if (isSamePerson(request.subject, own))
    return 'You asked for this: a second person, with another name and another ticket, must decide.';
  if (decision === 'deny') return undefined;
  if (request.approvedBy.some((by) => isSamePerson(by, own)))
    return 'You have approved this already: another person must too. You may still deny it.';
  if (request.generation !== undefined && request.generation !== request.targetEntry)
    return `The file took line ${request.targetEntry} after this was asked for, and it was asked for line ${request.generation} as the newest: ask again.`;
  return undefined;
}

/** Names below a name are the same person: `queen/swarmui` is the page of `queen`. */
function isSamePerson(one: string, other: string): boolean {
  return one.split('/')[0] === other.split('/')[0];
}

/** What an action's status says. */
export interface Status {
  readonly state: string;
  readonly decidedBy: string | undefined;
  /** Journal line that used the approval. */
  readonly entry: number | undefined;
  readonly target: string;
  readonly missing: number;
}

/** The status in the text of `/actions/<id>/status`; undefined when it holds none. */
export function statusOf(text: string): Status | undefined {
  const [value] = jsonLines(text);
  if (!isObject(value) || typeof value.state !== 'string') return undefined;
  const { state, decided_by: by, entry, target, missing } = value;
  return {
    state,
    decidedBy: typeof by === 'string' ? by : undefined,
    entry: typeof entry === 'number' ? entry : undefined,
    target: String(target ?? ''),
    missing: typeof missing === 'number' ? missing : 0,
  };
}

/** What became of a request that is open no more, in words. */
export function endedText(status: Status | undefined): string {
  if (status === undefined || status.state === 'requested') return 'It is not open any more.';
  const by = status.decidedBy === undefined ? '' : ` by ${status.decidedBy}`;
  switch (status.state) {
    case 'queued':
      return `Approved${by}. The line has not been sent yet.`;
    case 'consumed':
      return `Approved${by}, and used${status.entry === undefined ? '' : ` by line ${status.entry} of the journal`}.`;
    case 'denied':
      return `Denied${by}.`;
    case 'expired':
      return 'It expired before anybody decided.';
    default:
      return `It is not open any more: ${status.state}.`;
  }
}

/** Time that is left, for people: `4 min 10 s`; `expired` when none is. */
export function leftText(ms: number): string {
  if (!Number.isFinite(ms)) return 'no time limit';
  const s = Math.ceil(ms / 1000);
  if (s <= 0) return 'expired';
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}
