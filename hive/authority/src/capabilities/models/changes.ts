// What can change about models, and how it is applied. How much is remembered travels with the change, because applying one
// sees no manifest.

import { assert, unreachable } from '@cohesix/check';
import type { Change } from '../../types.ts';
import { type Activation, type Approval, type Model, type ModelsSlice, modelKey, type Pointer } from './record.ts';

/** A change of the registry. */
export type ModelsChange =
  | { readonly kind: 'put'; readonly model: Model }
  | { readonly kind: 'drop'; readonly host: string; readonly id: string }
  | {
      readonly kind: 'decide';
      readonly host: string;
      readonly id: string;
      readonly approval: Approval;
      readonly by: readonly string[];
    }
  | {
      readonly kind: 'point';
      readonly activation: Activation;
      /** What the stack becomes. */
      readonly stack: readonly string[];
      readonly historyMax: number;
    }
  | { readonly kind: 'report'; readonly host: string; readonly id: string | null };

/** Wraps a change with its owner. */
export function modelsChange(change: ModelsChange): Change {
  return { capability: 'models', change };
}

/** Applies a change in place. */
export function evolveModels(slice: ModelsSlice, change: ModelsChange): void {
  switch (change.kind) {
    case 'put':
      slice.models.set(modelKey(change.model.host, change.model.id), change.model);
      return;
    case 'drop':
      return drop(slice, change.host, change.id);
    case 'decide': {
      const key = modelKey(change.host, change.id);
      const model = slice.models.get(key);
      assert(model !== undefined, `no model ${key}`);
      slice.models.set(key, { ...model, approval: change.approval, decidedBy: change.by });
      return;
    }
    case 'point':
      slice.pointers.set(change.activation.host, { stack: change.stack, last: change.activation });
      slice.history.push(change.activation);
      slice.droppedHistory += slice.history.splice(0, slice.history.length - change.historyMax).length;
      return;
    case 'report':
      if (change.id === null) slice.reported.delete(change.host);
      else slice.reported.set(change.host, change.id);
      return;
    default:
      unreachable(change);
  }
}

/** Nobody goes back to a model that is not there. */
function drop({ models, pointers, reported }: ModelsSlice, host: string, id: string): void {
  models.delete(modelKey(host, id));
  if (reported.get(host) === id) reported.delete(host);
  const pointer = pointers.get(host);
  if (pointer !== undefined) pointers.set(host, without(pointer, id));
}

/** A stack without a model; what then stands twice in a row stands once. */
function without({ stack, last }: Pointer, id: string): Pointer {
  const left = stack.filter((one) => one !== id);
  return { stack: left.filter((one, index) => one !== left[index - 1]), last };
}
