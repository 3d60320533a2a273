// One call of a tool: the line is appended, and what became of it is read. Both belong together, because a session keeps the
// results of its last write only; so the calls of a session come one after another.

import { type ControlLine, type HiveClient, replyTo } from '@cohesix/client';
import { REFUSALS, type Refusal, refusal } from '@cohesix/wire';
import type { CallToolResult } from '@modelcontextprotocol/server';
import { shownText } from './shown-text.ts';

/** What became of a line. */
export type Called =
  | { readonly kind: 'accepted'; readonly entry?: number; readonly reply?: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Runs work piece by piece, in the order in which it came. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** Appends the line and asks what became of it. */
export async function callControl(client: HiveClient, control: ControlLine): Promise<Called> {
  const appended = await client.append(control.path, control.line);
  if (!appended.ok) {
    const detail = (await client.explain()) ?? appended.refusal.detail;
    return { kind: 'refused', refusal: { code: appended.refusal.code, detail } };
  }
  const told = await replyTo(client, control);
  return told === undefined ? { kind: 'accepted' } : { kind: 'accepted', entry: told.entry, reply: told.reply };
}

/** `work`, or after `deadlineMs` the refusal `timeout`, which says that the outcome is unknown; the work goes on. */
export async function withDeadline(work: Promise<Called>, deadlineMs: number): Promise<Called> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Called>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'refused', refusal: refusal('timeout') }), deadlineMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** What the agent is told of a call. A refusal is a result with `isError`, never an error of the protocol. */
export function toolResult(control: ControlLine, called: Called): CallToolResult {
  if (called.kind === 'accepted') {
    const { kind: _, ...told } = called;
    const structured = { status: 'accepted', path: shownText(control.path), ...told };
    return { content: [{ type: 'text', text: JSON.stringify(structured) }], structuredContent: structured };
  }
  return refusedResult(control.path, called.refusal, adviceFor(control, called.refusal));
}

/** A call that was refused before or by the hive. */
export function refusedResult(path: string, { code, detail }: Refusal, advice: string): CallToolResult {
  const { tag } = REFUSALS[code];
  const status = code === 'timeout' ? 'unknown' : 'refused';
  const structured = { status, path: shownText(path), code, tag, detail: shownText(detail), advice };
  const told = structured.detail === advice ? advice : `${structured.detail} ${advice}`;
  const text = `${status} ${code} (${tag}): ${told}`;
  return { content: [{ type: 'text', text }], structuredContent: structured, isError: true };
}

function adviceFor({ path, line }: ControlLine, { code }: Refusal): string {
  if (code !== 'needs-approval') return REFUSALS[code].sentence;
  const ask = JSON.stringify({ id: 'NAME', target: path, line, decision: 'request' });
  return `Somebody else must approve exactly this line. To ask for it append ${shownText(ask, 8192)} to /actions/queue; when it is approved, call this again with the same arguments.`;
}
