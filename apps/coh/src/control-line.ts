// Writing one line to a control file, with what may belong to it: the approval of somebody else, which a policy may ask
// for. `replyTo` of the client reads what the hive gave back.

import { randomBytes } from 'node:crypto';
import { type ControlLine, type HiveClient, jsonLines, lineResults } from '@cohesix/client';
import { ok, type Refusal, type Result } from '@cohesix/wire';
import { type Context, note } from './context.ts';
import { fail } from './failure.ts';
import { INTERRUPTED, interruptible, pause } from './interrupt.ts';
import { COMMAND } from './io.ts';
import { INTENTS_PATH } from './lines/intents.ts';
import { dataFlag, shellWord } from './places.ts';
import { failAt } from './session.ts';

/** Where approvals are asked for and given. */
export const ACTIONS_QUEUE = '/actions/queue';

const POLL_MS = 250;

/** A fresh id for an action, for a reason that a person can read. */
export function newActionId(reason: string): string {
  return `${reason}-${randomBytes(5).toString('hex')}`;
}

/**
 * Appends a line; with `waitS`, a line that needs an approval is asked for and tried again until somebody approves,
 * denies, or the time is over (then `needs-approval`).
 */
export async function submit(
  context: Context,
  client: HiveClient,
  control: ControlLine,
  waitS: number | undefined,
): Promise<Appended> {
  let appended = await client.append(control.path, control.line);
  // Of several lines each may need an approval of its own; the one that was waited for is not asked for again.
  for (const asked = new Set<string>(); needsApproval(appended) && waitS !== undefined; ) {
    const refused = await refusedLine(client, control);
    if (asked.has(refused.line)) break;
    asked.add(refused.line);
    appended = await askAndWait(context, client, { control, refused, waitS });
  }
  return appended;
}

type Appended = Result<{ readonly bytes: number }>;

function needsApproval(appended: Appended): boolean {
  return !appended.ok && appended.refusal.code === 'needs-approval' && !isOwn(appended.refusal);
}

/** What an approval must be of: of several lines the one that was refused, of an intent the line that it carries. */
async function refusedLine(client: HiveClient, control: ControlLine): Promise<ControlLine> {
  const refused = await refusedOf(client, control);
  if (refused.path !== INTENTS_PATH) return refused;
  // A repeat of an intent is an intent of its own, but the line in it is the same: that is what somebody can approve.
  const { carriedLine } = await import('@cohesix/authority');
  return carriedLine(refused.line) ?? refused;
}

async function refusedOf(client: HiveClient, control: ControlLine): Promise<ControlLine> {
  const lines = control.line.split('\n').filter((line) => line.trim() !== '');
  if (lines.length < 2) return control;
  const results = await lineResults(client);
  const at = results.findIndex(({ path, result }) => path === control.path && result === 'refused');
  return { path: control.path, line: lines[at] ?? control.line };
}

interface Asking {
  readonly control: ControlLine;
  readonly refused: ControlLine;
  readonly waitS: number;
}

async function askAndWait(
  context: Context,
  client: HiveClient,
  { control, refused, waitS }: Asking,
): Promise<Appended> {
  const { path, line } = refused;
  const id = newActionId('ask');
  const asked = await client.append(
    ACTIONS_QUEUE,
    JSON.stringify({ id, target: path, line, decision: 'request', ttl_s: Math.max(1, Math.ceil(waitS)) }),
  );
  if (!asked.ok) return asked;
  note(context, `waiting up to ${waitS} s for an approval; to give it: ${approveById(context, id)}`);
  const decided = await decision(context, client, { id, waitS });
  if (!decided.ok && !isUnanswered(decided.refusal)) return decided;
  // Somebody may have approved the line itself instead of the request, which then stays open.
  const last = await client.append(control.path, control.line);
  const isStillAsked = !decided.ok && !last.ok && last.refusal.code === 'needs-approval';
  return isStillAsked ? decided : last;
}

/** A refusal that this program found itself, so that the hive's last sentence is about something else. */
interface OwnRefusal extends Refusal {
  readonly advice: readonly string[];
  readonly exit?: number;
  /** Whether the wait ended without any decision. */
  readonly isUnanswered?: true;
}

function isUnanswered(refusal: Refusal): boolean {
  return isOwn(refusal) && refusal.isUnanswered === true;
}

function isOwn(refusal: Refusal): refusal is OwnRefusal {
  return 'advice' in refusal;
}

interface Asked {
  readonly id: string;
  readonly waitS: number;
}

/** Waits until the action is approved; Ctrl-C ends the wait, not the request. */
function decision(context: Context, client: HiveClient, asked: Asked): Promise<Result<void>> {
  const { id, waitS } = asked;
  const untilMs = Date.now() + waitS * 1000;
  return interruptible(context, async (signal) => {
    for (;;) {
      const read = await client.read(`/actions/${id}/status`);
      if (!read.ok) return read;
      const [first] = jsonLines(new TextDecoder().decode(read.value));
      const status = isRecord(first) ? first : {};
      if (status.state === 'queued') return ok(undefined);
      if (status.state === 'denied') return { ok: false, refusal: deniedBy(status.decided_by, id) };
      if (status.state === 'consumed') return { ok: false, refusal: usedUp(status.entry, id) };
      if (signal.aborted) return { ok: false, refusal: interrupted(status.expires_ms, id) };
      if (status.state === 'expired' || Date.now() >= untilMs) return { ok: false, refusal: unanswered(asked) };
      await pause(POLL_MS, signal);
    }
  });
}

function deniedBy(who: unknown, id: string): OwnRefusal {
  const name = typeof who === 'string' && who !== '' ? who : 'Somebody';
  const advice = [`Who decided what: ${COMMAND} cat /policy/preflight/req`];
  return { code: 'approval-denied', detail: `${name} denied request ${id}.`, advice };
}

/** The same line went through from elsewhere, under this approval. */
function usedUp(entry: unknown, id: string): OwnRefusal {
  const by = typeof entry === 'number' ? ` by the same line in journal entry ${entry}` : '';
  const advice = ['Look whether that is enough; if not, ask again.'];
  return { code: 'needs-approval', detail: `Request ${id} was approved, but the approval was used${by}.`, advice };
}

function unanswered({ id, waitS }: Asked): OwnRefusal {
  const advice = [`Who asks for what: ${COMMAND} approvals`, 'Tell somebody who may approve it, and ask again.'];
  return { code: 'needs-approval', detail: `Nobody answered request ${id} in ${waitS} s.`, advice, isUnanswered: true };
}

function interrupted(expiresMs: unknown, id: string): OwnRefusal {
  const until = typeof expiresMs === 'number' ? ` until ${new Date(expiresMs).toISOString()}` : '';
  const advice = ['When it is approved by then, send the same line again.'];
  const detail = `Nobody waits any more; request ${id} stays open${until}.`;
  return { code: 'needs-approval', detail, advice, exit: INTERRUPTED };
}

/** A line that was refused. */
export interface RefusedLine {
  /** What could not be done. */
  readonly what: string;
  readonly refusal: Refusal;
  readonly control: ControlLine;
  /** The command that sends exactly this line, when the same command would make another. */
  readonly again?: string;
  /** What to do, when the advice for the code is not it. */
  readonly advice?: readonly string[];
}

/** Tells why a line was refused; for `needs-approval` also who can approve it and how. */
export async function failLine(context: Context, client: HiveClient, refused: RefusedLine): Promise<number> {
  const { what, refusal, control, again, advice } = refused;
  if (isOwn(refusal)) {
    const own = [...refusal.advice, ...(again === undefined ? [] : [`To send the same line: ${again}`])];
    return fail(context, { what, ...refusal, sentence: refusal.detail, advice: own });
  }
  const failure = { what, refusal };
  if (refusal.code !== 'needs-approval')
    return failAt(context, client, advice === undefined ? failure : { ...failure, advice });
  const approving = [
    'Somebody with another ticket and another name must approve exactly this line, for example the local approver:',
    `  ${approveLine(context, await refusedLine(client, control))}`,
    ...(again === undefined ? [] : ['to send exactly it then:', `  ${again}`]),
    `${again === undefined ? 'and then it can be sent again; or' : 'Or'} let it ask and wait by itself: add --wait 300`,
  ];
  return failAt(context, client, { ...failure, advice: approving });
}

/** The command that approves a line before it is sent. */
function approveLine(context: Context, { path, line }: ControlLine): string {
  return `${COMMAND}${flagOf(context)} approve ${shellWord(path)} ${shellWord(line)}`;
}

function approveById(context: Context, id: string): string {
  return `${COMMAND}${flagOf(context)} approve ${id}`;
}

function flagOf({ io, places }: Context): string {
  return places.ok ? dataFlag(io, places.value.root) : '';
}

/** Whether a value is an object with fields. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
