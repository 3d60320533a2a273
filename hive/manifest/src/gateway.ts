// Section [gateway]: bounds of the HTTP door. The names are those of `GatewaySettings` in @cohesix/gateway, which obeys them. Queue
// bounds and deadline from contracts-2 section 7.5; everything else is ours.

import { int, KIB, list, MIB, type Table, table, word } from './field.ts';

/** `[gateway]`: per gateway unless named otherwise. */
export interface Gateway {
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
  readonly requests_max: number;
  readonly requests_per_ticket: number;
  readonly turn_requests_max: number;
  readonly turn_requests_per_ticket: number;
  readonly refusals_per_second: number;
  readonly refusal_hold_ms: number;
  readonly refusals_held_max: number;
  readonly control_queue_max: number;
  readonly telemetry_queue_max: number;
  readonly queue_wait_ms: number;
  readonly deadline_ms: number;
  readonly sessions_max: number;
  readonly sessions_per_ticket: number;
  readonly session_idle_ms: number;
  readonly connections_max: number;
  readonly headers_max: number;
  readonly header_bytes_max: number;
  readonly headers_timeout_ms: number;
  readonly body_timeout_ms: number;
  readonly stall_ms: number;
  readonly keep_alive_ms: number;
  readonly close_ms: number;
  readonly body_bytes_max: number;
  readonly answer_bytes_max: number;
  readonly streams_max: number;
  readonly streams_per_ticket: number;
  readonly web_socket_message_bytes_max: number;
  readonly web_socket_queue_bytes: number;
  readonly web_socket_ping_ms: number;
  readonly idempotency_keys_max: number;
  readonly idempotency_ms: number;
  readonly otlp_url: string;
  readonly otlp_interval_ms: number;
  readonly otlp_ticket: string;
}

const HOURS_MS = 3_600_000;
const DAY_MS = 24 * HOURS_MS;

const HOST = { pattern: '^[A-Za-z0-9.:-]{1,253}$', form: 'a host name or address without port' };

const ORIGIN = {
  pattern: '^https?://[a-z0-9.:\\[\\]-]{1,253}$',
  form: 'an origin in lower case: https://panel.example',
};

const URL_TEXT = { is: '', pattern: '^$|^https?://[^\\s@]{1,1024}$', form: 'an http or https URL, or an empty string' };

const FILE = { is: '', pattern: '^[^\\u0000-\\u001f\\u007f]{0,1024}$', form: 'the path of a file, or an empty string' };

/** Schema of `[gateway]`. */
export const gateway: Table<Gateway> = table<Gateway>('Bounds of the HTTP door.', {
  hosts: list<string>(
    { is: [], of: word(HOST, 'A host name.') as never, max: 16 },
    'Names by which it is reached, besides those of loopback and its address; any other `Host` is refused.',
  ),
  origins: list<string>(
    { is: [], of: word(ORIGIN, 'An origin.') as never, max: 16 },
    'Origins whose web pages may ask, besides its own; any other `Origin` is refused.',
  ),
  requests_max: int({ is: 256, min: 1, max: 65_535 }, 'Requests answered at a time.'),
  requests_per_ticket: int({ is: 32, min: 1, max: 65_535 }, 'Requests of one ticket answered at a time.'),
  turn_requests_max: int({ is: 64, min: 1, max: 65_535 }, 'Requests begun in one turn of the event loop.'),
  turn_requests_per_ticket: int({ is: 8, min: 1, max: 65_535 }, 'Of them those of one ticket.'),
  refusals_per_second: int(
    { is: 64, min: 0, max: 65_535 },
    'Requests without a good ticket of one address, per second, that are refused at once.',
  ),
  refusal_hold_ms: int({ is: 1000, min: 0, max: 60_000 }, 'Time the others wait for their refusal.'),
  refusals_held_max: int({ is: 1024, min: 0, max: 65_535 }, 'Refusals that wait; one more is cut off.'),
  control_queue_max: int({ is: 256, min: 0, max: 65_535 }, 'Writes that wait for their turn; one more is 429.'),
  telemetry_queue_max: int({ is: 1024, min: 0, max: 65_535 }, 'Reads that wait for their turn; one more is 429.'),
  queue_wait_ms: int({ is: 5000, min: 10, max: 600_000 }, 'Longest wait in a queue; then 429.'),
  deadline_ms: int(
    { is: 120_000, min: 100, max: HOURS_MS },
    'Longest answer; a write that takes longer is reported as unknown.',
  ),
  sessions_max: int({ is: 1024, min: 1, max: 65_535 }, 'Sessions of callers kept open at the hive.'),
  sessions_per_ticket: int({ is: 64, min: 1, max: 65_535 }, 'Sessions of its own one ticket may have.'),
  session_idle_ms: int({ is: 60_000, min: 1000, max: DAY_MS }, 'Time an unused session is kept.'),
  connections_max: int({ is: 4096, min: 1, max: 65_535 }, 'Connections of all protocols.'),
  headers_max: int({ is: 64, min: 8, max: 1024 }, 'Headers of a request.'),
  header_bytes_max: int({ is: 16 * KIB, min: KIB, max: MIB }, 'Bytes of all headers and the request line.'),
  headers_timeout_ms: int({ is: 10_000, min: 100, max: 600_000 }, 'Time from connecting to the last header.'),
  body_timeout_ms: int({ is: 30_000, min: 100, max: 600_000 }, 'Time from the first byte to the end of a short body.'),
  stall_ms: int({ is: 30_000, min: 100, max: HOURS_MS }, 'Longest silence of a long body, or of a reader.'),
  keep_alive_ms: int({ is: 15_000, min: 100, max: HOURS_MS }, 'Time a connection is kept between requests.'),
  close_ms: int({ is: 2000, min: 0, max: 60_000 }, 'Time requests have to end when the hive stops.'),
  body_bytes_max: int({ is: 64 * KIB, min: KIB, max: 64 * MIB }, 'Bytes of a request body, uploads aside.'),
  answer_bytes_max: int({ is: MIB, min: KIB, max: 64 * MIB }, 'Bytes of an answer, streams aside.'),
  streams_max: int({ is: 1024, min: 0, max: 65_535 }, 'Event streams and WebSockets.'),
  streams_per_ticket: int({ is: 64, min: 0, max: 65_535 }, 'Of them those of one ticket or address.'),
  web_socket_message_bytes_max: int({ is: 64 * KIB, min: KIB, max: 16 * MIB }, 'Bytes of one WebSocket message.'),
  web_socket_queue_bytes: int({ is: 256 * KIB, min: 4 * KIB, max: 64 * MIB }, 'Bytes that wait in a WebSocket.'),
  web_socket_ping_ms: int({ is: 30_000, min: 1000, max: HOURS_MS }, 'Time between two pings of a WebSocket.'),
  idempotency_keys_max: int({ is: 4096, min: 1, max: 1 << 20 }, 'Answers remembered by `Idempotency-Key`.'),
  idempotency_ms: int({ is: 600_000, min: 1000, max: DAY_MS }, 'Time they are remembered.'),
  otlp_url: word(URL_TEXT, 'Collector that metrics are exported to (OTLP over HTTP); empty is off.'),
  otlp_interval_ms: int({ is: 60_000, min: 1000, max: DAY_MS }, 'Time between two exports.'),
  otlp_ticket: word(FILE, 'File with the ticket whose views are exported; relative to the data directory.'),
});
