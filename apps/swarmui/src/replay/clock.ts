// The time of the picture. Live it is that of the machine; in a recording it comes from the playhead, so that the same recording gives
// the same pictures, however fast it is played and by whom.

import { Store } from '../store/store.ts';

/** Milliseconds of a recording that one exchange stands for: a trace holds an order, and no times. */
export const EXCHANGE_MS = 20;

/** Milliseconds since the recording began; undefined: real time. It steps back when somebody scrubs back. */
export const clock: Store<number | undefined> = new Store<number | undefined>(undefined);
