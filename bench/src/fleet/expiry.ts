// All leases end within one second: what that costs whoever works on the hive then, and how long it takes until none is
// held any more. A lease that is over counts for nobody from its very millisecond on; what is measured is the tidying up.

import type { HiveClient } from '@cohesix/client';
import { type ControlSpread, controlLoad } from './control.ts';
import { untilCounts } from './counts.ts';
import type { HiveProcess } from './hive-process.ts';
import { LEASE_CTL, renewLine } from './lease-lines.ts';
import type { Spread } from './spread.ts';
import { writeAll } from './writers.ts';

/** What it came to. */
export interface ExpiryRow {
  readonly renew: Spread;
  /** Control from a second before the end until some seconds after. */
  readonly control: ControlSpread;
  /** From the moment at which the last lease was over until the hive held none. */
  readonly lateMs: number;
}

const PACE = 128;
const TIDY_S = 120;
/** Renewals a second that are surely met, and time to spare. */
const RENEWALS_PER_S = 1000;
const SPARE_MS = 2000;

/** How many, and how long control goes on after their end, seconds. */
export interface ExpiryLoad {
  readonly leases: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** Lets all leases end together. @throws Error when they are still held two minutes later. */
export async function measureExpiry(
  hive: HiveProcess,
  client: HiveClient,
  { leases, seconds, signal }: ExpiryLoad,
): Promise<ExpiryRow> {
  const endAt = performance.now() + (leases * 1000) / RENEWALS_PER_S + SPARE_MS;
  const renew = await writeAll(hive, { path: LEASE_CTL, lines: renewals(leases, endAt), signal });
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, endAt - 1000 - performance.now())));
  const [control, lateMs] = await Promise.all([
    controlLoad(hive, { workers: leases, seconds: 1 + seconds, perSecond: PACE, withLeases: false, signal }),
    untilCounts(client, (counts) => counts.leases === 0, TIDY_S).then(() => performance.now() - endAt - 1000),
  ]);
  return { renew, control, lateMs: Math.max(0, lateMs) };
}

/** Whole seconds, rounded up: each lease is over at most a second after `endAt`. */
function* renewals(leases: number, endAt: number): Generator<string> {
  for (let which = 1; which <= leases; which++) {
    yield renewLine(which, Math.max(1, Math.ceil((endAt - performance.now()) / 1000)));
  }
}
