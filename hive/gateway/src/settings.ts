// Bounds of a gateway. `hive.toml` has them in `[gateway]`; this package does not read manifests.

/** All bounds; every one is shown at `/v1/meta/bounds`. */
export interface GatewaySettings {
  /** Requests with one ticket that are answered at a time. */
  readonly requestsPerTicket: number;
  /** Requests of a class that wait at most; the source system had 256 and 1024 (contracts-2, 7.5). */
  readonly controlQueueMax: number;
  readonly telemetryQueueMax: number;
  /** Longest wait in a queue, ms; then 429. */
  readonly queueWaitMs: number;
  /** Longest a request may take behind the queue, ms; a write that is not answered by then is reported as unknown. */
  readonly deadlineMs: number;
  /** Sessions kept open for callers who come again, and how long one is kept idle. */
  readonly sessionsMax: number;
  readonly sessionIdleMs: number;
  /** Connections of all protocols together. */
  readonly connectionsMax: number;
  /** Bytes of a request's body, and of an answer that is not a stream. */
  readonly bodyBytesMax: number;
  readonly answerBytesMax: number;
  /** Event streams and WebSockets at a time, all callers together. */
  readonly streamsMax: number;
  /** Answers of writes that are remembered by idempotency key, and for how long. */
  readonly idempotencyKeysMax: number;
  readonly idempotencyMs: number;
}

/** What a hive takes unless its manifest says otherwise. */
export const GATEWAY_DEFAULTS: GatewaySettings = {
  requestsPerTicket: 32,
  controlQueueMax: 256,
  telemetryQueueMax: 1024,
  queueWaitMs: 5000,
  deadlineMs: 120_000,
  sessionsMax: 1024,
  sessionIdleMs: 60_000,
  connectionsMax: 4096,
  bodyBytesMax: 65_536,
  answerBytesMax: 1 << 20,
  streamsMax: 1024,
  idempotencyKeysMax: 4096,
  idempotencyMs: 600_000,
};
