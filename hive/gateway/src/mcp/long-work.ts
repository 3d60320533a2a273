// What a call of the hive waits for: the approval of somebody else, a lease whose resource is taken, a job that runs. Each has a file
// with one JSON line that says how far it is.

import { randomBytes } from 'node:crypto';
import { type ControlLine, type HiveClient, jsonLines } from '@cohesix/client';
import { type Refusal, type Result, refusal } from '@cohesix/wire';
import type { CallToolResult } from '@modelcontextprotocol/server';
import { type Called, toolResult } from './control-call.ts';
import type { LongWork } from './tasks.ts';

/** Where approvals are asked for and given. */
const ACTIONS_QUEUE = '/actions/queue';

/** What a session does for its work. */
export interface WorkContext {
  readonly client: HiveClient;
  /** Appends in turn with the other writes of the session. */
  readonly append: (control: ControlLine) => Promise<Result<unknown>>;
  /** Sends a line, and says what became of it. */
  readonly call: (control: ControlLine) => Promise<Called>;
}

/**
 * Asks for the approval of exactly this line in the caller's name; when somebody else gives it, the line is sent again. Undefined
 * when the hive does not take the request. After a restart of the gateway the same call finds the approval it got.
 */
export async function approvalWork(
  context: WorkContext,
  control: ControlLine,
  ttlS: number,
): Promise<LongWork | undefined> {
  const id = `mcp-${randomBytes(8).toString('hex')}`;
  const line = JSON.stringify({ id, target: control.path, line: control.line, decision: 'request', ttl_s: ttlS });
  const asked = await context.append({ path: ACTIONS_QUEUE, line });
  if (!asked.ok) return undefined;
  const path = `/actions/${id}/status`;
  const look = async (): Promise<CallToolResult | undefined> => {
    const status = await statusOf(context.client, path);
    const decided = status.ok ? decisionOf(status.value.state) : status.refusal;
    if (decided === undefined) return undefined;
    const called =
      decided === 'approved' ? await context.call(control) : ({ kind: 'refused', refusal: decided } as const);
    return toolResult(control, called);
  };
  return { message: `Waits for somebody else to approve request ${id}.`, path, look };
}

/** What the hive says of a request; undefined while nobody has decided. */
function decisionOf(state: unknown): 'approved' | Refusal | undefined {
  switch (state) {
    case 'requested':
      return undefined;
    case 'queued':
    case 'consumed':
      return 'approved';
    case 'denied':
      return refusal('approval-denied');
    default:
      return refusal('needs-approval', 'Nobody approved it in time; ask again.');
  }
}

/** An accepted line whose work has begun or waits; undefined when there is nothing to wait for, or the caller cannot see it. */
export async function acceptedWork(
  { client }: WorkContext,
  control: ControlLine,
  accepted: Extract<Called, { kind: 'accepted' }>,
): Promise<LongWork | undefined> {
  const begun = begunBy(control.path, accepted.reply ?? {});
  if (begun === undefined) return undefined;
  const look = async (): Promise<CallToolResult | undefined> => {
    const status = await statusOf(client, begun.path);
    if (!status.ok) return toolResult(control, { kind: 'refused', refusal: status.refusal });
    if (begun.isUnderWay(status.value.state)) return undefined;
    return toolResult(control, { ...accepted, reply: { ...accepted.reply, ...scalarsOf(status.value) } });
  };
  const seen = await statusOf(client, begun.path);
  return seen.ok && begun.isUnderWay(seen.value.state) ? { message: begun.message, path: begun.path, look } : undefined;
}

interface Begun {
  readonly message: string;
  readonly path: string;
  readonly isUnderWay: (state: unknown) => boolean;
}

function begunBy(path: string, { id, seq, state }: Readonly<Record<string, unknown>>): Begun | undefined {
  if (path === '/queen/lease/ctl' && state === 'waiting') {
    return {
      message: `Lease ${id} waits for its resource.`,
      path: `/proc/lease/by-id/${id}`,
      isUnderWay: (now) => now === 'waiting',
    };
  }
  if (path === '/queen/schedule/ctl' && typeof seq === 'number') {
    return {
      message: `Job ${id} has not ended.`,
      path: `/proc/schedule/by-id/${id}`,
      isUnderWay: (now) => !ENDED.has(now),
    };
  }
  return undefined;
}

/** States of a job that has ended. */
const ENDED: ReadonlySet<unknown> = new Set(['succeeded', 'failed', 'expired', 'cancelled', 'dequeued']);

type Status = Readonly<Record<string, unknown>>;

async function statusOf(client: HiveClient, path: string): Promise<Result<Status>> {
  const read = await client.read(path);
  if (!read.ok) return read;
  const [status] = jsonLines(new TextDecoder().decode(read.value));
  return { ok: true, value: typeof status === 'object' && status !== null ? { ...status } : {} };
}

function scalarsOf(status: Status): Status {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => typeof value !== 'object'));
}
