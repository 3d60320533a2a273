// A request as routes see it. What a route does not ask for is not made: the query, the signal, the body.

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Result } from '@cohesix/wire';
import type { GatewayRequest } from '../route.ts';
import { bodyPieces, type Pace, readBody } from './body.ts';
import type { Query, ReadTarget } from './query.ts';

/** One request and its response. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** How bodies of a gateway are read: how slow they may come. */
export interface BodyReading extends Pace {
  /** Told that the body of a request is read piece by piece, in its own time. */
  readonly onPieces: (request: IncomingMessage) => void;
}

/** What the router knows of a request. */
export interface Routed {
  readonly target: ReadTarget;
  readonly params: Readonly<Record<string, string>>;
  readonly reading: BodyReading;
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
    return this.#routed.target.query;
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
      const { request } = this.#exchange;
      const { reading } = this.#routed;
      reading.onPieces(request);
      return bodyPieces(request, reading);
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
