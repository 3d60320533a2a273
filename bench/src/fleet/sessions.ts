// 10,000 sessions at work, and how soon a revocation ends those of a ticket.
//
// Every ticket has the same number of sessions, spread over all connections; each session does an operation a second.
// While a ticket is revoked, two of its own sessions work as fast as the hive answers and the others do an operation every 10 ms:
// were all as fast as they can, two cores would have no time for the disk. What is measured is from sending the line to the answer
// of the last operation that was accepted: it includes the sync of the revocation.

import { connect, type HiveClient } from '@cohesix/client';
import { REFUSALS } from '@cohesix/wire';
import { BareSync } from './bare-sync.ts';
import type { HiveProcess, NewTicket } from './hive-process.ts';
import { Pipe } from './pipe.ts';
import { type Spread, Tally } from './spread.ts';

/** How many of what. */
export interface SessionsLoad {
  readonly sessions: number;
  readonly tickets: number;
  readonly signal: AbortSignal;
}

/** What it came to. */
export interface SessionsRow {
  readonly sessions: number;
  readonly tickets: number;
  readonly attach: Spread;
  /** Operations of the sessions of no ticket that is being revoked. */
  readonly operations: Spread;
  /** From sending a revocation to the last operation of its ticket that was accepted. */
  readonly revoke: Spread;
  /** Syncs of a bare file, one beside each revocation. */
  readonly bareSync: Spread;
  /** Sessions of revoked tickets that were refused with another code than `revoked`, or not at all. */
  readonly wrong: number;
}

/** Attaches a connection has at most: the hive's bound. */
const PER_CONNECTION = 64;
const EACH_MS = 1000;
/** Sessions of a ticket that is being revoked that do not wait, and how long the others do. */
const RESTLESS = 2;
const REVOKED_EACH_MS = 10;
/** The sessions' operations are begun in so many portions a second. */
const PORTIONS = 100;

interface Seat {
  readonly pipe: Pipe;
  readonly root: number;
  readonly ticket: number;
}

/** Attaches, works, revokes every ticket in turn. @throws Error when an attach is refused or a connection ends. */
export async function measureSessions(hive: HiveProcess, load: SessionsLoad): Promise<SessionsRow> {
  const { sessions, tickets: count } = load;
  const tickets = Array.from({ length: count }, (_, index) =>
    hive.ticket({ role: 'queen', subject: `person-${index}` }),
  );
  const pipes = await openPipes(hive, sessions);
  try {
    const attach = new Tally();
    const seats = await attachAll(pipes, tickets, { sessions, attach });
    const crowd = new Crowd(seats);
    const revoking = revokeAll(hive, { seats, tickets, crowd, signal: load.signal });
    const revoked = await revoking.finally(() => crowd.stop());
    return { sessions, tickets: count, attach: attach.spread(), operations: crowd.tally.spread(), ...revoked };
  } finally {
    for (const pipe of pipes) pipe.close();
  }
}

function openPipes(hive: HiveProcess, sessions: number): Promise<Pipe[]> {
  const count = Math.ceil(sessions / PER_CONNECTION);
  return Promise.all(Array.from({ length: count }, () => Pipe.open(hive.socket)));
}

/** Session `i` is of ticket `i mod tickets` on connection `i mod connections`. */
async function attachAll(
  pipes: readonly Pipe[],
  tickets: readonly NewTicket[],
  { sessions, attach }: { readonly sessions: number; readonly attach: Tally },
): Promise<readonly Seat[]> {
  const seats: Seat[] = [];
  const onPipe = async (pipe: Pipe, first: number): Promise<void> => {
    for (let index = first; index < sessions; index += pipes.length) {
      const ticket = index % tickets.length;
      const begin = performance.now();
      const root = await pipe.attach(tickets[ticket]?.token ?? '');
      attach.add(performance.now() - begin);
      seats.push({ pipe, root, ticket });
    }
  };
  await Promise.all(pipes.map(onPipe));
  return seats;
}

/** The sessions at their usual work, until they leave or are told to stop. */
class Crowd {
  readonly tally: Tally = new Tally();
  readonly #left = new Set<number>();
  readonly #seats: readonly Seat[];
  readonly #timer: NodeJS.Timeout;
  readonly #under = new Set<Promise<void>>();
  readonly #begunAt = performance.now();
  #count = 0;

  constructor(seats: readonly Seat[]) {
    this.#seats = seats;
    this.#timer = setInterval(() => this.#portion(), EACH_MS / PORTIONS);
  }

  /** The sessions of a ticket do nothing more here. */
  leave(ticket: number): void {
    this.#left.add(ticket);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#under);
  }

  /** All that are due by now: a late timer catches up. */
  #portion(): void {
    const due = ((performance.now() - this.#begunAt) * this.#seats.length) / EACH_MS;
    for (; this.#count < due; this.#count++) {
      const seat = this.#seats[this.#count % this.#seats.length];
      if (seat === undefined || this.#left.has(seat.ticket)) continue;
      const one = this.#operation(seat).finally(() => this.#under.delete(one));
      this.#under.add(one);
    }
  }

  async #operation({ pipe, root }: Seat): Promise<void> {
    const begin = performance.now();
    try {
      const { errno, at } = await pipe.getattr(root);
      this.tally.add(at - begin, errno === 0 ? undefined : `errno ${errno}`);
    } catch (error) {
      this.tally.add(performance.now() - begin, String(error));
    }
  }
}

interface Revoking {
  readonly seats: readonly Seat[];
  readonly tickets: readonly NewTicket[];
  readonly crowd: Crowd;
  readonly signal: AbortSignal;
}

async function revokeAll(
  hive: HiveProcess,
  how: Revoking,
): Promise<Pick<SessionsRow, 'revoke' | 'bareSync' | 'wrong'>> {
  const client = await connect({ url: `unix:${hive.socket}`, role: 'queen', ticket: hive.queen });
  if (!client.ok) throw new Error(`the control client was refused: ${client.refusal.detail}`);
  const bare = await BareSync.open(hive.folder);
  const revoke = new Tally();
  let wrong = 0;
  try {
    for (const [index, { id }] of how.tickets.entries()) {
      if (how.signal.aborted) throw new Error('the run was ended');
      how.crowd.leave(index);
      const seats = how.seats.filter(({ ticket }) => ticket === index);
      const [wrongHere] = await Promise.all([revokeOne(client.value, { id, seats, revoke }), bare.once()]);
      wrong += wrongHere;
    }
    return { revoke: revoke.spread(), bareSync: await bare.close(), wrong };
  } finally {
    await client.value.close();
  }
}

/** How often each session of a ticket was answered before its revocation is sent. */
const BEFORE = 5;

async function revokeOne(
  client: HiveClient,
  { id, seats, revoke }: { readonly id: string; readonly seats: readonly Seat[]; readonly revoke: Tally },
): Promise<number> {
  let [lastAt, ready] = [0, 0];
  const isReady = Promise.withResolvers<void>();
  const work = async ({ pipe, root }: Seat, index: number): Promise<number> => {
    await wait((index * REVOKED_EACH_MS) / seats.length);
    for (let count = 1; ; count++) {
      const { errno, at } = await pipe.getattr(root);
      if (errno !== 0) return errno;
      lastAt = Math.max(lastAt, at);
      if (count === BEFORE && ++ready === seats.length) isReady.resolve();
      if (index >= RESTLESS) await wait(REVOKED_EACH_MS);
    }
  };
  const ends = Promise.all(seats.map(work));
  // Awaited below; until then a connection that ends must not end the run before its hive.
  ends.catch(() => undefined);
  await Promise.race([isReady.promise, ends]);
  const sentAt = performance.now();
  const line = await client.append('/queen/ticket/ctl', `{"revoke":{"id":"${id}"}}`);
  if (!line.ok) throw new Error(`a revocation was refused: ${line.refusal.detail}`);
  const answers = await ends;
  revoke.add(lastAt - sentAt);
  return answers.filter((errno) => errno !== REFUSALS.revoked.errno).length;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
