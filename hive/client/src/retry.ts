// Trying to connect again: three attempts, 200 ms between them, doubling to 2000 ms (contracts-1.md 2.6). Only for
// connecting, which changes nothing; no operation on a file is ever sent twice.

import { type Refusal, type Result, refuse } from '@cohesix/wire';
import { sleep, type Timers } from './timers.ts';

/** When to give up. */
export interface RetryPolicy {
  /** Attempts in all, at least 1. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; doubles after each. */
  readonly backoffMs: number;
  readonly ceilingMs: number;
  /** Milliseconds one attempt may take to connect. Messages of the handshake have the deadline of every other request. */
  readonly timeoutMs: number;
}

/** The policy of contracts-1.md 2.6. */
export const RETRY_DEFAULT: RetryPolicy = { attempts: 3, backoffMs: 200, ceilingMs: 2000, timeoutMs: 5000 };

/** Tries until it works, is refused for good, or the attempts are used up. */
export async function withRetry<T>(
  attempt: () => Promise<Result<T>>,
  policy: RetryPolicy,
  timers: Timers,
): Promise<Result<T>> {
  let result: Result<T> = refuse('unreachable');
  for (let made = 0; made < policy.attempts; made++) {
    if (made > 0) await sleep(timers, Math.min(policy.backoffMs * 2 ** (made - 1), policy.ceilingMs));
    result = await attempt();
    if (result.ok || !isWorthRetrying(result.refusal)) return result;
  }
  return result;
}

/** Nobody there, or no answer: the hive may be starting. Whatever the hive itself refuses stays refused. */
function isWorthRetrying({ code }: Refusal): boolean {
  return code === 'unreachable' || code === 'timeout';
}
