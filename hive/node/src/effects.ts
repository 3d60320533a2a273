// Carries out the effects of durable records: the only place where a decision reaches the world outside the authority.
// Each effect names the journal entry that allowed it, and for workers the fence it runs under; running one twice does
// what running it once does.

import { type Effect, type State, startOrders } from '@cohesix/authority';
import { assert } from '@cohesix/check';
import type { NineDoor } from '@cohesix/ninedoor';
import { type Result, refusal } from '@cohesix/wire';
import type { Executor } from './data.ts';
import type { ReplayJob, ReplayOrder } from './replay-job.ts';
import type { Streams } from './streams.ts';
import type { StopOrder, WorkerOrder, WorkerRuntime } from './workers/runtime.ts';

/** What effects act on. */
export interface EffectTargets {
  readonly door: NineDoor;
  readonly workers: WorkerRuntime;
  readonly streams: Streams;
  readonly replays: ReplayJob;
  readonly shown: () => State;
  /** Executors of the data capabilities, by kind; undefined: this hive keeps nothing beside its journal. */
  readonly data: Readonly<Record<string, Executor>> | undefined;
}

/** The fields of each kind of effect, as the authority's capabilities write them. */
type KnownEffect =
  | ({ readonly kind: 'worker.start' } & WorkerOrder)
  | { readonly kind: 'workers.restart' }
  | ({ readonly kind: 'worker.stop' } & StopOrder)
  | { readonly kind: 'sessions.close'; readonly ticketId: string }
  | { readonly kind: 'session.close'; readonly session: string; readonly reason: string }
  | { readonly kind: 'session.drain'; readonly session: string }
  | ({ readonly kind: 'replay.start' } & ReplayOrder)
  | { readonly kind: 'session.bind'; readonly session: string; readonly from: string; readonly to: string }
  | { readonly kind: 'session.mount'; readonly session: string; readonly from: string; readonly at: string };

/** Carries out one effect. A kind without an executor is a programmer error. */
export function carryOut(targets: EffectTargets, effect: Effect): void {
  const known = effect as Effect & KnownEffect;
  const { door } = targets;
  switch (known.kind) {
    case 'worker.start':
      return targets.workers.start(known);
    case 'workers.restart':
      return targets.workers.startAll(startOrders(targets.shown()) as readonly (Effect & WorkerOrder)[]);
    case 'worker.stop':
      return stopWorker(targets, known);
    case 'sessions.close':
      return door.revoke(known.ticketId);
    case 'session.close':
      return void door.closeWhere(({ id }) => id === known.session, refusal('closed', known.reason));
    case 'session.drain':
      return door.drain(known.session);
    case 'replay.start':
      return targets.replays.start(known);
    case 'session.bind':
      return tell(targets, door.bind(known.session, known.from, known.to), `bind ${known.from} -> ${known.to}`);
    case 'session.mount':
      return tell(targets, door.bind(known.session, known.from, known.at), `mount ${known.from} at ${known.at}`);
    default: {
      if (targets.data === undefined) return;
      const executor = targets.data[effect.kind];
      assert(executor !== undefined, `no executor for effect ${effect.kind}`);
      executor(effect);
    }
  }
}

/** Ends the worker, its sessions (also those of clients that attached as it) and its stream. */
function stopWorker({ door, streams, workers }: EffectTargets, order: StopOrder): void {
  door.closeWorker(order.adapter ?? order.worker, refusal('revoked', order.reason));
  const ring = streams.end(order.worker);
  if (ring !== undefined) door.follows.end(ring);
  workers.stop(order);
}

function tell({ streams }: EffectTargets, result: Result<void>, what: string): void {
  if (!result.ok) streams.audit(`audit effect refused ${what} reason=${result.refusal.code}`);
}
