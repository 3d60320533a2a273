// Who has used how much. One account per ticket block that has a quota or a rate, keyed by the block's id: all sessions
// of a ticket share its account, on every door, and a child's use is charged to the child and to every ancestor. So a
// holder gains nothing by reconnecting, by attaching elsewhere or by handing itself children.
//
// The table is bounded. Only an account whose loss nobody could notice is forgotten: no session open, and every bucket
// full (or the block expired, so that no ticket with it verifies again). When there is none, opening is refused.

import { assert } from '@cohesix/check';
import { type Result, refuse } from '@cohesix/wire';
import { QUOTA_ROWS } from './claims.ts';
import type { TicketBlock, VerifiedTicket } from './facts.ts';
import type { ScopeRate } from './scope-matcher.ts';
import { type Account, type Held, keyOfRate, TicketMeter } from './ticket-meter.ts';
import { isFull, makeBucket, type TokenBucket } from './token-bucket.ts';

/** Bounds of a table. */
export interface BucketTableOptions {
  /** Most accounts; default 65,536. */
  readonly accountsMax?: number;
  /** Most accounts of one root ticket and its descendants; default 1,024. */
  readonly accountsPerRootMax?: number;
}

const ACCOUNTS_MAX = 65_536;
const ACCOUNTS_PER_ROOT_MAX = 1024;
/** Accounts looked at for one eviction; those that must stay go to the back, so the next look goes on from there. */
const EVICTION_LOOK_MAX = 1024;

/** The accounts of all tickets in use at a hive. */
export class BucketTable {
  private readonly accountsMax: number;
  private readonly accountsPerRootMax: number;
  /** In the order in which they will be looked at for eviction. */
  private readonly accounts: Map<string, Account> = new Map();
  private readonly countByRoot: Map<string, number> = new Map();

  constructor(options: BucketTableOptions = {}) {
    this.accountsMax = options.accountsMax ?? ACCOUNTS_MAX;
    this.accountsPerRootMax = options.accountsPerRootMax ?? ACCOUNTS_PER_ROOT_MAX;
  }

  /** Accounts now held. */
  get size(): number {
    return this.accounts.size;
  }

  /**
   * The meter of one session of a ticket; close it when the session ends. `rates` is that of the ticket's matcher.
   * Refuses with `limit` when the table, or the root ticket's part of it, is full of accounts that matter.
   */
  open(ticket: VerifiedTicket, rates: readonly ScopeRate[], nowMs: number): Result<TicketMeter> {
    const held: Held[] = [];
    for (const [index, block] of ticket.blocks.entries()) {
      const expiresMs = earliestEnd(ticket.blocks.slice(0, index + 1));
      const account = this.accountOf(block, {
        rootId: ticket.ids[0] ?? '',
        expiresMs,
        rates: ratesAt(rates, index),
        nowMs,
      });
      if (account === undefined) continue;
      if (account === 'full') {
        for (const earlier of held) this.release(earlier);
        return refuse('limit', 'Too many tickets with quotas are in use; close sessions or wait for quotas to refill.');
      }
      account.openCount += 1;
      held.push({ id: block.id, account });
    }
    return { ok: true, value: new TicketMeter(held, { rates, ids: ticket.ids, release: (one) => this.release(one) }) };
  }

  private accountOf(block: TicketBlock, context: AccountContext): Account | 'full' | undefined {
    const known = this.accounts.get(block.id);
    if (known !== undefined) return known;
    const buckets = makeBuckets(block, context.rates, context.nowMs);
    if (buckets.size === 0) return undefined;
    const countOfRoot = this.countByRoot.get(context.rootId) ?? 0;
    const isRootFull = countOfRoot >= this.accountsPerRootMax;
    const isFullTable = this.accounts.size >= this.accountsMax;
    if (isRootFull || isFullTable) {
      const rootId = isRootFull ? context.rootId : undefined;
      if (!this.evictOne(context.nowMs, rootId)) return 'full';
    }
    const account: Account = { rootId: context.rootId, expiresMs: context.expiresMs, buckets, openCount: 0 };
    this.accounts.set(block.id, account);
    this.countByRoot.set(context.rootId, (this.countByRoot.get(context.rootId) ?? 0) + 1);
    return account;
  }

  /** Forgets one account that can be, of `rootId` when given; false when none was found. */
  private evictOne(nowMs: number, rootId: string | undefined): boolean {
    let looked = 0;
    for (const [id, account] of this.accounts) {
      if (looked >= EVICTION_LOOK_MAX || looked >= this.accounts.size) return false;
      looked += 1;
      this.accounts.delete(id);
      if ((rootId === undefined || account.rootId === rootId) && isForgettable(account, nowMs)) {
        this.forgetOf(account.rootId);
        return true;
      }
      this.accounts.set(id, account);
    }
    return false;
  }

  private forgetOf(rootId: string): void {
    const count = (this.countByRoot.get(rootId) ?? 0) - 1;
    assert(count >= 0, 'every account is counted under its root');
    if (count === 0) this.countByRoot.delete(rootId);
    else this.countByRoot.set(rootId, count);
  }

  private release(held: Held): void {
    assert(held.account.openCount > 0, 'an account is closed as often as it is opened');
    held.account.openCount -= 1;
  }
}

interface AccountContext {
  readonly rootId: string;
  readonly expiresMs: number;
  /** Rates that this block sets (for the root block, also the ceiling's). */
  readonly rates: readonly ScopeRate[];
  readonly nowMs: number;
}

function makeBuckets(block: TicketBlock, rates: readonly ScopeRate[], nowMs: number): ReadonlyMap<string, TokenBucket> {
  const buckets = new Map<string, TokenBucket>();
  for (const row of QUOTA_ROWS) {
    const perS = block.quotas[row.perS] ?? 0;
    const burst = block.quotas[row.burst] ?? 0;
    if (perS + burst > 0) buckets.set(row.kind, makeBucket(perS, burst, nowMs));
  }
  for (const rate of rates) buckets.set(keyOfRate(rate), makeBucket(rate.ratePerS, 0, nowMs));
  return buckets;
}

function ratesAt(rates: readonly ScopeRate[], block: number): readonly ScopeRate[] {
  return rates.filter((rate) => Math.max(0, rate.block) === block);
}

function isForgettable(account: Account, nowMs: number): boolean {
  if (account.openCount > 0) return false;
  if (account.expiresMs !== 0 && nowMs >= account.expiresMs) return true;
  for (const bucket of account.buckets.values()) if (!isFull(bucket, nowMs)) return false;
  return true;
}

function earliestEnd(blocks: readonly TicketBlock[]): number {
  const ends = blocks.flatMap((block) => (block.expiresMs === 0 ? [] : [block.expiresMs]));
  return ends.length === 0 ? 0 : Math.min(...ends);
}
