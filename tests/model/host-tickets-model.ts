// Every way in which a queen and two agents can work on one host ticket: asking again, claiming, renewing, reporting with every
// fence there is and with none, while claims run out and the clock line comes late. Nobody has a ticket that somebody else has,
// nobody without the present claim reports on it, and it is done at most once.

import { CLOCK_LINE, CLOCK_PATH, createAuthority, type Principal, SYSTEM } from '@cohesix/authority';
import { explore, type Judged, type Moment, type Move, type Named, START_MS } from './explore.ts';
import { ALICE, BOB, bootOf, CAROL, manifestWith } from './people.ts';
import { ranked } from './ranks.ts';

const EXPIRES_MS = START_MS + 2400;
const IDENTITY = { id: 't', idempotency_key: 'k', action: 'docker.stop' };

interface Claim {
  readonly by: string;
  readonly fence: number;
  until: number;
}

/** What the lines and their answers say. */
interface Ghost {
  isAsked: boolean;
  claim: Claim | null;
  lastFence: number;
  isRunning: boolean;
  end: { readonly state: string; readonly by: string } | null;
}

const manifest = manifestWith(({ policy, host_tickets: limits }) => {
  policy.enabled = false;
  limits.claim_ttl_s = 1;
  limits.attempts_max = 2;
});

function ask(change: object = {}): Move<Ghost> {
  const line = JSON.stringify({ schema: 'host-ticket/v1', ...IDENTITY, expires_unix_ms: EXPIRES_MS, ...change });
  return { who: ALICE, path: '/host/tickets/spec', line: () => line };
}

/** A clock line for another reason: nothing of this ticket is due. */
const TICK: Move<Ghost> = { who: SYSTEM, path: CLOCK_PATH, line: () => CLOCK_LINE };

/** Every report of an agent: each state, without a fence and with each that was given out, its own or not. */
function reports(who: Principal): Move<Ghost>[] {
  return ['claimed', 'running', 'succeeded', 'failed'].flatMap((state) =>
    [0, 1, 2].map((fence) => ({
      who,
      path: state === 'failed' ? '/host/tickets/deadletter' : '/host/tickets/status',
      line: ({ lastFence }: Ghost) =>
        fence > lastFence
          ? undefined
          : JSON.stringify({ schema: 'host-ticket-result/v1', ...IDENTITY, state, ...(fence === 0 ? {} : { fence }) }),
    })),
  );
}

function judge(ghost: Ghost, { command, outcome }: Judged): string[] {
  if (!outcome.ok) return [];
  const { reply } = outcome;
  const value = command.path === CLOCK_PATH ? {} : (JSON.parse(command.line) as Record<string, unknown>);
  if (command.path === CLOCK_PATH) return judgeTick(ghost, command.at, outcome.log);
  if (command.path.endsWith('/spec')) {
    const broken = ghost.isAsked === (reply.duplicate === true) ? [] : ['asked twice, or answered without being asked'];
    ghost.isAsked = true;
    return broken;
  }
  if (reply.duplicate === true) {
    const isSame = ghost.end?.state === value.state && ghost.end?.by === command.who.subject;
    return isSame ? [] : ['a repeat of a result that was never given'];
  }
  return value.state === 'claimed' && (ghost.claim === null || ghost.claim.fence !== reply.fence)
    ? judgeClaim(ghost, command.who.subject, { at: command.at, reply })
    : judgeReport(ghost, command.who.subject, { at: command.at, reply, value });
}

function judgeClaim(
  ghost: Ghost,
  by: string,
  { at, reply }: { readonly at: number; readonly reply: Readonly<Record<string, unknown>> },
): string[] {
  const broken: string[] = [];
  if (ghost.claim !== null && at < ghost.claim.until) broken.push('two have the ticket');
  if (Number(reply.fence) <= ghost.lastFence) broken.push('a fence that did not grow');
  if (at >= EXPIRES_MS) broken.push('claimed after its expiry');
  if (ghost.end !== null) broken.push('claimed after its end');
  ghost.lastFence = Number(reply.fence);
  ghost.isRunning = false;
  ghost.claim = { by, fence: ghost.lastFence, until: Number(reply.claim_expires_ms) };
  return broken;
}

function judgeReport(
  ghost: Ghost,
  by: string,
  {
    at,
    reply,
    value,
  }: {
    readonly at: number;
    readonly reply: Readonly<Record<string, unknown>>;
    readonly value: Readonly<Record<string, unknown>>;
  },
): string[] {
  const { claim } = ghost;
  if (claim === null) return ['a report on a ticket nobody has'];
  const broken: string[] = [];
  if (ghost.end !== null) broken.push('a second end');
  if (claim.by !== by) broken.push('a report of somebody else');
  if (at >= claim.until) broken.push('a report after the claim ran out');
  if (value.fence !== undefined && value.fence !== claim.fence) broken.push('a report under a stale fence');
  if (value.state === 'running') ghost.isRunning = true;
  if (value.state === 'claimed' || value.state === 'running') claim.until = Number(reply.claim_expires_ms);
  else Object.assign(ghost, { claim: null, end: { state: value.state, by } });
  return broken;
}

/** The clock may end what is over and take back what ran out, nothing else. */
function judgeTick(ghost: Ghost, at: number, log: readonly string[]): string[] {
  const broken: string[] = [];
  for (const line of log) {
    if (line.includes(' requeued ')) {
      if (ghost.claim === null || at < ghost.claim.until) broken.push('a claim taken back early');
      if (at >= EXPIRES_MS) broken.push('queued again after its expiry');
    } else if (line.includes('state=expired')) {
      if (at < EXPIRES_MS) broken.push('expired early');
      if (ghost.isRunning && ghost.claim !== null && at < ghost.claim.until) broken.push('ended while it ran');
    } else if (line.includes('state=failed')) {
      if (ghost.lastFence < 2 || ghost.claim === null || at < ghost.claim.until) broken.push('given up early');
    }
    if (line.includes(' ended ')) ghost.end = { state: line.split('state=')[1] ?? '', by: ghost.claim?.by ?? '' };
    ghost.claim = null;
    ghost.isRunning = false;
  }
  return broken;
}

/** What decides and what is judged: not how often something was repeated, and at which entry the ticket was queued. */
function textOf({ state, ghost, at }: Moment<Ghost>): string {
  const { active, ended, nextFence } = state.get('host-tickets') as Readonly<Record<string, unknown>>;
  return JSON.stringify(ranked([active, ended, nextFence, ghost, at], new Set(['entry'])));
}

/** No double claim, no stale result, no second end. */
export const HOST_TICKET_MODELS: readonly Named[] = [
  {
    name: 'host tickets',
    statesMin: 20_000,
    explore: () =>
      explore<Ghost>({
        authority: createAuthority(manifest),
        before: [bootOf(manifest)],
        actors: [[ask(), ask({ relay_hop: 2 }), ask({ action: 'docker.restart' }), TICK], reports(BOB), reports(CAROL)],
        steps: 4,
        jumps: [400, 1000],
        jumpsMax: 3,
        ghost: { isAsked: false, claim: null, lastFence: 0, isRunning: false, end: null },
        textOf,
        judge,
      }),
  },
];
