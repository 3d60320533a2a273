// `grant`: gives a resource to a subject, takes it from leases of lower priority, or lets the request wait.

import type { Leases } from '@cohesix/manifest';
import { accept, reject } from '../../kernel/decision.ts';
import type { Decision, ParsedCommand, Rejection, State } from '../../types.ts';
import { leasesIn } from '../gpus/queries.ts';
import { keptOf, leasesChange } from './changes.ts';
import { draftOf, endOf, type LeasesDraft } from './draft.ts';
import { type GrantLine, leaseFor, requestOf, termsOf, wishOf } from './lease.ts';
import { grantedLine, waitingLine } from './log.ts';
import { type Hindrance, placeFor, sceneOf } from './placement.ts';
import { quotaAgainst, quotaAgainstWaiting } from './quotas.ts';
import { isOver, type Lease, type LeasesSlice, leasesOn, type Quota, type Request } from './record.ts';
import { demandOf, isPossible, placesOf } from './resource.ts';
import { takePlace } from './take.ts';

/** Decides a grant. Refused: `limit`, `exists`, `not-found`, `invalid-payload`, `buffer-full`, `exhausted`, `busy`. */
export function decideGrant(
  slice: Readonly<LeasesSlice>,
  command: ParsedCommand<GrantLine>,
  state: Readonly<State>,
): Decision {
  const { value, at, seq: entry } = command;
  const leases = leasesIn(state);
  const illegal = timeProblem(value, leases) ?? resourceProblem(value, leases);
  if (illegal !== undefined) return illegal;
  const draft = withoutOver(slice, command, leases);
  const full = tableProblem(draft.slice, value, leases);
  if (full !== undefined) return full;
  const request = requestOf(command, draft.slice, leases);
  const scene = sceneOf(draft.slice, state, at);
  const found = placeFor(scene, wishOf(request, true));
  if (found === 'quota') return quotaRefusal(quotaAgainst(draft.slice, value.subject, firstPlace(value, leases)));
  const place = typeof found === 'string' && value.preempt === true ? takePlace(draft, scene, request) : found;
  if (place === undefined || typeof place === 'string')
    return value.wait === true ? waits(draft, request, leases) : inUse(value, found);
  return granted(draft, leaseFor(draft.slice, termsOf(request, at), { place, at, entry, leases }));
}

function timeProblem(
  { ttl_s: ttl, max_total_s: total, wait_s: wait }: GrantLine,
  leases: Leases,
): Rejection | undefined {
  return (
    aboveLimit('ttl_s', ttl, ['max_ttl_s', leases.max_ttl_s]) ??
    aboveLimit('max_total_s', total, ['max_total_s', leases.max_total_s]) ??
    aboveLimit('wait_s', wait, ['max_wait_s', leases.max_wait_s]) ??
    (total !== undefined && ttl > total
      ? reject('limit', `$.ttl_s: ${ttl} is above $.max_total_s, ${total}.`)
      : undefined)
  );
}

/** A refusal when a number of a line is above a limit of the manifest. */
export function aboveLimit(
  field: string,
  value: number | undefined,
  [name, limit]: readonly [name: string, limit: number],
): Rejection | undefined {
  if (value === undefined || value <= limit) return undefined;
  return reject('limit', `$.${field}: ${value} is above leases.${name}, ${limit}.`);
}

/** Why a resource could never be given so; also for a job that needs one. */
export function resourceProblem(
  wanted: Pick<GrantLine, 'resource' | 'mem_mb' | 'streams'>,
  { resources }: Leases,
): Rejection | undefined {
  const places = placesOf(resources, wanted.resource);
  if (places.length === 0) return reject('not-found', `leases.resources lists nothing like ${wanted.resource}.`);
  const demand = demandOf(wanted);
  if (places.some((place) => isPossible(place, demand))) return undefined;
  if (places.some(({ capacity }) => capacity !== undefined))
    return reject('limit', `Nothing like ${wanted.resource} has that much; see /proc/lease/resources.`);
  const detail = `${wanted.resource} is not in leases.resources, so it has one holder and no amounts.`;
  return reject('invalid-payload', `$: ${detail}`);
}

/** The leases without those that are over and in the way: of this id, or of a resource it may be given. */
function withoutOver(
  slice: Readonly<LeasesSlice>,
  { value, at }: ParsedCommand<GrantLine>,
  leases: Leases,
): LeasesDraft {
  const draft = draftOf(slice);
  const near = placesOf(leases.resources, value.resource).flatMap(({ resource }) => leasesOn(slice, resource));
  const own = slice.active.get(value.id);
  const over = new Set([...near, ...(own === undefined ? [] : [own])].filter((lease) => isOver(lease, at)));
  for (const lease of [...over].slice(0, OVER_MAX))
    endOf(draft, lease, { reason: 'expired', at, kept: keptOf(leases) });
  return draft;
}

/** Leases that are over and ended by one grant: its outcome must fit into a journal record. */
const OVER_MAX = 64;

function tableProblem(
  { active, waiting }: Readonly<LeasesSlice>,
  { id }: GrantLine,
  { active_max: max }: Leases,
): Rejection | undefined {
  if (active.has(id) || waiting.has(id)) return reject('exists', `Lease ${id} exists already.`);
  return active.size < max ? undefined : reject('buffer-full', `leases.active_max is ${max}, and as many are held.`);
}

/** Any place of a name: for telling which quota is in the way when all places are. */
function firstPlace({ resource }: GrantLine, { resources }: Leases): string {
  return placesOf(resources, resource)[0]?.resource ?? resource;
}

function granted({ changes, log }: LeasesDraft, lease: Lease): Decision {
  const { id, resource, fence, expiresAt } = lease;
  return accept({
    changes: [...changes, leasesChange({ kind: 'grant', lease })],
    log: [...log, grantedLine(lease)],
    reply: { id, state: 'active', resource, fence, expires_ms: expiresAt ?? 0 },
  });
}

function waits({ slice, changes, log }: LeasesDraft, request: Request, { waiting_max: max }: Leases): Decision {
  const against = quotaAgainstWaiting(slice, request.subject, request.resource);
  if (against !== undefined) return quotaRefusal(against);
  if (slice.waiting.size >= max) return reject('buffer-full', `leases.waiting_max is ${max}, and as many wait.`);
  return accept({
    changes: [...changes, leasesChange({ kind: 'wait', request })],
    log: [...log, waitingLine(request)],
    reply: { id: request.id, state: 'waiting', resource: request.resource },
  });
}

function quotaRefusal(quota: Quota | undefined): Rejection {
  return reject('exhausted', `The quota of ${quota?.subject} on ${quota?.resource} is ${quota?.max_active}.`);
}

function inUse({ resource }: GrantLine, why: unknown): Rejection {
  const detail = (why as Hindrance) === 'reserved' ? 'others wait for it' : 'it is held';
  return reject('busy', `${resource} is not free: ${detail}. Ask with "wait":true, or later.`);
}
