// The points of the sweep: what strikes, at which operation of the disk, what the next process finds, and what strikes that one.
// All points of one blow are listed; those with more blows, and the order of all, are drawn from a seed.

import type { Fate } from '@cohesix/journal/memory-disk';
import { Random } from '../sim/random.ts';

/** What strikes at an operation. A number of `ops`: it is over after so many operations; absent: never. */
export type Strike =
  /** The process dies after the operation. */
  | { readonly kind: 'dead' }
  /** The process dies when `bytes` of a write have happened. */
  | { readonly kind: 'cut'; readonly bytes: number }
  /** This operation fails, is short, is lost or lies. */
  | { readonly kind: 'once'; readonly fate: Exclude<Fate, object> }
  /** From here on every operation fails. */
  | { readonly kind: 'on'; readonly fate: Exclude<Fate, object>; readonly ops?: number }
  /** From here on the disk is full, or read-only. */
  | { readonly kind: 'full' | 'readonly'; readonly ops?: number }
  /** The operation takes 5 s. */
  | { readonly kind: 'stall' }
  /** No operation: a bit of a file flips after the end. Both are fractions, of the files and of the bits. */
  | { readonly kind: 'rot'; readonly file: number; readonly bit: number };

/** What the next process finds: after kill -9 the page cache, after a power cut less, torn at bytes or sectors. */
export type Outage = 'kill' | 'power all' | 'power none' | 'power some' | 'power 512' | 'power 4096';

/** One fault and what follows it. */
export interface Blow {
  /** The operation, counted from the start of its life. */
  readonly at: number;
  readonly strike: Strike;
  readonly outage: Outage;
}

/** A life on a hive of so many records, and the blows: the first strikes that life, each other one the process after it. */
export interface Point {
  readonly beginning: number;
  readonly blows: readonly Blow[];
  /** What the outages draw from. */
  readonly seed: number;
}

/** An operation of the life: its name and the path it is about. */
export interface Operation {
  readonly name: string;
  readonly path: string;
}

/** Errnos that fail an operation and change nothing. */
const ERRNOS = ['EIO', 'ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM', 'EINTR'] as const;
/** Bytes after which a write is cut: one, a sector, a page. */
const CUTS = [1, 512, 4096] as const;
const POWER = ['power all', 'power none', 'power some', 'power 512', 'power 4096'] as const;
/** Operations of a process that starts, writes two lines, signs and stops: about a hundred. */
const LATER_OPS = 110;

/** Every blow that can strike an operation of that name. */
function blowsAt(at: number, { name }: Operation): readonly Blow[] {
  const dead = (['kill', ...POWER, 'power some'] as const).map((outage) => ({
    at,
    strike: { kind: 'dead' } as const,
    outage,
  }));
  const cuts = (['kill', 'power some'] as const).flatMap((outage) =>
    CUTS.map((bytes) => ({ at, strike: { kind: 'cut', bytes } as const, outage })),
  );
  const once = (fate: Exclude<Fate, object>, outage: Outage): Blow => ({ at, strike: { kind: 'once', fate }, outage });
  const on = (fate: Exclude<Fate, object>, outage: Outage): Blow => ({ at, strike: { kind: 'on', fate }, outage });
  const isSync = name === 'datasync' || name === 'syncDirectory';
  return [
    ...dead,
    ...(name === 'writev' ? cuts : []),
    ...ERRNOS.map((errno) => once(errno, 'kill')),
    once('EIO', 'power none'),
    once('ENOSPC', 'power some'),
    ...(name === 'writev' || name === 'read' ? [once('short', 'power none')] : []),
    ...(name === 'datasync' ? [once('lost', 'kill'), once('lost', 'power none')] : []),
    ...(isSync ? [once('lie', 'kill'), once('lie', 'power none'), once('lie', 'power some')] : []),
    on('EIO', 'kill'),
    on('ENOSPC', 'power some'),
    { at, strike: { kind: 'on', fate: 'EIO', ops: 3 }, outage: 'power none' },
    { at, strike: { kind: 'on', fate: 'EDQUOT', ops: 3 }, outage: 'power none' },
    { at, strike: { kind: 'full' }, outage: 'power none' },
    { at, strike: { kind: 'full', ops: 20 }, outage: 'kill' },
    { at, strike: { kind: 'readonly' }, outage: 'power none' },
    { at, strike: { kind: 'readonly', ops: 20 }, outage: 'kill' },
    { at, strike: { kind: 'stall' }, outage: 'power none' },
  ];
}

/** A blow on a process that comes up after another; mostly its death. */
function laterBlow(random: Random): Blow {
  const at = random.below(LATER_OPS);
  const outage = random.pick(['kill', ...POWER] as const);
  const strike = random.weighted<Strike>([
    [6, { kind: 'dead' }],
    [1, { kind: 'cut', bytes: random.pick(CUTS) }],
    [3, { kind: 'once', fate: random.pick(ERRNOS) }],
    [1, { kind: 'once', fate: 'short' }],
    [1, { kind: 'full', ops: random.between(1, 40) }],
    [1, { kind: 'readonly', ops: random.between(1, 40) }],
  ]);
  return { at, strike, outage };
}

/** Points without end, in an order that the seed says: of five, three have one blow, one has two, one has three or a flipped bit. */
export function* pointsOf(seed: number, lives: ReadonlyMap<number, readonly Operation[]>): Generator<Point, never> {
  const random = new Random(seed, 'points');
  const singles = inOrderOfNews(
    random,
    [...lives].flatMap(([beginning, ops]) => singlesOf(beginning, ops)),
  );
  const next = (index: number): Single => singles[index % singles.length] ?? random.pick(singles);
  const point = ({ beginning }: Single, blows: readonly Blow[]): Point => ({ beginning, blows, seed: random.next() });
  for (let index = 0; ; index += 3) {
    for (const single of [next(index), next(index + 1), next(index + 2)]) yield point(single, [single.blow]);
    const single = random.pick(singles);
    const first: Blow = { ...single.blow, strike: { kind: 'dead' } };
    yield point(single, [first, laterBlow(random)]);
    yield point(single, random.chance(1, 4) ? [rotten(random)] : [first, laterBlow(random), laterBlow(random)]);
  }
}

/** A life that nothing disturbs, and a bit that flips after it. */
function rotten(random: Random): Blow {
  return { at: 0, strike: { kind: 'rot', file: random.fraction(), bit: random.fraction() }, outage: 'power none' };
}

interface Single {
  readonly beginning: number;
  readonly name: string;
  readonly blow: Blow;
}

function singlesOf(beginning: number, operations: readonly Operation[]): readonly Single[] {
  return operations.flatMap((operation, at) =>
    blowsAt(at, operation).map((blow) => ({ beginning, name: operation.name, blow })),
  );
}

/** First one of each strike at each kind of operation, then a death at each operation, then all others; random within these. */
function inOrderOfNews(random: Random, singles: readonly Single[]): readonly Single[] {
  const seen = new Set<string>();
  const isNew = (key: string): boolean => !seen.has(key) && seen.add(key) !== undefined;
  const rankOf = ({ beginning, name, blow: { at, strike } }: Single): number => {
    if (isNew(`${name} ${strike.kind} ${'fate' in strike ? strike.fate : ''}`)) return 0;
    return strike.kind === 'dead' && isNew(`${beginning} ${at}`) ? 1 : 2;
  };
  const ranked = shuffled(random, singles).map((single) => ({ single, rank: rankOf(single) }));
  return ranked.sort((left, right) => left.rank - right.rank).map(({ single }) => single);
}

function shuffled<T>(random: Random, items: readonly T[]): readonly T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}
