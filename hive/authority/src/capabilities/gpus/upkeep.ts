// What time does to GPUs. Hosts that fell silent are gone, jobs past their time are over, uploads nobody ends are dropped; and
// whoever held a lease that has ended (whatever ended it) loses what came with it: its jobs, and the worker that was started for
// it. The leases themselves end in their own room, in the same command and before this (`leases/upkeep.ts`).

import { accept } from '../../kernel/decision.ts';
import type { Acceptance, Command, State } from '../../types.ts';
import { type LeasesSlice, leasesOn, leasesSlice } from '../leases/record.ts';
import { leasesAfterTick } from '../leases/upkeep.ts';
import { isRevoked } from '../sessions/queries.ts';
import { revokedLine, stopParts } from '../workers/changes.ts';
import { liveWorker } from '../workers/queries.ts';
import { isOver } from '../workers/record.ts';
import { gpusChange } from './changes.ts';
import { statusEffect } from './effects.ts';
import { endedEffect, endedHoldLine } from './hold.ts';
import { lostJobs, stopLost } from './lost-jobs.ts';
import { unpublishParts } from './publish.ts';
import type { GpuHost, GpuJob, GpusSlice, Holding, Upload } from './record.ts';
import { endParts } from './reports.ts';
import { UPLOAD_MS_MAX } from './upload.ts';

/** Holdings, and jobs, ended by one clock command: its outcome must fit into a journal record. The deadline stays due. */
const ENDED_PER_TICK_MAX = 8;

/** Hosts lost, and GPUs forgotten, likewise: a host names all of its GPUs that have leases. */
const HOSTS_PER_TICK_MAX = 4;
const FORGOTTEN_PER_TICK_MAX = 64;

type Clock = Pick<Command, 'at' | 'seq'>;
type Parts = Required<Pick<Acceptance, 'changes' | 'effects' | 'log'>>;

/** What a clock command makes of the GPUs. */
export function gpusTick(slice: Readonly<GpusSlice>, clock: Clock, state: Readonly<State>): Acceptance {
  const leases = leasesAfterTick(state, clock).slice;
  const over = overHoldings(slice, leases).slice(0, ENDED_PER_TICK_MAX);
  const ending = new Set(over.map(({ lease }) => lease));
  const late = lateJobs(slice, clock.at).filter(({ lease }) => !ending.has(lease));
  const all: readonly Parts[] = [
    ...over.map((holding) => afterLease(slice, holding, { clock, state, reason: reasonOf(leases, holding) })),
    ...late.slice(0, ENDED_PER_TICK_MAX).map((job) => timedOut(job, clock)),
    ...lostHosts(slice, clock.at, state)
      .slice(0, HOSTS_PER_TICK_MAX)
      .map((host) => hostLost(slice, host, { clock, state })),
    ...lateUploads(slice, clock.at).map(([session]) => dropped(session)),
    ...lostJobs(slice, state)
      .slice(0, ENDED_PER_TICK_MAX)
      .map((lost) => stopLost(lost, clock, state)),
    ...forgettable(slice, state)
      .slice(0, FORGOTTEN_PER_TICK_MAX)
      .map((resource) => forgotten(resource)),
  ];
  return accept({
    changes: all.flatMap(({ changes }) => changes),
    effects: mergedStatus(all.flatMap(({ effects }) => effects)),
    log: all.flatMap(({ log }) => log),
  });
}

/** Holdings whose lease is not there any more, oldest first. */
function overHoldings({ holdings }: Readonly<GpusSlice>, { active }: Readonly<LeasesSlice>): readonly Holding[] {
  if (holdings.size === 0) return [];
  const over = [...holdings.values()].filter(({ lease, fence }) => active.get(lease)?.fence !== fence);
  return over.sort((left, right) => left.fence - right.fence);
}

/** A lease is over: its jobs end, then it is told, then the worker that was started for it is stopped. */
function afterLease(
  slice: Readonly<GpusSlice>,
  holding: Holding,
  { clock, state, reason }: { readonly clock: Clock; readonly state: Readonly<State>; readonly reason: string },
): Parts {
  const { at, seq: entry } = clock;
  const jobs = [...slice.jobs.values()]
    .filter(({ lease, fence }) => lease === holding.lease && fence === holding.fence)
    .sort((left, right) => left.entry - right.entry)
    .map((job) => endParts(job, { state: 'ERR', at, entry, detail: `lease ended: ${reason}` }));
  const stop = stopOf(holding, { entry, at, reason, state });
  return {
    changes: [
      ...jobs.flatMap(({ changes }) => changes),
      gpusChange({ kind: 'unhold', lease: holding.lease }),
      ...stop.changes,
    ],
    effects: [
      ...jobs.flatMap(({ effects }) => effects),
      endedEffect(holding, { entry, reason, lines: [] }),
      ...stop.effects,
    ],
    log: [...jobs.flatMap(({ log }) => log), endedHoldLine(holding, reason), ...stop.log],
  };
}

/** Why a lease ended; of a release or a preemption the reason that was given for it. */
function reasonOf({ history, preemptions }: Readonly<LeasesSlice>, { lease, fence, ending }: Holding): string {
  const ended = history.findLast((one) => one.id === lease && one.fence === fence);
  if (ended?.reason === 'released' && ending !== null) return ending;
  if (ended?.reason !== 'preempted') return ended?.reason ?? 'ended';
  return preemptions.findLast((one) => one.id === lease && one.fence === fence)?.reason ?? 'preempted';
}

/** A worker whose own time is up at this moment is stopped by its own room. */
function stopOf(
  { worker, isOwn }: Holding,
  {
    entry,
    at,
    reason,
    state,
  }: { readonly entry: number; readonly at: number; readonly reason: string; readonly state: Readonly<State> },
): Parts {
  const record = liveWorker(state, worker);
  if (!isOwn || record === undefined || isOver(record, at)) return { changes: [], effects: [], log: [] };
  const why = `gpu lease ${reason}`;
  return stopParts(record, { reason: why, entry, line: revokedLine(worker, why) });
}

function lateJobs({ jobs }: Readonly<GpusSlice>, at: number): readonly GpuJob[] {
  const late = [...jobs.values()].filter(({ dueAt }) => dueAt !== null && dueAt <= at);
  return late.sort((left, right) => left.entry - right.entry);
}

function timedOut(job: GpuJob, { at, seq: entry }: Clock): Parts {
  const detail = `no end was reported within ${job.timeoutMs} ms`;
  return endParts(job, { state: 'TIMEOUT', at, entry, detail });
}

/** Hosts of which nobody speaks any more: their publisher fell silent, or lost the right to. */
function lostHosts({ hosts }: Readonly<GpusSlice>, at: number, state: Readonly<State>): readonly GpuHost[] {
  return [...hosts.values()].filter((host) => isSilent(host, at) || isRevoked(state, host.by.ticketIds));
}

function isSilent({ expiresAt }: GpuHost, at: number): boolean {
  return expiresAt !== null && expiresAt <= at;
}

function hostLost(
  slice: Readonly<GpusSlice>,
  known: GpuHost,
  { clock, state }: { readonly clock: Clock; readonly state: Readonly<State> },
): Parts {
  const { host } = known;
  const reason = isSilent(known, clock.at) ? 'publisher lost' : 'ticket of the publisher revoked';
  const parts = unpublishParts(slice, { host, entry: clock.seq, reason }, state);
  return {
    ...parts,
    effects: [statusEffect({ host, gpu: null }, clock.seq, [{ state: 'LOST', detail: reason }])],
  };
}

function lateUploads({ uploads }: Readonly<GpusSlice>, at: number): readonly (readonly [string, Upload])[] {
  return [...uploads].filter(([, { startedAt }]) => startedAt + UPLOAD_MS_MAX <= at);
}

function dropped(session: string): Parts {
  return {
    changes: [gpusChange({ kind: 'drop-upload', session })],
    effects: [],
    log: ['gpu upload dropped: it took too long'],
  };
}

/** GPUs that went away and on which no lease is any more. */
function forgettable({ devices }: Readonly<GpusSlice>, state: Readonly<State>): readonly string[] {
  const leases = leasesSlice(state);
  return [...devices]
    .filter(([id, { state: is }]) => is === 'gone' && leasesOn(leases, id).length === 0)
    .map(([id]) => id);
}

function forgotten(resource: string): Parts {
  return { changes: [gpusChange({ kind: 'forget', resource })], effects: [], log: [] };
}

/** One effect for each status, with all its lines: an effect is carried out once for an entry. */
function mergedStatus(effects: Acceptance['effects'] = []): NonNullable<Acceptance['effects']> {
  const status = new Map<string, (typeof effects)[number] & { readonly lines: readonly string[] }>();
  const merged: (typeof effects)[number][] = [];
  for (const effect of effects) {
    if (effect.kind !== 'gpu.status') {
      merged.push(effect);
      continue;
    }
    const key = `${effect.host}/${effect.gpu}`;
    const known = status.get(key);
    status.set(key, { ...effect, lines: [...(known?.lines ?? []), ...(effect.lines as readonly string[])] });
  }
  return [...status.values(), ...merged];
}

/** When a clock command would change something; 0: at once. */
export function gpusDeadline(slice: Readonly<GpusSlice>, state: Readonly<State>): number | undefined {
  if (overHoldings(slice, leasesSlice(state)).length > 0 || forgettable(slice, state).length > 0) return 0;
  if (lostJobs(slice, state).length > 0) return 0;
  for (const { by } of slice.hosts.values()) if (isRevoked(state, by.ticketIds)) return 0;
  let earliest = Number.POSITIVE_INFINITY;
  for (const { dueAt } of slice.jobs.values()) earliest = Math.min(earliest, dueAt ?? earliest);
  for (const { expiresAt } of slice.hosts.values()) earliest = Math.min(earliest, expiresAt ?? earliest);
  for (const { startedAt } of slice.uploads.values()) earliest = Math.min(earliest, startedAt + UPLOAD_MS_MAX);
  return Number.isFinite(earliest) ? earliest : undefined;
}
