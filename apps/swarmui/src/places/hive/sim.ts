// The life of the picture: how warm each worker is, who had an error, what flies. A fixed step and a seeded source of numbers, so that the
// same fleets and events make the same picture. Nothing is allocated in a step. Figures are those of contracts-2.md 11.2 (second, pixel).

import type { Box, Layout } from './layout.ts';
import { intensityOf, nextPressure } from './lod.ts';
import type { FleetWorker } from './model.ts';
import { Particles } from './particles.ts';
import { Random } from './random.ts';

/** Length of a step, s. */
export const STEP_S: number = 1 / 60;
/** Life of a grain and of a ring. */
export const POLLEN_LIFE_S = 1.6;
export const PULSE_LIFE_S = 1.2;
/** How long the still mark of an error stays, for those who want no motion. */
const ERROR_MARK_S = 4;
const POLLEN_MAX = 240;
const PULSES_MAX = 80;
const HEAT_DECAY = 0.22;
const FLOW_DECAY = 0.65;
const ERROR_DECAY = 1.4;
/** Farthest that a busy worker hovers from its place: neighbours that both do still do not touch. */
const DRIFT = 4;
const POLLEN_SPEED = 120;
const POLLEN_SPEED_MORE = 80;
const GRAINS_PER_EVENT_MAX = 3;
/** Grains end here, at the queen's edge. */
const QUEEN_EDGE = 28;
/** Width of the fan in which grains leave a worker, radians. */
const SPREAD = 0.12;
/** Steps that are caught up with at once; after a longer pause time is skipped. */
const STEPS_MAX = 6;
/** Part of the way to its place that a worker moves in a step. */
const EASE = 0.16;

/** What can be told of a simulation when it is made. */
export interface SimOptions {
  readonly pollenMax?: number;
  readonly pollenLifeS?: number;
  readonly seed?: number;
}

export class Sim {
  readonly pollen: Particles;
  readonly pulses: Particles = new Particles(PULSES_MAX);
  /** Workers: where they are, 0..1 how busy, seconds since their last error. */
  x: Float32Array = new Float32Array(0);
  y: Float32Array = new Float32Array(0);
  heat: Float32Array = new Float32Array(0);
  errorAge: Float32Array = new Float32Array(0);
  kind: Uint8Array = new Uint8Array(0);
  /** Combs: 0..1 how much flows to the queen, seconds since the last error of one of its workers. */
  flow: Float32Array = new Float32Array(0);
  combErrorAge: Float32Array = new Float32Array(0);
  count = 0;
  /** No drift and nothing that flies. */
  isStill = false;
  /** Where grains may begin; undefined: nowhere, because nobody would see them. */
  grainsFrom: Box | undefined;
  readonly #seed: number;
  #random: Random;
  readonly #pollenLifeS: number;
  #layout: Layout | undefined;
  #indexOf: ReadonlyMap<string, number> = new Map();
  #timeS = 0;
  #restMs = 0;
  #events = 0;
  #pressure = 0;
  #isMoving = false;

  constructor({ pollenMax = POLLEN_MAX, pollenLifeS = POLLEN_LIFE_S, seed = 1 }: SimOptions = {}) {
    this.pollen = new Particles(pollenMax);
    this.#pollenLifeS = pollenLifeS;
    this.#seed = seed;
    this.#random = new Random(seed);
  }

  /** Whether the next step would change the picture. */
  get isMoving(): boolean {
    return this.#isMoving;
  }

  /** Events of late, in relation to what is drawn one by one; above 1 less is drawn. */
  get pressure(): number {
    return this.#pressure;
  }

  /** Seconds of simulated time. */
  get timeS(): number {
    return this.#timeS;
  }

  /** Index of a worker. */
  indexOf(id: string): number | undefined {
    return this.#indexOf.get(id);
  }

  /** Another fleet. Who was there before keeps what it has and moves to its place; who comes is there at once. */
  setFleet(workers: readonly FleetWorker[], layout: Layout, kinds: ReadonlyMap<string, number>): void {
    const before = { indexOf: this.#indexOf, x: this.x, y: this.y, heat: this.heat, errorAge: this.errorAge };
    this.#allocate(new Uint8Array(workers.length), layout);
    const indexOf = new Map<string, number>();
    for (const [index, { id, kind }] of workers.entries()) {
      indexOf.set(id, index);
      this.kind[index] = kinds.get(kind) ?? 0;
      const was = before.indexOf.get(id);
      if (was === undefined) continue;
      this.heat[index] = before.heat[was] ?? 0;
      this.errorAge[index] = before.errorAge[was] ?? NEVER;
      if (this.isStill) continue;
      this.x[index] = before.x[was] ?? 0;
      this.y[index] = before.y[was] ?? 0;
    }
    this.#indexOf = indexOf;
    this.#isMoving = true;
  }

  /** As if nothing had happened yet: everybody is at their place, and the time is 0. */
  reset(): void {
    if (this.#layout !== undefined) this.#allocate(this.kind, this.#layout);
    this.pollen.clear();
    this.pulses.clear();
    this.#random = new Random(this.#seed);
    this.#timeS = this.#restMs = this.#events = this.#pressure = 0;
  }

  /** A worker wrote so many records and was refused so often. */
  event(id: string, records: number, refusals: number): void {
    const index = this.#indexOf.get(id);
    this.#events += records + refusals;
    if (index === undefined) return;
    this.#isMoving = true;
    if (records > 0) this.#warm(index, records);
    if (refusals > 0) this.#error(index);
  }

  /** Time goes on by so many ms, in whole steps. */
  advance(ms: number): void {
    this.#restMs = Math.min(this.#restMs + ms, STEPS_MAX * STEP_S * 1000 + 0.001);
    while (this.#restMs >= STEP_S * 1000) {
      this.#restMs -= STEP_S * 1000;
      this.step();
    }
  }

  /** One step. */
  step(): void {
    this.#timeS += STEP_S;
    this.#pressure = nextPressure(this.#pressure, this.#events);
    this.#events = 0;
    const moves = [this.#stepWorkers(), this.#stepCombs()];
    this.pollen.step(STEP_S, QUEEN_EDGE);
    this.pulses.step(STEP_S, 0);
    this.#isMoving = moves.includes(true) || this.pollen.count > 0 || this.pulses.count > 0 || this.#pressure > 0.01;
  }

  /** How far a worker hovers from where it is, by x and by y: busy ones do. */
  driftX(index: number): number {
    return this.isStill ? 0 : DRIFT * 0.7 * (this.heat[index] ?? 0) * Math.sin(this.#timeS * 5.1 + index * 2.4);
  }

  driftY(index: number): number {
    return this.isStill ? 0 : DRIFT * 0.7 * (this.heat[index] ?? 0) * Math.cos(this.#timeS * 4.3 + index * 1.7);
  }

  /** 0..1: how red a worker is. */
  redness(index: number): number {
    return Math.max(1 - (this.errorAge[index] ?? NEVER) * ERROR_DECAY, 0);
  }

  /** Whether a worker bears the still mark of an error. */
  isMarked(index: number): boolean {
    return (this.errorAge[index] ?? NEVER) < (this.isStill ? ERROR_MARK_S : 0);
  }

  #allocate(kind: Uint8Array, layout: Layout): void {
    const count = kind.length;
    this.count = count;
    this.#layout = layout;
    this.x = layout.xs.slice();
    this.y = layout.ys.slice();
    this.heat = new Float32Array(count);
    this.errorAge = new Float32Array(count).fill(NEVER);
    this.kind = kind;
    this.flow = new Float32Array(layout.combs.length);
    this.combErrorAge = new Float32Array(layout.combs.length).fill(NEVER);
  }

  #warm(index: number, records: number): void {
    this.heat[index] = Math.min((this.heat[index] ?? 0) + 0.3 + 0.05 * Math.log2(1 + records), 1);
    const comb = this.#layout?.combOf[index] ?? 0;
    this.flow[comb] = Math.min((this.flow[comb] ?? 0) + 0.12, 1);
    const from = this.grainsFrom;
    if (this.isStill || from === undefined || this.#pressure > 1) return;
    const [x, y] = [this.x[index] ?? 0, this.y[index] ?? 0];
    if (x < from.left || x > from.right || y < from.top || y > from.bottom) return;
    const grains = Math.min(records, GRAINS_PER_EVENT_MAX);
    for (let grain = 0; grain < grains && !this.pollen.isFull; grain += 1) this.#grain(index, x, y);
  }

  #grain(index: number, x: number, y: number): void {
    const intensity = intensityOf(this.#pressure);
    const speed = (POLLEN_SPEED + POLLEN_SPEED_MORE * intensity) * (0.8 + 0.4 * this.#random.next());
    const angle = Math.atan2(-y, -x) + (this.#random.next() - 0.5) * SPREAD;
    const at = this.pollen.add(x, y, this.#pollenLifeS, this.kind[index] ?? 0);
    this.pollen.vx[at] = Math.cos(angle) * speed;
    this.pollen.vy[at] = Math.sin(angle) * speed;
  }

  /** One ring for an error; another only when that one is over, however many there are. */
  #error(index: number): void {
    const wasOver = (this.errorAge[index] ?? NEVER) >= PULSE_LIFE_S;
    if (!wasOver) return;
    this.errorAge[index] = 0;
    const comb = this.#layout?.combOf[index] ?? 0;
    this.combErrorAge[comb] = 0;
    this.flow[comb] = 1;
    if (!this.isStill) this.pulses.add(this.x[index] ?? 0, this.y[index] ?? 0, PULSE_LIFE_S, this.kind[index] ?? 0);
  }

  #stepWorkers(): boolean {
    const { x, y, heat, errorAge, count } = this;
    const { xs, ys } = this.#layout ?? NOWHERE;
    let moves = false;
    for (let index = 0; index < count; index += 1) {
      const warm = heat[index] ?? 0;
      if (warm > 0) heat[index] = Math.max(warm - HEAT_DECAY * STEP_S, 0);
      const age = errorAge[index] ?? NEVER;
      if (age < ERROR_MARK_S) errorAge[index] = age + STEP_S;
      const dx = (xs[index] ?? 0) - (x[index] ?? 0);
      const dy = (ys[index] ?? 0) - (y[index] ?? 0);
      const isAway = dx * dx + dy * dy > 0.01;
      x[index] = isAway ? (x[index] ?? 0) + dx * EASE : (xs[index] ?? 0);
      y[index] = isAway ? (y[index] ?? 0) + dy * EASE : (ys[index] ?? 0);
      moves ||= warm > 0 || isAway || age < ERROR_MARK_S;
    }
    return moves;
  }

  #stepCombs(): boolean {
    let moves = false;
    for (let comb = 0; comb < this.flow.length; comb += 1) {
      const flow = this.flow[comb] ?? 0;
      const age = this.combErrorAge[comb] ?? NEVER;
      this.flow[comb] = Math.max(flow - FLOW_DECAY * STEP_S, 0);
      if (age < ERROR_MARK_S) this.combErrorAge[comb] = age + STEP_S;
      moves ||= flow > 0 || age < ERROR_MARK_S;
    }
    return moves;
  }
}

/** Age of an error that never was. */
const NEVER = 1e9;

const NOWHERE = { xs: new Float32Array(0), ys: new Float32Array(0) } as const;
