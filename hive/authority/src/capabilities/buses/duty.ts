// The duty cycle of a radio: in no window of `window_ms` is it on the air for more than its part. What was sent is kept in at
// most 66 slots: a send joins the last slot while that is younger than a 64th of the window, and a slot counts whole until
// its last send is out of the window. So the sum is never too small, and the state stays small however much is sent.

import { type LoraAdapter, loraBudgetUs } from '@cohesix/manifest';

/** Sends that count together. */
export interface DutySlot {
  /** Time of the first and of the last send, ms. */
  readonly first: number;
  readonly last: number;
  /** Time on the air, microseconds. */
  readonly us: number;
}

/** Slots a window is split into; a window touches at most two more. */
const SLOTS = 64;

/** Most slots that are kept. */
export const SLOTS_MAX: number = SLOTS + 2;

/** The limits of a radio. */
type Limits = Pick<LoraAdapter, 'duty_cycle_percent' | 'window_ms'>;

/** Time on the air that counts at `at`, microseconds. */
export function usedUs(slots: readonly DutySlot[], at: number, limits: Limits): number {
  return counted(slots, at, limits).reduce((sum, { us }) => sum + us, 0);
}

/** Whether `us` more may be sent at `at`; else when they may, ms. */
export function freeAt(slots: readonly DutySlot[], at: number, { us, limits }: Asked): number {
  const budget = loraBudgetUs(limits);
  let used = usedUs(slots, at, limits);
  let free = at;
  for (const slot of counted(slots, at, limits)) {
    if (used + us <= budget) return free;
    used -= slot.us;
    free = slot.last + limits.window_ms;
  }
  return free;
}

/** What is to be sent, and the limits it is sent under. */
export interface Asked {
  /** Time on the air, microseconds; one frame alone is within the limits (a red line). */
  readonly us: number;
  readonly limits: Limits;
}

/** The slots after a send at `at`; what no longer counts is gone. */
export function withSend(slots: readonly DutySlot[], at: number, { us, limits }: Asked): DutySlot[] {
  const kept = counted(slots, at, limits);
  const last = kept.at(-1);
  const isYoung = last !== undefined && at - last.first < limits.window_ms / SLOTS;
  if (isYoung) return [...kept.slice(0, -1), { first: last.first, last: at, us: last.us + us }];
  return [...kept, { first: at, last: at, us }];
}

function counted(slots: readonly DutySlot[], at: number, { window_ms: window }: Limits): readonly DutySlot[] {
  return slots.filter(({ last }) => last > at - window);
}
