// The account of host tickets: each that was asked for waits, is somebody's, or has ended and is remembered; none is lost, none comes back,
// nobody has one that somebody else has, and only who has it speaks about it.

import type { Command, State } from '@cohesix/authority';
import { isSameSet } from './leases.ts';
import { type Account, field, type Heard, linesOf, revokedBy, type Scene } from './scene.ts';

const SPEC = '/host/tickets/spec';
const RESULTS: readonly string[] = ['/host/tickets/status', '/host/tickets/deadletter'];

/** A claim. */
export interface Claim {
  readonly by: string;
  readonly fence: number;
  until: number;
}

/** A ticket that was asked for and is not forgotten. */
export interface Ticket {
  /** What was asked, as its line said it. */
  readonly line: string;
  readonly expiresAt: number;
  readonly ids: readonly string[];
  state: string;
  claim: Claim | undefined;
  attempts: number;
  /** When it is forgotten, ms; undefined: it has not ended. */
  forgetAt: number | undefined;
  /** Who ended it. */
  endedBy: string | undefined;
}

interface Line {
  readonly id: string;
  readonly idempotency_key: string;
  readonly state: string;
  readonly fence?: number;
  readonly expires_unix_ms?: number;
}

export class HostTicketAccount implements Account {
  readonly tickets: Map<string, Ticket> = new Map();
  readonly #scene: Scene;
  #newest = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  judge(heard: Heard): string[] {
    const { command, reply } = heard;
    const { path, at } = command;
    const isResult = RESULTS.includes(path);
    const ticket = revokedBy(heard);
    if (ticket !== undefined) this.#revoke(ticket, at);
    const cancelled = heard.log.filter((text) => text.startsWith('host-ticket cancelled '));
    const broken = cancelled.flatMap((text) => this.#cancelled(text, at));
    if (path === SPEC && cancelled.length === 0) return [...broken, ...this.#asked(command, reply.duplicate === true)];
    if (isResult) return this.#result(command, reply);
    const log = path === '/sys/clock' ? heard.log.filter((text) => text.startsWith('host-ticket ')) : [];
    return [...broken, ...log.flatMap((text) => this.#passed(text, at))];
  }

  #asked({ line, at, who }: Command, isRepeat: boolean): string[] {
    const { id, expires_unix_ms: expiresAt = Number.POSITIVE_INFINITY } = JSON.parse(line) as Line;
    const known = this.#known(id, at);
    if (isRepeat) return this.tickets.has(id) ? [] : [`${id} is a repeat of what nobody asked`];
    if (known !== undefined) return [`${id} is resurrected: it is ${known.state}`];
    const broken = expiresAt <= at ? [`${id} is queued after its expiry`] : [];
    const fresh = { state: 'queued', claim: undefined, attempts: 0, forgetAt: undefined, endedBy: undefined };
    this.tickets.delete(id);
    this.tickets.set(id, { line, expiresAt, ids: who.ticketIds, ...fresh });
    return broken;
  }

  /** A ticket that is certainly remembered. */
  #known(id: string, at: number): Ticket | undefined {
    const ticket = this.tickets.get(id);
    return ticket?.forgetAt !== undefined && ticket.forgetAt <= at ? undefined : ticket;
  }

  #result({ line, at, who }: Command, reply: Heard['reply']): string[] {
    const value = JSON.parse(line) as Line;
    const ticket = this.tickets.get(value.id);
    if (ticket === undefined) return [`a result of ${value.id}, which nobody asked for`];
    if (reply.duplicate === true)
      return ticket.state === value.state && ticket.endedBy === who.subject
        ? []
        : [`${value.id}: a repeat of no result`];
    if (ticket.forgetAt !== undefined) return [`${value.id}: a second end, or a claim after the first`];
    if (ticket.claim === undefined) return this.#claimed(value, ticket, { at, by: who.subject, reply });
    return this.#reported(value, ticket, { at, by: who.subject, reply });
  }

  #claimed({ id, state }: Line, ticket: Ticket, { at, by, reply }: Said): string[] {
    const [fence, until] = [Number(reply.fence), Number(reply.claim_expires_ms)];
    const broken = state === 'claimed' ? [] : [`${id} is ${state} and nobody has it`];
    if (fence <= this.#newest) broken.push(`${id} is claimed under the fence ${fence}, which is not new`);
    if (ticket.expiresAt <= at) broken.push(`${id} is claimed after its expiry`);
    this.#newest = Math.max(this.#newest, fence);
    Object.assign(ticket, { state: 'claimed', attempts: ticket.attempts + 1, claim: { by, fence, until } });
    return broken;
  }

  #reported({ id, state, fence }: Line, ticket: Ticket, { at, by, reply }: Said): string[] {
    const { claim } = ticket;
    const broken: string[] = [];
    if (claim === undefined || claim.by !== by) broken.push(`double claim: ${by} reports on ${id} of ${claim?.by}`);
    if (claim !== undefined && claim.until <= at) broken.push(`a report on ${id} after its claim ran out`);
    if (fence !== undefined && fence !== claim?.fence) broken.push(`a report on ${id} under the stale fence ${fence}`);
    if (state !== 'claimed' && state !== 'running') this.#end(id, state, { at, by });
    else if (claim !== undefined) {
      if (Number(reply.fence) !== claim.fence) broken.push(`double claim: ${id} has another fence now, and a claim`);
      claim.until = Number(reply.claim_expires_ms);
      ticket.state = state;
    }
    return broken;
  }

  /** What the clock says about a ticket. */
  #passed(text: string, at: number): string[] {
    const id = field(text, 'id');
    const ticket = this.tickets.get(id);
    if (ticket === undefined || ticket.forgetAt !== undefined) return [`${text}: it is not there`];
    const isOut = ticket.claim !== undefined && ticket.claim.until <= at;
    if (text.startsWith('host-ticket requeued ')) {
      Object.assign(ticket, { state: 'queued', claim: undefined });
      const isLast = ticket.attempts >= this.#scene.manifest.host_tickets.attempts_max;
      return isOut && !isLast && at < ticket.expiresAt ? [] : [`${id} is queued again, and it should not be`];
    }
    const state = field(text, 'state');
    const isRight =
      state === 'expired'
        ? ticket.expiresAt <= at && (ticket.state !== 'running' || isOut)
        : state === 'failed' && isOut;
    this.#end(id, state, { at, by: undefined });
    return isRight ? [] : [`${text}: too early at ${at}`];
  }

  #cancelled(text: string, at: number): string[] {
    const id = field(text, 'id');
    const ticket = this.tickets.get(id);
    if (ticket === undefined || ticket.forgetAt !== undefined) return [`${text}: it is not there`];
    const isFree = ticket.claim === undefined || ticket.claim.until <= at;
    this.#end(id, 'failed', { at, by: undefined });
    return isFree ? [] : [`${id} is cancelled while ${ticket.claim?.by} has it`];
  }

  /** What a revoked ticket asked for and nobody has ends without a line of its own. */
  #revoke(ticket: string, at: number): void {
    for (const [id, { state, ids }] of this.tickets)
      if (state === 'queued' && ids.includes(ticket)) this.#end(id, 'failed', { at, by: undefined });
  }

  /** Ended tickets are in the order of their ends; the first make room. */
  #end(id: string, state: string, { at, by }: { readonly at: number; readonly by: string | undefined }): void {
    const ticket = this.tickets.get(id);
    if (ticket === undefined) return;
    const { ended_ttl_s: ttl, ended_max: max } = this.#scene.manifest.host_tickets;
    const endedBy = by ?? ticket.claim?.by;
    this.tickets.delete(id);
    this.tickets.set(id, { ...ticket, state, claim: undefined, forgetAt: at + ttl * 1000, endedBy });
    const ended = [...this.tickets].filter(([, { forgetAt }]) => forgetAt !== undefined);
    for (const [old] of ended.slice(0, Math.max(0, ended.length - max))) this.tickets.delete(old);
  }

  /** A result was refused as of an unknown ticket: is it unknown? */
  missed({ line, at }: Pick<Command, 'line' | 'at'>): string[] {
    const { id, idempotency_key: key } = JSON.parse(line) as Line;
    const known = this.#known(id, at);
    const isSame = known !== undefined && (JSON.parse(known.line) as Line).idempotency_key === key;
    return isSame ? [`the host ticket ${id} is lost`] : [];
  }

  settled(at: number): string[] {
    const broken: string[] = [];
    for (const [id, { state, claim, expiresAt, forgetAt }] of this.tickets) {
      if (forgetAt !== undefined && forgetAt <= at) this.tickets.delete(id);
      if (forgetAt !== undefined) continue;
      if (claim !== undefined && claim.until <= at) broken.push(`the claim of ${id} is over and did not end`);
      if (expiresAt <= at && state !== 'running') broken.push(`${id} has expired and did not end`);
    }
    return broken;
  }

  look(view: (path: string) => string, _state: Readonly<State>): string[] {
    const shown = linesOf(view('/proc/host-tickets/active')).map(
      (line) => `${field(` ${line}`, 'id')} ${field(line, 'state')} ${field(line, 'fence')}`,
    );
    const open = [...this.tickets].filter(([, { forgetAt }]) => forgetAt === undefined);
    const own = open.map(([id, { state, claim }]) => `${id} ${state} ${claim?.fence ?? 'none'}`);
    return isSameSet(shown, own) ? [] : [`host tickets are ${own.join(', ')}, shown ${shown.join(', ')}`];
  }
}

interface Said {
  readonly at: number;
  readonly by: string;
  readonly reply: Heard['reply'];
}
