// Spawning and killing workers, and the default budget of those that are spawned without one.

import { ok, type Result } from '@cohesix/wire';
import { accept, reject } from '../../kernel/decision.ts';
import type { Decision, ParsedCommand, State } from '../../types.ts';
import { workerEndChanges } from '../schedule/worker-end.ts';
import { settingsIn } from '../settings/queries.ts';
import { adapterFor } from './adapter.ts';
import { stopParts, workersChange } from './changes.ts';
import { type Budget, budgetText, fromSetting, isLive, type WorkersSlice } from './record.ts';
import { decideSpawnGpu, type LeaseLine } from './spawn-gpu.ts';
import { startParts } from './start.ts';

/** A budget as a line gives it. */
export interface BudgetLine {
  readonly ticks?: number;
  readonly ops?: number;
  readonly ttl_s?: number;
}

/** A spawn as a line gives it. */
export interface SpawnLine {
  readonly spawn: 'heartbeat' | 'host' | 'gpu' | 'lora' | 'bus';
  readonly ticks?: number;
  readonly budget?: BudgetLine;
  /** Of kinds `bus` and `lora`: the directory of the adapter; by default the first that no worker serves. */
  readonly adapter?: string;
  /** Of a `gpu`. */
  readonly lease?: LeaseLine;
}

/** `spawn`: a record in state `starting`, and the effect that starts it. */
export function decideSpawn(
  slice: Readonly<WorkersSlice>,
  command: ParsedCommand<SpawnLine>,
  state: Readonly<State>,
): Decision {
  const { spawn: kind, ticks, budget, lease } = command.value;
  const { max } = settingsIn(state).workers;
  const count = slice.workers.size;
  if (count >= max) return reject('limit', `workers.max is ${max} and ${count} workers exist; kill one, or wait.`);
  if (lease !== undefined)
    return decideSpawnGpu(state, command, { lease, budget: budget === undefined ? undefined : budgetOf(budget) });
  const served = kind === 'bus' || kind === 'lora' ? adapterFor(state, kind, command.value.adapter) : NO_ADAPTER;
  if (!served.ok) return { kind: 'refuse', refusal: served.refusal };
  if (ticks !== undefined && budget?.ticks !== undefined && budget.ticks !== ticks) {
    return reject('invalid-payload', '$.budget.ticks: differs from $.ticks; give one of them, or the same.');
  }
  const given = budget === undefined ? { ...defaultBudget(slice, state), ticks: null } : budgetOf(budget);
  const { seq: entry, at, who } = command;
  const { worker, ...parts } = startParts(state, {
    kind,
    ...served.value,
    budget: { ...given, ticks: ticks ?? given.ticks },
    entry,
    at,
    spawnedBy: { subject: who.subject, ticket: who.ticket },
  });
  return accept({ ...parts, reply: { id: worker.id, ...served.value } });
}

const NO_ADAPTER: Result<{ readonly adapter?: string }> = ok({});

/** The default budget: what `/queen/ctl` set, else the settings. */
function defaultBudget({ defaults }: Readonly<WorkersSlice>, state: Readonly<State>): Budget {
  const { ops, ttl_s } = settingsIn(state).workers.default_budget;
  return { ticks: null, ops: fromSetting(ops), ttl_s: fromSetting(ttl_s), ...defaults };
}

function budgetOf({ ticks, ops, ttl_s }: BudgetLine): Budget {
  return { ticks: ticks ?? null, ops: ops ?? null, ttl_s: ttl_s ?? null };
}

/** `kill`: the worker is no longer live at once; stopping it is an effect. */
export function decideKill(
  slice: Readonly<WorkersSlice>,
  { seq }: ParsedCommand,
  id: string,
  state: Readonly<State>,
): Decision {
  const worker = slice.workers.get(id);
  if (worker === undefined || !isLive(worker)) {
    return reject('not-found', `No live worker ${JSON.stringify(id)}; see /worker.`);
  }
  const reason = 'killed by queen';
  const { changes, ...stop } = stopParts(worker, { reason, entry: seq, line: `killed ${id}` });
  return accept({ ...stop, changes: [...changes, ...workerEndChanges(state, id, ['killed', reason])], reply: { id } });
}

/** `budget`: fields of the default budget. */
export function decideDefaults(slice: Readonly<WorkersSlice>, state: Readonly<State>, given: BudgetLine): Decision {
  const now: Budget = { ...defaultBudget(slice, state), ...given };
  return accept({
    changes: [workersChange({ kind: 'defaults', budget: given })],
    log: [
      `updated default budget ttl=${budgetText(now.ttl_s)} ops=${budgetText(now.ops)} ticks=${budgetText(now.ticks)}`,
    ],
  });
}
