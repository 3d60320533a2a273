// One request from its head to its answer: guard, router, session, pace, queue, route. The usual request, whose caller has a session
// and for whom there is room, waits for nothing but its route; when that has its answer at hand, it is sent in the same turn.
//
// Invariant: of each request that was begun `#end` runs once, after its answer was sent or given up.

import type { ServerResponse } from 'node:http';
import { type Refusal, type Result, refusal } from '@cohesix/wire';
import type { Tally } from '../counters.ts';
import type { FairQueue, Turned, Waiting } from '../queues/fair-queue.ts';
import type { Tarpit } from '../queues/tarpit.ts';
import type { PublicRoute, Reply, TicketRoute } from '../route.ts';
import { type Credentials, keyOf, type Session, type SessionPool } from '../sessions/session-pool.ts';
import { credentialsOf } from './credentials.ts';
import { type BodyReading, type Exchange, HttpRequest } from './exchange.ts';
import type { Guard } from './guard.ts';
import { preflight } from './preflight.ts';
import { problem } from './problem.ts';
import { type ReadTarget, Targets } from './query.ts';
import { type Addressee, Replies, type RepliesParts } from './replies.ts';
import type { RoutedRoute, Router } from './router.ts';
import { Seats } from './seats.ts';
import { lastly, type Soon, soon } from './soon.ts';

/** What answers requests. */
export interface ServiceParts extends RepliesParts {
  readonly guard: Guard;
  readonly router: Router;
  readonly sessions: SessionPool;
  readonly queue: FairQueue;
  readonly tarpit: Tarpit;
  readonly tally: Tally;
  readonly onDefect: (error: unknown) => void;
}

/** A request under way, and what is given back when it ends. */
interface Course {
  readonly exchange: Exchange;
  /** A page from elsewhere that may read the answer. */
  origin: string | undefined;
  route: RoutedRoute | undefined;
  session: Session | undefined;
}

/** A request to a route that needs a ticket. */
interface TicketAsk {
  readonly course: Course;
  readonly asked: HttpRequest;
  readonly route: TicketRoute;
}

/** Answers the requests of one gateway. */
export class Service {
  readonly #parts: ServiceParts;
  readonly #replies: Replies;
  readonly #targets = new Targets();
  readonly #reading: BodyReading;
  readonly #seats = new Seats();
  #open = 0;
  #isClosing = false;
  #whenIdle: (() => void) | undefined;

  constructor(parts: ServiceParts) {
    const { connections, settings } = parts;
    this.#parts = parts;
    this.#replies = new Replies(parts);
    this.#reading = { stallMs: settings.stallMs, onPieces: ({ socket }) => connections.readingPieces(socket) };
  }

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

  readonly #begin = (exchange: Exchange): void => {
    this.#open += 1;
    const course: Course = { exchange, origin: undefined, route: undefined, session: undefined };
    this.#run(course, () => this.#admit(course));
  };

  /** Runs a part of a course; whatever fails in it, now or later, ends the course with the answer to a defect. */
  #run(course: Course, part: () => Soon<void>): void {
    try {
      const done = part();
      if (done instanceof Promise) done.catch((error: unknown) => this.#fail(course, error));
    } catch (error) {
      this.#fail(course, error);
    }
  }

  #fail(course: Course, error: unknown): void {
    this.#parts.onDefect(error);
    const { response } = course.exchange;
    if (response.headersSent) response.destroy();
    else {
      count(course.route, DEFECT.status);
      this.#replies.send(course.exchange, DEFECT, this.#addressee(course));
    }
    this.#end(course);
  }

  #end({ session }: Course): void {
    session?.release();
    this.#open -= 1;
    if (this.#open === 0) this.#whenIdle?.();
  }

  #send(course: Course, reply: Reply): Soon<void> {
    count(course.route, reply.status);
    return soon(this.#replies.send(course.exchange, reply, this.#addressee(course)), () => this.#end(course));
  }

  #addressee({ origin, session }: Course): Addressee {
    return { origin, session, isLast: this.#isClosing };
  }

  /** Refuses a caller who showed nothing good: now, a while later, or not at all. Those who were held together are told in turns. */
  #turnDown(course: Course, reply: Reply): void {
    const { socket } = course.exchange.request;
    const address = socket.remoteAddress ?? '';
    const tell = (): Soon<void> => this.#paced(course, address, () => this.#send(course, reply));
    // Not before the parser has seen what else came: what turns out to be no HTTP is refused as that.
    const answer = (): void => queueMicrotask(() => this.#run(course, tell));
    const cut = (): void => {
      socket.destroy();
      this.#end(course);
    };
    this.#parts.tarpit.refuse(address, { answer, cut });
  }

  #admit(course: Course): Soon<void> {
    const { guard, tally } = this.#parts;
    const { request } = course.exchange;
    const admitted = guard.check(request);
    if ('status' in admitted) {
      tally.turnedAway.foreign += 1;
      return this.#turnDown(course, admitted);
    }
    course.origin = admitted.origin;
    const target = this.#targets.read(request.url ?? '');
    if (target.ok) return this.#find(course, target.value);
    tally.turnedAway['bad-request'] += 1;
    return this.#turnDown(course, problem(target.refusal));
  }

  #find(course: Course, target: ReadTarget): Soon<void> {
    const { exchange } = course;
    const match = this.#parts.router.find(exchange.request.method ?? '', target.path);
    if (match.route === undefined) return this.#turnDown(course, this.#noRoute(course, match.allow));
    course.route = match.route;
    const { route } = match.route;
    const asked = new HttpRequest(exchange, { target, params: match.params, reading: this.#reading });
    return route.access === 'public'
      ? this.#askPublic(course, asked, route)
      : this.#askTicket({ course, asked, route });
  }

  #noRoute({ exchange: { request }, origin }: Course, allow: readonly string[]): Reply {
    if (allow.length > 0 && request.method === 'OPTIONS') return preflight(request, origin, allow);
    this.#parts.tally.turnedAway['no-route'] += 1;
    if (allow.length === 0) return problem(refusal('invalid-path', 'There is no such route.'));
    const detail = `This route takes ${allow.join(', ')}.`;
    return problem(refusal('unsupported', detail), { status: 405, headers: { allow: allow.join(', ') } });
  }

  #askPublic(course: Course, asked: HttpRequest, route: PublicRoute): Soon<void> {
    const go = (): Soon<void> =>
      soon(route.answer(asked), (reply) =>
        reply.isNobody === true ? this.#turnDown(course, reply) : this.#send(course, reply),
      );
    return this.#paced(course, asked.peer, go);
  }

  /** Goes on now, or in the turn of the holder. */
  #paced(course: Course, holder: string, go: () => Soon<void>): Soon<void> {
    return this.#parts.pacer.begin(holder, () => this.#run(course, go)) ? go() : undefined;
  }

  /** With the caller's session: the one that is open, or a new one at the pace of its address. */
  #askTicket(ask: TicketAsk): Soon<void> {
    const { course, asked, route } = ask;
    const door = route.door ?? 'rest';
    const { socket } = course.exchange.request;
    const key = this.#seats.keyOf(socket, asked.headers, door);
    const open = key === undefined ? undefined : this.#parts.sessions.findBy(key);
    if (open !== undefined) return this.#askAs(ask, open);
    const shown = credentialsOf(asked.headers);
    if (!shown.ok) return this.#turnDown(course, unauthorized(shown.refusal, asked, route));
    const credentials = { ...shown.value, door, peer: asked.peer };
    this.#seats.note(socket, asked.headers, { door, key: keyOf(credentials) });
    return this.#askFirst(ask, credentials);
  }

  /** The first of a connection, or of a session. */
  #askFirst(ask: TicketAsk, credentials: Credentials): Soon<void> {
    const { sessions } = this.#parts;
    const open = sessions.find(credentials);
    if (open !== undefined) return this.#askAs(ask, open);
    return this.#paced(ask.course, credentials.peer, async () => this.#attached(ask, await sessions.take(credentials)));
  }

  #attached(ask: TicketAsk, session: Result<Session>): Soon<void> {
    const { course, asked, route } = ask;
    if (session.ok) return this.#askAs(ask, session.value);
    return this.#turnDown(course, unauthorized(session.refusal, asked, route));
  }

  /** Asks the route when the caller's turn has come; at once, when nobody crowds. */
  #askAs(ask: TicketAsk, session: Session): Soon<void> {
    ask.course.session = session;
    return this.#paced(ask.course, session.id, () => this.#enter(ask, session));
  }

  #enter(ask: TicketAsk, session: Session): Soon<void> {
    const { queue: lane } = ask.route;
    const { response } = ask.course.exchange;
    if (response.destroyed) return this.#answer(ask, session, 'gone');
    const entered = lane === 'none' ? undefined : this.#parts.queue.enter(lane, session.id);
    if (typeof entered !== 'object') return this.#answer(ask, session, entered);
    return untilGone(response, entered).then((turned) => this.#answer(ask, session, turned));
  }

  /** Asks the route for its answer, unless the caller was turned away. Its place in the queue is given back before that is sent. */
  #answer({ course, asked, route }: TicketAsk, session: Session, turned: Turned | undefined): Soon<void> {
    if (turned !== undefined) return this.#send(course, problem(TURNED[turned]));
    const answered = lastly(
      () => route.answer(asked, session),
      () => {
        if (route.queue !== 'none') this.#parts.queue.leave(session.id);
      },
    );
    return soon(answered, (reply) => this.#send(course, reply));
  }
}

const DEFECT: Reply = problem(refusal('internal', 'The gateway failed; see its log.'));

const TURNED: Readonly<Record<Turned, Refusal>> = {
  'queue-full': refusal('buffer-full', 'Too many requests wait here; try again later.'),
  'waited-too-long': refusal('rate-limited', 'Other requests took all the time this one may wait; try again later.'),
  gone: refusal('cancelled', 'The caller went away.'),
};

function untilGone(response: ServerResponse, { turn, cancel }: Waiting): Promise<Turned | undefined> {
  response.once('close', cancel);
  return turn.finally(() => response.off('close', cancel));
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
