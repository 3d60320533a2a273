// Bounds of a gateway. `hive.toml` has them in `[gateway]`; this package does not read manifests.

/** All bounds; every one is shown at `/v1/meta/bounds`. */
export interface GatewaySettings {
  /** Requests that are answered at a time, and of them those with one ticket. */
  readonly requestsMax: number;
  readonly requestsPerTicket: number;
  /** Requests that are begun in one turn of the event loop, and of them those of one ticket; the rest waits for the next turns. */
  readonly turnRequestsMax: number;
  readonly turnRequestsPerTicket: number;
  /** Refusals of callers without a good ticket that one address hears at once, each second; how long and how many others are held. */
  readonly refusalsPerSecond: number;
  readonly refusalHoldMs: number;
  readonly refusalsHeldMax: number;
  /** Requests of a class that wait at most; the source system had 256 and 1024 (contracts-2, 7.5). */
  readonly controlQueueMax: number;
  readonly telemetryQueueMax: number;
  /** Longest wait in a queue, ms; then 429. */
  readonly queueWaitMs: number;
  /** Longest a request may take behind the queue, ms; a write that is not answered by then is reported as unknown. */
  readonly deadlineMs: number;
  /** Sessions kept open for callers who come again, and how long one is kept idle. */
  readonly sessionsMax: number;
  /** Sessions of its own that one ticket may have (`x-cohesix-session`). */
  readonly sessionsPerTicket: number;
  readonly sessionIdleMs: number;
  /** Connections of all protocols together. */
  readonly connectionsMax: number;
  /** Headers of a request, and their bytes together with the request line. */
  readonly headersMax: number;
  readonly headerBytesMax: number;
  /** Time a request has from its first byte (or the connection's opening) to its last header, and to its last byte of body. */
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  /** Longest silence of a long body that is sent to us, and of a reader for whom an answer waits. */
  readonly stallMs: number;
  /** How long a connection is kept between two requests. */
  readonly keepAliveMs: number;
  /** Time that requests under way have when the gateway closes. */
  readonly closeMs: number;
  /** Bytes of a request's body, and of an answer that is not a stream. */
  readonly bodyBytesMax: number;
  readonly answerBytesMax: number;
  /** Event streams and WebSockets at a time, all callers together. */
  readonly streamsMax: number;
  /** Of them those of one ticket. */
  readonly streamsPerTicket: number;
  /** Bytes of one WebSocket message; a longer 9P message travels in several. */
  readonly webSocketMessageBytesMax: number;
  /** Bytes of a WebSocket that may wait in each direction before the other side does. */
  readonly webSocketQueueBytes: number;
  /** Time between two looks whether a WebSocket's caller is still there, ms; one silent for two of them is cut. */
  readonly webSocketPingMs: number;
  /** Answers of writes that are remembered by idempotency key, and for how long. */
  readonly idempotencyKeysMax: number;
  readonly idempotencyMs: number;
}

/** What a hive takes unless its manifest says otherwise. */
export const GATEWAY_DEFAULTS: GatewaySettings = {
  requestsMax: 256,
  requestsPerTicket: 32,
  turnRequestsMax: 64,
  turnRequestsPerTicket: 8,
  refusalsPerSecond: 64,
  refusalHoldMs: 1000,
  refusalsHeldMax: 1024,
  controlQueueMax: 256,
  telemetryQueueMax: 1024,
  queueWaitMs: 5000,
  deadlineMs: 120_000,
  sessionsMax: 1024,
  sessionsPerTicket: 64,
  sessionIdleMs: 60_000,
  connectionsMax: 4096,
  headersMax: 64,
  headerBytesMax: 16_384,
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 30_000,
  stallMs: 30_000,
  keepAliveMs: 15_000,
  closeMs: 2000,
  bodyBytesMax: 65_536,
  answerBytesMax: 1 << 20,
  streamsMax: 1024,
  streamsPerTicket: 64,
  webSocketMessageBytesMax: 65_536,
  webSocketQueueBytes: 262_144,
  webSocketPingMs: 30_000,
  idempotencyKeysMax: 4096,
  idempotencyMs: 600_000,
};
