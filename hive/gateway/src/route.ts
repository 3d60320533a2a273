// A route as data: what the router matches, what the OpenAPI document says of it, and what answers it.

import type { IncomingHttpHeaders } from 'node:http';
import type { Result } from '@cohesix/wire';
import type { Caller } from './caller.ts';
import type { GatewayDoor } from './hive-port.ts';
import type { Query } from './http/query.ts';
import type { Soon } from './http/soon.ts';

/** A request after the router: its path and query are decoded once, and its Host and Origin have been checked. */
export interface GatewayRequest {
  readonly method: string;
  readonly path: string;
  /** Values of the `:name` components of the route. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly headers: IncomingHttpHeaders;
  /** Address of the caller. */
  readonly peer: string;
  /** What the URL of the request begins with. */
  readonly scheme: 'http' | 'https';
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
  /** Reads the whole body. Refuses with `too-big` beyond `bytesMax`, `invalid-payload` when it breaks off, `unsupported` when compressed. */
  readonly body: (bytesMax: number) => Promise<Result<Uint8Array>>;
  /** The body as it comes, instead of `body`, for content of any size; read as fast as it is taken. Throws when it breaks off. */
  readonly pieces: () => AsyncIterable<Uint8Array>;
}

/** An answer. `events`: a body without end, written piece by piece as the caller reads (server-sent events). */
export type Reply = ReplyHead & ({ readonly body: string | Uint8Array } | { readonly events: EventSource });

interface ReplyHead {
  readonly status: number;
  /** Media type with its parameters. */
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A refusal of a caller who showed nothing good: when they come fast, it comes late (`queues/tarpit.ts`). */
  readonly isNobody?: boolean;
}

/** Pieces of a body; ends when the caller goes away or the source does. The next piece is asked for when the last was taken. */
export type EventSource = AsyncIterable<string | Uint8Array>;

/** Which bounded queue a request waits in; `none` never waits (health, documents). */
export type RequestClass = 'control' | 'telemetry' | 'none';

interface RouteHead {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path; `:name` components are parameters; a last component `*name` takes the rest, slashes included. */
  readonly pattern: string;
  readonly queue: RequestClass;
  /** The operation in the OpenAPI document, without what every operation has (problems, security). */
  readonly operation: Readonly<Record<string, unknown>>;
}

/** A route that everybody may ask. */
export interface PublicRoute extends RouteHead {
  readonly access: 'public';
  readonly answer: (request: GatewayRequest) => Soon<Reply>;
}

/** A route that needs a ticket: answered for a caller whose session is open. */
export interface TicketRoute extends RouteHead {
  readonly access: 'ticket';
  /** The door that audit names; default `rest`. Sessions of two doors are two. */
  readonly door?: GatewayDoor;
  /** What a 401 adds to `WWW-Authenticate: Bearer`: `resource_metadata="…"`. */
  readonly challenge?: (request: GatewayRequest) => string;
  readonly answer: (request: GatewayRequest, caller: Caller) => Soon<Reply>;
}

export type Route = PublicRoute | TicketRoute;
