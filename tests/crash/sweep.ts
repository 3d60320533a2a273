// Runs the points of the sweep: lives a life under a blow, hands its disk on, and says what must hold afterwards.

import type { Fate, MemoryDisk, Plan, Survival } from '@cohesix/journal/memory-disk';
import { sleep } from '@cohesix/time';
import type { Refusal } from '@cohesix/wire';
import { Random } from '../sim/random.ts';
import { Broken, expectRotNoticed, expectSurvival, type Outcome, type Promises } from './hive-after.ts';
import { Life, type Lived, lived, liveFirst, liveOn } from './hive-life.ts';
import type { Blow, Operation, Outage, Point, Strike } from './points.ts';
import { SimWorld } from './sim-hive.ts';

/** How many records a hive has when its life begins: none, so many that a snapshot comes, so many that a tile gets full. */
const BEGINNINGS: readonly number[] = [0, 40, 224];
const STALL_MS = 5000;

export class Sweep {
  readonly #beginnings = new Map<number, Promise<Lived>>();
  /** What each line of an undisturbed life is answered, by beginning. */
  readonly #answers = new Map<number, readonly string[]>();

  /** The operations of the life on each beginning when nothing goes wrong. */
  async operations(): Promise<ReadonlyMap<number, readonly Operation[]>> {
    const lives = new Map<number, readonly Operation[]>();
    for (const beginning of BEGINNINGS) {
      const life = await this.#lifeOn(beginning);
      await liveFirst(life, () => 'ok');
      const { log, paths } = life.disk;
      lives.set(
        beginning,
        log.map((name, index) => ({ name, path: paths[index] ?? '' })),
      );
      this.#answers.set(beginning, answersOf(life));
    }
    return lives;
  }

  /** @throws Broken, with the point in its message. */
  async run(point: Point): Promise<Outcome> {
    try {
      return await this.#run(point);
    } catch (error) {
      const why = error instanceof Error && !(error instanceof Broken) ? error.stack : String(error);
      throw new Broken(`${why}\nCOHESIX_CRASH_POINT='${JSON.stringify(point)}'`);
    }
  }

  async #run({ beginning, blows, seed }: Point): Promise<Outcome> {
    const life = await this.#lifeOn(beginning);
    const random = new Random(seed, 'outage');
    for (const [index, { at, strike, outage }] of blows.entries()) {
      arm(life, at, strike);
      if (index === 0) await liveFirst(life, planOf(life.disk, at, strike));
      else await liveOn(life, planOf(life.disk, at, strike));
      if (index === 0 && isHarmless(strike)) this.#expectUndisturbed(life, beginning);
      life.disk = afterOutage(life.disk, outage, random);
      if (strike.kind === 'rot') return expectRotNoticed(life, rot(life.disk, strike));
    }
    const refusal = await expectSurvival(life, promisesOf(blows));
    if (refusal === undefined) return 'kept';
    if (!isDocumented(refusal, blows)) throw new Broken(`refused to start: ${refusal.code}: ${refusal.detail}`);
    return 'refused';
  }

  #expectUndisturbed(life: Life, beginning: number): void {
    const answers = answersOf(life);
    const other = this.#answers.get(beginning)?.findIndex((answer, index) => answer !== answers[index]);
    if (other !== undefined && other !== -1) throw new Broken(`a harmless fault changed an answer: ${answers[other]}`);
  }

  async #lifeOn(beginning: number): Promise<Life> {
    const known = this.#beginnings.get(beginning) ?? lived(beginning);
    this.#beginnings.set(beginning, known);
    const { disk, submissions } = await known;
    const world = new SimWorld(1);
    // Later than anything on the disk.
    world.wall.jump(3_600_000);
    return new Life(world, { disk: disk.fork(), submissions });
  }
}

const answersOf = ({ submissions }: Life): readonly string[] =>
  submissions.map(({ line, answer }) => `${answer} ${line}`);

/** Whether the hive must live on as if nothing had been. */
function isHarmless(strike: Strike): boolean {
  return (
    strike.kind === 'stall' || strike.kind === 'rot' || ('fate' in strike && ['short', 'lie'].includes(strike.fate))
  );
}

/** What a strike needs of the disk beside its plan. */
function arm({ disk, world }: Life, at: number, strike: Strike): void {
  if (strike.kind === 'stall') disk.stall = (index) => (index === at ? sleep(world.scope, STALL_MS) : undefined);
}

function planOf(disk: MemoryDisk, at: number, strike: Strike): Plan {
  const ops = 'ops' in strike ? strike.ops : undefined;
  const isDuring = (index: number): boolean => index >= at && (ops === undefined || index < at + ops);
  switch (strike.kind) {
    case 'dead':
      return (index) => (index === at ? 'dead' : 'ok');
    case 'cut':
      return (index, name) => (index !== at ? 'ok' : name === 'writev' ? { deadAfter: strike.bytes } : 'dead');
    case 'once':
      return (index) => (index === at ? strike.fate : 'ok');
    case 'on':
      return (index) => (isDuring(index) ? strike.fate : 'ok');
    case 'full':
    case 'readonly':
      return (index) => during(disk, strike.kind, isDuring(index));
    default:
      return () => 'ok';
  }
}

/** Makes the disk full or read-only, or well again. */
function during(disk: MemoryDisk, kind: 'full' | 'readonly', isOn: boolean): Fate {
  if (kind === 'readonly') disk.isReadOnly = isOn;
  else if (!isOn) disk.capacity = undefined;
  else disk.capacity ??= disk.used;
  return 'ok';
}

function afterOutage(disk: MemoryDisk, outage: Outage, random: Random): MemoryDisk {
  return outage === 'kill' ? disk.fork() : disk.crash(survivalOf(outage, random));
}

function survivalOf(outage: Exclude<Outage, 'kill'>, random: Random): Survival {
  const some = { kind: 'some', random: () => random.fraction() } as const;
  switch (outage) {
    case 'power all':
      return { kind: 'all' };
    case 'power none':
      return { kind: 'none' };
    case 'power some':
      return some;
    default:
      return { ...some, sectorBytes: outage === 'power 512' ? 512 : 4096 };
  }
}

/** Flips a bit of a file; the value is its path. */
function rot(disk: MemoryDisk, { file, bit }: Extract<Strike, { kind: 'rot' }>): string {
  const files = disk.files('/data').filter((path) => disk.contents(path).length > 0);
  const path = files[Math.floor(file * files.length)] ?? '';
  disk.flip(path, Math.floor(bit * disk.contents(path).length * 8));
  return path;
}

function promisesOf(blows: readonly Blow[]): Promises {
  const hasPowerCut = blows.some(({ outage }) => outage !== 'kill');
  const kinds = blows.map(({ strike }) => strike.kind);
  return {
    mayLose: hasPowerCut && blows.some(({ strike }) => 'fate' in strike && strike.fate === 'lie'),
    // What a disk that fails for ever has of a refused batch cannot be taken back.
    mayReturn: kinds.includes('on'),
  };
}

/** What nobody can repair, a start refuses: a disk that said that it had written and had not. */
function isDocumented({ code }: Refusal, blows: readonly Blow[]): boolean {
  return code === 'audit-unavailable' && promisesOf(blows).mayLose;
}
