// What goes wrong in a simulated world, now and then, until it comes to rest: the process, the power, the disk, the clock, the
// network. (F4, F5 and F6 of the project's list of faults.)

import type { Survival } from '@cohesix/journal/memory-disk';
import type { Actor } from './actor.ts';
import type { Faults } from './plan.ts';
import { Random } from './random.ts';
import { calm } from './sim-disk.ts';
import type { Supervisor } from './supervisor.ts';
import type { World } from './world.ts';

type Harm = () => Promise<void> | void;

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const JUMPS = [SECOND, -SECOND, 3600 * SECOND, -3600 * SECOND, DAY, -DAY, 3650 * DAY, -3650 * DAY];

export class Chaos {
  readonly #world: World;
  readonly #random: Random;
  readonly #harms: readonly (readonly [name: string, harm: Harm])[];

  constructor(victims: Victims) {
    const { world } = victims;
    this.#world = world;
    this.#random = new Random(world.plan.seed, 'chaos');
    const known = world.plan.faults;
    this.#harms = HARMS.filter(([fault]) => known[fault]).map(([, name, harm]) => [
      name,
      () => harm({ ...victims, random: this.#random }),
    ]);
    if (known.shortIo) world.weather.shortOneIn = 20;
    if (known.failingDisk) world.weather.failsOneIn = this.#random.pick([60, 400]);
  }

  /** Does harm after a while, and then again. */
  live(): void {
    this.#world.machine.after(this.#random.between(1, this.#world.plan.faultPauseMs), () => {
      if (this.#world.isAtRest || this.#harms.length === 0) return;
      this.#once().then(
        () => this.live(),
        (error: unknown) => this.#world.failed(error),
      );
    });
  }

  async #once(): Promise<void> {
    const [name, harm] = this.#random.pick(this.#harms);
    this.#world.tell(`fault: ${name}`);
    this.#world.count(name);
    await harm();
  }

  /** No more harm: what can go on goes on. */
  end(): void {
    Object.assign(this.#world.weather, calm());
    this.#world.wall.thaw();
    for (const link of this.#world.process?.links ?? []) link.resume();
  }
}

/** Whom and what harm can be done to. */
interface Victims {
  readonly world: World;
  readonly actors: readonly Actor[];
  readonly supervisor: Supervisor;
}

interface Place extends Victims {
  readonly random: Random;
}

const HARMS: readonly (readonly [fault: keyof Faults, name: string, harm: (place: Place) => Promise<void> | void])[] = [
  ['kills', 'kill', (place) => soonOrInAWrite(place)],
  ['powerCuts', 'power cut', powerCut],
  ['restarts', 'restart', ({ world }) => (world.process?.assembly === undefined ? undefined : world.stop())],
  ['restarts', 'second hive', ({ supervisor }) => supervisor.startSecond()],
  ['fullDisk', 'disk full', diskFull],
  ['slowDisk', 'slow disk', ({ world, random }) => stall(world, random)],
  ['clock', 'clock jump', ({ world, random }) => world.wall.jump(random.pick(JUMPS))],
  ['clock', 'clock freeze', freeze],
  ['clock', 'clock strobe', strobe],
  ['network', 'connection lost', ({ random, actors }) => pickLink(random, actors)?.break('lost')],
  ['network', 'half closed', ({ random, actors }) => pickLink(random, actors)?.halfClose()],
  ['network', 'connection stalled', stallLink],
];

/** Of what was not synced all, nothing or a random part survives, torn anywhere and out of order. */
function powerCut(place: Place): Promise<void> | void {
  const { random } = place;
  const survival = random.weighted<Survival>([
    [1, { kind: 'all' }],
    [2, { kind: 'none' }],
    [4, { kind: 'some', random: () => random.fraction() }],
  ]);
  return soonOrInAWrite(place, survival);
}

/** Crashes the hive now, or in the middle of the next write or sync, where it hurts most. */
function soonOrInAWrite({ world, random }: Place, survival?: Survival): Promise<void> | void {
  if (random.chance(1, 3)) return world.crash(survival);
  world.weather.ambush = () => {
    world.count('crash in a write');
    world.crash(survival).catch((error: unknown) => world.failed(error));
  };
}

/** No room for names, or for a few bytes only: then what is removed makes room. */
function diskFull({ world, random }: Place): void {
  const { weather, machine } = world;
  if (random.chance(1, 3)) weather.isFull = true;
  else weather.capacity = world.disk.used + random.below(3000);
  machine.after(random.between(SECOND, 8 * SECOND), () => {
    weather.isFull = false;
    weather.capacity = undefined;
  });
}

function stall(world: World, random: Random): void {
  world.weather.stallMs = random.between(100, 5 * SECOND);
}

function freeze({ world, random }: Place): void {
  world.wall.freeze();
  world.machine.after(random.between(100, 20 * SECOND), () => world.wall.thaw());
}

/** To and fro, many times within a second. */
function strobe({ world, random }: Place): void {
  const byMs = random.pick([10, SECOND, 3600 * SECOND]);
  for (let times = 0; times < 20; times++)
    world.machine.after(times * 40, () => world.wall.jump(times % 2 === 0 ? byMs : -byMs));
}

function pickLink(random: Random, actors: readonly Actor[]): Actor['link'] {
  const links = actors.flatMap(({ link }) => (link === undefined ? [] : [link]));
  return links.length === 0 ? undefined : random.pick(links);
}

function stallLink({ world, random, actors }: Place): void {
  const link = pickLink(random, actors);
  link?.stall();
  world.machine.after(random.between(100, 6 * SECOND), () => link?.resume());
}
