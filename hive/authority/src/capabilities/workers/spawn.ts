// Spawning and killing workers, and the default budget of those that are spawned without one.

import { accept, reject } from '../../kernel/decision.ts';
import type { Acceptance, Decision, ParsedCommand, State } from '../../types.ts';
import { bootEpoch } from '../lifecycle/queries.ts';
import { workerEndChanges } from '../schedule/worker-end.ts';
import { settingsIn } from '../settings/queries.ts';
import { newRecord, spawnedLine, startEffect, stopParts, workersChange } from './changes.ts';
import {
  type Budget,
  budgetText,
  fromSetting,
  isLive,
  type WorkerRecord,
  type WorkersSlice,
  workersSlice,
} from './record.ts';

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
  const { seq: entry, at, who } = command;
  const { worker, ...parts } = startParts(state, {
    kind,
    budget: { ...given, ticks: ticks ?? given.ticks },
    entry,
    at,
    spawnedBy: { subject: who.subject, ticket: who.ticket },
  });
  return accept({ ...parts, reply: { id: worker.id } });
}

/** A worker to start. */
export interface StartOrder extends Pick<WorkerRecord, 'kind' | 'budget' | 'spawnedBy'> {
  readonly entry: number;
  readonly at: number;
  /** When its time is up, ms; by default the `ttl_s` of its budget from now. */
  readonly expiresAt?: number;
  /** How many others the same command starts before it; by default none. */
  readonly before?: number;
}

/** Starts a worker, for a spawn or for another room: its record, the effect and the line. `workersRoom` says whether it may. */
export function startParts(
  state: Readonly<State>,
  { expiresAt, before = 0, ...order }: StartOrder,
): Required<Pick<Acceptance, 'changes' | 'effects' | 'log'>> & { readonly worker: WorkerRecord } {
  const { nextId, nextFence } = workersSlice(state);
  const numbers = { nextId: nextId + before, nextFence: nextFence + before };
  const record = newRecord(numbers, { ...order, epoch: bootEpoch(state) });
  const worker = expiresAt === undefined ? record : { ...record, expiresAt };
  return {
    worker,
    changes: [workersChange({ kind: 'spawn', worker })],
    effects: [startEffect(worker)],
    log: [spawnedLine(worker.id, worker.budget)],
  };
}

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
