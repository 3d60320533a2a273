// What one session charges its use to: the buckets of its ticket and of all its ancestors, found once when the session
// opens. A charge is all or nothing over all of them, and one that is refused leaves everything as it was.

import { assert } from '@cohesix/check';
import { type Refusal, refusal } from '@cohesix/wire';
import { QUOTA_ROWS, type QuotaKind } from './claims.ts';
import type { ScopeRate } from './scope-matcher.ts';
import { refund, type TokenBucket, take, view } from './token-bucket.ts';

/** What had too little in it: a scope's rate, or one of the quotas. */
export type MeterDenial = 'rate' | QuotaKind;

/** One line of what a session may still use. */
export interface MeterView {
  /** Id of the block that set the allowance. */
  readonly ticketId: string;
  readonly kind: MeterDenial;
  readonly tokens: number;
  readonly capacity: number;
  readonly perS: number;
  /** Of a rate: position of its scope in the block that set it. */
  readonly scope?: number;
}

/** What one block of a ticket has used. */
export interface Account {
  /** Ids of the blocks from the root to the one it is for; never empty. */
  readonly ids: readonly string[];
  /** 0 = never. After it no ticket with this block verifies. */
  readonly expiresMs: number;
  /** By `QuotaKind` and, for rates, by `keyOfRate`. */
  readonly buckets: ReadonlyMap<string, TokenBucket>;
  /** Sessions that hold it. */
  openCount: number;
  /** Whether it goes when the last session closes, whatever is in it. */
  isForgotten: boolean;
}

/** An account as a session holds it. */
export interface Held {
  readonly id: string;
  readonly account: Account;
}

/** What a meter is made from besides its accounts. */
export interface MeterParts {
  readonly rates: readonly ScopeRate[];
  readonly ids: readonly string[];
  readonly release: (held: Held) => void;
}

/** What one session charges its use to. Every charge is all or nothing over all accounts. */
export class TicketMeter {
  private readonly held: readonly Held[];
  private readonly release: (held: Held) => void;
  private readonly byKind: Readonly<Record<QuotaKind, readonly TokenBucket[]>>;
  /** Bucket of each index of the matcher's `rates`. */
  private readonly byRate: readonly TokenBucket[];
  private isOpen = true;

  /** Made by `BucketTable.open` only. */
  constructor(held: readonly Held[], parts: MeterParts) {
    this.held = held;
    this.release = parts.release;
    const of = (kind: QuotaKind): readonly TokenBucket[] =>
      held.flatMap(({ account }) => account.buckets.get(kind) ?? []);
    this.byKind = {
      bandwidth: of('bandwidth'),
      operations: of('operations'),
      cursorMoves: of('cursorMoves'),
      cursorResumes: of('cursorResumes'),
    };
    this.byRate = parts.rates.map((rate) => bucketOfRate(held, parts.ids, rate));
  }

  /** Charges one operation: the operations quotas and the given rates (`ScopeNode.readRates`, `.writeRates`). */
  takeOperation(rates: readonly number[], nowMs: number): MeterDenial | undefined {
    if (!takeAll(this.byKind.operations, 1, nowMs)) return 'operations';
    for (let index = 0; index < rates.length; index += 1) {
      if (take(this.rateBucket(rates[index] ?? -1), 1, nowMs)) continue;
      for (let taken = 0; taken < index; taken += 1) refund(this.rateBucket(rates[taken] ?? -1), 1);
      refundAll(this.byKind.operations, 1);
      return 'rate';
    }
    return undefined;
  }

  /** Charges one read of a stream: a move, and for one that goes back a resume, both or neither. */
  takeCursor(isResume: boolean, nowMs: number): MeterDenial | undefined {
    if (!takeAll(this.byKind.cursorMoves, 1, nowMs)) return 'cursorMoves';
    if (!isResume || takeAll(this.byKind.cursorResumes, 1, nowMs)) return undefined;
    refundAll(this.byKind.cursorMoves, 1);
    return 'cursorResumes';
  }

  /** Charges `count` units of a quota; undefined when they were there. */
  take(kind: QuotaKind, count: number, nowMs: number): MeterDenial | undefined {
    return takeAll(this.byKind[kind], count, nowMs) ? undefined : kind;
  }

  /** Gives back what was taken and not used, for example the rest of a read that was shorter than asked for. */
  refund(kind: QuotaKind, count: number): void {
    refundAll(this.byKind[kind], count);
  }

  /** Most units of a quota that `take` would give now; Infinity when unlimited. */
  available(kind: QuotaKind, nowMs: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const bucket of this.byKind[kind]) least = Math.min(least, view(bucket, nowMs).tokens);
    return least;
  }

  /** Every allowance of this session's ticket and its ancestors, root first. */
  view(nowMs: number): readonly MeterView[] {
    return this.held.flatMap(({ id, account }) =>
      [...account.buckets].map(([key, bucket]) => ({ ticketId: id, ...kindOfKey(key), ...view(bucket, nowMs) })),
    );
  }

  /** Ends the session's hold on its accounts; what was used stays used. Closing twice does nothing. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    for (const one of this.held) this.release(one);
  }

  private rateBucket(index: number): TokenBucket {
    const bucket = this.byRate[index];
    assert(bucket !== undefined, 'rate indexes come from the matcher this meter was opened with');
    return bucket;
  }
}

/** The refusal of a denied charge: `rate-limited` for what comes back within a second, `exhausted` for quotas. */
export function meterRefusal(denial: MeterDenial): Refusal {
  if (denial === 'rate') return refusal('rate-limited', 'The rate of this scope is used up; wait and try again.');
  const word = QUOTA_ROWS.find((row) => row.kind === denial)?.word ?? denial;
  return refusal('exhausted', `The ${word} quota of the ticket is used up; it refills with time, if it does.`);
}

function takeAll(buckets: readonly TokenBucket[], count: number, nowMs: number): boolean {
  for (let index = 0; index < buckets.length; index += 1) {
    const bucket = buckets[index];
    if (bucket === undefined || take(bucket, count, nowMs)) continue;
    refundAll(buckets.slice(0, index), count);
    return false;
  }
  return true;
}

function refundAll(buckets: readonly TokenBucket[], count: number): void {
  for (const bucket of buckets) refund(bucket, count);
}

function bucketOfRate(held: readonly Held[], ids: readonly string[], rate: ScopeRate): TokenBucket {
  const id = ids[Math.max(0, rate.block)];
  const bucket = held.find((one) => one.id === id)?.account.buckets.get(keyOfRate(rate));
  assert(bucket !== undefined, 'the rates are those of this ticket');
  return bucket;
}

/** Key of a rate's bucket in the account of its block. */
export function keyOfRate(rate: ScopeRate): string {
  return `rate ${rate.block}:${rate.scope}`;
}

function kindOfKey(key: string): Pick<MeterView, 'kind' | 'scope'> {
  const kind = QUOTA_ROWS.find((row) => row.kind === key)?.kind;
  return kind === undefined ? { kind: 'rate', scope: Number(key.split(':')[1]) } : { kind };
}
