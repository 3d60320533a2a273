// `coh job watch`: what becomes of a job, until it has ended.

import type { HiveClient } from '@cohesix/client';
import { EXIT } from '@cohesix/wire';
import { answer, type Context } from '../context.ts';
import { INTERRUPTED, interruptible, pause } from '../interrupt.ts';
import { visible } from '../io.ts';
import { cellOf, rowText } from '../rows.ts';
import { DONE, withHive } from '../session.ts';
import { failRecord, type HiveRecord, recordOf } from './records.ts';

const POLL_MS = 250;

/** `coh job watch`: a line for each change. JSON: one record for each. Status 0 when it succeeded, 1 when it did not. */
export function watchJob(context: Context, id: string): Promise<number> {
  return withHive(context, (client) => interruptible(context, (signal) => watch(context, client, { id, signal })));
}

async function watch(
  context: Context,
  client: HiveClient,
  { id, signal }: { readonly id: string; readonly signal: AbortSignal },
): Promise<number> {
  for (let last = ''; !signal.aborted; await pause(POLL_MS, signal)) {
    const found = await recordOf(client, 'job', id);
    if (!found.ok) return failRecord(context, found.refusal, { name: 'job', id });
    const job = found.value;
    const text = lineOf(job);
    if (text !== last) answer(context, job, [text]);
    last = text;
    if (job.ended_ms !== undefined) return job.state === 'succeeded' ? DONE : EXIT.generic;
  }
  return INTERRUPTED;
}

/** What of a job people want to see change. */
function lineOf({ id, state, attempt, worker, ended_ms, reason }: HiveRecord): string {
  const told = Object.entries({ attempt, worker, ended_ms, reason }).filter(([, value]) => (value ?? '') !== '');
  const row = Object.fromEntries(told.map(([key, value]) => [key, cellOf(value)]));
  return visible([String(id), String(state), ...rowText(row)].join(' '));
}
