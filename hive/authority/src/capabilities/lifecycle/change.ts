// What can change about the lifecycle, and how it is applied.

import { unreachable } from '@cohesix/check';
import type { Change } from '../../types.ts';
import type { LifecycleSlice } from './queries.ts';
import type { LifecycleState } from './table.ts';

/** A change of the lifecycle. */
export type LifecycleChange =
  | { readonly kind: 'move'; readonly to: LifecycleState; readonly reason: string; readonly at: number }
  | { readonly kind: 'boot'; readonly epoch: number; readonly fingerprint: string; readonly version: string }
  | { readonly kind: 'promote'; readonly epoch: number };

/** Wraps a change with its owner. */
export function lifecycleChange(change: LifecycleChange): Change {
  return { capability: 'lifecycle', change };
}

/** Applies a change in place. */
export function evolveLifecycle(slice: LifecycleSlice, change: LifecycleChange): void {
  switch (change.kind) {
    case 'move':
      slice.state = change.to;
      slice.reason = change.reason;
      slice.sinceMs = change.at;
      return;
    case 'boot':
      slice.epoch = change.epoch;
      slice.fingerprint = change.fingerprint;
      slice.version = change.version;
      return;
    case 'promote':
      slice.epoch = change.epoch;
      return;
    default:
      unreachable(change);
  }
}
