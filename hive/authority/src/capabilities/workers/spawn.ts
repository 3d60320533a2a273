// Spawning and killing workers, and the default budget of those that are spawned without one.

import { accept, reject } from '../../kernel/decision.ts';
import type { Decision, ParsedCommand, State } from '../../types.ts';
import { bootEpoch } from '../lifecycle/queries.ts';
import { settingsIn } from '../settings/queries.ts';
import { startEffect, stopParts, workersChange } from './changes.ts';
import { type Budget, budgetText, fromSetting, isLive, type WorkerRecord, type WorkersSlice } from './record.ts';

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
}

/** `spawn`: a record in state `starting`, and the effect that starts it. */
export function decideSpawn(
  slice: Readonly<WorkersSlice>,
  command: ParsedCommand<SpawnLine>,
  state: Readonly<State>,
): Decision {
  const { spawn: kind, ticks, budget } = command.value;
  if (kind !== 'heartbeat' && kind !== 'host') {
    return reject('unsupported', `Worker kind ${kind} is not available in this hive; heartbeat and host are.`);
  }
  const { max } = settingsIn(state).workers;
  const count = slice.workers.size;
  if (count >= max) return reject('limit', `workers.max is ${max} and ${count} workers exist; kill one, or wait.`);
  if (ticks !== undefined && budget?.ticks !== undefined && budget.ticks !== ticks) {
    return reject('invalid-payload', '$.budget.ticks: differs from $.ticks; give one of them, or the same.');
  }
  const given = budget === undefined ? { ...defaultBudget(slice, state), ticks: null } : budgetOf(budget);
  const worker = newWorker(slice, command, {
    kind,
    budget: { ...given, ticks: ticks ?? given.ticks },
    epoch: bootEpoch(state),
  });
  return accept({
    changes: [workersChange({ kind: 'spawn', worker })],
    effects: [startEffect(worker)],
    log: [`spawned ${worker.id} ticks=${budgetText(worker.budget.ticks)} ${ttlAndOps(worker.budget)}`],
    reply: { id: worker.id },
  });
}

function newWorker(
  slice: Readonly<WorkersSlice>,
  { seq, at, who }: ParsedCommand,
  what: Pick<WorkerRecord, 'kind' | 'budget' | 'epoch'>,
): WorkerRecord {
  return {
    id: `worker-${slice.nextId}`,
    ...what,
    used: { ticks: 0, ops: 0 },
    state: 'starting',
    hasRun: false,
    spawnedSeq: seq,
    startSeq: seq,
    spawnedAt: at,
    expiresAt: what.budget.ttl_s === null ? null : at + what.budget.ttl_s * 1000,
    fence: slice.nextFence,
    spawnedBy: { subject: who.subject, ticket: who.ticket },
  };
}

/** The default budget: what `/queen/ctl` set, else the settings. */
function defaultBudget({ defaults }: Readonly<WorkersSlice>, state: Readonly<State>): Budget {
  const { ticks, ops, ttl_s } = settingsIn(state).workers.default_budget;
  return { ticks: fromSetting(ticks), ops: fromSetting(ops), ttl_s: fromSetting(ttl_s), ...defaults };
}

function budgetOf({ ticks, ops, ttl_s }: BudgetLine): Budget {
  return { ticks: ticks ?? null, ops: ops ?? null, ttl_s: ttl_s ?? null };
}

function ttlAndOps({ ttl_s, ops }: Budget): string {
  return `ttl=${budgetText(ttl_s)} ops=${budgetText(ops)}`;
}

/** `kill`: the worker is no longer live at once; stopping it is an effect. */
export function decideKill(slice: Readonly<WorkersSlice>, { seq }: ParsedCommand, id: string): Decision {
  const worker = slice.workers.get(id);
  if (worker === undefined || !isLive(worker)) {
    return reject('not-found', `No live worker ${JSON.stringify(id)}; see /worker.`);
  }
  return accept({
    ...stopParts(worker, { reason: 'killed by queen', entry: seq, line: `killed ${id}` }),
    reply: { id },
  });
}

/** `budget`: fields of the default budget. */
export function decideDefaults(slice: Readonly<WorkersSlice>, state: Readonly<State>, given: BudgetLine): Decision {
  const now: Budget = { ...defaultBudget(slice, state), ...given };
  return accept({
    changes: [workersChange({ kind: 'defaults', budget: given })],
    log: [`updated default budget ${ttlAndOps(now)} ticks=${budgetText(now.ticks)}`],
  });
}
