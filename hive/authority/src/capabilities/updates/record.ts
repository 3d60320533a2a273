// What the authority knows of updates and models: which the store holds, which update is active, and which were before it. The
// bytes are in the store (hive/cas); it tells what became of them at `/sys/cas`.

import { sliceOf } from '../../kernel/slice.ts';
import type { Party } from '../../principal.ts';
import type { Change, State } from '../../types.ts';

/** An update whose manifest the store took. */
export interface KnownUpdate {
  readonly epoch: string;
  readonly kind: 'base' | 'delta';
  /** Epoch of the update it is a delta of. */
  readonly base: string | null;
  /** Hex. */
  readonly payloadSha256: string;
  /** Bytes of its own chunks. */
  readonly payloadBytes: number;
  readonly chunks: number;
  /** When the manifest was taken, ms. */
  readonly acceptedAt: number;
  /** Every chunk is there and the payload has its hash. */
  isReady: boolean;
  /** Journal entry that ordered its removal; null while it stays. */
  removedBy: number | null;
}

/** A model that is sealed: weights, schema and signature are in. */
export interface KnownModel {
  /** Hex of the SHA-256 of its weights. */
  readonly model: string;
  readonly weightsBytes: number;
  readonly sealedAt: number;
  removedBy: number | null;
}

/** When which update became the active one, and by whom. */
export interface Activation {
  readonly how: 'activate' | 'rollback';
  readonly epoch: string;
  readonly payloadSha256: string;
  readonly at: number;
  readonly entry: number;
  readonly by: Party;
}

/** Updates and models, and the active update. */
export interface UpdatesSlice {
  readonly updates: Map<string, KnownUpdate>;
  readonly models: Map<string, KnownModel>;
  active: Activation | null;
  /** What was active before and can be gone back to, the latest last. */
  before: Activation[];
  /** Every activation, the oldest first; bounded. */
  history: Activation[];
  rejected: number;
  quarantined: number;
}

/** What a removal is of. */
export type StoreKind = 'update' | 'model';

/** A change of the slice. */
export type UpdatesChange =
  | { readonly kind: 'accepted'; readonly update: KnownUpdate }
  | { readonly kind: 'readiness'; readonly epoch: string; readonly isReady: boolean }
  | { readonly kind: 'sealed'; readonly model: KnownModel }
  | { readonly kind: 'removal'; readonly what: StoreKind; readonly name: string; readonly entry: number | null }
  | { readonly kind: 'gone'; readonly what: StoreKind; readonly name: string }
  | { readonly kind: 'counted'; readonly what: 'rejected' | 'quarantined' }
  | { readonly kind: 'active'; readonly activation: Activation; readonly dropped: number };

/** Activations that can be gone back to, and those that are told of. */
export const BEFORE_MAX = 16;
export const HISTORY_MAX = 64;

/** Most updates and models any manifest allows, twice: one that goes may still be known when the next one comes. */
export const UPDATES_EVER_MAX: number = 2 * 256;
export const MODELS_EVER_MAX: number = 2 * 1024;

/** Wraps a change with its owner. */
export function updatesChange(change: UpdatesChange): Change {
  return { capability: 'updates', change };
}

/** The slice. Read only. */
export function updatesSlice(state: Readonly<State>): Readonly<UpdatesSlice> {
  return sliceOf<UpdatesSlice>(state, 'updates');
}
