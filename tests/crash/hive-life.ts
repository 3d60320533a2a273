// A scripted life of a hive: what is asked of it, in order, and what it answered. A life goes over several processes; the
// disk may stop any of them at any operation.

import { MemoryDisk, type Plan } from '@cohesix/journal/memory-disk';
import type { Refusal } from '@cohesix/wire';
import { type Person, PLACES, SEGMENT_BYTES, type SimHive, SimWorld } from './sim-hive.ts';

/** A line that somebody wrote. */
export interface Submission {
  readonly path: string;
  readonly line: string;
  /**
   * `ok` and refusals are what the client was told; `open`: no answer came. After a restart `kept` and `gone` say what became
   * of an open one, which the world has seen by then.
   */
  answer: 'open' | 'ok' | 'refused' | 'kept' | 'gone';
}

/** What a life begins with. */
export interface Lived {
  readonly disk: MemoryDisk;
  readonly submissions: readonly Submission[];
}

export class Life {
  readonly world: SimWorld;
  readonly submissions: Submission[];
  /** The last checkpoint that a client read. */
  checkpoint: string | undefined;
  /** Why a process did not start. */
  refusal: Refusal | undefined;
  hive: SimHive | undefined;
  /** Hash of the state at the last clean stop. */
  lastHash = '';
  #disk: MemoryDisk;
  readonly #waiting: Promise<void>[] = [];

  /** On a disk that has lived: what was acknowledged before. */
  constructor(world: SimWorld, { disk, submissions }: Lived) {
    this.world = world;
    this.#disk = disk;
    this.submissions = submissions.map((submission) => ({ ...submission }));
  }

  get disk(): MemoryDisk {
    return this.#disk;
  }

  /** The next process finds another disk. */
  set disk(disk: MemoryDisk) {
    this.hive?.kill();
    this.hive = undefined;
    this.#disk = disk;
  }

  /** Starts and boots a process; false when it did not come up. */
  async start(): Promise<boolean> {
    const started = await this.world.start(this.#disk);
    this.refusal = started.ok ? undefined : started.refusal;
    if (!started.ok) return false;
    this.hive = started.value;
    const booted = await started.value.boot();
    if (!booted.ok) {
      this.refusal = booted.refusal;
      await this.stop();
    }
    return booted.ok;
  }

  /** Hands a line in; `answers` waits for what becomes of it. */
  write(person: Person, path: string, line: object | string): void {
    const { hive } = this;
    if (hive === undefined) return;
    const disk = this.#disk;
    const text = typeof line === 'string' ? line : JSON.stringify(line);
    const submission: Submission = { path, line: text, answer: 'open' };
    this.submissions.push(submission);
    this.#waiting.push(
      hive.write(person, path, text).then((code) => {
        if (code === 'ok') submission.answer = 'ok';
        // Nobody hears what a dead process says; what it said before it died, it said.
        else if (!disk.isDead) submission.answer = 'refused';
      }),
    );
  }

  async answers(): Promise<void> {
    await this.world.until(Promise.all(this.#waiting.splice(0)));
  }

  /** A client reads the checkpoint and keeps it. */
  async look(): Promise<void> {
    const note = await this.hive?.read('/audit/checkpoint');
    if (note?.startsWith(this.world.signer.key.name) === true) this.checkpoint = note;
  }

  /** Ends the process cleanly, as far as the disk lets it. */
  async stop(): Promise<void> {
    const { hive } = this;
    this.hive = undefined;
    if (hive === undefined) return;
    await hive.stop();
    this.lastHash = hive.assembly.ledger.shownHash();
  }
}

type Step = (life: Life) => Promise<void> | void;

/** Id of the guest's ticket, as `SimWorld` makes it. */
export const GUEST_ID: string = '03'.repeat(16);
const CTL = '/queen/ctl';
const LIFECYCLE = '/queen/lifecycle/ctl';

/** A line that is never the same twice and is accepted in any state of the node. */
function note(life: Life): void {
  life.write('queen', CTL, { budget: { ops: 1000 + life.submissions.length } });
}

function approve(life: Life, line: string): void {
  const id = `a${life.submissions.length}`;
  life.write('approver', '/actions/queue', { id, target: LIFECYCLE, line, decision: 'approve', ttl_s: 60 });
}

function spawn(life: Life, budget: object = {}): void {
  life.write('queen', CTL, { spawn: 'heartbeat', ticks: 1000 + life.submissions.length, budget });
}

function notes(count: number): readonly Step[] {
  return Array.from({ length: count }, (): readonly Step[] => [note, (life) => life.answers()]).flat();
}

const pass =
  (ms: number): Step =>
  (life) =>
    life.world.pass(ms);
const answers: Step = (life) => life.answers();
const look: Step = (life) => life.look();

/** The steps between boot and stop of the first process: all that `hive-life` promises in its header, in some 40 records. */
const FIRST: readonly Step[] = [
  (life) => {
    for (let count = 0; count < 3; count++) spawn(life);
  },
  answers,
  pass(1100),
  look,
  (life) => life.write('queen', CTL, { kill: 'worker-1' }),
  (life) => {
    for (let count = 0; count < 4; count++) note(life);
  },
  answers,
  (life) => life.write('queen', LIFECYCLE, 'cordon'),
  (life) => approve(life, 'cordon'),
  answers,
  (life) => life.write('queen', LIFECYCLE, 'cordon'),
  (life) => spawn(life),
  answers,
  (life) => approve(life, 'resume'),
  (life) => life.write('queen', LIFECYCLE, 'resume'),
  answers,
  (life) => life.write('guest', CTL, { budget: { ops: 7 } }),
  (life) => life.write('queen', '/queen/ticket/ctl', { revoke: { id: GUEST_ID } }),
  answers,
  (life) => life.write('guest', CTL, { budget: { ops: 8 } }),
  (life) => spawn(life, { ttl_s: 2 }),
  answers,
  pass(3100),
  look,
  ...notes(12),
  pass(1100),
  look,
];

/** Of the process after a clean stop. */
const SECOND: readonly Step[] = [...notes(3), (life) => spawn(life), answers, pass(1100), look];
/** Of a process that comes up after a crash. */
const LATER: readonly Step[] = [...notes(2), pass(1100), look];

/** Runs a process through its steps and stops it; ends early when its disk dies or it does not come up. */
async function live(life: Life, steps: readonly Step[]): Promise<void> {
  if (!(await life.start())) return;
  for (const step of steps) {
    if (life.disk.isDead) return;
    await step(life);
  }
  await life.answers();
  if (!life.disk.isDead) await life.stop();
}

/** The whole life on a disk whose operations go as `plan` says. */
export async function liveFirst(life: Life, plan: Plan): Promise<void> {
  life.disk.plan = plan;
  await live(life, FIRST);
  if (life.disk.isDead) return;
  await live(life, SECOND);
}

/** One more process, on the disk as the one before left it. */
export async function liveOn(life: Life, plan: Plan): Promise<void> {
  life.disk.plan = plan;
  await live(life, LATER);
}

/**
 * A hive that has lived for at least `count` records and stopped, and whose last segment is so full that a life begins the
 * next one. For 0 an empty disk.
 */
export async function lived(count: number): Promise<Lived> {
  const disk = new MemoryDisk();
  const life = new Life(new SimWorld(1), { disk, submissions: [] });
  if (count === 0) return life;
  if (!(await life.start())) throw new Error(life.refusal?.detail);
  for (let done = 0; done < count; done += 8) {
    for (let each = 0; each < 8; each++) note(life);
    await life.answers();
  }
  while (SEGMENT_BYTES - lastSegmentSize(disk) > ROOM_BYTES) {
    const id = `big${life.submissions.length}`;
    const line = 'x'.repeat(4000);
    life.write('queen', '/actions/queue', { id, target: LIFECYCLE, line, decision: 'request', ttl_s: 1 });
    await life.answers();
  }
  await life.stop();
  return life;
}

/** What a life writes in its first half. */
const ROOM_BYTES = 20_000;

function lastSegmentSize(disk: MemoryDisk): number {
  const name = disk.names(PLACES.journal).findLast((each) => each.endsWith('.seg'));
  return name === undefined ? 0 : disk.contents(`${PLACES.journal}/${name}`).length;
}
