// Counters of refusals by tag, and their audit lines. A flood of refusals is counted in full but written in part.

import { type Refusal, type RefusalTag, tagOf } from '@cohesix/wire';
import { LimitedLines } from './limited-lines.ts';

export class Pressure {
  readonly counts: Record<RefusalTag, number> = { busy: 0, quota: 0, cut: 0, policy: 0 };
  readonly #lines: LimitedLines;

  constructor(audit: (line: string) => void, now: () => number) {
    this.#lines = new LimitedLines('refused', audit, now);
  }

  /** Counts one refusal and, unless flooded, writes its audit line. */
  count(refusal: Refusal, where: string): void {
    this.counts[tagOf(refusal.code)] += 1;
    this.#lines.write(` reason=${tagOf(refusal.code)} detail=${refusal.code} ${where}`);
  }
}
