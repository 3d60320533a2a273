// What others may ask about updates and models.

import type { State } from '../../types.ts';
import { type KnownModel, type KnownUpdate, updatesSlice } from './record.ts';

/** Updates whose manifest the hive recorded, by epoch. Read only. */
export function knownUpdates(state: Readonly<State>): ReadonlyMap<string, Readonly<KnownUpdate>> {
  return updatesSlice(state).updates;
}

/** Sealed models that the hive recorded, by the hash of their weights. Read only. */
export function knownModels(state: Readonly<State>): ReadonlyMap<string, Readonly<KnownModel>> {
  return updatesSlice(state).models;
}
