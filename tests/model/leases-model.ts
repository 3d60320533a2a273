// Every way in which three actors grant, wait for, renew, release and preempt leases, four lines each, while time jumps and the
// clock is late. The account is kept from the answers alone: never two holders of a unit, never more of a shared resource than it
// has, nothing ends early, and only who holds a lease now has a fence that `holds` takes.

import { type Authority, createAuthority, holds, type Principal, type State, SYSTEM } from '@cohesix/authority';
import { explore, type Judged, type Moment, type Move, type Named } from './explore.ts';
import { ALICE, BOB, bootOf, CAROL, manifestWith } from './people.ts';

const CTL = '/queen/lease/ctl';

/** Jumps of the clock on any path. With 4 there are 560,000 states, five times as long. */
const JUMPS_MAX = Number(process.env.COHESIX_MODEL_JUMPS ?? 2);

interface Held {
  readonly subject: string;
  readonly resource: string;
  readonly fence: number;
  /** Amounts; null: all. */
  readonly mem: number | null;
  /** First moment at which it may end by itself, ms; null: with its job. */
  until: number | null;
}

interface Ghost {
  held: Record<string, Held>;
  /** Amounts that lines asked for, by id. */
  asked: Record<string, { readonly mem: number | null; readonly ttlMs: number }>;
  /** Highest fence so far, of each resource. */
  newest: Record<string, number>;
  /** The last fence each id was told. */
  told: Record<string, number>;
  /** The worker that runs the job, if one does. */
  worker: { readonly worker: string; readonly fence: number } | null;
}

const SUBJECTS = ['a', 'b', 'c', 'bob'];

/** Capacity of the resources that are not units, MiB. */
type Capacity = Readonly<Record<string, number>>;

function move(who: Principal, line: object): Move<Ghost> {
  const text = JSON.stringify(line);
  return { who, path: CTL, line: () => text };
}

/** A line about the lease of `id` by whoever was told its fence once. */
function fenced(who: Principal, id: string, line: object): Move<Ghost> {
  return {
    who,
    path: CTL,
    line: ({ told }) => (told[id] === undefined ? undefined : JSON.stringify({ ...line, id, fence: told[id] })),
  };
}

function grant(id: string, resource: string, fields: object = {}): object {
  return { op: 'grant', id, subject: id, resource, ttl_s: 1, ...fields };
}

function field(line: string, name: string): string {
  return new RegExp(` ${name}=(\\S+)`).exec(line)?.[1] ?? '';
}

/** Keeps the account by the log, in its order; what was wrong. */
function judgeOf(authority: Authority, capacity: Capacity): (ghost: Ghost, judged: Judged) => string[] {
  return (ghost, { command, outcome, state }) => {
    if (command.path === CTL) ask(ghost, command.line);
    if (command.path === '/sys/workers/ctl') ghost.worker = null;
    const broken = outcome.log.flatMap((line) => {
      if (line.startsWith('lease granted ')) return granted(ghost, line, { at: command.at, capacity });
      if (line.startsWith('schedule running ')) return started(ghost, line);
      if (line.startsWith('lease renewed ')) return renewed(ghost, line);
      if (line.startsWith('lease ended ') || line.startsWith('lease preempted ')) return ended(ghost, line, command.at);
      return [];
    });
    return [...broken, ...staleHolders(ghost, state), ...shownOtherwise(authority, ghost, state)];
  };
}

function ask({ asked }: Ghost, line: string): void {
  const value = JSON.parse(line) as { op: string; id: string; mem_mb?: number; streams?: number; ttl_s: number };
  if (value.op !== 'grant') return;
  const mem = value.mem_mb ?? (value.streams === undefined ? null : 0);
  asked[value.id] = { mem, ttlMs: value.ttl_s * 1000 };
}

function granted(ghost: Ghost, line: string, given: { readonly at: number; readonly capacity: Capacity }): string[] {
  const [id, resource, fence] = [field(line, 'id'), field(line, 'resource'), Number(field(line, 'fence'))];
  const broken: string[] = [];
  if (ghost.held[id] !== undefined) broken.push(`${id} is granted while it is held`);
  if (fence <= (ghost.newest[resource] ?? 0)) broken.push(`fence ${fence} of ${resource} is not new`);
  const { mem, ttlMs } = ghost.asked[id] ?? { mem: null, ttlMs: null };
  const until = ttlMs === null ? null : given.at + ttlMs;
  const others = Object.values(ghost.held).filter((one) => one.resource === resource);
  const whole = given.capacity[resource];
  const sum = others.reduce((all, one) => all + (one.mem ?? 0), mem ?? 0);
  const isShared = whole !== undefined && mem !== null && others.every((one) => one.mem !== null) && sum <= whole;
  if (others.length > 0 && !isShared) broken.push(`${resource} is granted to ${id} while it is held`);
  ghost.held[id] = { subject: field(line, 'subject'), resource, fence, mem, until };
  ghost.newest[resource] = fence;
  ghost.told[id] = fence;
  return broken;
}

function started(ghost: Ghost, line: string): string[] {
  ghost.worker = { worker: field(line, 'worker'), fence: Number(field(line, 'fence')) };
  return [];
}

function renewed({ held }: Ghost, line: string): string[] {
  const lease = held[field(line, 'id')];
  if (lease === undefined) return ['a lease is renewed that nobody holds'];
  lease.until = Number(field(line, 'expires_ms'));
  return [];
}

function ended({ held }: Ghost, line: string, at: number): string[] {
  const id = field(line, 'id');
  if (line.startsWith('lease ended ') && !line.includes(' fence=')) return [];
  const lease = held[id];
  delete held[id];
  if (lease === undefined || lease.fence !== Number(field(line, 'fence'))) return [`${line}: nobody holds that`];
  const isEarly = field(line, 'reason') === 'expired' && (lease.until === null || at < lease.until);
  return isEarly ? [`${id} ends at ${at}, before ${lease.until}`] : [];
}

/** Every fence ever given, of every resource, for every subject: taken if, and only if, that is held. */
function staleHolders({ held, newest }: Ghost, state: Readonly<State>): string[] {
  const highest = Math.max(0, ...Object.values(newest));
  const all = Object.values(held);
  return Object.keys(newest).flatMap((resource) =>
    SUBJECTS.flatMap((subject) =>
      Array.from({ length: highest }, (_, index) => index + 1)
        .filter((fence) => {
          const is = all.some((one) => one.resource === resource && one.subject === subject && one.fence === fence);
          return holds(state, { resource, subject, fence }) !== is;
        })
        .map((fence) => `holds ${subject} ${resource} ${fence} is wrong`),
    ),
  );
}

function shownOtherwise(authority: Authority, { held }: Ghost, state: Readonly<State>): string[] {
  const shown = authority.renderView(state, '/proc/lease/active') ?? '';
  const ids = [...shown.matchAll(/^id=(\S+)/gm)].map(([, id = '']) => id);
  const isSame = ids.length === Object.keys(held).length && ids.every((id) => held[id] !== undefined);
  return isSame ? [] : [`shown are ${ids.join(' ')}, held ${Object.keys(held).join(' ')}`];
}

interface Slices {
  readonly leases: {
    readonly active: ReadonlyMap<string, Numbered>;
    readonly waiting: ReadonlyMap<string, Numbered>;
    readonly charges: ReadonlyMap<string, number>;
    readonly served: number;
    readonly nextFence: number;
  };
  readonly schedule: { readonly jobs: ReadonlyMap<string, Numbered>; readonly running: ReadonlyMap<string, string> };
  readonly workers: { readonly workers: ReadonlyMap<string, object> };
}

type Numbered = Readonly<Record<string, unknown>>;

/** Numbers that are only compared with each other, and times. */
const ORDERED = ['seq', 'fence', 'entry', 'leaseFence', 'startedSeq'];
const TIMES = ['grantedAt', 'expiresAt', 'endsAt', 'askedAt', 'waitsUntil', 'queuedAt', 'startedAt', 'notBefore'];

/**
 * What decides all that follows. Fences, entries and numbers of rooms are only ever compared with each other, and times with
 * the clock, so their order and their distance stand for them; what is remembered of the past is shown and never asked.
 */
function textOf({ state, ghost, at }: Moment<Ghost>): string {
  const { leases, schedule, workers } = Object.fromEntries(state) as unknown as Slices;
  const tables = [leases.active, leases.waiting, schedule.jobs].map((table) => [...table.values()]);
  const orders = ORDERED.map((name) => sorted(tables.flat().map((one) => one[name])));
  const plain = tables.map((table) =>
    table
      .map((one) => JSON.stringify({ ...one, ...ranks(one, orders), ...distances(one, at) }))
      .sort((left, right) => (left < right ? -1 : 1)),
  );
  const isNew = Math.max(0, ...Object.values(ghost.newest)) < leases.nextFence;
  const told = Object.entries(ghost.told).map(([id, fence]) => [id, leases.active.get(id)?.fence === fence]);
  const rest = [[...leases.charges].sort(), leases.served, schedule.running.size, workers.workers.size];
  return JSON.stringify([plain, rest, isNew, told.sort(), ghost.worker === null]);
}

function sorted(values: readonly unknown[]): readonly unknown[] {
  return [...new Set(values)].sort((left, right) => Number(left) - Number(right));
}

function ranks(one: Numbered, orders: readonly (readonly unknown[])[]): Numbered {
  return Object.fromEntries(ORDERED.map((name, index) => [name, orders[index]?.indexOf(one[name])]));
}

function distances(one: Numbered, at: number): Numbered {
  const known = TIMES.filter((name) => typeof one[name] === 'number');
  return Object.fromEntries(known.map((name) => [name, Number(one[name]) - at]));
}

interface Check {
  readonly name: string;
  readonly change: (manifest: Parameters<Parameters<typeof manifestWith>[0]>[0]) => void;
  readonly capacity: Capacity;
  readonly actors: readonly (readonly Move<Ghost>[])[];
  readonly jumps: readonly number[];
}

/** One unit: everybody grants (at once, waiting, by force), renews and releases; carol also takes leases away. */
const UNIT: Check = {
  name: 'a unit',
  change: () => undefined,
  capacity: {},
  actors: [
    [
      move(ALICE, grant('a', 'gpu', { wait: true })),
      fenced(ALICE, 'a', { op: 'renew', ttl_s: 2 }),
      fenced(ALICE, 'a', { op: 'release' }),
    ],
    [
      move(BOB, grant('b', 'gpu')),
      move(BOB, grant('b', 'gpu', { wait: true, priority: 1 })),
      fenced(BOB, 'b', { op: 'release' }),
    ],
    [
      move(CAROL, grant('c', 'gpu', { preempt: true, priority: 1 })),
      move(CAROL, { op: 'preempt', id: 'a', reason: 'r' }),
      move(CAROL, { op: 'release', id: 'b' }),
    ],
  ],
  jumps: [999, 1001],
};

/** Two shared GPUs: parts, the whole, any of the class. */
const SHARED: Check = {
  name: 'shared resources',
  change: ({ leases }) => {
    leases.resources = [
      { id: 'gpu:0', mem_mb: 3, streams: 4 },
      { id: 'gpu:1', mem_mb: 2, streams: 4 },
    ];
    leases.reserve_after_s = 1;
  },
  capacity: { 'gpu:0': 3, 'gpu:1': 2 },
  actors: [
    [
      move(ALICE, grant('a', 'gpu:*', { mem_mb: 2 })),
      move(ALICE, grant('a', 'gpu:0', { mem_mb: 1, wait: true })),
      fenced(ALICE, 'a', { op: 'release' }),
    ],
    [
      move(BOB, grant('b', 'gpu:*', { mem_mb: 1, wait: true })),
      move(BOB, grant('b', 'gpu:1', { mem_mb: 1, wait: true, preempt: true, priority: 1 })),
      fenced(BOB, 'b', { op: 'release' }),
    ],
    [
      move(CAROL, grant('c', 'gpu:*', { wait: true })),
      move(CAROL, grant('c', 'gpu:0', { preempt: true, priority: 2 })),
    ],
  ],
  jumps: [1000],
};

/** A job and requests want one unit; the worker of the job ends by itself. */
const JOBS: Check = {
  name: 'a job beside requests',
  change: ({ leases, schedule }) => {
    leases.reserve_after_s = 1;
    Object.assign(schedule, { reserve_after_s: 1, retry_backoff_ms: 500 });
  },
  capacity: {},
  actors: [
    [move(ALICE, grant('a', 'gpu', { wait: true })), fenced(ALICE, 'a', { op: 'release' })],
    [
      jobMove({ id: 'b', role: 'heartbeat', priority: 1, ticks: 1, budget_ms: 2000, retries: 1, resource: 'gpu' }),
      jobMove({ op: 'cancel', id: 'b' }),
    ],
    [
      { who: SYSTEM, path: '/sys/workers/ctl', line: ({ worker }) => exited(worker) },
      move(CAROL, grant('c', 'gpu', { preempt: true, priority: 9 })),
    ],
  ],
  jumps: [1000],
};

function jobMove(line: object): Move<Ghost> {
  const text = JSON.stringify(line);
  return { who: BOB, path: '/queen/schedule/ctl', line: () => text };
}

function exited(worker: Ghost['worker']): string | undefined {
  if (worker === null) return undefined;
  return JSON.stringify({ exited: { ...worker, epoch: 1, reason: 'gone' } });
}

/** The models, one for each kind of contention. */
export const LEASE_MODELS: readonly Named[] = [UNIT, SHARED, JOBS].map((check) => ({
  name: `leases, ${check.name}`,
  statesMin: 10_000,
  explore: () => {
    const manifest = manifestWith((change) => {
      change.policy.enabled = false;
      check.change(change);
    });
    const authority = createAuthority(manifest);
    return explore<Ghost>({
      authority,
      before: [bootOf(manifest)],
      actors: check.actors,
      steps: 4,
      jumps: check.jumps,
      jumpsMax: JUMPS_MAX,
      ghost: { held: {}, asked: {}, newest: {}, told: {}, worker: null },
      judge: judgeOf(authority, check.capacity),
      textOf,
    });
  },
}));
