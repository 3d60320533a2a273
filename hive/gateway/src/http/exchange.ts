// A request as routes see it. What a route does not ask for is not made: the query, the signal, the body.

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Result } from '@cohesix/wire';
import type { GatewayRequest } from '../route.ts';
import { bodyPieces, type Pace, readBody } from './body.ts';
import type { Queries, Query } from './query.ts';
import type { Target } from './target.ts';

/** One request and its response. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What the router knows of it, and how slow its body may come. */
export interface Routed extends Pace {
  readonly target: Target;
  readonly queries: Queries;
  readonly params: Readonly<Record<string, string>>;
  /** Told that the body is read piece by piece, in its own time. */
  readonly onPieces: () => void;
}

/** A request of HTTP. Take its fields by name; a spread copy has none of them. */
export class HttpRequest implements GatewayRequest {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly #exchange: Exchange;
  readonly #routed: Routed;
  #aborter: AbortController | undefined;

  constructor(exchange: Exchange, routed: Routed) {
    this.#exchange = exchange;
    this.#routed = routed;
    this.method = exchange.request.method ?? '';
    this.headers = exchange.request.headers;
    this.path = routed.target.path;
    this.params = routed.params;
  }

  get query(): Query {
    return this.#routed.queries.read(this.#routed.target.search);
  }

  get peer(): string {
    return peerOf(this.#exchange.request);
  }

  get scheme(): 'http' | 'https' {
    return 'encrypted' in this.#exchange.request.socket ? 'https' : 'http';
  }

  get signal(): AbortSignal {
    if (this.#aborter === undefined) {
      const { response } = this.#exchange;
      const aborter = new AbortController();
      this.#aborter = aborter;
      if (response.destroyed) aborter.abort();
      else response.once('close', () => aborter.abort());
    }
    return this.#aborter.signal;
  }

  get body(): (bytesMax: number) => Promise<Result<Uint8Array>> {
    return (bytesMax) => {
      this.#continue();
      return readBody(this.#exchange.request, bytesMax);
    };
  }

  get pieces(): () => AsyncIterable<Uint8Array> {
    return () => {
      this.#continue();
      this.#routed.onPieces();
      return bodyPieces(this.#exchange.request, this.#routed);
    };
  }

  /** A caller who waits to hear that its body is wanted is told so only now. */
  #continue(): void {
    const { request, response } = this.#exchange;
    if (/^100-continue$/i.test(request.headers.expect ?? '') && !response.headersSent) response.writeContinue();
  }
}

/** The address a request came from. */
function peerOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? '';
}
