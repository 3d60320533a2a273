// Who asked last on each connection. A connection nearly always brings the ticket it brought before: to find that in its headers and
// to hash it again would be a part of what a read costs. A seat names a session, it does not vouch for one: whether that is open
// still, is asked each time. It goes with its connection, and is never logged.

import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';

/** Headers that say whose a request is, as they came, and the key of its session. */
interface Seat {
  readonly authorization: string | undefined;
  readonly ticket: string | string[] | undefined;
  readonly name: string | string[] | undefined;
  readonly door: string;
  readonly key: string;
}

/** The seats of one gateway. */
export class Seats {
  readonly #seats = new WeakMap<Socket, Seat>();

  /** The key of the session that was asked for with the same headers, at the same door, by the request before on this connection. */
  keyOf(socket: Socket, headers: IncomingHttpHeaders, door: string): string | undefined {
    const seat = this.#seats.get(socket);
    if (seat === undefined || seat.door !== door || seat.authorization !== headers.authorization) return undefined;
    const isSame = seat.ticket === headers['x-cohesix-ticket'] && seat.name === headers['x-cohesix-session'];
    return isSame ? seat.key : undefined;
  }

  /** These headers ask for the session of that key. */
  note(socket: Socket, headers: IncomingHttpHeaders, found: { readonly door: string; readonly key: string }): void {
    const { authorization, 'x-cohesix-ticket': ticket, 'x-cohesix-session': name } = headers;
    this.#seats.set(socket, { authorization, ticket, name, ...found });
  }
}
