// Changes of the updates applied, and what must always hold.

import { unreachable } from '@cohesix/check';
import {
  type Activation,
  BEFORE_MAX,
  HISTORY_MAX,
  MODELS_EVER_MAX,
  type StoreKind,
  UPDATES_EVER_MAX,
  type UpdatesChange,
  type UpdatesSlice,
} from './record.ts';

/** Applies a change in place. */
export function evolveUpdates(slice: UpdatesSlice, change: UpdatesChange): void {
  switch (change.kind) {
    case 'accepted':
      slice.updates.set(change.update.epoch, { ...change.update });
      return;
    case 'readiness':
      setReady(slice, change.epoch, change.isReady);
      return;
    case 'sealed':
      slice.models.set(change.model.model, { ...change.model });
      return;
    case 'removal':
      setRemoval(slice, change);
      return;
    case 'gone':
      forget(slice, change);
      return;
    case 'counted':
      slice[change.what] += 1;
      return;
    case 'active':
      activate(slice, change.activation, change.dropped);
      return;
    default:
      unreachable(change);
  }
}

function setReady(slice: UpdatesSlice, epoch: string, isReady: boolean): void {
  const update = slice.updates.get(epoch);
  if (update !== undefined) update.isReady = isReady;
}

interface Named {
  readonly what: StoreKind;
  readonly name: string;
}

function setRemoval(slice: UpdatesSlice, { what, name, entry }: Named & { readonly entry: number | null }): void {
  const known = what === 'update' ? slice.updates.get(name) : slice.models.get(name);
  if (known !== undefined) known.removedBy = entry;
  // One that goes cannot be gone back to.
  if (what === 'update' && entry !== null) slice.before = slice.before.filter(({ epoch }) => epoch !== name);
}

function forget(slice: UpdatesSlice, { what, name }: Named): void {
  if (what === 'model') {
    slice.models.delete(name);
    return;
  }
  slice.updates.delete(name);
  slice.before = slice.before.filter(({ epoch }) => epoch !== name);
  if (slice.active?.epoch === name) slice.active = null;
}

/** A rollback drops what it goes back over; an activation keeps what was active before it. */
function activate(slice: UpdatesSlice, activation: Activation, dropped: number): void {
  const { active, before } = slice;
  if (activation.how === 'rollback') slice.before = before.slice(0, before.length - dropped);
  else if (active !== null) slice.before = [...before, active].slice(-BEFORE_MAX);
  slice.active = activation;
  slice.history = [...slice.history, activation].slice(-HISTORY_MAX);
}

/** The broken rules, as sentences. */
export function updatesInvariants(slice: Readonly<UpdatesSlice>): string[] {
  const { updates, models, active, before, history } = slice;
  const broken: string[] = [];
  if (updates.size > UPDATES_EVER_MAX) broken.push(`updates: ${updates.size} are known`);
  if (models.size > MODELS_EVER_MAX) broken.push(`updates: ${models.size} models are known`);
  if (before.length > BEFORE_MAX || history.length > HISTORY_MAX) broken.push('updates: too many activations are kept');
  for (const one of active === null ? before : [...before, active])
    if (!updates.has(one.epoch)) broken.push(`updates: ${one.epoch} was activated and is not known`);
  if (before.some(({ epoch }) => (updates.get(epoch)?.removedBy ?? null) !== null))
    broken.push('updates: one that goes could be gone back to');
  if (active !== null && (updates.get(active.epoch)?.removedBy ?? null) !== null)
    broken.push(`updates: ${active.epoch} is active and goes`);
  for (const [key, { epoch }] of updates) if (key !== epoch) broken.push(`updates: ${epoch} is kept as ${key}`);
  return broken;
}
