// Who asks: a ticket, and the session it has at the hive while requests with it come.

import type { HiveClient } from '@cohesix/client';

/** A caller with an open session. Borrowed for one request. */
export interface Caller {
  /** The caller's own session; operations are charged to its ticket. Do not close it. */
  readonly client: HiveClient;
  /** SHA-256 of the token, hex: what queues and idempotency keys go by. Never the token. */
  readonly id: string;
}
