// Sections about what runs in the hive and what it leaves behind: [sharding], [telemetry], [log], [workers],
// [lifecycle]. Bounds from contracts-1 sections 3.4, 4.5, 4.6 and 4.10 where the product keeps them; ranges are ours.

import { choice, flag, int, KIB, list, MIB, type Table, table } from './field.ts';

/** `[sharding]`: workers live under `/shard/<label>/worker/<id>`, label = top bits of SHA-256(id). */
export interface Sharding {
  readonly enabled: boolean;
  readonly shard_bits: number;
  readonly legacy_worker_alias: boolean;
}

/** What a worker's telemetry is made of: lines of text, or CBOR maps `telemetry-frame/v1`. */
export type FrameSchema = 'legacy-plaintext' | 'cbor-v1';

/** What becomes of cursors at a start. */
export interface Cursor {
  readonly retain_on_boot: boolean;
}

/** `[telemetry]`: the rings behind `/…/worker/<id>/telemetry`. */
export interface Telemetry {
  readonly ring_bytes_per_worker: number;
  readonly ring_budget_bytes: number;
  readonly frame_schema: FrameSchema;
  readonly cursor: Cursor;
}

/** `[log]`: what `/log/queen.log` and the logs of control files retain. */
export interface Log {
  readonly queen_log_bytes: number;
  readonly control_log_entries: number;
  readonly control_log_bytes: number;
}

/** What a worker may use before it is revoked; 0 = unlimited. */
export interface Budget {
  readonly ops: number;
  readonly ttl_s: number;
}

/** Kinds of worker the hive can start by itself. */
export type StartKind = 'host' | 'heartbeat';

/** A worker of the first boot. */
export interface Start {
  readonly kind: StartKind;
}

/** `[workers]`. */
export interface Workers {
  readonly max: number;
  readonly heartbeat_interval_ms: number;
  readonly host_interval_ms: number;
  readonly default_budget: Budget;
  readonly start: readonly Start[];
}

/** The states of contracts-1 section 4.10, in the order of a life. */
export type LifecycleState = 'BOOTING' | 'DEGRADED' | 'ONLINE' | 'DRAINING' | 'QUIESCED' | 'OFFLINE';

/** A transition the hive makes by itself. */
export interface AutoTransition {
  readonly from: LifecycleState;
  readonly to: LifecycleState;
}

/** `[lifecycle]`. */
export interface Lifecycle {
  readonly initial_state: LifecycleState;
  readonly auto_transitions: readonly AutoTransition[];
}

const STATES: readonly LifecycleState[] = ['BOOTING', 'DEGRADED', 'ONLINE', 'DRAINING', 'QUIESCED', 'OFFLINE'];

/** Most automatic transitions a manifest may list. */
const AUTO_TRANSITIONS_MAX = 8;
/** Most workers a manifest may start. */
const START_MAX = 64;

/** Schema of `[sharding]`. */
export const sharding: Table<Sharding> = table<Sharding>('How workers are spread over `/shard`.', {
  enabled: flag({ is: true }, 'Put workers under `/shard/<label>/worker`; off puts them under `/worker` alone.'),
  shard_bits: int({ is: 8, min: 0, max: 8 }, 'Bits of the label: 2^bits shards.'),
  legacy_worker_alias: flag({ is: true }, 'Show every worker at `/worker/<id>` too.'),
});

const cursor: Table<Cursor> = table<Cursor>('What becomes of cursors at a start.', {
  retain_on_boot: flag(
    { is: true },
    'A stop keeps the rings, and after a crash cursors go on above all that were given out; off: every start begins at 0 with nothing.',
  ),
});

/** Schema of `[telemetry]`. */
export const telemetry: Table<Telemetry> = table<Telemetry>('Memory of worker telemetry.', {
  ring_bytes_per_worker: int(
    { is: 64 * KIB, min: 256, max: 64 * MIB },
    'Bytes one worker’s ring retains; the oldest are overwritten and the loss is counted.',
  ),
  ring_budget_bytes: int(
    { is: 64 * MIB, min: 256, max: 16 * KIB * MIB },
    'Bytes all rings may take together; at least one ring. Used up, the largest rings give to the smaller ones.',
  ),
  frame_schema: choice<FrameSchema>(
    { is: 'legacy-plaintext', of: ['legacy-plaintext', 'cbor-v1'] },
    'What workers append: lines of text, or CBOR maps of the schema `telemetry-frame/v1`.',
  ),
  cursor,
});

/** Schema of `[log]`. */
export const log: Table<Log> = table<Log>('What the logs retain.', {
  queen_log_bytes: int({ is: 256 * KIB, min: 4096, max: 64 * MIB }, 'Bytes of `/log/queen.log` that are retained.'),
  control_log_entries: int({ is: 64, min: 1, max: 4096 }, 'Lines each control file shows when it is read.'),
  control_log_bytes: int({ is: 8192, min: 512, max: MIB }, 'Bytes each control file shows when it is read.'),
});

const budget: Table<Budget> = table<Budget>('What a worker gets that was spawned without a budget; 0 is unlimited.', {
  ops: int({ is: 10_000, min: 0, max: 1_000_000_000 }, 'Operations before the worker is revoked; 0 is unlimited.'),
  ttl_s: int({ is: 300, min: 0, max: 31_536_000 }, 'Seconds before the worker is revoked; 0 is unlimited.'),
});

const start: Table<Start> = table<Start>('A worker to start.', {
  kind: choice({ of: ['host', 'heartbeat'] }, 'Kind of the worker.'),
});

/** Schema of `[workers]`. */
export const workers: Table<Workers> = table<Workers>('How many workers, how often they report, what they may use.', {
  max: int(
    { is: 10_000, min: 1, max: 1_000_000 },
    'Most workers, those that are being stopped included; one more spawn is refused.',
  ),
  heartbeat_interval_ms: int({ is: 1000, min: 10, max: 3_600_000 }, 'Time between two ticks of a heartbeat worker.'),
  host_interval_ms: int({ is: 1000, min: 10, max: 3_600_000 }, 'Time between two reports of a host worker.'),
  default_budget: budget,
  start: list({ is: [{ kind: 'host' }], of: start, max: START_MAX }, 'Workers the hive starts at its first boot.'),
});

const autoTransition: Table<AutoTransition> = table<AutoTransition>('A transition without an operator.', {
  from: choice({ of: STATES }, 'State that is left; only `BOOTING`.'),
  to: choice({ of: STATES }, 'State that is entered; `ONLINE` or `DEGRADED`.'),
});

/** Schema of `[lifecycle]`. */
export const lifecycle: Table<Lifecycle> = table<Lifecycle>('How the hive boots.', {
  initial_state: choice({ is: 'BOOTING', of: STATES }, 'State at the first boot.'),
  auto_transitions: list(
    { is: [{ from: 'BOOTING', to: 'ONLINE' }], of: autoTransition, max: AUTO_TRANSITIONS_MAX },
    'The transition the hive makes by itself once it has booted: none, or one out of `BOOTING`.',
  ),
});
