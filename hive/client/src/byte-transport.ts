// ByteTransport: a duplex stream of bytes without message boundaries. The protocol clients know nothing else of the
// network; `src/node/` implements it over sockets, a browser over a WebSocket, the tests over arrays.

/** What a transport calls. */
export interface ByteHandlers {
  /** Bytes arrived; the chunk belongs to the receiver and is never empty. */
  data(chunk: Uint8Array): void;
  /** The transport is gone; called exactly once, and nothing is called after it. */
  closed(reason: string): void;
  /** What `send` had queued is on its way: who stopped sending for `queuedBytes` may go on. */
  drained?(): void;
}

/** A connected duplex byte stream. */
export interface ByteTransport {
  /** Starts delivery; called once, before anything else. */
  start(handlers: ByteHandlers): void;
  /** Queues bytes; the caller must not change them afterwards. After a close it does nothing. */
  send(bytes: Uint8Array): void;
  /** Bytes of `send` that the other side has not taken yet; absent where nobody needs to know. */
  readonly queuedBytes?: number;
  /** Asks the peer to hold (flow control). Data already on the way may still be delivered. */
  pause(): void;
  resume(): void;
  /** Sends what is queued, then closes; a peer that never does cannot hold it open. `closed` is called when it happened. */
  close(): void;
  /** Closes at once. */
  destroy(): void;
}
