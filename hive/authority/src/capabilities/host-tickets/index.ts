// Host tickets: `/host/tickets/{spec,status,deadletter}` (contracts-1 4.9 and 5.10, m25g, m25h). The queen asks, host agents claim
// and report; here is who may do what when, so that nothing is done twice and no late word counts. What passes with time
// (expiry, claims that run out, forgetting) passes by the clock line.

import { accept } from '../../kernel/decision.ts';
import type { Acceptance, Capability, Change, Command, State } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import { evolveHostTickets } from './evolve.ts';
import { deadletterControl, endedLine, endingOf, statusControl } from './results.ts';
import { specControl } from './spec.ts';
import {
  type ActiveTicket,
  type HostTicketsSlice,
  hostTicketsChange,
  inOrder,
  inOrderOfEnd,
  isOver,
} from './ticket.ts';
import { ACTIVE_EVER_MAX, hostTicketViews } from './views.ts';

/**
 * Tickets changed, and forgotten, by one clock command: with the longest ids they take 32 KiB of a journal record. The
 * deadline stays due for the rest.
 */
const CHANGED_PER_TICK_MAX = 16;

/** Ended tickets that any manifest remembers; a lower maximum holds from the next end on. */
const ENDED_EVER_MAX = 4096;

interface Turn {
  readonly change: Change;
  readonly log: readonly string[];
}

function tick(
  { active, ended }: Readonly<HostTicketsSlice>,
  { at }: Pick<Command, 'at'>,
  state: Readonly<State>,
): Acceptance {
  const turns = inOrder(active.values())
    .flatMap((ticket) => turnOf(ticket, at, state) ?? [])
    .slice(0, CHANGED_PER_TICK_MAX);
  const forgotten = inOrderOfEnd(ended.values())
    .filter(({ forgetAt }) => forgetAt <= at)
    .slice(0, CHANGED_PER_TICK_MAX);
  return accept({
    changes: [
      ...turns.map(({ change }) => change),
      ...forgotten.map(({ key }) => hostTicketsChange({ kind: 'forget', key })),
    ],
    log: turns.flatMap(({ log }) => log),
  });
}

/** What time does to a ticket at `at`. One that runs is let finish after its expiry, and is not begun again. */
function turnOf(ticket: ActiveTicket, at: number, state: Readonly<State>): Turn | undefined {
  const { key, id, claim, attempts } = ticket;
  if (isOver(ticket, at) && ticket.state !== 'running') return ended(ticket, 'expired', null);
  if (claim === null || claim.expiresAt > at) return undefined;
  if (isOver(ticket, at)) return ended(ticket, 'expired', `the claim of ${claim.by.subject} ran out`);
  if (attempts >= manifestIn(state).host_tickets.attempts_max)
    return ended(ticket, 'failed', `${attempts} claims ran out, the last of ${claim.by.subject}`);
  return {
    change: hostTicketsChange({ kind: 'requeue', key }),
    log: [`host-ticket requeued id=${id} fence=${claim.fence} attempts=${attempts}`],
  };

  function ended(one: ActiveTicket, how: 'failed' | 'expired', message: string | null): Turn {
    const ending = endingOf(state, at, { state: how, message });
    return { change: hostTicketsChange({ kind: 'end', key: one.key, ...ending }), log: [endedLine(one.id, how)] };
  }
}

function deadline({ active, ended }: Readonly<HostTicketsSlice>): number | undefined {
  let earliest = Number.POSITIVE_INFINITY;
  for (const { state, expiresAt, claim } of active.values()) {
    if (expiresAt !== null && state !== 'running') earliest = Math.min(earliest, expiresAt);
    if (claim !== null) earliest = Math.min(earliest, claim.expiresAt);
  }
  for (const { forgetAt } of ended.values()) earliest = Math.min(earliest, forgetAt);
  return earliest === Number.POSITIVE_INFINITY ? undefined : earliest;
}

function invariants({ active, ended, nextFence, count }: Readonly<HostTicketsSlice>): string[] {
  const broken: string[] = [];
  if (active.size > ACTIVE_EVER_MAX) broken.push(`host-tickets: ${active.size} are active`);
  if (ended.size > ENDED_EVER_MAX) broken.push(`host-tickets: ${ended.size} ended ones are remembered`);
  if (count.queued !== active.size + count.succeeded + count.failed + count.expired)
    broken.push(`host-tickets: ${count.queued} were queued, and as many did not end or wait`);
  const fences = new Set<number>();
  for (const [key, ticket] of active) {
    const { state, claim, attempts } = ticket;
    if (key !== ticket.key || ended.has(key)) broken.push(`host-tickets: ${ticket.key} is kept as ${key}, or twice`);
    if ((state === 'queued') !== (claim === null)) broken.push(`host-tickets: ${key} is ${state} with another claim`);
    if (claim === null) continue;
    if (attempts === 0) broken.push(`host-tickets: ${key} is claimed and never was`);
    if (claim.fence >= nextFence || fences.has(claim.fence))
      broken.push(`host-tickets: ${key} has fence ${claim.fence}, not below ${nextFence} or not its own`);
    fences.add(claim.fence);
  }
  return broken;
}

/** Host tickets: `/host/tickets/...`, `/proc/host-tickets/{summary,active}`. */
export const hostTicketsCapability: Capability<HostTicketsSlice> = {
  name: 'host-tickets',
  controls: [specControl, statusControl, deadletterControl],
  views: hostTicketViews,
  names: [],
  initial: () => ({
    active: new Map(),
    ended: new Map(),
    nextFence: 1,
    count: { queued: 0, succeeded: 0, failed: 0, expired: 0, duplicates: 0 },
  }),
  evolve: evolveHostTickets,
  invariants,
  deadline,
  tick,
};
