// A ring that says when somebody begins to listen: for streams whose lines are made only while there is a reader.

import { Ring, type RingListener, type RingOptions } from '@cohesix/telemetry';
import type { Result } from '@cohesix/wire';

/** Calls `onListen` after each listener that was added. */
export class HeardRing extends Ring {
  readonly #onListen: () => void;

  constructor(options: RingOptions, onListen: () => void) {
    super(options);
    this.#onListen = onListen;
  }

  override addListener(listener: RingListener): Result<void> {
    const added = super.addListener(listener);
    if (added.ok) this.#onListen();
    return added;
  }
}
