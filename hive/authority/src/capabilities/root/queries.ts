// What others may ask about the root of authority: whether a queen holds this hive, or it is cut off from her.

import { ok, type Result, refuse } from '@cohesix/wire';
import { sliceOf } from '../../kernel/slice.ts';
import type { Change, State } from '../../types.ts';
import { lifecycleState } from '../lifecycle/queries.ts';

/** Path of the control file by which the hive says what it saw of its queens. */
export const ROOT_PATH = '/sys/root/ctl';

/** How a queen's session is cut off: its connection ended or failed, its ticket ran out or was revoked, the hive closed it. */
export const CUTS = ['eof', 'error', 'expired', 'revoked', 'closed'] as const;

/** A way to be cut off. */
export type Cut = (typeof CUTS)[number];

/** What the hive has recorded of its queens since the last boot. */
export interface RootSlice {
  /** Whether a queen attached since the last boot and none was cut off after her. */
  isRooted: boolean;
  /** The last session of a queen ended because its ticket was revoked. */
  isRevoked: boolean;
  /** A queen's attach was refused while the hive was cut. */
  isRefused: boolean;
}

/** A change of the root. */
export type RootChange =
  | { readonly kind: 'boot' }
  | { readonly kind: 'active' }
  | { readonly kind: 'ended'; readonly how: Cut }
  | { readonly kind: 'refused' };

/** Wraps a change with its owner. */
export function rootChange(change: RootChange): Change {
  return { capability: 'root', change };
}

/** A boot ends all sessions: until a queen attaches, the hive is cut. */
export function rootAtBoot(): Change {
  return rootChange({ kind: 'boot' });
}

/** What is recorded of the queens. Read only. */
export function rootOf(state: Readonly<State>): Readonly<RootSlice> {
  return sliceOf<RootSlice>(state, 'root');
}

/** Values of `/proc/root/cut_reason`; `none` when reachable. */
export type CutReason = 'none' | 'lifecycle_offline' | 'session_revoked' | 'policy_denied' | 'network_unreachable';

/** Why the hive is cut off from its queen, the gravest reason first; `none` when it is not. */
export function cutReason(state: Readonly<State>): CutReason {
  const { isRooted, isRevoked, isRefused } = rootOf(state);
  if (lifecycleState(state) === 'OFFLINE') return 'lifecycle_offline';
  if (isRooted) return 'none';
  if (isRevoked) return 'session_revoked';
  return isRefused ? 'policy_denied' : 'network_unreachable';
}

/** Whether workers may exercise no authority now. */
export function isCut(state: Readonly<State>): boolean {
  return cutReason(state) !== 'none';
}

/** The gate of what a worker orders: `root-unreachable` with the reason while the hive is cut. */
export function checkRoot(state: Readonly<State>): Result<void> {
  const reason = cutReason(state);
  if (reason === 'none') return ok(undefined);
  return refuse('root-unreachable', `The Queen is cut off (${reason}); workers cannot act until one attaches.`);
}
