// One request from its head to its answer: guard, router, session, queue, route. The usual request, whose caller has a session and
// for whom there is room, waits for nothing but its route; when that has its answer at hand, it is sent in the same turn.

import type { ServerResponse } from 'node:http';
import { ok, type Refusal, type Result, refusal } from '@cohesix/wire';
import type { Tally } from '../counters.ts';
import type { FairQueue, Turned } from '../queues/fair-queue.ts';
import type { Pacer } from '../queues/pacer.ts';
import type { StreamSlots } from '../queues/stream-slots.ts';
import type { Tarpit } from '../queues/tarpit.ts';
import type { Reply, TicketRoute } from '../route.ts';
import { type Credentials, keyOf, type Session, type SessionPool } from '../sessions/session-pool.ts';
import type { GatewaySettings } from '../settings.ts';
import { declaredLength } from './body.ts';
import type { Connections } from './connections.ts';
import { credentialsOf } from './credentials.ts';
import { type Exchange, HttpRequest } from './exchange.ts';
import type { Admitted, Guard } from './guard.ts';
import { preflight } from './preflight.ts';
import { problem } from './problem.ts';
import { Queries } from './query.ts';
import type { Match, RoutedRoute, Router } from './router.ts';
import { type Sending, sendBody, sendEvents } from './send.ts';
import { lastly, rescue, type Soon, soon } from './soon.ts';
import { parseTarget } from './target.ts';

/** What answers requests. */
export interface ServiceParts {
  readonly guard: Guard;
  readonly router: Router;
  readonly sessions: SessionPool;
  readonly queue: FairQueue;
  readonly streams: StreamSlots;
  readonly connections: Connections;
  readonly pacer: Pacer;
  readonly tarpit: Tarpit;
  readonly tally: Tally;
  readonly settings: GatewaySettings;
  /** Of the gateway; callers with a session of their own are told. */
  readonly instance: string;
  readonly onDefect: (error: unknown) => void;
}

/** A reply, and what is given back once it was sent. */
interface Answer {
  readonly reply: Reply;
  readonly route?: RoutedRoute;
  readonly session?: Session;
  /** A refusal of a caller who showed no good ticket: it may have to wait for it. */
  readonly isNobody?: boolean;
}

/** Who asked last on a connection, and by what the session is found. */
interface Seat {
  readonly token: string;
  readonly name: string | undefined;
  readonly door: string;
  readonly key: string;
}

/** Answers the requests of one gateway. */
export class Service {
  readonly #parts: ServiceParts;
  readonly #queries = new Queries();
  /** Of each connection the last caller; goes with it. */
  readonly #seats = new WeakMap<Exchange['request']['socket'], Seat>();
  #open = 0;
  #isClosing = false;
  #whenIdle: (() => void) | undefined;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  readonly #begin = (exchange: Exchange): void => {
    this.#open += 1;
    this.#serve(exchange);
  };

  /** Answers one request, after those before it on its connection. */
  serve(exchange: Exchange): void {
    this.#parts.connections.begin(exchange, this.#begin);
  }

  /** From now on each connection ends with its answer; settled when nothing is under way. */
  close(): Promise<void> {
    this.#isClosing = true;
    return new Promise((resolve) => {
      this.#whenIdle = resolve;
      if (this.#open === 0) resolve();
    });
  }

  #serve(exchange: Exchange): void {
    const admitted = this.#parts.guard.check(exchange.request);
    const origin = 'status' in admitted ? undefined : admitted.origin;
    const begin = (): Soon<void> =>
      soon('status' in admitted ? this.#foreign(admitted) : this.#answer(exchange, admitted), (answer) =>
        answer.isNobody === true ? this.#sendLetGo(exchange, origin, answer) : this.#send(exchange, origin, answer),
      );
    const mend = (error: unknown): Soon<void> => {
      this.#parts.onDefect(error);
      return this.#sendDefect(exchange, origin);
    };
    void lastly(
      () => rescue(begin, mend),
      () => {
        this.#open -= 1;
        if (this.#open === 0) this.#whenIdle?.();
      },
    );
  }

  #foreign(reply: Reply): Answer {
    this.#parts.tally.turnedAway.foreign += 1;
    return { reply, isNobody: true };
  }

  async #sendLetGo(exchange: Exchange, origin: string | undefined, answer: Answer): Promise<void> {
    if (await this.#isLetGo(exchange)) await this.#send(exchange, origin, answer);
  }

  /** Whether a refusal may be sent: at once, a while later, or not at all. */
  #isLetGo({ request: { socket } }: Exchange): Promise<boolean> {
    return new Promise((resolve) => {
      const cut = (): void => {
        socket.destroy();
        resolve(false);
      };
      this.#parts.tarpit.refuse(socket.remoteAddress ?? '', { answer: () => resolve(true), cut });
    });
  }

  #answer(exchange: Exchange, admitted: Admitted): Soon<Answer> {
    const { router, tally, connections, settings } = this.#parts;
    const { request } = exchange;
    const target = parseTarget(request.url ?? '');
    if (!target.ok) {
      tally.turnedAway['bad-request'] += 1;
      return { reply: problem(target.refusal), isNobody: true };
    }
    const match = router.find(request.method ?? '', target.value.path);
    if (match.route === undefined) return { reply: this.#noRoute(exchange, admitted, match.allow), isNobody: true };
    const asked = new HttpRequest(exchange, {
      target: target.value,
      queries: this.#queries,
      params: match.params,
      stallMs: settings.stallMs,
      onPieces: () => connections.readingPieces(request.socket),
    });
    return this.#routed(exchange, asked, match);
  }

  #noRoute({ request }: Exchange, { origin }: Admitted, allow: readonly string[]): Reply {
    if (allow.length > 0 && request.method === 'OPTIONS') return preflight(request, origin, allow);
    this.#parts.tally.turnedAway['no-route'] += 1;
    if (allow.length === 0) return problem(refusal('invalid-path', 'There is no such route.'));
    const detail = `This route takes ${allow.join(', ')}.`;
    return problem(refusal('unsupported', detail), { status: 405, headers: { allow: allow.join(', ') } });
  }

  #routed(exchange: Exchange, asked: HttpRequest, { route }: Match & { route: RoutedRoute }): Soon<Answer> {
    const { route: asRoute } = route;
    if (asRoute.access === 'public')
      return soon(this.#parts.pacer.begin(asked.peer), () =>
        soon(asRoute.answer(asked), (reply): Answer => ({ route, reply, isNobody: reply.isNobody === true })),
      );
    return soon(this.#session(exchange, asked, asRoute), (session): Soon<Answer> => {
      if (!session.ok) return { route, reply: unauthorized(session.refusal, asked, asRoute), isNobody: true };
      const begin = (): Soon<Answer> =>
        soon(this.#asCaller(exchange, asked, asRoute, session.value), (reply) => ({
          route,
          reply,
          session: session.value,
        }));
      return rescue(begin, (error) => {
        session.value.release();
        throw error;
      });
    });
  }

  /** The caller's session: the one that is open, or a new one at the pace of its address. */
  #session(exchange: Exchange, asked: HttpRequest, { door = 'rest' }: TicketRoute): Soon<Result<Session>> {
    const shown = credentialsOf(asked.headers);
    if (!shown.ok) return shown;
    const credentials = { ...shown.value, door, peer: asked.peer };
    const open = this.#parts.sessions.findBy(this.#keyOf(exchange, credentials));
    return open === undefined ? this.#attached(credentials) : ok(open);
  }

  /** A connection nearly always brings the ticket it brought before, and to hash that again would be a part of what a read costs. */
  #keyOf({ request: { socket } }: Exchange, credentials: Credentials): string {
    const seat = this.#seats.get(socket);
    const { token, name, door } = credentials;
    if (seat?.token === token && seat.name === name && seat.door === door) return seat.key;
    const key = keyOf(credentials);
    this.#seats.set(socket, { token, name, door, key });
    return key;
  }

  async #attached(credentials: Credentials): Promise<Result<Session>> {
    await this.#parts.pacer.begin(credentials.peer);
    return this.#parts.sessions.take(credentials);
  }

  /** Runs a request of a caller when its turn has come; at once, when nobody crowds. */
  #asCaller(exchange: Exchange, asked: HttpRequest, route: TicketRoute, session: Session): Soon<Reply> {
    const { pacer, queue } = this.#parts;
    const entered = soon(pacer.begin(session.id), () => this.#enterQueue(exchange, route, session.id));
    return soon(entered, (turned) => {
      if (turned !== undefined) return problem(TURNED[turned]);
      return lastly(
        () => route.answer(asked, session),
        () => {
          if (route.queue !== 'none') queue.leave(session.id);
        },
      );
    });
  }

  #enterQueue({ response }: Exchange, { queue: lane }: TicketRoute, id: string): Soon<Entered> {
    if (response.destroyed) return 'gone';
    const entered = lane === 'none' ? undefined : this.#parts.queue.enter(lane, id);
    return typeof entered === 'object' ? untilGone(response, entered) : entered;
  }

  #send(exchange: Exchange, origin: string | undefined, answer: Answer): Soon<void> {
    count(answer.route, answer.reply.status);
    return lastly(
      () => this.#sendReply(exchange, origin, answer),
      () => answer.session?.release(),
    );
  }

  #sendReply(exchange: Exchange, origin: string | undefined, { reply, session }: Answer): Soon<void> {
    const { request, response } = exchange;
    if (response.destroyed || !request.socket.writable) {
      if ('events' in reply) void reply.events[Symbol.asyncIterator]().return?.();
      return;
    }
    const how = this.#howToSend(exchange, origin);
    if ('body' in reply) {
      if (session !== undefined)
        this.#parts.pacer.spend(session.id, Math.floor(reply.body.length / SMALL_ANSWER_BYTES));
      return sendBody(response, reply, how);
    }
    return this.#sendEvents(response, reply, { how, holder: session?.id ?? request.socket.remoteAddress ?? '' });
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

  #howToSend({ request }: Exchange, origin: string | undefined): Sending {
    return {
      instance: request.headers['x-cohesix-session'] === undefined ? undefined : this.#parts.instance,
      origin,
      isHead: request.method === 'HEAD',
      isLast: this.#isClosing || this.#isBodyLeft(request),
      stallMs: this.#parts.settings.stallMs,
      cut: this.#parts.connections.cut,
    };
  }

  /** A body that nobody read is read past, when it is short; else the connection ends, which tells its sender to stop. */
  #isBodyLeft(request: Exchange['request']): boolean {
    if (request.complete) return false;
    const length = declaredLength(request);
    return length === undefined || length > this.#parts.settings.bodyBytesMax;
  }

  async #sendDefect(exchange: Exchange, origin: string | undefined): Promise<void> {
    const { response } = exchange;
    if (response.headersSent) response.destroy();
    else
      await this.#send(exchange, origin, { reply: problem(refusal('internal', 'The gateway failed; see its log.')) });
  }
}

/** What a request may answer to count as one of its turn; of twice as much it counts as two more. */
const SMALL_ANSWER_BYTES = 8192;

/** Nothing: it may run, and leaves the queue afterwards. */
type Entered = Turned | undefined;

const TURNED: Readonly<Record<Turned, Refusal>> = {
  'queue-full': refusal('buffer-full', 'Too many requests wait here; try again later.'),
  'waited-too-long': refusal('rate-limited', 'Other requests took all the time this one may wait; try again later.'),
  gone: refusal('cancelled', 'The caller went away.'),
};

function untilGone(
  response: ServerResponse,
  waiting: { readonly turn: Promise<Turned | undefined>; readonly cancel: () => void },
): Promise<Turned | undefined> {
  response.once('close', waiting.cancel);
  return waiting.turn.finally(() => response.off('close', waiting.cancel));
}

/** The answer to a caller without a session: 401 says how to show a ticket. */
function unauthorized(why: Refusal, asked: HttpRequest, { challenge }: TicketRoute): Reply {
  const refused = problem(why);
  // A ticket that is not for this hive is no credential here, whatever else it is good for (RFC 9110, 15.5.2).
  if (refused.status !== 401 && refused.status !== 403) return refused;
  const more = challenge?.(asked);
  const bearer = `Bearer realm="cohesix"${more === undefined ? '' : `, ${more}`}`;
  return problem(why, { status: 401, headers: { 'www-authenticate': bearer } });
}

function count(route: RoutedRoute | undefined, status: number): void {
  if (route !== undefined) route.statuses.set(status, (route.statuses.get(status) ?? 0) + 1);
}
