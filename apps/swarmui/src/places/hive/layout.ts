// Where workers are in the world of the canvas, in units that are pixels at zoom 1. The queen is at (0, 0), and around her lie combs on
// a hexagonal lattice: each is a small lattice of up to COMB_SIZE workers of one kind. No two workers are nearer than SPACING, whatever
// their number.
//
// A worker keeps its slot, and a comb its spot, while it lives; who comes takes the lowest free one. So the same fleets in the same
// order give the same places, and the going of one moves nobody else. Only when the largest comb gets another ring all combs move apart.

import { hexPoint, type Point, pointsIn, ringOf } from './hex.ts';
import type { FleetWorker } from './model.ts';

/** Least distance of two workers. */
export const SPACING = 32;
const COMB_RINGS = 5;
/** Most workers of a comb: the points of a hexagon of five rings. */
export const COMB_SIZE: number = pointsIn(COMB_RINGS);
/** From the outermost worker to the edge of its comb. */
const MARGIN = 22;
/** The first six spots in turns on both sides of the queen, so that few combs lie evenly around her. */
const FIRST_SPOTS: readonly number[] = [0, 3, 1, 4, 2, 5];
/** Rings for which there is room at least, so that the queen has some. */
const RINGS_MIN = 1;

/** Up to COMB_SIZE workers, drawn as one mark from far away. */
export interface Comb extends Point {
  readonly kind: string;
  /** To its edge. */
  readonly radius: number;
  /** Indices of its workers. */
  readonly members: readonly number[];
  /** Workers of its kind, when it is the one that bears the name of the kind. */
  readonly named: number | undefined;
}

/** A rectangle of the world. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Places of a fleet; indices are those of the fleet's workers. */
export interface Layout {
  readonly xs: Float32Array;
  readonly ys: Float32Array;
  /** Comb of each worker. */
  readonly combOf: Uint32Array;
  readonly combs: readonly Comb[];
  /** From the middle of a comb to that of the next. */
  readonly apart: number;
  /** Around all combs and the queen. */
  readonly box: Box;
}

interface Draft {
  readonly kind: string;
  readonly spot: number;
  readonly members: number[];
  lastSlot: number;
}

/** Gives places to fleets, one after the other. */
export class Places {
  readonly #slots = new Map<string, Slots>();
  #spots = new Slots();

  /** Places of a fleet. Those who were there before stay. */
  place(workers: readonly FleetWorker[]): Layout {
    const kinds = this.#settle(workers);
    const drafts = new Map<string, Draft>();
    const combOf = new Uint32Array(workers.length);
    const slots = new Uint32Array(workers.length);
    const order = new Map([...this.#spots.taken].map(([key], index) => [key, index]));
    for (const [index, { id, kind }] of workers.entries()) {
      const slot = this.#slots.get(kind)?.taken.get(id) ?? 0;
      const key = combKey(kind, slot);
      let draft = drafts.get(key);
      if (draft === undefined) {
        draft = { kind, spot: this.#spots.taken.get(key) ?? 0, members: [], lastSlot: 0 };
        drafts.set(key, draft);
      }
      draft.members.push(index);
      draft.lastSlot = Math.max(draft.lastSlot, slot % COMB_SIZE);
      slots[index] = slot % COMB_SIZE;
      combOf[index] = order.get(key) ?? 0;
    }
    const inOrder = [...drafts].sort(([one], [other]) => (order.get(one) ?? 0) - (order.get(other) ?? 0));
    const inSpots = inOrder.map(([, draft]) => draft);
    const apart = apartOf(inSpots);
    const combs = combsOf(inSpots, kinds, apart);
    return { ...pointsOf(combs, combOf, slots), combOf, combs, apart, box: boxOf(combs) };
  }

  /** Gives everybody a slot and every comb a spot; how many there are of each kind. */
  #settle(workers: readonly FleetWorker[]): ReadonlyMap<string, number> {
    const kinds = new Map<string, string[]>();
    for (const { id, kind } of workers) {
      const ids = kinds.get(kind);
      if (ids === undefined) kinds.set(kind, [id]);
      else ids.push(id);
    }
    for (const kind of this.#slots.keys()) if (!kinds.has(kind)) this.#slots.delete(kind);
    const combs = new Set<string>();
    for (const [kind, ids] of [...kinds].sort(([one], [other]) => (one < other ? -1 : 1))) {
      const slots = this.#slots.get(kind) ?? new Slots();
      this.#slots.set(kind, slots);
      slots.settle(ids);
      for (const id of ids) combs.add(combKey(kind, slots.taken.get(id) ?? 0));
    }
    this.#spots.settle([...combs]);
    return new Map([...kinds].map(([kind, ids]) => [kind, ids.length]));
  }
}

/** Who has which of the numbers from 0. */
class Slots {
  readonly taken = new Map<string, number>();

  /** Keeps the slots of those who are still there, and gives the lowest free ones to those who come, in their order. */
  settle(ids: readonly string[]): void {
    const present = new Set(ids);
    const used = new Set<number>();
    let last = -1;
    for (const [id, slot] of this.taken) {
      if (!present.has(id)) this.taken.delete(id);
      else {
        used.add(slot);
        last = Math.max(last, slot);
      }
    }
    // More holes than workers: laid out anew.
    if (last > 2 * ids.length + COMB_SIZE) {
      this.taken.clear();
      used.clear();
    }
    let free = 0;
    for (const id of ids) {
      if (this.taken.has(id)) continue;
      while (used.has(free)) free += 1;
      this.taken.set(id, free);
      free += 1;
    }
  }
}

function combKey(kind: string, slot: number): string {
  return `${Math.floor(slot / COMB_SIZE)} ${kind}`;
}

/** Far enough for the largest comb. */
function apartOf(drafts: readonly Draft[]): number {
  const rings = drafts.reduce((most, { lastSlot }) => Math.max(most, ringOf(lastSlot)), RINGS_MIN);
  return SPACING * (2 * rings + 1) + 2 * MARGIN * 0.6;
}

function combsOf(drafts: readonly Draft[], kinds: ReadonlyMap<string, number>, apart: number): readonly Comb[] {
  const named = new Set<string>();
  return drafts.map(({ kind, spot, members, lastSlot }) => {
    const { x, y } = hexPoint((FIRST_SPOTS[spot] ?? spot) + 1); // 0 is the queen's
    const isFirst = !named.has(kind);
    named.add(kind);
    return {
      kind,
      x: x * apart,
      y: y * apart,
      radius: ringOf(lastSlot) * SPACING + MARGIN,
      members,
      named: isFirst ? kinds.get(kind) : undefined,
    };
  });
}

function pointsOf(combs: readonly Comb[], combOf: Uint32Array, slots: Uint32Array): Pick<Layout, 'xs' | 'ys'> {
  const xs = new Float32Array(slots.length);
  const ys = new Float32Array(slots.length);
  for (let index = 0; index < slots.length; index += 1) {
    const comb = combs[combOf[index] ?? 0];
    const { x, y } = hexPoint(slots[index] ?? 0);
    xs[index] = (comb?.x ?? 0) + x * SPACING;
    ys[index] = (comb?.y ?? 0) + y * SPACING;
  }
  return { xs, ys };
}

function boxOf(combs: readonly Comb[]): Box {
  const box = { left: -60, top: -60, right: 60, bottom: 60 };
  for (const { x, y, radius } of combs) {
    box.left = Math.min(box.left, x - radius);
    box.right = Math.max(box.right, x + radius);
    box.top = Math.min(box.top, y - radius - MARGIN);
    box.bottom = Math.max(box.bottom, y + radius);
  }
  return box;
}
