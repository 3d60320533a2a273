// coh gpu status, lease and release: one GPU, and the parts that workers have of it.

import { type HiveClient, jsonLines, replyTo } from '@cohesix/client';
import { ok, type Result } from '@cohesix/wire';
import { answer, type Context } from '../context.ts';
import { failLine, isRecord, submit } from '../control-line.ts';
import { linesOf, READ_BYTES_MAX } from '../follow.ts';
import { visible } from '../io.ts';
import { GPU_ADVICE } from '../lines/gpus.ts';
import { cellOf, rowText } from '../rows.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { tableLines } from '../table.ts';
import { receiptProblem, writeReceipt } from './gpu-receipt.ts';

/** Lines of the status that are shown. */
const STATUS_LINES = 10;

/** A line of a file as it is: an object. */
export type Line = Readonly<Record<string, unknown>>;

/** Folder of a GPU: a name may be `GPU-0`, or `host/GPU-0`. */
export function gpuPath(gpu: string): string {
  return `/gpu/${gpu.replace(/^\/gpu\//, '')}`;
}

/** The JSON lines of a file. */
export async function linesAt(client: HiveClient, path: string): Promise<Result<readonly Line[]>> {
  const text = await client.read(path, { maxBytes: READ_BYTES_MAX });
  return text.ok ? ok(jsonLines(new TextDecoder().decode(text.value)).filter(isRecord)) : text;
}

/** The leases of a `lease` file that hold: each grant that no end with its fence follows. */
export function heldIn(lines: readonly Line[]): readonly Line[] {
  const ended = new Set(lines.filter(({ state }) => state === 'RELEASED').map(({ fence }) => fence));
  return lines.filter(
    ({ schema, state, fence }) => schema === 'gpu-lease/v1' && state === 'ACTIVE' && !ended.has(fence),
  );
}

/** `coh gpu status`: JSON `{info, leases, jobs, status}`. */
export function gpuStatus(context: Context, gpu: string): Promise<number> {
  return withHive(context, async (client) => {
    const folder = gpuPath(gpu);
    const found = await gpuFiles(client, folder);
    if (!found.ok) {
      const refusal = found.refusal;
      return failAt(context, client, { what: visible(`cannot show ${gpu}`), refusal, advice: LOOK });
    }
    const { info, leases, jobs, status } = found.value;
    answer(context, { info, leases, jobs, status }, [
      ...fieldLines(info),
      ...section('leases', leases, LEASE_COLUMNS),
      ...section('jobs', jobs, JOB_COLUMNS),
      'status:',
      ...(status.length === 0 ? ['  nothing yet'] : status.map((line) => `  ${visible(line)}`)),
    ]);
    return DONE;
  });
}

const LOOK = GPU_ADVICE['not-found'] ?? [];

interface GpuFiles {
  readonly info: Line;
  readonly leases: readonly Line[];
  readonly jobs: readonly Line[];
  readonly status: readonly string[];
}

async function gpuFiles(client: HiveClient, folder: string): Promise<Result<GpuFiles>> {
  const info = await linesAt(client, `${folder}/info`);
  if (!info.ok) return info;
  const leases = await linesAt(client, `${folder}/lease`);
  if (!leases.ok) return leases;
  const jobs = await linesAt(client, `${folder}/jobs`);
  if (!jobs.ok) return jobs;
  const status = await client.read(`${folder}/status`, { maxBytes: READ_BYTES_MAX });
  if (!status.ok) return status;
  return ok({
    info: info.value[0] ?? {},
    leases: heldIn(leases.value),
    jobs: jobs.value,
    status: linesOf(status.value).slice(-STATUS_LINES),
  });
}

const LEASE_COLUMNS = ['worker_id', 'mem_mb', 'streams', 'priority', 'fence', 'lease', 'expires_ms'];
const JOB_COLUMNS = ['job', 'state', 'worker', 'fence', 'queued_ms'];

function fieldLines(info: Line): readonly string[] {
  const row = Object.fromEntries(Object.entries(info).map(([key, value]) => [key, cellOf(value)]));
  return rowText(row).map((text) => visible(text));
}

function section(title: string, lines: readonly Line[], fields: readonly string[]): readonly string[] {
  if (lines.length === 0) return [`${title}: none`];
  const rows = lines.map((line) => Object.fromEntries(fields.map((field) => [field, cellOf(line[field] ?? null)])));
  const columns = fields.map((field) =>
    field === 'expires_ms' ? ({ field, title: 'left', kind: 'left' } as const) : { field },
  );
  return [`${title}:`, ...tableLines(rows, { columns, limit: 50, nowMs: Date.now() }).map((line) => `  ${line}`)];
}

/** What `coh gpu lease` takes. */
export interface LeaseOptions {
  readonly memMb: number;
  readonly streams: number;
  /** Seconds. */
  readonly ttl: number;
  readonly priority?: number;
  readonly budgetTtl?: number;
  readonly budgetOps?: number;
  /** File for a receipt. */
  readonly receiptOut?: string;
  readonly wait?: number;
}

/** `coh gpu lease`: a spawn. JSON: `{worker, lease, fence, expires_ms, entry, line}`. */
export function gpuLease(context: Context, gpu: string, options: LeaseOptions): Promise<number> {
  const unfit = receiptProblem(context, options.receiptOut);
  if (unfit !== undefined) return Promise.resolve(unfit);
  const control = { path: '/queen/ctl', line: spawnLineOf(gpu, options) };
  return withHive(context, async (client) => {
    const sent = await submit(context, client, control, options.wait);
    if (!sent.ok) return failGpu(context, client, { what: `cannot lease ${gpu}`, refusal: sent.refusal, control });
    const logged = await replyTo(client, control);
    const { id: worker = '', ...reply } = logged?.reply ?? {};
    const ack = { worker, ...reply, entry: logged?.entry ?? null };
    const receipt = { command: 'gpu lease', request: control, acks: [ack] };
    const failed = await writeReceipt(context, client, { file: options.receiptOut, receipt });
    if (failed !== undefined) return failed;
    const told = [`leased ${gpu} to ${worker}`, ...rowText(reply)].join(' ');
    answer(context, { ...ack, line: control.line }, [visible(told)]);
    return DONE;
  });
}

function spawnLineOf(gpu: string, { memMb, streams, ttl, priority, budgetTtl, budgetOps }: LeaseOptions): string {
  const lease = { gpu_id: gpu, mem_mb: memMb, streams, ttl_s: ttl, ...(priority === undefined ? {} : { priority }) };
  const budget = {
    ...(budgetTtl === undefined ? {} : { ttl_s: budgetTtl }),
    ...(budgetOps === undefined ? {} : { ops: budgetOps }),
  };
  return JSON.stringify({ spawn: 'gpu', lease, ...(Object.keys(budget).length === 0 ? {} : { budget }) });
}

/** What `coh gpu release` takes. */
export interface ReleaseOptions {
  readonly reason: string;
  readonly wait?: number;
}

/** `coh gpu release`: JSON `{gpu, worker, entry, line}`. */
export function gpuRelease(
  context: Context,
  { gpu, worker }: { readonly gpu: string; readonly worker: string },
  { reason, wait }: ReleaseOptions,
): Promise<number> {
  const control = { path: `${gpuPath(gpu)}/ctl`, line: `RELEASE ${worker} ${reason}` };
  return withHive(context, async (client) => {
    const sent = await submit(context, client, control, wait);
    if (!sent.ok) return failGpu(context, client, { what: `cannot release ${gpu}`, refusal: sent.refusal, control });
    const logged = await replyTo(client, control);
    const told = visible(`released what ${worker} held of ${gpu}`);
    answer(context, { gpu, worker, entry: logged?.entry ?? null, line: control.line }, [told]);
    return DONE;
  });
}

type RefusedLine = Parameters<typeof failLine>[2];

function failGpu(context: Context, client: HiveClient, refused: RefusedLine): Promise<number> {
  const advice = GPU_ADVICE[refused.refusal.code];
  return failLine(context, client, {
    ...refused,
    what: visible(refused.what),
    ...(advice === undefined ? {} : { advice }),
  });
}
