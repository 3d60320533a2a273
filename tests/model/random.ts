// Random long runs of the authority: all rooms together, played by several people and the hive itself, with valid, stale, repeated and
// forbidden lines, jumps of time, late clock lines and boots, judged by a reference that is kept from lines and answers alone.
//
// Every step has random numbers of its own, made from the seed and its number. So a run is a seed and a list of step numbers, and
// a run that failed is made short by leaving steps out (`shrink.ts`).

import {
  type Authority,
  BOOT_PATH,
  CLOCK_LINE,
  CLOCK_PATH,
  type Command,
  createAuthority,
  type Outcome,
  type State,
  SYSTEM,
  stateFromText,
} from '@cohesix/authority';
import type { Manifest } from '@cohesix/manifest';
import { Random } from '../sim/random.ts';
import { type Act, Memory } from './acts/act.ts';
import { draw, kindsOf, passes } from './acts/draw.ts';
import { START_MS } from './explore.ts';
import { bootOf, manifestWith } from './people.ts';
import { INTENTS } from './reference/intents.ts';
import { Reference } from './reference/reference.ts';

/** Steps between two calls of all invariants, two looks at the views, and two snapshots. */
const INVARIANTS_EVERY = 16;
const LOOK_EVERY = 64;
const SNAPSHOT_EVERY = 1024;
/** Clock lines in a row: with more the authority wants one for ever. */
const TICKS_MAX = 1000;
/** Lines of the end of a run that are kept. */
const TRACE_MAX = 400;

/** What a run came to. */
export interface Run {
  readonly seed: number;
  readonly accepted: number;
  readonly refused: number;
  /** Accepted lines by file, and refused ones by code. */
  readonly counts: ReadonlyMap<string, number>;
  /** What did not hold; empty when all did. */
  readonly broken: readonly string[];
  /** The number of the step at which it broke. */
  readonly brokenAt: number | undefined;
  /** The last lines that were accepted, and the one that broke. */
  readonly trace: readonly string[];
}

/** Plays steps of a seed, or until something does not hold. `make` may give an authority that is wrong on purpose. */
export function play(
  seed: number,
  steps: Iterable<number>,
  make: (manifest: Manifest) => Authority = createAuthority,
): Run {
  const game = new Game(seed, make);
  let last: number | undefined;
  for (const step of steps) {
    last = step;
    game.step(step);
    if (game.broken.length > 0) break;
  }
  if (game.broken.length === 0) game.close();
  const { accepted, refused, counts, broken, trace } = game;
  return { seed, accepted, refused, counts, broken, brokenAt: broken.length > 0 ? last : undefined, trace };
}

/** The numbers of the first `count` steps. */
export function* firstSteps(count: number): Iterable<number> {
  for (let step = 0; step < count; step++) yield step;
}

class Game {
  readonly counts: Map<string, number> = new Map();
  readonly trace: string[] = [];
  broken: readonly string[] = [];
  accepted = 0;
  refused = 0;
  readonly #seed: number;
  readonly #authority: Authority;
  readonly #reference: Reference;
  readonly #memory = new Memory();
  readonly #kinds: ReturnType<typeof kindsOf>;
  #state: State;
  #at: number = START_MS;
  #seq = 0;

  constructor(seed: number, make: (manifest: Manifest) => Authority) {
    const manifest = manifestOf(seed);
    this.#seed = seed;
    this.#authority = make(manifest);
    this.#reference = new Reference(manifest);
    this.#kinds = kindsOf(seed);
    this.#state = this.#authority.initialState();
    this.#write(bootOf(manifest));
  }

  /** One step: time, perhaps the clock, a line, and now and then a closer look. */
  step(step: number): void {
    const random = new Random(this.#seed, String(step));
    this.#at += passes(random);
    if (random.chance(2, 3)) this.#settle();
    if (this.broken.length > 0) return;
    const deck = { random, reference: this.#reference, at: this.#at, memory: this.#memory, step };
    const act = draw(deck, this.#kinds);
    if (act !== undefined) this.#remember(act, this.#write(act));
    if (step % INVARIANTS_EVERY === 0) this.#check(this.#authority.invariants(this.#state));
    if (step % LOOK_EVERY === 0) this.#check(this.#reference.look(this.#authority, this.#state, this.#at));
    if (step % SNAPSHOT_EVERY === 0) this.#state = stateFromText(this.#authority.stateText(this.#state));
  }

  /** The end of a run: nothing is due, all invariants hold, the views agree. */
  close(): void {
    this.#settle();
    this.#check(this.#authority.invariants(this.#state));
    this.#check(this.#reference.look(this.#authority, this.#state, this.#at));
  }

  /** Clock lines until nothing is due. */
  #settle(): void {
    for (let ticks = 0; ticks < TICKS_MAX; ticks++) {
      const deadline = this.#authority.deadline(this.#state);
      if (deadline === undefined || deadline > this.#at) return this.#check(this.#reference.settled(this.#at));
      const outcome = this.#write({ who: SYSTEM, path: CLOCK_PATH, line: CLOCK_LINE });
      if (!outcome.ok) return this.#check([`a clock line is refused: ${outcome.detail}`]);
      if (this.broken.length > 0) return;
    }
    this.#check([`${TICKS_MAX} clock lines, and something is still due`]);
  }

  #write({ who, path, line }: Act): Outcome {
    const command: Command = { seq: this.#seq + 1, at: this.#at, who, path, line };
    const outcome = this.#authority.decide(this.#state, command);
    if (outcome.ok) {
      this.#authority.evolve(this.#state, command, outcome);
      this.#seq += 1;
      this.accepted += 1;
    } else this.refused += 1;
    this.#count(outcome.ok ? path : outcome.code);
    const broken = this.#reference.judge(command, outcome, this.#state);
    if (outcome.ok || broken.length > 0) this.#note(command, outcome);
    this.#check(broken);
    return outcome;
  }

  #note({ at, who, path, line }: Command, outcome: Outcome): void {
    const shown = path === BOOT_PATH ? line.replace(/"manifest":.*/, '"manifest":…') : line;
    const answer = outcome.ok ? '' : ` refused: ${outcome.code}`;
    this.trace.push(`+${at - START_MS} ${who.subject} ${path} ${shown}${answer}`);
    if (this.trace.length > TRACE_MAX) this.trace.shift();
  }

  #remember(act: Act, outcome: Outcome): void {
    const { wishes, sent } = this.#memory;
    if (!outcome.ok && outcome.code === 'needs-approval') this.#memory.keep(wishes, act);
    if (outcome.ok && (act.path === INTENTS || act.path === '/host/tickets/spec')) this.#memory.keep(sent, act);
    if (outcome.ok && act.path === '/queen/ticket/ctl') this.#memory.generation += 1;
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  #check(broken: readonly string[]): void {
    if (this.broken.length === 0) this.broken = broken;
  }
}

/** Files that a seed may put under a rule. */
const RULED = ['/queen/ctl', '/queen/lease/ctl', '/queen/intents/ctl', '/queen/schedule/ctl', '/host/tickets/spec'];

/** Small bounds, so that a run reaches them. */
function manifestOf(seed: number): Manifest {
  const random = new Random(seed, 'manifest');
  return manifestWith((manifest) => {
    const { policy, leases, schedule, intents, host_tickets: tickets, workers } = manifest;
    policy.rules = RULED.filter(() => random.chance(1, 3)).map((target, index) => ({ id: `r${index}`, target }));
    Object.assign(policy, {
      enabled: random.chance(3, 4),
      approvals_max: random.pick([4, 16]),
      approval_ttl_s: 9,
      documents_max: 3,
    });
    Object.assign(leases, { active_max: random.pick([3, 8, 64]), waiting_max: random.pick([0, 2, 16]) });
    Object.assign(leases, { max_ttl_s: 4, max_total_s: 6, max_wait_s: 5, reserve_after_s: random.between(1, 5) });
    Object.assign(leases, { history_max: 4, preemptions_max: 4, quotas_max: 3 });
    leases.resources = random.chance(3, 4) ? RESOURCES : [];
    leases.shares = random.chance(1, 2) ? [{ subject: 'p', weight: 2 }] : [];
    Object.assign(schedule, { queue_max: 4, running_max: random.between(1, 4), history_max: 4, ageing_ms: 500 });
    Object.assign(schedule, {
      reserve_after_s: random.between(1, 5),
      retry_backoff_ms: 500,
      retry_backoff_cap_ms: 800,
    });
    Object.assign(intents, { dedupe_max: random.pick([2, 8, 64]), epoch_required: random.chance(1, 8) });
    Object.assign(tickets, { active_max: random.pick([3, 16]), ended_max: random.pick([2, 16]), ended_ttl_s: 60 });
    Object.assign(tickets, { claim_ttl_s: 2, claim_ttl_max_s: 3, attempts_max: 2 });
    workers.max = random.between(2, 12);
  });
}

const RESOURCES = [
  { id: 'mem:0', mem_mb: 4, streams: 4 },
  { id: 'mem:1', mem_mb: 3, streams: 2 },
];
