// Who has used how much. One account per ticket block that has a quota or a rate, keyed by the block's id: all sessions
// of a ticket share its account, on every door, and a child's use is charged to the child and to every ancestor. So a
// holder gains nothing by reconnecting, by attaching elsewhere or by handing itself children.
//
// The table is bounded. Only an account whose loss nobody could notice makes room: no session open, and every bucket
// full (or the block expired, so that no ticket with it verifies again). When there is none, opening is refused. Among
// the accounts of one root the search sees all of them, up to `EVICTION_LOOK_MAX`; in the whole table it looks at so
// many a time and goes on from there the next time, so a full table may refuse some opens although it has room to make.
//
// `forget` frees the accounts of a revoked ticket, spent or not. All is in memory: after a restart every bucket is full.

import { assert } from '@cohesix/check';
import { type Result, refuse } from '@cohesix/wire';
import { QUOTA_ROWS } from './claims.ts';
import { earliestEnd, type TicketBlock, type VerifiedTicket } from './facts.ts';
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
/** Most accounts looked at for one eviction. */
const EVICTION_LOOK_MAX = 1024;

/** The accounts of all tickets in use at a hive. */
export class BucketTable {
  private readonly accountsMax: number;
  private readonly accountsPerRootMax: number;
  /** By block id, in the order in which they will be looked at for eviction. */
  private readonly accounts: Map<string, Account> = new Map();
  /** The same by root ticket, each root's in an order of its own; no root without accounts. */
  private readonly accountsByRoot: Map<string, Map<string, Account>> = new Map();

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
      const account = this.accountOf(block, {
        ids: ticket.ids.slice(0, index + 1),
        expiresMs: earliestEnd(ticket.blocks.slice(0, index + 1)),
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

  /**
   * Drops every account of a ticket that was revoked and of all made from it: at once, or when the last session that
   * uses it closes. `id` is a ticket id (32 hex digits), unknown ones are ignored. Only for tickets that never verify
   * again: the next session of one that does would find its quotas full.
   */
  forget(id: string): void {
    for (const account of (this.accountsByRoot.get(id) ?? this.accounts).values()) {
      if (!account.ids.includes(id)) continue;
      account.isForgotten = true;
      if (account.openCount === 0) this.drop(account);
    }
  }

  private accountOf(block: TicketBlock, context: AccountContext): Account | 'full' | undefined {
    const known = this.accounts.get(block.id);
    if (known !== undefined) return known;
    const buckets = makeBuckets(block, context.rates, context.nowMs);
    if (buckets.size === 0) return undefined;
    const { ids, expiresMs } = context;
    if (!this.makeRoom(rootOf({ ids }), context.nowMs)) return 'full';
    const account: Account = { ids, expiresMs, buckets, openCount: 0, isForgotten: false };
    this.add(block.id, account);
    return account;
  }

  /** Whether there is room for one more account of a root ticket, if need be after dropping another. */
  private makeRoom(rootId: string, nowMs: number): boolean {
    const siblings = this.accountsByRoot.get(rootId) ?? new Map<string, Account>();
    if (siblings.size >= this.accountsPerRootMax) return this.evictOne(siblings, nowMs);
    return this.accounts.size < this.accountsMax || this.evictOne(this.accounts, nowMs);
  }

  /** Drops one account of a list that can be forgotten; false when none was found. The others looked at go to the back. */
  private evictOne(list: Map<string, Account>, nowMs: number): boolean {
    let leftToLook = Math.min(list.size, EVICTION_LOOK_MAX);
    for (const [id, account] of list) {
      if (leftToLook === 0) break;
      leftToLook -= 1;
      if (isForgettable(account, nowMs)) {
        this.drop(account);
        return true;
      }
      list.delete(id);
      list.set(id, account);
    }
    return false;
  }

  private add(id: string, account: Account): void {
    const rootId = rootOf(account);
    const siblings = this.accountsByRoot.get(rootId) ?? new Map<string, Account>();
    this.accountsByRoot.set(rootId, siblings.set(id, account));
    this.accounts.set(id, account);
  }

  private drop(account: Account): void {
    const id = account.ids.at(-1) ?? '';
    const siblings = this.accountsByRoot.get(rootOf(account));
    assert(siblings?.get(id) === account, 'every account is listed under its root');
    siblings.delete(id);
    if (siblings.size === 0) this.accountsByRoot.delete(rootOf(account));
    this.accounts.delete(id);
  }

  private release({ account }: Held): void {
    assert(account.openCount > 0, 'an account is closed as often as it is opened');
    account.openCount -= 1;
    if (account.isForgotten && account.openCount === 0) this.drop(account);
  }
}

interface AccountContext {
  /** From the root to the block. */
  readonly ids: readonly string[];
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

function rootOf({ ids }: Pick<Account, 'ids'>): string {
  return ids[0] ?? '';
}

function isForgettable(account: Account, nowMs: number): boolean {
  if (account.openCount > 0) return false;
  if (account.expiresMs !== 0 && nowMs >= account.expiresMs) return true;
  for (const bucket of account.buckets.values()) if (!isFull(bucket, nowMs)) return false;
  return true;
}
