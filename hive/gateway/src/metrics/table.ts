// Which field of which view is which metric. Data, not code: a view that gets a field gets a row here. Counters are those of the hive's
// recorded state or of its process; a reset of either is a reset as Prometheus knows it.

import type { FamilyHead, Labels } from './family.ts';

/** A sample from a view: `field` is the key of `key=value` in its text, or of its JSON object. */
export interface Source {
  readonly view: string;
  readonly field: string;
  readonly labels?: Labels;
  /** What the value is multiplied by, to have the base unit; default 1. */
  readonly scale?: number;
  /** The value is a word: each of these is a sample with the label `state`, 1 for the one that it is. */
  readonly states?: readonly string[];
  /** The value is `yes` or `no`, or another pair: 1 when it is this word, else 0. */
  readonly isOne?: string;
}

/** A family and where its samples are from. */
export interface FamilySource extends FamilyHead {
  readonly sources: readonly Source[];
}

/** A family with a sample for each line of a view, up to `ROWS_MAX` of them. */
export interface RowSource extends FamilyHead {
  readonly view: string;
  readonly field: string;
  /** Label → field of the line. */
  readonly labels: Readonly<Record<string, string>>;
  readonly scale?: number;
  /** The value is `<held>/<all>`: which of the two. */
  readonly part?: 0 | 1;
}

/** Facts as labels of a sample whose value is 1. */
export interface InfoSource extends FamilyHead {
  readonly view: string;
  /** Label → field. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Lines of a view that become samples; more are counted in `cohesix_view_rows_left_out`. 16 hosts of 16 GPUs by default. */
export const ROWS_MAX = 256;

const MS = 0.001;
const MIB = 1_048_576;
const LIFECYCLE = ['BOOTING', 'DEGRADED', 'ONLINE', 'DRAINING', 'QUIESCED', 'OFFLINE'];
const LEASES = '/proc/lease/summary';
const SCHEDULE = '/proc/schedule/summary';
const HOST_TICKETS = '/proc/host-tickets/summary';
const HOSTS = '/proc/hosts/summary';
const EXPORT = '/proc/export/summary';
const STORE = '/proc/cas/store';
const EXPORTED = '/audit/export';
const SEGMENTS = '/queen/telemetry/status';
const SPOOL = '/proc/spool/status';

/** A source of `view` for each `field`, told apart by one label. */
function each(view: string, label: string, fields: readonly string[]): readonly Source[] {
  return fields.map((field) => ({ view, field, labels: { [label]: field } }));
}

function gauge(name: string, help: string, ...sources: readonly Source[]): FamilySource {
  return { name, kind: 'gauge', help, sources };
}

function counter(name: string, help: string, ...sources: readonly Source[]): FamilySource {
  return { name, kind: 'counter', help, sources };
}

/** Families of single values, in the order in which they are written. */
export const VIEW_METRICS: readonly FamilySource[] = [
  gauge('cohesix_lifecycle_state', 'State of the hive: 1 for the one it is in.', {
    view: '/proc/lifecycle/state',
    field: 'state',
    states: LIFECYCLE,
  }),
  {
    ...gauge('cohesix_lifecycle_since_seconds', 'Wall time of the command that led to the state.', {
      view: '/proc/lifecycle/since',
      field: 'since_ms',
      scale: MS,
    }),
    unit: 'seconds',
  },
  gauge('cohesix_root_reachable', 'Whether a queen holds the hive.', {
    view: '/proc/root/reachable',
    field: 'reachable',
    isOne: 'yes',
  }),
  // Not out of /proc/journal: that one hashes the whole state for each reader.
  counter('cohesix_journal_entries', 'Records in the journal.', { view: EXPORTED, field: 'records' }),
  counter('cohesix_journal_signed_entries', 'Of them those that a signed checkpoint covers.', {
    view: EXPORTED,
    field: 'signed_records',
  }),
  counter('cohesix_journal_seals', 'How often the journal could not be written.', {
    view: '/proc/lifecycle/journal',
    field: 'seals',
  }),
  gauge('cohesix_writer_epoch', 'The writer epoch.', { view: '/proc/epoch', field: 'epoch' }),
  counter('cohesix_writer_promotions', 'Promotions of a writer.', { view: '/proc/epoch', field: 'promotions' }),
  counter(
    'cohesix_refusals',
    'Refusals by tag.',
    ...['busy', 'cut', 'policy', 'quota'].flatMap((tag) => each(`/proc/pressure/${tag}`, 'tag', [tag])),
  ),
  gauge('cohesix_sessions', 'Sessions that are open.', { view: '/proc/9p/sessions', field: 'total' }),
  gauge('cohesix_sessions_workers', 'Of them those of workers.', { view: '/proc/9p/sessions', field: 'worker' }),
  gauge('cohesix_requests_outstanding', 'Requests on 9P connections that wait for their answer.', {
    view: '/proc/9p/outstanding',
    field: 'current',
  }),
  gauge('cohesix_requests_outstanding_limit', 'How many such requests there can be.', {
    view: '/proc/9p/outstanding',
    field: 'limit',
  }),
  counter('cohesix_short_writes', 'Writes to sockets that took only a part.', {
    view: '/proc/9p/short_writes',
    field: 'total',
  }),
  counter('cohesix_backpressure', 'Times a connection was paused, and refusals tagged busy.', {
    view: '/proc/ingest/backpressure',
    field: 'backpressure',
  }),
  counter('cohesix_telemetry_dropped_lines', 'Telemetry lines that newer ones drove out, or that found no room.', {
    view: '/proc/ingest/dropped',
    field: 'dropped',
  }),
  gauge('cohesix_appends_queued', 'Appends to control files that wait for the journal.', {
    view: '/proc/ingest/queued',
    field: 'queued',
  }),
  {
    ...gauge(
      'cohesix_append_latency_seconds',
      'Of the last appends (observability.latency_samples).',
      { view: '/proc/ingest/p50_ms', field: 'p50_ms', scale: MS, labels: { percentile: '50' } },
      { view: '/proc/ingest/p95_ms', field: 'p95_ms', scale: MS, labels: { percentile: '95' } },
    ),
    unit: 'seconds',
  },
  gauge('cohesix_workers', 'Workers that live.', { view: '/proc/workers', field: 'total' }),
  gauge('cohesix_workers_running', 'Of them those that run.', { view: '/proc/workers', field: 'running' }),
  gauge('cohesix_workers_limit', 'How many workers there can be.', { view: '/proc/workers', field: 'max' }),
  gauge('cohesix_leases', 'Leases and requests for them.', ...each(LEASES, 'state', ['active', 'waiting'])),
  gauge(
    'cohesix_leases_limit',
    'How many of each there can be.',
    { view: LEASES, field: 'max_active', labels: { state: 'active' } },
    { view: LEASES, field: 'max_waiting', labels: { state: 'waiting' } },
  ),
  gauge('cohesix_lease_preemptions_kept', 'Leases that were taken away and are still listed.', {
    view: LEASES,
    field: 'preemptions',
  }),
  gauge(
    'cohesix_schedule_jobs',
    'Jobs that have not ended.',
    { view: SCHEDULE, field: 'queue', labels: { state: 'queued' } },
    { view: SCHEDULE, field: 'running', labels: { state: 'running' } },
  ),
  gauge(
    'cohesix_schedule_jobs_limit',
    'How many of each there can be.',
    { view: SCHEDULE, field: 'max_entries', labels: { state: 'queued' } },
    { view: SCHEDULE, field: 'max_running', labels: { state: 'running' } },
  ),
  counter('cohesix_schedule_started', 'Jobs that were started or handed out.', { view: SCHEDULE, field: 'dequeued' }),
  counter('cohesix_schedule_retried', 'Attempts that were made again.', { view: SCHEDULE, field: 'retried' }),
  counter(
    'cohesix_schedule_ended',
    'Jobs that ended, by how.',
    ...each(SCHEDULE, 'state', ['succeeded', 'failed', 'expired', 'cancelled']),
  ),
  gauge(
    'cohesix_host_tickets',
    'Host tickets that have not ended.',
    ...each(HOST_TICKETS, 'state', ['queued', 'claimed', 'running']),
  ),
  counter(
    'cohesix_host_tickets_ended',
    'Host tickets that ended, by how.',
    ...each(HOST_TICKETS, 'state', ['succeeded', 'failed', 'expired']),
  ),
  counter('cohesix_host_tickets_duplicates', 'Host tickets that were there already.', {
    view: HOST_TICKETS,
    field: 'duplicates',
  }),
  gauge('cohesix_hosts_published', 'Hosts that say how they are.', { view: HOSTS, field: 'published' }),
  gauge('cohesix_host_orders_open', 'Orders to hosts that have not ended.', { view: HOSTS, field: 'orders' }),
  counter(
    'cohesix_host_orders_ended',
    'Orders to hosts that ended, by how.',
    ...each(HOSTS, 'state', ['done', 'failed', 'expired', 'lost']),
  ),
  gauge('cohesix_export_windows_open', 'Export windows that are open.', { view: EXPORT, field: 'open' }),
  counter(
    'cohesix_export_windows',
    'What happened to export windows.',
    ...each(EXPORT, 'event', ['opened', 'closed', 'expired']),
  ),
  gauge('cohesix_intents_remembered', 'Intents that are known, so that a second one does nothing.', {
    view: '/proc/queen/dedupe',
    field: 'entries',
  }),
  counter(
    'cohesix_intents',
    'Intents, by what came of them.',
    ...each('/proc/queen/dedupe', 'result', ['accepted', 'duplicates']),
  ),
  {
    ...gauge('cohesix_store_used_bytes', 'Bytes of updates and models.', { view: STORE, field: 'used_bytes' }),
    unit: 'bytes',
  },
  {
    ...gauge('cohesix_store_limit_bytes', 'How many such bytes there can be.', { view: STORE, field: 'max_bytes' }),
    unit: 'bytes',
  },
  gauge('cohesix_segment_devices', 'Devices that have telemetry segments.', { view: SEGMENTS, field: 'devices' }),
  {
    ...gauge('cohesix_segment_bytes', 'Bytes of telemetry segments.', { view: SEGMENTS, field: 'bytes' }),
    unit: 'bytes',
  },
  {
    ...gauge('cohesix_segment_limit_bytes', 'How many such bytes there can be.', {
      view: SEGMENTS,
      field: 'bytes_max',
    }),
    unit: 'bytes',
  },
  {
    ...gauge('cohesix_spool_used_bytes', 'Bytes of the spool that hold records.', { view: SPOOL, field: 'used_bytes' }),
    unit: 'bytes',
  },
  gauge('cohesix_spool_records', 'Records of the spool that nobody acknowledged.', { view: SPOOL, field: 'records' }),
  counter('cohesix_spool_dropped', 'Records of the spool that were lost before somebody read them.', {
    view: SPOOL,
    field: 'dropped',
  }),
  gauge('cohesix_store_items', 'What is in the store.', ...each(STORE, 'kind', ['updates', 'models', 'quarantined'])),
  counter('cohesix_store_rejected', 'Updates and models that were refused.', {
    view: '/proc/cas/summary',
    field: 'rejected',
  }),
];

/** Families of facts. */
export const INFO_METRICS: readonly InfoSource[] = [
  {
    name: 'cohesix_hive',
    kind: 'info',
    help: 'Which hive this is: its version, and the SHA-256 of its manifest.',
    view: '/proc/boot',
    labels: { version: 'version', manifest_sha256: 'fingerprint' },
  },
];

const GPUS = { view: '/proc/gpus', labels: { host: 'host', gpu: 'id' } };

/** Families with a sample for each line of a view. */
export const ROW_METRICS: readonly RowSource[] = [
  {
    name: 'cohesix_gpu_memory_bytes',
    kind: 'gauge',
    unit: 'bytes',
    help: 'Memory of a GPU.',
    ...GPUS,
    field: 'memory_mb',
    scale: MIB,
  },
  {
    name: 'cohesix_gpu_leased_bytes',
    kind: 'gauge',
    unit: 'bytes',
    help: 'Memory of a GPU that is leased.',
    ...GPUS,
    field: 'mem_mb',
    part: 0,
    scale: MIB,
  },
  {
    name: 'cohesix_gpu_leased_streams',
    kind: 'gauge',
    help: 'Streams of a GPU that are leased.',
    ...GPUS,
    field: 'streams',
    part: 0,
  },
  { name: 'cohesix_gpu_holders', kind: 'gauge', help: 'Leases on a GPU.', ...GPUS, field: 'holders' },
];
