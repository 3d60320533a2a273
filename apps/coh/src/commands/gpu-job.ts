// coh gpu job: a kernel and its payload for a GPU, under a lease; followed to its end when that is wanted.

import { hash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Follow, jsonLines, replyTo } from '@cohesix/client';
import { EXIT, ok, type Result, refuse } from '@cohesix/wire';
import { answer, type Context } from '../context.ts';
import { failLine, isRecord, newActionId, submit } from '../control-line.ts';
import { fail, failureOf } from '../failure.ts';
import { INTERRUPTED, interruptible } from '../interrupt.ts';
import { visible } from '../io.ts';
import { GPU_ADVICE } from '../lines/gpus.ts';
import { DONE, withHive } from '../session.ts';
import { errorText } from '../token.ts';
import { gpuPath } from './gpus.ts';

/** Most bytes of a payload: in base64 it must fit into a line of 8192 bytes with the rest. */
const PAYLOAD_BYTES_MAX = 5000;

/** What `coh gpu job` takes. */
export interface JobOptions {
  readonly kernel: string;
  readonly payload: string;
  readonly id?: string;
  readonly grid: readonly number[];
  readonly block: readonly number[];
  /** ms. */
  readonly timeout: number;
  readonly worker?: string;
  readonly fence?: number;
  readonly follow?: boolean;
  readonly wait?: number;
}

/** How a job ended, or how it stands. */
interface Standing {
  readonly state: string;
  readonly detail: string;
}

const ENDS: ReadonlySet<string> = new Set(['OK', 'ERR', 'TIMEOUT']);

/** Queues the job. JSON: `{gpu, job, state, detail, worker, fence, line}`; with `--follow` its end. */
export function gpuJob(context: Context, gpu: string, options: JobOptions): Promise<number> {
  const payload = payloadIn(context, options.payload);
  if (!payload.ok)
    return Promise.resolve(fail(context, failureOf(visible(`cannot read ${options.payload}`), payload.refusal)));
  const job = options.id ?? newActionId('job');
  const control = { path: `${gpuPath(gpu)}/job`, line: lineOf(job, payload.value, options) };
  return withHive(context, async (client) => {
    const follow = options.follow === true ? await client.follow(`${gpuPath(gpu)}/status`) : undefined;
    const sent = await submit(context, client, control, options.wait);
    if (!sent.ok) {
      if (follow?.ok === true) follow.value.stop();
      const advice = GPU_ADVICE[sent.refusal.code];
      const refused = { what: visible(`cannot queue ${job}`), refusal: sent.refusal, control };
      return failLine(context, client, { ...refused, ...(advice === undefined ? {} : { advice }) });
    }
    const reply = (await replyTo(client, control))?.reply ?? {};
    const end = follow?.ok === true ? await endOf(context, follow.value, job) : { state: 'QUEUED', detail: 'accepted' };
    return concluded(context, { gpu, job, reply, end, line: control.line });
  });
}

function payloadIn({ io }: Context, file: string): Result<Uint8Array> {
  try {
    const path = resolve(io.cwd, file);
    const { size } = statSync(path);
    if (size > PAYLOAD_BYTES_MAX)
      return refuse('too-big', `It has ${size} bytes; an inline payload has at most ${PAYLOAD_BYTES_MAX}.`);
    return ok(readFileSync(path));
  } catch (error) {
    return refuse('not-found', errorText(error));
  }
}

function lineOf(job: string, payload: Uint8Array, options: JobOptions): string {
  const { kernel, grid, block, timeout, worker, fence } = options;
  return JSON.stringify({
    job,
    kernel,
    grid,
    block,
    bytes_hash: `sha256:${hash('sha256', payload)}`,
    inputs: ['a', 'b'],
    outputs: ['c'],
    timeout_ms: timeout,
    payload_b64: Buffer.from(payload).toString('base64'),
    worker,
    fence,
  });
}

/** The end of a job as the status tells it; undefined after Ctrl-C, or when the follow ended. */
function endOf(context: Context, follow: Follow, job: string): Promise<Standing | undefined> {
  return interruptible(context, async (signal) => {
    // A signal that is raised during an await is looked at with the next chunk; so the follow itself is ended by it.
    const off = context.io.onSignal('SIGINT', () => follow.stop());
    let found: Standing | undefined;
    for await (const chunk of follow) {
      found = standingIn(new TextDecoder().decode(chunk), job) ?? found;
      if (signal.aborted || found !== undefined) follow.stop();
    }
    off();
    return found;
  });
}

function standingIn(text: string, job: string): Standing | undefined {
  for (const value of jsonLines(text)) {
    if (!isRecord(value) || value.job !== job || typeof value.state !== 'string' || !ENDS.has(value.state)) continue;
    return { state: value.state, detail: String(value.detail ?? '') };
  }
  return undefined;
}

interface Concluded {
  readonly gpu: string;
  readonly job: string;
  readonly reply: Readonly<Record<string, unknown>>;
  readonly end: Standing | undefined;
  readonly line: string;
}

function concluded(context: Context, { gpu, job, reply, end, line }: Concluded): number {
  const { worker, fence } = reply;
  if (end === undefined) {
    const sentence = `Job ${job} goes on; its end will be in ${gpuPath(gpu)}/status.`;
    return fail(context, { what: visible(`stopped watching ${job}`), code: 'cancelled', sentence, exit: INTERRUPTED });
  }
  const { state, detail } = end;
  answer(context, { gpu, job, state, detail, worker, fence, line }, [visible(`${job} ${state} ${detail}`)]);
  return state === 'OK' || state === 'QUEUED' ? DONE : EXIT.generic;
}
