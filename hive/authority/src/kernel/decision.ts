// The two answers of a capability, as short as they are common.

import { type RefusalCode, refusal } from '@cohesix/wire';
import type { Acceptance, Change, Rejection } from '../types.ts';

/** Accepts with what should change, happen and be said. */
export function accept(
  parts: Omit<Acceptance, 'kind' | 'changes'> & { readonly changes?: readonly Change[] },
): Acceptance {
  return { kind: 'accept', changes: [], ...parts };
}

/** Refuses; nothing changes. `log` is for events that have a line of their own in `/log/queen.log`. */
export function reject(code: RefusalCode, detail?: string, log: readonly string[] = []): Rejection {
  return { kind: 'refuse', refusal: refusal(code, detail), log };
}
