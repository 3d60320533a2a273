// The verbs that append a line to a control file the shell knows: spawn, kill, lifecycle, bind, mount, approve.
// Lines: contracts-1.md 4.10, 5.1; approvals: ADR 0001.

import { refusal } from '@cohesix/wire';
import { type ControlLine, replyTo } from '../control-reply.ts';
import type { HiveClient } from '../hive-client.ts';
import { done, type Outcome, refused, type ShellState } from './outcome.ts';
import { firstWord, words } from './words.ts';

const QUEEN_CTL = '/queen/ctl';
const LIFECYCLE_CTL = '/queen/lifecycle/ctl';
const ACTIONS_QUEUE = '/actions/queue';

/** `OK SPAWN payload=<json>`. */
export function spawn(client: HiveClient, json: string): Promise<Outcome> {
  return control(client, { path: QUEEN_CTL, line: json }, { payload: json });
}

/** The id of the worker that this session's newest accepted spawn with this line made. */
export async function workerOfSpawn(client: HiveClient, json: string): Promise<string | undefined> {
  const logged = await replyTo(client, { path: QUEEN_CTL, line: json });
  const id = logged?.reply.id;
  return typeof id === 'string' ? id : undefined;
}

/** `OK KILL id=<id>`. */
export function kill(client: HiveClient, id: string): Promise<Outcome> {
  return control(client, { path: QUEEN_CTL, line: JSON.stringify({ kill: id }) }, { id });
}

/** `lifecycle <word>`: `OK LIFECYCLE command=<word>`. */
export async function lifecycle(client: HiveClient, rest: string): Promise<Outcome> {
  const [command, ...more] = words(rest);
  if (command === undefined) return missing('command');
  if (more.length > 0) return invalid('command');
  return control(client, { path: LIFECYCLE_CTL, line: command }, { command });
}

/** `OK BIND from=<p> to=<p>`. */
export function bind(
  client: HiveClient,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<Outcome> {
  return control(client, { path: QUEEN_CTL, line: JSON.stringify({ bind: { from, to } }) }, { from, to });
}

/** `OK MOUNT service=<s> at=<p>`. */
export function mount(
  client: HiveClient,
  { service, at }: { readonly service: string; readonly at: string },
): Promise<Outcome> {
  return control(client, { path: QUEEN_CTL, line: JSON.stringify({ mount: { service, at } }) }, { service, at });
}

/**
 * `approve <path> <line>`: approves exactly that line once, with the approver's session: `OK APPROVE path=<p>`. Without
 * one: `needs-approval`, because nobody approves what they ask for themselves.
 */
export async function approve({ approver, newId }: ShellState, rest: string): Promise<Outcome> {
  const { word: target, rest: line } = firstWord(rest);
  if (target === '') return missing('path');
  if (!target.startsWith('/')) return invalid('path');
  if (line === '') return missing('line');
  if (approver === undefined)
    return refused(refusal('needs-approval', 'This shell has no approver’s session.'), target);
  const action = JSON.stringify({ id: newId(), target, line, decision: 'approve' });
  const queued = await approver.append(ACTIONS_QUEUE, action);
  return queued.ok ? done({ path: target }) : refused(queued.refusal, ACTIONS_QUEUE);
}

async function control(
  client: HiveClient,
  { path, line }: ControlLine,
  fields: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const appended = await client.append(path, line);
  return appended.ok ? done(fields) : refused(appended.refusal, path);
}

function missing(argument: string): Outcome {
  return { kind: 'usage', text: `missing required argument: ${argument}` };
}

function invalid(argument: string): Outcome {
  return { kind: 'usage', text: `invalid value for argument ${argument}` };
}
