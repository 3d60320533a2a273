// The one place where a capability's slice is taken out of the state with its type. Only a capability's own folder
// calls this for its own name; others use the typed queries that folder exports.

import { assert } from '@cohesix/check';
import type { State } from '../types.ts';

/** The slice of a capability. Asserts that the state was made by `initialState`. */
export function sliceOf<Slice>(state: Readonly<State>, name: string): Slice {
  const slice = state.get(name);
  assert(slice !== undefined, `state has no slice ${name}`);
  return slice as Slice;
}
