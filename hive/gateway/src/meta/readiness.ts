// Whether the hive behind the gateway answers and takes changes, and what was noticed of it so far. It is asked when somebody
// wants to know; what happened between two questions is not seen.

import type { RefusalCode, Result } from '@cohesix/wire';
import type { HivePort } from '../hive-port.ts';

/** What was noticed until the last question. */
export interface Noticed {
  /** The last reason why not; undefined when there was none yet. */
  readonly lastError: RefusalCode | undefined;
  /** Wall time at which the answer was another than before, ms; undefined before the first. */
  readonly changedAtMs: number | undefined;
  /** Times it was ready again after it was not. */
  readonly recoveries: number;
}

/** Asks, and remembers. */
export class Readiness {
  readonly #hive: Pick<HivePort, 'ready'>;
  readonly #now: () => number;
  #state: RefusalCode | 'ready' | undefined;
  #noticed: Noticed = { lastError: undefined, changedAtMs: undefined, recoveries: 0 };

  /** `now`: wall time, ms. */
  constructor(hive: Pick<HivePort, 'ready'>, now: () => number = Date.now) {
    this.#hive = hive;
    this.#now = now;
  }

  get noticed(): Noticed {
    return this.#noticed;
  }

  async ask(): Promise<Result<void>> {
    const answer = await this.#hive.ready();
    this.#note(answer.ok ? 'ready' : answer.refusal.code);
    return answer;
  }

  #note(state: RefusalCode | 'ready'): void {
    if (state === this.#state) return;
    const { lastError, recoveries } = this.#noticed;
    const isBack = state === 'ready' && this.#state !== undefined;
    this.#state = state;
    this.#noticed = {
      lastError: state === 'ready' ? lastError : state,
      changedAtMs: this.#now(),
      recoveries: recoveries + Number(isBack),
    };
  }
}
