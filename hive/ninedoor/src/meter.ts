// What a session may spend: the refilling quotas of its ticket and of every ancestor, the rates of its scopes, and,
// for a worker, the operations of its budget. The accounts are shared over doors and reconnects (`BucketTable`).

import { meterRefusal, type ScopeNode, type TicketMeter, WRITE } from '@cohesix/ticket';
import { ok, type Refusal, type Result, refusal } from '@cohesix/wire';
import type { Meter } from './session.ts';

/** What a meter is made from. */
export interface MeterOptions {
  readonly ticket: TicketMeter;
  readonly now: () => number;
  /** Charges one operation of a worker's budget; undefined when the session is no worker's. */
  readonly chargeWorker: (() => Result<void>) | undefined;
  /** What is left of that budget; undefined when it has no end. */
  readonly workerBudget?: () => Budget | undefined;
  /** Path of a scope by the id of its block and its position there. */
  readonly scopePath?: (ticketId: string, scope: number) => string | undefined;
}

/** What is left of the operations of a worker, and how many they were. It is never refilled. */
export interface Budget {
  readonly left: number;
  readonly of: number;
}

/** What a read is refused with when its ticket allows no byte now. */
export const NO_BANDWIDTH: Refusal = refusal('exhausted', 'The bandwidth quota of the ticket is used up.');

const NO_RATES: readonly number[] = [];
const DONE: Result<void> = ok(undefined);

/** The meter of a session, or undefined when nothing limits it, so that the hot path skips it. */
export function createMeter(options: MeterOptions, isLimited: boolean): Meter | undefined {
  return isLimited || options.chargeWorker !== undefined ? new SessionMeter(options) : undefined;
}

class SessionMeter implements Meter {
  readonly #ticket: TicketMeter;
  readonly #now: () => number;
  readonly #chargeWorker: (() => Result<void>) | undefined;
  readonly #options: MeterOptions;

  constructor(options: MeterOptions) {
    this.#ticket = options.ticket;
    this.#now = options.now;
    this.#chargeWorker = options.chargeWorker;
    this.#options = options;
  }

  operation(scope: ScopeNode, verb: number): Result<void> {
    const rates = verb === 0 ? NO_RATES : verb === WRITE ? scope.writeRates : scope.readRates;
    const denial = this.#ticket.takeOperation(rates, this.#now());
    if (denial !== undefined) return { ok: false, refusal: meterRefusal(denial) };
    // Last: what the ticket refuses must not use up the worker. A worker whose budget refuses is ended anyway.
    return this.#chargeWorker?.() ?? DONE;
  }

  bytes(count: number): Result<void> {
    const denial = this.#ticket.take('bandwidth', count, this.#now());
    return denial === undefined ? DONE : { ok: false, refusal: meterRefusal(denial) };
  }

  bytesAllowed(): number {
    return this.#ticket.available('bandwidth', this.#now());
  }

  cursor(isResume: boolean): Result<void> {
    const denial = this.#ticket.takeCursor(isResume, this.#now());
    return denial === undefined ? DONE : { ok: false, refusal: meterRefusal(denial) };
  }

  text(): string {
    const lines = this.#ticket.view(this.#now()).map(({ ticketId, kind, tokens, capacity, perS, scope }) => {
      const path = scope === undefined ? '' : ` path=${this.#options.scopePath?.(ticketId, scope) ?? ''}`;
      return `ticket=${ticketId} kind=${kind} left=${tokens} of=${capacity} per_s=${perS}${path}\n`;
    });
    const budget = this.#options.workerBudget?.();
    if (budget !== undefined) lines.push(`worker kind=operations left=${budget.left} of=${budget.of} per_s=0\n`);
    return lines.length === 0 ? 'unlimited\n' : lines.join('');
  }
}
