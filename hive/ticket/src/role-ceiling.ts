// What a role may do at most, as scopes: the first list given to `compileScopes`. A ticket only narrows it.
// Source: contracts-1, sections 4.1 (who sees what) and 4.5 (shard labels). `worker-host` is ours: a worker that runs
// on the host side, with the rights of a heartbeat worker. `/proc/self` is every session's own view of itself.

import type { Scope } from './claims.ts';
import type { Role } from './roles.ts';
import { isPathName } from './scope-path.ts';

/** What the ceiling of a worker depends on besides its role. */
export interface RoleCeilingOptions {
  /** Shard label of the worker (two hex digits); without it only the `/worker/<id>` alias is granted. */
  readonly shardLabel?: string;
  /** GPUs that a `worker-gpu` has now. No hive gives any yet: `/gpu/<own>` is open to nobody but a queen. */
  readonly gpus?: readonly string[];
}

/**
 * The ceiling of a role. `subject` is `ticket.rootSubject`: a worker id, or for bus and radio workers the adapter. A
 * subject that cannot be a file name owns nothing.
 */
export function roleCeiling(role: Role, subject: string, options: RoleCeilingOptions = {}): readonly Scope[] {
  if (role === 'queen') return [both('/')];
  return [...COMMON, ...owned(role, subject, options)];
}

const COMMON: readonly Scope[] = [read('/proc/self'), read('/proc/boot'), read('/log/queen.log'), read('/host')];

function owned(role: Role, subject: string, options: RoleCeilingOptions): readonly Scope[] {
  if (!isPathName(subject)) return [];
  switch (role) {
    case 'queen':
      return [];
    case 'worker-heartbeat':
    case 'worker-host':
      return telemetry(subject, options);
    case 'worker-gpu':
      return [...telemetry(subject, options), ...(options.gpus ?? []).filter(isPathName).flatMap(gpu)];
    case 'worker-bus':
      return [both(`/bus/${subject}`)];
    case 'worker-lora':
      return [both(`/lora/${subject}`)];
  }
}

function telemetry(worker: string, options: RoleCeilingOptions): readonly Scope[] {
  const alias = both(`/worker/${worker}/telemetry`);
  const label = options.shardLabel;
  return label === undefined ? [alias] : [both(`/shard/${label}/worker/${worker}/telemetry`), alias];
}

function gpu(id: string): readonly Scope[] {
  const files = ['info', 'status', 'ctl', 'lease'].map((name) => read(`/gpu/${id}/${name}`));
  return [...files, both(`/gpu/${id}/job`)];
}

function read(path: string): Scope {
  return { path, verbs: 'read', ratePerS: 0 };
}

function both(path: string): Scope {
  return { path, verbs: 'both', ratePerS: 0 };
}
