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
  /** GPUs that a `worker-gpu` has now: `<id>`, or `<host>/<id>` for the file by both of its paths. */
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
      return [
        ...telemetry(subject, options),
        read('/gpu/models/active'),
        ...(options.gpus ?? []).flatMap(pathsOf).flatMap(gpu),
      ];
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

/** Where a GPU is below `/gpu`; nowhere when a part of its name cannot be the name of a file. */
function pathsOf(gpu: string): readonly string[] {
  const parts = gpu.split('/');
  if (parts.length > 2 || !parts.every(isPathName)) return [];
  return parts.length === 1 ? [gpu] : [gpu, parts[1] ?? ''];
}

function gpu(path: string): readonly Scope[] {
  const files = ['info', 'status', 'ctl', 'lease', 'jobs'].map((name) => read(`/gpu/${path}/${name}`));
  return [...files, both(`/gpu/${path}/job`)];
}

function read(path: string): Scope {
  return { path, verbs: 'read', ratePerS: 0 };
}

function both(path: string): Scope {
  return { path, verbs: 'both', ratePerS: 0 };
}
