// A token bucket as plain data, and the few functions that change it. Time is a parameter, in whole milliseconds.
//
// `level` counts thousandths of a token, so that a refill of `perS` tokens a second is exactly `perS` thousandths a
// millisecond: integers throughout, nothing is lost or made by rounding. Invariant: 0 <= level <= capacity * 1000, and
// `updatedMs` never goes back, so a clock that jumps back and forward again refills nothing twice.

import { assert } from '@cohesix/check';
import { QUOTA_MAX } from './claims.ts';

/** State of one allowance. Changed in place by `take` and `refund` only. */
export interface TokenBucket {
  /** Most tokens it holds, 1 to 2^40. */
  readonly capacity: number;
  /** Refill in tokens a second; 0 = never. */
  readonly perS: number;
  /** Tokens in it at `updatedMs`, in thousandths. */
  level: number;
  updatedMs: number;
}

/** What a bucket looks like to a person. */
export interface BucketView {
  /** Whole tokens in it now. */
  readonly tokens: number;
  readonly capacity: number;
  readonly perS: number;
}

const SCALE = 1000;

/** A full bucket. A capacity of 0 means one second of refill. At least one of the two must be above 0. */
export function makeBucket(perS: number, capacity: number, nowMs: number): TokenBucket {
  const size = capacity === 0 ? perS : capacity;
  assert(Number.isSafeInteger(perS) && perS >= 0 && perS <= QUOTA_MAX, 'a refill is a whole number up to 2^40');
  assert(Number.isSafeInteger(size) && size >= 1 && size <= QUOTA_MAX, 'a capacity is a whole number from 1 to 2^40');
  return { capacity: size, perS, level: size * SCALE, updatedMs: nowMs };
}

/** Takes `count` tokens (a whole number from 0), all or none; false, with nothing taken, when they are not there. */
export function take(bucket: TokenBucket, count: number, nowMs: number): boolean {
  assert(count >= 0, 'a count is not negative');
  refill(bucket, nowMs);
  if (count * SCALE > bucket.level) return false;
  bucket.level -= count * SCALE;
  return true;
}

/** Puts back `count` tokens that were taken and not used; never above the capacity. */
export function refund(bucket: TokenBucket, count: number): void {
  assert(count >= 0, 'a count is not negative');
  bucket.level = Math.min(bucket.capacity * SCALE, bucket.level + count * SCALE);
}

/** What is in a bucket now; changes nothing. */
export function view(bucket: TokenBucket, nowMs: number): BucketView {
  const { capacity, perS } = bucket;
  return { tokens: Math.floor(levelAt(bucket, nowMs) / SCALE), capacity, perS };
}

/** Whether a bucket holds all it can: nothing would be lost by forgetting it. */
export function isFull(bucket: TokenBucket, nowMs: number): boolean {
  return levelAt(bucket, nowMs) === bucket.capacity * SCALE;
}

function refill(bucket: TokenBucket, nowMs: number): void {
  bucket.level = levelAt(bucket, nowMs);
  bucket.updatedMs = Math.max(bucket.updatedMs, nowMs);
}

function levelAt(bucket: TokenBucket, nowMs: number): number {
  const elapsed = Math.max(0, nowMs - bucket.updatedMs);
  return Math.min(bucket.capacity * SCALE, bucket.level + elapsed * bucket.perS);
}
