// Lists of what a hive holds: rows of its views as a table, or all of them as JSON. Which views, and what of them people
// see, is data; two lists put together what stands in two views.

import type { HiveClient } from '@cohesix/client';
import { ok, type Result } from '@cohesix/wire';
import { answer, type Context, note } from '../context.ts';
import { type Row, type Rows, rowsIn } from '../rows.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { type Column, tableLines } from '../table.ts';

/** What can be listed; also the name of the list in JSON. */
export type ListName =
  | 'leases'
  | 'ended_leases'
  | 'preemptions'
  | 'quotas'
  | 'resources'
  | 'jobs'
  | 'ended_jobs'
  | 'windows'
  | 'host_tickets'
  | 'ended_host_tickets'
  | 'dead_orders'
  | 'intents'
  | 'gpus'
  | 'hosts'
  | 'host_orders'
  | 'models'
  | 'lineage'
  | 'activations'
  | 'lora_jobs'
  | 'updates'
  | 'cas_models'
  | 'activated_updates'
  | 'sessions'
  | 'workers';

interface Listing {
  /** What it is called in sentences. */
  readonly what: string;
  /** Views whose rows it has, one after the other. */
  readonly paths: readonly string[];
  readonly columns: readonly Column[];
  /** Rows of it, out of those of the views. */
  readonly arrange?: (...views: readonly (readonly Row[])[]) => readonly Row[];
}

const LISTINGS: Readonly<Record<ListName, Listing>> = {
  leases: {
    what: 'leases',
    paths: ['/proc/lease/active', '/proc/lease/waiting'],
    columns: [
      ...columns('id', 'subject', 'resource', 'state', 'priority', 'fence', 'mem_mb', 'streams'),
      { field: 'expires_ms', title: 'left', kind: 'left' },
      { field: 'until_ms', title: 'waits', kind: 'left' },
    ],
  },
  ended_leases: {
    what: 'ended leases',
    paths: ['/proc/lease/history'],
    columns: [
      ...columns('id', 'subject', 'resource', 'fence', 'reason'),
      { field: 'granted_ms', title: 'granted' },
      { field: 'ended_ms', title: 'ended' },
    ],
  },
  preemptions: {
    what: 'preemptions',
    paths: ['/proc/lease/preemptions'],
    columns: [...columns('id', 'subject', 'resource', 'fence', 'reason'), { field: 'at_ms', title: 'at' }],
  },
  quotas: {
    what: 'quotas',
    paths: ['/proc/lease/quotas'],
    columns: columns('subject', 'resource', 'max_active', 'max_preemptions'),
  },
  resources: {
    what: 'resources',
    paths: ['/proc/lease/resources'],
    columns: columns('resource', 'holders', 'mem_mb', 'streams'),
  },
  jobs: {
    what: 'jobs',
    paths: ['/proc/schedule/queue', '/proc/schedule/jobs'],
    columns: [
      ...columns('id', 'state', 'role', 'priority', 'attempt', 'worker', 'waits'),
      { field: 'queued_ms', title: 'queued' },
    ],
    arrange: liveJobs,
  },
  ended_jobs: {
    what: 'ended jobs',
    paths: ['/proc/schedule/jobs'],
    columns: [
      ...columns('id', 'state', 'attempt', 'reason'),
      { field: 'queued_ms', title: 'queued' },
      { field: 'ended_ms', title: 'ended' },
    ],
    arrange: (jobs = []) => jobs.filter(hasEnded),
  },
  windows: {
    what: 'open export windows',
    paths: ['/proc/export/windows'],
    columns: [...columns('id', 'by'), { field: 'expires_ms', title: 'left', kind: 'left' }],
  },
  host_tickets: {
    what: 'open host tickets',
    paths: ['/proc/host-tickets/active', '/host/tickets/spec.snapshot'],
    columns: [
      ...columns('id', 'action', 'target', 'state', 'by', 'fence', 'attempts'),
      { field: 'claim_expires_ms', title: 'claim', kind: 'left' },
      { field: 'expires_ms', title: 'left', kind: 'left' },
    ],
    arrange: withTargets,
  },
  ended_host_tickets: {
    what: 'ended host tickets',
    paths: ['/host/tickets/status.snapshot', '/host/tickets/deadletter.snapshot'],
    columns: columns('id', 'action', 'state', 'message'),
    arrange: (done = [], dead = []) => [...done.filter(({ state }) => state === 'succeeded'), ...dead],
  },
  dead_orders: {
    what: 'host tickets given up',
    paths: ['/host/tickets/deadletter.snapshot'],
    columns: columns('id', 'action', 'state', 'message'),
  },
  hosts: {
    what: 'hosts',
    paths: ['/proc/hosts/list'],
    columns: [
      ...columns('host', 'publisher', 'fence', 'units', 'nodes', 'gpus', 'interfaces'),
      { field: 'since_ms', title: 'since' },
    ],
  },
  host_orders: {
    what: 'orders to hosts',
    paths: ['/proc/hosts/orders'],
    columns: [
      ...columns('id', 'host', 'control', 'member', 'value', 'state', 'by', 'message'),
      { field: 'at_ms', title: 'at' },
    ],
  },
  gpus: {
    what: 'published GPUs',
    paths: ['/proc/gpus'],
    columns: columns('host', 'id', 'name', 'sm_count', 'holders', 'mem_mb', 'streams'),
  },
  intents: {
    what: 'intents',
    paths: ['/proc/queen/dedupe'],
    columns: [
      ...columns('id', 'idempotency_key', 'target', 'subject', 'entry'),
      { field: 'issued_unix_ms', title: 'issued' },
    ],
    arrange: (lines = []) => lines.filter(({ schema }) => schema === undefined),
  },
  models: {
    what: 'models',
    paths: ['/gpu/models/list'],
    columns: columns('id', 'host', 'state', 'base', 'sha256', 'evaluation', 'job', 'approval', 'decided_by'),
  },
  lineage: {
    what: 'active models',
    paths: ['/gpu/models/lineage'],
    columns: columns('host', 'id', 'loaded', 'previous', 'base', 'sha256', 'evaluation', 'job', 'by', 'approved_by'),
  },
  activations: {
    what: 'activations',
    paths: ['/gpu/models/history'],
    columns: [
      ...columns('op', 'host', 'id', 'previous', 'base', 'evaluation', 'by', 'approved_by'),
      { field: 'at_ms', title: 'at' },
    ],
  },
  lora_jobs: {
    what: 'LoRA jobs',
    paths: ['/proc/lora_jobs'],
    columns: [...columns('id', 'base', 'telemetry_bytes', 'policy_bytes', 'by'), { field: 'at_ms', title: 'at' }],
  },
  updates: {
    what: 'updates',
    paths: ['/proc/cas/updates'],
    columns: [
      ...columns('epoch', 'state', 'kind', 'base', 'payload_bytes', 'chunks', 'payload_sha256'),
      { field: 'accepted_ms', title: 'taken' },
    ],
  },
  cas_models: {
    what: 'sealed models',
    paths: ['/proc/cas/models'],
    columns: [...columns('model', 'weights_bytes', 'state'), { field: 'sealed_ms', title: 'sealed' }],
  },
  activated_updates: {
    what: 'activations of updates',
    paths: ['/updates/history'],
    columns: [...columns('how', 'epoch', 'payload_sha256', 'by'), { field: 'since_ms', title: 'since' }],
  },
  sessions: {
    what: 'sessions',
    paths: ['/proc/9p/session/all'],
    columns: [
      ...columns('id', 'role', 'subject', 'door', 'state', 'ticket'),
      { field: 'since_ms', title: 'since' },
      { field: 'expires_ms', title: 'left', kind: 'left' },
    ],
  },
  workers: {
    what: 'workers',
    paths: ['/proc/fleet'],
    columns: [
      ...columns('id', 'kind', 'state', 'ticks', 'ops'),
      { field: 'expires_ms', title: 'left', kind: 'left' },
      ...columns('shard', 'adapter', 'gpus', 'leases', 'job'),
    ],
  },
};

function columns(...fields: readonly string[]): readonly Column[] {
  return fields.map((field) => ({ field }));
}

function hasEnded({ ended_ms: ended }: Row): boolean {
  return ended !== null;
}

/** Those that run, then those that wait in the order of their turns; `waits` is why one does not start. */
function liveJobs(queue: readonly Row[] = [], jobs: readonly Row[] = []): readonly Row[] {
  const live = jobs.filter((job) => !hasEnded(job));
  const waiting = queue.flatMap(({ reason: waits = null, ...turn }) => {
    const job = live.find(({ id }) => id === turn.id);
    return job === undefined ? [] : [{ ...job, ...turn, waits }];
  });
  return [...live.filter(({ state }) => state === 'running'), ...waiting];
}

/** Both views have the same host tickets in the same order; what they are about stands in their lines. */
function withTargets(active: readonly Row[] = [], specs: readonly Row[] = []): readonly Row[] {
  return active.map((ticket) => {
    const { id, source = null } = ticket;
    const spec = specs.find((one) => one.id === id && (one.source_hive ?? null) === source);
    return { ...ticket, target: spec?.target ?? null };
  });
}

/** What `--limit` says. */
export interface ListOptions {
  /** Most rows of the table. */
  readonly limit: number;
}

/** Lists. JSON: `{<name>: [row], truncated?}`. */
export function list(context: Context, name: ListName, { limit }: ListOptions): Promise<number> {
  const { what, columns: shown } = LISTINGS[name];
  return withHive(context, async (client) => {
    const found = await rowsOf(client, name);
    if (!found.ok) return failAt(context, client, { what: `cannot list ${what}`, refusal: found.refusal });
    const { rows, isCut } = found.value;
    const width = context.io.stdout.isTTY === true ? context.io.stdout.columns : undefined;
    const wish = { columns: shown, limit, nowMs: Date.now(), width };
    const lines = rows.length === 0 ? [`no ${what}`] : tableLines(rows, wish);
    answer(context, { [name]: rows, ...(isCut ? { truncated: true } : {}) }, lines);
    if (isCut) note(context, 'warning: the hive showed only the beginning of this list.');
    return DONE;
  });
}

/** Most bytes that are read of a view; the largest, the fleet, has as many. */
const VIEW_BYTES_MAX: number = 4 << 20;

/** The rows of a list. */
export async function rowsOf(client: HiveClient, name: ListName): Promise<Result<Rows>> {
  const { paths, arrange } = LISTINGS[name];
  const views: Rows[] = [];
  for (const path of paths) {
    const text = await client.read(path, { maxBytes: VIEW_BYTES_MAX });
    if (!text.ok) return text;
    views.push(rowsIn(new TextDecoder().decode(text.value)));
  }
  const all = views.map(({ rows }) => rows);
  return ok({ rows: arrange?.(...all) ?? all.flat(), isCut: views.some(({ isCut }) => isCut) });
}
