// Acts about leases and jobs.

import { type Act, act, type Deck, maybe, someKey } from './act.ts';

const LEASES = '/queen/lease/ctl';
const JOBS = '/queen/schedule/ctl';
const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];
const SUBJECTS = ['p', 'q', 'r'];
/** Units, shared resources (when the manifest lists them), a class of them. */
const RESOURCES = ['disk', 'gpu', 'mem:0', 'mem:1', 'mem:*'];

/** Asks for a resource: at once, waiting, or by force. */
export function grant(deck: Deck): Act {
  const { random } = deck;
  const resource = random.pick(RESOURCES);
  return act(deck, LEASES, {
    op: 'grant',
    id: random.pick(IDS),
    subject: random.pick(SUBJECTS),
    resource,
    ttl_s: random.between(1, 4),
    ...amounts(deck, resource),
    ...maybe(random, { priority: random.below(4), max_total_s: random.between(1, 6) }),
    ...(random.chance(1, 2) ? { wait: true, wait_s: random.between(1, 5) } : {}),
    ...(random.chance(1, 4) ? { preempt: true } : {}),
  });
}

function amounts({ random }: Deck, resource: string): object {
  if (!resource.startsWith('mem') || random.chance(1, 4)) return {};
  return { mem_mb: random.below(4), ...maybe(random, { streams: random.between(1, 3) }) };
}

/** Speaks about a lease that is held, with its fence, with none, or with a stale one. */
export function aboutLease(deck: Deck): Act {
  const { random, reference } = deck;
  const id = random.chance(4, 5) ? (someKey(deck, reference.leases.held) ?? 'a') : random.pick(IDS);
  const fence = reference.leases.held.get(id)?.fence ?? 1;
  const fields = random.weighted<object>([
    [3, { fence }],
    [2, {}],
    [2, { fence: Math.max(1, fence - random.between(1, 3)) }],
    [1, { fence: fence + 1 }],
  ]);
  return random.weighted([
    [3, () => act(deck, LEASES, { op: 'renew', id, ttl_s: random.between(1, 4), ...fields })],
    [3, () => act(deck, LEASES, { op: 'release', id, ...fields })],
    [1, () => act(deck, LEASES, { op: 'preempt', id, reason: 'test' })],
  ])();
}

/** Sets and removes quotas; small ones, so that they matter. */
export function quota(deck: Deck): Act {
  const { random } = deck;
  const about = { subject: random.pick(SUBJECTS), resource: random.pick(RESOURCES) };
  if (random.chance(1, 2)) return act(deck, LEASES, { op: 'unquota', ...about });
  const limits = { max_active: random.between(1, 3), max_preemptions: random.between(1, 4) };
  return act(deck, LEASES, { op: 'quota', ...about, ...limits });
}

/** Queues a job. */
export function job(deck: Deck): Act {
  const { random } = deck;
  const resource = random.chance(1, 4) ? undefined : random.pick(RESOURCES);
  return act(deck, JOBS, {
    id: random.pick(IDS),
    role: random.chance(7, 8) ? 'heartbeat' : 'gpu',
    priority: random.below(4),
    ticks: random.between(1, 3),
    budget_ms: random.pick([999, 2000, 5000]),
    ...maybe(random, { deadline_ms: random.between(500, 6000), retries: random.between(1, 2) }),
    ...(resource === undefined ? {} : { resource, ...amounts(deck, resource) }),
  });
}

/** Cancels a job or takes it out of the queue. */
export function aboutJob(deck: Deck): Act {
  const id = someKey(deck, deck.reference.jobs.jobs) ?? 'a';
  return act(deck, JOBS, { op: deck.random.pick(['cancel', 'dequeue']), id });
}
