// Nobody waits for ever, and who contends gets a fair share: random loads against bounds that are computed beforehand.

import {
  type Authority,
  CLOCK_LINE,
  CLOCK_PATH,
  type Command,
  createAuthority,
  type Outcome,
  SYSTEM,
} from '@cohesix/authority';
import type { Manifest } from '@cohesix/manifest';
import { expect, test } from 'vitest';
import { Random } from '../sim/random.ts';
import { START_MS } from './explore.ts';
import { ALICE, bootOf, manifestWith } from './people.ts';
import { field } from './reference/scene.ts';

const RUN_MS = 120_000;
const LEASES = '/queen/lease/ctl';

/** A hive in simulated time that carries its workers out itself. */
class Load {
  readonly authority: Authority;
  readonly random: Random;
  at: number = START_MS;
  /** Told each line of the log. */
  onLog: (line: string) => void = () => undefined;
  readonly #state: ReturnType<Authority['initialState']>;
  readonly #ends: { readonly at: number; readonly effect: Readonly<Record<string, unknown>> }[] = [];
  #seq = 0;

  constructor(manifest: Manifest, seed: number) {
    this.authority = createAuthority(manifest);
    this.random = new Random(seed, 'load');
    this.#state = this.authority.initialState();
    const { who, path, line } = bootOf(manifest);
    this.write(path, line, who);
  }

  write(path: string, line: string, who: Command['who'] = ALICE): Outcome {
    const command: Command = { seq: this.#seq + 1, at: this.at, who, path, line };
    const outcome = this.authority.decide(this.#state, command);
    if (!outcome.ok) return outcome;
    this.authority.evolve(this.#state, command, outcome);
    this.#seq += 1;
    for (const text of outcome.log) this.onLog(text);
    for (const effect of outcome.effects) this.#carryOut(effect);
    return outcome;
  }

  /** A worker runs for as long as it may or less, and then says so; a stopped one has ended at once. */
  #carryOut(effect: Readonly<Record<string, unknown>>): void {
    const from = { worker: effect.worker, fence: effect.fence, epoch: effect.epoch };
    if (effect.kind === 'worker.stop') {
      this.write('/sys/workers/ctl', JSON.stringify({ exited: { ...from, reason: 'stopped' } }), SYSTEM);
      return;
    }
    const longest = Number(effect.expiresAt) - this.at;
    this.#ends.push({ at: this.at + this.random.between(1, longest), effect });
  }

  /** Lets time pass, event by event: nothing is ever late. */
  pass(ms: number): void {
    const end = this.at + ms;
    for (;;) {
      const due = this.authority.deadline(this.#state) ?? Number.POSITIVE_INFINITY;
      const next = this.#ends.sort((left, right) => left.at - right.at)[0];
      const at = Math.max(this.at, Math.min(due, next?.at ?? due));
      if (at > end) break;
      this.at = at;
      if (due <= at) this.write(CLOCK_PATH, CLOCK_LINE, SYSTEM);
      else if (next !== undefined) this.#done(this.#ends.shift()?.effect ?? {});
    }
    this.at = end;
  }

  #done({ worker, fence, epoch, budget }: Readonly<Record<string, unknown>>): void {
    const { ticks } = budget as { readonly ticks: number };
    this.write('/sys/workers/ctl', JSON.stringify({ used: { worker, fence, epoch, ticks, ops: 0 } }), SYSTEM);
  }
}

/** Longest time of a job and of a lease, ms; how many may wait; after how long they go first, ms. */
const LONGEST_MS = 4000;
const QUEUED_MAX = 6;
const WAITING_MAX = 4;
const AGED_MS = 5000;
/** What may be held when somebody becomes the next of his kind: a unit, two shared resources of four streams. */
const HELD_MAX = 9;

/** From when it goes first, all that came before it and all that is held may take as long as it can, one after the other. */
const BOUND_MS = AGED_MS + (QUEUED_MAX + WAITING_MAX + HELD_MAX) * LONGEST_MS;

function loadManifest(): Manifest {
  return manifestWith(({ policy, leases, schedule, workers }) => {
    policy.enabled = false;
    Object.assign(leases, { waiting_max: WAITING_MAX, max_total_s: LONGEST_MS / 1000, max_ttl_s: LONGEST_MS / 1000 });
    Object.assign(leases, { reserve_after_s: AGED_MS / 1000, max_wait_s: 3600 });
    leases.resources = ['gpu:0', 'gpu:1'].map((id) => ({ id, mem_mb: 8, streams: 4 }));
    Object.assign(schedule, { queue_max: QUEUED_MAX, running_max: 3, reserve_after_s: AGED_MS / 1000 });
    workers.max = 100;
  });
}

/** Who waits since when, and the longest that anybody waited. */
class Waits {
  readonly since: Map<string, number> = new Map();
  longest = 0;
  served = 0;

  over(id: string, at: number): void {
    const from = this.since.get(id);
    if (from === undefined) return;
    this.since.delete(id);
    this.served += 1;
    this.longest = Math.max(this.longest, at - from);
  }
}

const RESOURCES = ['disk', 'gpu:0', 'gpu:1', 'gpu:*'];

function amounts(random: Random, resource: string): object {
  if (resource === 'disk' || random.chance(1, 5)) return {};
  return { mem_mb: random.between(1, 8), streams: random.between(1, 4) };
}

/** Something new wants to run or to hold, with whatever priority. */
function arrive(load: Load, waits: Waits, number: number): void {
  const { random } = load;
  const resource = random.pick(RESOURCES);
  // Most are far more important than some.
  const priority = random.pick([0, 1_000_000, 1_000_000, 4_000_000_000]);
  if (random.chance(1, 2)) {
    const needs = random.chance(1, 4) ? {} : { resource, ...amounts(random, resource) };
    const job = { id: `j${number}`, role: 'heartbeat', priority, ticks: 1, budget_ms: random.between(1, LONGEST_MS) };
    const queued = load.write('/queen/schedule/ctl', JSON.stringify({ ...job, ...needs }));
    if (queued.ok) waits.since.set(job.id, load.at);
    return;
  }
  const line = { op: 'grant', id: `l${number}`, subject: random.pick(['p', 'q']), resource, priority, wait: true };
  const ttl_s = random.between(1, LONGEST_MS / 1000);
  const asked = load.write(LEASES, JSON.stringify({ ...line, ttl_s, ...amounts(random, resource) }));
  if (asked.ok && asked.reply.state === 'waiting') waits.since.set(line.id, load.at);
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'no job and no request starves, whatever comes (%i)',
  { timeout: RUN_MS },
  (seed) => {
    const load = new Load(loadManifest(), seed);
    const waits = new Waits();
    load.onLog = (line) => {
      if (line.startsWith('schedule running ') || line.startsWith('lease granted '))
        waits.over(field(line, 'id'), load.at);
    };
    for (let number = 0; number < 1500; number++) {
      arrive(load, waits, number);
      load.pass(load.random.pick([0, 50, 100, 400]));
      const oldest = Math.min(load.at, ...waits.since.values());
      expect(load.at - oldest, `somebody waits at ${load.at}`).toBeLessThanOrEqual(BOUND_MS);
    }
    load.pass(BOUND_MS);
    expect([...waits.since.keys()], 'everything was served in the end').toEqual([]);
    expect(waits.served).toBeGreaterThan(400);
    expect(waits.longest, 'the load was one that makes wait').toBeGreaterThan(AGED_MS);
  },
);

/** Subjects and their weights, who all want the one unit all the time. */
const WEIGHTS: Readonly<Record<string, number>> = { p: 3, q: 2, r: 1 };
const GRANTS = 400;
const TTL_MAX_S = 4;

test.each([1, 2, 3])(
  'who contends gets a share by weight, to within one lease each (%i)',
  { timeout: RUN_MS },
  (seed) => {
    const manifest = manifestWith(({ policy, leases }) => {
      policy.enabled = false;
      Object.assign(leases, { waiting_max: 16, reserve_after_s: 86_400, max_wait_s: 604_800 });
      leases.shares = Object.entries(WEIGHTS).map(([subject, weight]) => ({ subject, weight }));
    });
    const load = new Load(manifest, seed);
    const got = new Map(Object.keys(WEIGHTS).map((subject) => [subject, 0]));
    const asked = new Map<string, number>();
    let [number, granted] = [0, 0];
    const ask = (subject: string): void => {
      const [id, ttl_s] = [`l${number++}`, load.random.between(1, TTL_MAX_S)];
      asked.set(id, ttl_s);
      load.write(LEASES, JSON.stringify({ op: 'grant', id, subject, resource: 'gpu', ttl_s, wait: true }));
    };
    const toAsk: string[] = [];
    load.onLog = (line) => {
      if (!line.startsWith('lease granted ')) return;
      const [subject, seconds] = [field(line, 'subject'), asked.get(field(line, 'id')) ?? 0];
      got.set(subject, (got.get(subject) ?? 0) + seconds);
      granted += 1;
      toAsk.push(subject);
    };
    // Two each that wait, so that nobody ever stops contending.
    for (const subject of Object.keys(WEIGHTS)) for (let count = 0; count < 2; count++) ask(subject);
    for (const subject of got.keys()) got.set(subject, 0);
    while (granted < GRANTS) {
      for (const subject of toAsk.splice(0)) ask(subject);
      load.pass(500);
      for (const [left, weightLeft] of Object.entries(WEIGHTS))
        for (const [right, weightRight] of Object.entries(WEIGHTS)) {
          const [mine, theirs] = [(got.get(left) ?? 0) / weightLeft, (got.get(right) ?? 0) / weightRight];
          // Goyal, Vin, Cheng 1996, theorem 1: one largest request of each; and the rounding of rates to thousandths.
          const bound = TTL_MAX_S / weightLeft + TTL_MAX_S / weightRight + granted / 1000;
          expect(Math.abs(mine - theirs), `${left} ${mine} ${right} ${theirs}`).toBeLessThanOrEqual(bound);
        }
    }
  },
);
