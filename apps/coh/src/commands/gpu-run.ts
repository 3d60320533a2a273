// coh run: a command of this machine under a lease of a GPU. Whose lease it is, that it holds and its fence are checked before; the hive checks
// the fence again when START is told; and when the lease ends the command is stopped, because somebody else may have the GPU then.

import { type Follow, type HiveClient, jsonLines } from '@cohesix/client';
import { EXIT, ok, type Refusal, type Result, refuse } from '@cohesix/wire';
import { answer, type Context, note } from '../context.ts';
import { isRecord } from '../control-line.ts';
import { fail } from '../failure.ts';
import { COMMAND, visible } from '../io.ts';
import { GPU_ADVICE } from '../lines/gpus.ts';
import { shellWord } from '../places.ts';
import { failAt, withHive } from '../session.ts';
import { withoutTokens } from '../token.ts';
import { fieldsOf } from './about.ts';
import { type Ended, type Leash, runChild } from './gpu-child.ts';
import { receiptProblem, writeReceipt } from './gpu-receipt.ts';
import { gpuPath, heldIn, type Line, linesAt } from './gpus.ts';

/** What `coh run` takes. */
export interface RunOptions {
  readonly gpu: string;
  readonly worker?: string;
  readonly fence?: number;
  /** File for a receipt. */
  readonly receiptOut?: string;
}

/** A lease that holds. */
interface Held {
  readonly worker: string;
  readonly fence: number;
  readonly memMb: number;
  readonly lease: string;
}

/** Longest command in a breadcrumb, bytes (contracts-1 5.6). */
const COMMAND_BYTES_MAX = 256;

/** Runs the command. JSON: `{gpu, worker, fence, status, exit_code}`. */
export function runUnderLease(context: Context, words: readonly string[], options: RunOptions): Promise<number> {
  const unfit = receiptProblem(context, options.receiptOut);
  if (unfit !== undefined) return Promise.resolve(unfit);
  return withHive(context, async (client) => {
    const what = visible(`cannot run under a lease of ${options.gpu}`);
    const held = await leaseFor(client, options);
    if (!held.ok) return failRun(context, client, { what, refusal: held.refusal, gpu: options.gpu });
    const status = `${gpuPath(options.gpu)}/status`;
    // Before START, so that no end of the lease is missed.
    const follow = await client.follow(status);
    if (!follow.ok) return failRun(context, client, { what, refusal: follow.refusal, gpu: options.gpu });
    const told = await tell(client, { status, words, held: held.value, event: { event: 'START', status: 'RUNNING' } });
    if (!told.ok) {
      follow.value.stop();
      return failRun(context, client, { what, refusal: told.refusal, gpu: options.gpu });
    }
    return runTold(context, client, { words, options, held: held.value, status, follow: follow.value });
  });
}

interface Running {
  readonly words: readonly string[];
  readonly options: RunOptions;
  readonly held: Held;
  readonly status: string;
  readonly follow: Follow;
}

async function runTold(context: Context, client: HiveClient, running: Running): Promise<number> {
  const { words, options, held, status, follow } = running;
  const leash: Leash = { isCut: false, onCut: () => {} };
  const watched = watchLease(follow, held, leash);
  const ended = await runChild(context, { words, env: envOf(options.gpu, held), leash });
  follow.stop();
  await watched;
  const exitCode = leash.isCut ? EXIT.expired : ended.exit;
  const isOk = ended.problem === undefined && exitCode === 0;
  const event = { event: 'EXIT', status: isOk ? 'OK' : 'ERR', exit_code: exitCode } as const;
  const told = await tell(client, { status, words, held, event });
  if (!told.ok) note(context, visible(`warning: EXIT was not told (${told.refusal.code})`));
  const request = { gpu: options.gpu, worker: held.worker, fence: held.fence, command: words };
  const receipt = { command: 'run', request, acks: [{ event: 'START' }, { ...event, told: told.ok }] };
  const failed = await writeReceipt(context, client, { file: options.receiptOut, receipt });
  return failed ?? concluded(context, running, { ended, exitCode, isLost: leash.isCut });
}

function concluded(
  context: Context,
  { options, held, words }: Running,
  { ended, exitCode, isLost }: { readonly ended: Ended; readonly exitCode: number; readonly isLost: boolean },
): number {
  const { gpu } = options;
  if (isLost) {
    const sentence = `The lease ${held.lease} (fence ${held.fence}) ended; the command was stopped.`;
    return fail(context, { what: visible(`lost ${gpu}`), code: 'expired', sentence, advice: GPU_ADVICE.stale ?? [] });
  }
  if (ended.problem !== undefined)
    return fail(context, {
      what: visible(`cannot run ${words[0] ?? ''}`),
      code: 'failed',
      sentence: ended.problem,
      exit: exitCode,
      advice: [],
    });
  const status = exitCode === 0 ? 'OK' : 'ERR';
  if (context.json) answer(context, { gpu, worker: held.worker, fence: held.fence, status, exit_code: exitCode }, []);
  return exitCode;
}

/** The lease that is meant: of `--worker`, of the session itself, or else the one that was granted with its ticket. */
async function leaseFor(client: HiveClient, { gpu, worker, fence }: RunOptions): Promise<Result<Held>> {
  const lines = await linesAt(client, `${gpuPath(gpu)}/lease`);
  if (!lines.ok) return lines;
  const held = heldIn(lines.value);
  const mine = worker === undefined ? await ownOf(client, held) : held.filter((one) => one.worker_id === worker);
  const fitting = mine.filter((one) => fence === undefined || one.fence === fence);
  const [lease] = fitting;
  if (lease === undefined && mine.length > 0)
    return refuse('stale', `The lease of ${mine[0]?.worker_id} has fence ${mine[0]?.fence}, not ${fence}.`);
  if (lease === undefined)
    return refuse(
      'denied',
      worker === undefined
        ? `No lease on ${gpu} is yours or was granted with your ticket.`
        : `${worker} has no lease on ${gpu}.`,
    );
  if (fitting.length > 1)
    return refuse('invalid-payload', `Several leases on ${gpu} are yours; name one with --worker.`);
  return checked(lease, gpu);
}

async function ownOf(client: HiveClient, held: readonly Line[]): Promise<readonly Line[]> {
  const text = await client.read('/proc/self/session');
  const { subject, ticket } = text.ok ? fieldsOf(new TextDecoder().decode(text.value)) : {};
  const own = held.filter(({ worker_id: holder }) => holder === subject);
  if (own.length > 0 || ticket === undefined) return own;
  const granted: Line[] = [];
  for (const one of held) {
    const record = await linesAt(client, `/proc/lease/by-id/${String(one.lease)}`);
    const by = record.ok ? record.value[0]?.granted_by : undefined;
    if (isRecord(by) && by.ticket === ticket) granted.push(one);
  }
  return granted;
}

/** A line of the file as a lease; what is missing or over in it is no lease. */
function checked(line: Line, gpu: string): Result<Held> {
  const { worker_id: worker, fence, mem_mb: memMb, streams, lease, ttl_s: ttl, gpu_id: id } = line;
  const isNamed = typeof worker === 'string' && worker !== '' && typeof lease === 'string';
  const isOf = id === gpu.split('/').at(-1);
  if (!isNamed || !isOf || typeof fence !== 'number' || typeof memMb !== 'number' || !(Number(streams) > 0))
    return refuse('stale', `The lease file of ${gpu} does not tell a whole lease.`);
  if (typeof ttl !== 'number') return refuse('stale', `The lease ${lease} has no time.`);
  return ok({ worker, fence, memMb, lease });
}

interface Told {
  readonly status: string;
  readonly words: readonly string[];
  readonly held: Held;
  readonly event: object;
}

/** Appends a breadcrumb. A command may hold a secret that looks like a ticket: that is not told. */
function tell(client: HiveClient, { status, words, held, event }: Told): ReturnType<HiveClient['append']> {
  const command = cutTo(withoutTokens(words.map(shellWord).join(' ')), COMMAND_BYTES_MAX);
  const { event: kind, ...rest } = event as { readonly event: string };
  const { worker, fence } = held;
  return client.append(
    status,
    JSON.stringify({ schema: 'gpu-breadcrumb/v1', event: kind, command, ...rest, worker, fence }),
  );
}

function cutTo(text: string, bytes: number): string {
  let cut = visible(text).replace(/[\n\t]/g, ' ');
  while (Buffer.byteLength(cut) > bytes) cut = cut.slice(0, -1);
  return cut;
}

function envOf(gpu: string, { worker, fence, memMb }: Held): Readonly<Record<string, string>> {
  return { COH_GPU: gpu, COH_GPU_WORKER: worker, COH_GPU_FENCE: String(fence), COH_GPU_MEM_MB: String(memMb) };
}

/** Cuts the leash when the status tells that the lease has ended, or when it cannot be told any more. */
async function watchLease(follow: Follow, { fence }: Held, leash: Leash): Promise<void> {
  for await (const chunk of follow) {
    if (tellsEnd(new TextDecoder().decode(chunk), fence)) cut(leash);
  }
  const ended = await follow.ended;
  if (!ended.ok) cut(leash);
}

function cut(leash: Leash): void {
  if (leash.isCut) return;
  leash.isCut = true;
  leash.onCut();
}

function tellsEnd(text: string, fence: number): boolean {
  return jsonLines(text).some((value) => isRecord(value) && value.state === 'LEASE-ENDED' && value.fence === fence);
}

function failRun(
  context: Context,
  client: HiveClient,
  { what, refusal, gpu }: { readonly what: string; readonly refusal: Refusal; readonly gpu: string },
): Promise<number> {
  const lease = `A lease: ${COMMAND} gpu lease ${shellWord(gpu)} --mem-mb 1024 --streams 1 --ttl 10m`;
  const advice = [...(GPU_ADVICE[refusal.code] ?? []), ...(refusal.code === 'denied' ? [lease] : [])];
  return failAt(context, client, { what, refusal, ...(advice.length === 0 ? {} : { advice }) });
}
