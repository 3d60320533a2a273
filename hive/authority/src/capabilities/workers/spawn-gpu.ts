// `spawn gpu` (contracts-1 5.1): a worker with a part of a GPU. Both come in one record or neither does; the worker ends when its
// lease does, and the lease when the worker has ended.

import { accept, reject } from '../../kernel/decision.ts';
import type { Decision, ParsedCommand, State } from '../../types.ts';
import { holdParts } from '../gpus/hold.ts';
import { deviceNamed } from '../gpus/names.ts';
import { gpusSlice } from '../gpus/record.ts';
import type { Budget } from './record.ts';
import { workersSlice } from './record.ts';
import { startParts } from './start.ts';

/** The lease as a line gives it. */
export interface LeaseLine {
  readonly gpu_id: string;
  readonly mem_mb: number;
  readonly streams: number;
  readonly ttl_s: number;
  readonly priority?: number;
}

/** Operations of a worker without a budget of its own, for each stream (contracts-1 5.1). */
const OPS_PER_STREAM = 8;

/** Decides it; room for one more worker there is. Refused: `busy` without a bridge, `not-found`, and as a grant of a lease. */
export function decideSpawnGpu(
  state: Readonly<State>,
  command: ParsedCommand,
  { lease, budget }: { readonly lease: LeaseLine; readonly budget: Budget | undefined },
): Decision {
  const device = deviceNamed(gpusSlice(state), lease.gpu_id);
  if (!device.ok) return reject(device.refusal.code, device.refusal.detail);
  const { streams, ttl_s: ttlS, mem_mb: memMb, priority = 0 } = lease;
  const worker = `worker-${workersSlice(state).nextId}`;
  const wish = { worker, lease: `gpu-${worker}`, memMb, streams, ttlS, priority, isOwn: true };
  const held = holdParts(state, command, { device: device.value, wish });
  if ('kind' in held) return held;
  const { seq: entry, at, who } = command;
  const started = startParts(state, {
    kind: 'gpu',
    budget: budget ?? { ticks: null, ops: streams * OPS_PER_STREAM, ttl_s: ttlS },
    entry,
    at,
    spawnedBy: { subject: who.subject, ticket: who.ticket },
  });
  const { fence, lease: id } = held.holding;
  return accept({
    changes: [...started.changes, ...held.changes],
    effects: [...held.effects, ...started.effects],
    log: [...held.log, `spawned ${worker} gpu=${lease.gpu_id} ttl=${ttlS} streams=${streams}`],
    reply: { id: worker, lease: id, fence, expires_ms: held.expiresAt },
  });
}
