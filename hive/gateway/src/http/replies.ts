// Sends the replies of a gateway: what every reply is sent with, and the places of those that go on and on.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { refusal } from '@cohesix/wire';
import type { Pacer } from '../queues/pacer.ts';
import type { StreamSlots } from '../queues/stream-slots.ts';
import type { Reply } from '../route.ts';
import type { Session } from '../sessions/session-pool.ts';
import type { GatewaySettings } from '../settings.ts';
import { declaredLength } from './body.ts';
import type { Connections } from './connections.ts';
import type { Exchange } from './exchange.ts';
import { problem } from './problem.ts';
import { type Sending, sendBody, sendEvents } from './send.ts';
import type { Soon } from './soon.ts';

/** What sending needs of the gateway. */
export interface RepliesParts {
  readonly streams: StreamSlots;
  readonly connections: Connections;
  readonly pacer: Pacer;
  readonly settings: GatewaySettings;
  /** Of the gateway; callers with a session of their own are told. */
  readonly instance: string;
}

/** Whom a reply is for. */
export interface Addressee {
  /** A listed origin whose page may read it. */
  readonly origin: string | undefined;
  readonly session: Session | undefined;
  /** The gateway closes: the connection ends with this reply. */
  readonly isLast: boolean;
}

/** What a request may answer to count as one of its turn; of twice as much it counts as two more. */
const SMALL_ANSWER_BYTES = 8192;

/** Sends the replies of one gateway. */
export class Replies {
  readonly #parts: RepliesParts;

  constructor(parts: RepliesParts) {
    this.#parts = parts;
  }

  /** Sends a reply; settled when all of it was handed to the connection, or nobody is there any more. */
  send({ request, response }: Exchange, reply: Reply, to: Addressee): Soon<void> {
    if (response.destroyed || !request.socket.writable) {
      if ('events' in reply) void reply.events[Symbol.asyncIterator]().return?.();
      return;
    }
    const how = this.#howToSend(request, to);
    if ('events' in reply)
      return this.#sendEvents(response, reply, { how, holder: to.session?.id ?? request.socket.remoteAddress ?? '' });
    if (to.session !== undefined && reply.body.length >= SMALL_ANSWER_BYTES)
      this.#parts.pacer.spend(to.session.id, Math.floor(reply.body.length / SMALL_ANSWER_BYTES));
    sendBody(response, reply, how);
  }

  async #sendEvents(
    response: ServerResponse,
    reply: Exclude<Reply, { readonly body: unknown }>,
    { how, holder }: { readonly how: Sending; readonly holder: string },
  ): Promise<void> {
    const release = this.#parts.streams.take(holder);
    if (release === undefined) {
      sendBody(response, problem(refusal('limit', 'Too many streams are open; end one first.')), how);
      void reply.events[Symbol.asyncIterator]().return?.();
      return;
    }
    try {
      await sendEvents(response, reply, how);
    } finally {
      release();
    }
  }

  #howToSend(request: IncomingMessage, { origin, isLast }: Addressee): Sending {
    const { instance, settings, connections } = this.#parts;
    return {
      instance: request.headers['x-cohesix-session'] === undefined ? undefined : instance,
      origin,
      isHead: request.method === 'HEAD',
      isLast: isLast || this.#isBodyLeft(request),
      stallMs: settings.stallMs,
      cut: connections.cut,
    };
  }

  /** A body that nobody read is read past, when it is short; else the connection ends, which tells its sender to stop. */
  #isBodyLeft(request: IncomingMessage): boolean {
    if (request.complete) return false;
    const length = declaredLength(request);
    return length === undefined || length > this.#parts.settings.bodyBytesMax;
  }
}
