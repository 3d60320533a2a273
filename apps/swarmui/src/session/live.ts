// A session with the hive behind this page: 9P over a WebSocket of the page's own origin.

import {
  type ByteTransport,
  dialWebSocket,
  type HiveClient,
  NinePClient,
  RETRY_DEFAULT,
  realTimers,
} from '@cohesix/client/core';
import type { Result } from '@cohesix/wire';
import { Store } from '../store/store.ts';

/** Whose ticket, and what it says of itself. The token is a secret of this tab. */
export interface Credentials {
  readonly ticket: string;
  readonly role: string;
  readonly subject?: string;
}

/** What is put between a connection and its client: a recorder of traces, while one runs. */
export const tap: Store<((bare: ByteTransport) => ByteTransport) | undefined> = new Store<
  ((bare: ByteTransport) => ByteTransport) | undefined
>(undefined);

/** Where the gateway takes WebSockets (hive/gateway, websocket/part.ts). */
const PATH = '/v1/9p';
/** What a hive allows unless its manifest says otherwise is 64 tags; some are for flushes. */
const REQUESTS_MAX = 40;
const FIDS_MAX = 512;

/** Connects and attaches. Refuses as the hive does, and with `unreachable`. */
export async function connectLive({ ticket, role, subject }: Credentials): Promise<Result<HiveClient>> {
  const { protocol, host } = location;
  const dialed = await dialWebSocket(
    `${protocol === 'https:' ? 'wss' : 'ws'}://${host}${PATH}`,
    RETRY_DEFAULT.timeoutMs,
  );
  if (!dialed.ok) return dialed;
  return NinePClient.attach(tap.get()?.(dialed.value) ?? dialed.value, {
    ticket,
    role,
    ...(subject === undefined ? {} : { subject }),
    requestsMax: REQUESTS_MAX,
    fidsMax: FIDS_MAX,
    timers: realTimers,
  });
}
