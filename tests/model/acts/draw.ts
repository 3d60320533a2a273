// What happens in a step: how much time passes, whether the clock line comes, and which line is written. Each seed has some kinds of acts
// often and others never (swarm testing: A. Groce et al., ISSTA 2012), because a run with everything in it hides what only
// one of them would show.

import { Random } from '../../sim/random.ts';
import type { Act, Deck } from './act.ts';
import { again, approval, approved, cancel, intent, policy, report, spec } from './promises.ts';
import { aboutJob, aboutLease, grant, job, quota } from './sharing.ts';
import { boot, order, promotion, receipt, revocation, settings, window, word } from './work.ts';

type Kind = (deck: Deck) => Act | undefined;

/** Lines that an intent may carry. */
const CARRIED: readonly Kind[] = [order, grant, aboutLease, job, aboutJob, word, window];

const KINDS: readonly (readonly [weight: number, kind: Kind])[] = [
  [12, grant],
  [12, aboutLease],
  [1, quota],
  [6, job],
  [3, aboutJob],
  [6, order],
  [8, receipt],
  [10, approval],
  [12, approved],
  [4, (deck) => intent(deck, deck.random.pick(CARRIED)(deck) ?? grant(deck))],
  [4, again],
  [5, spec],
  [12, report],
  [1, cancel],
  [2, policy],
  [1, word],
  [1, boot],
  [1, promotion],
  [1, settings],
  [2, window],
  [1, revocation],
];

/** The kinds of acts of a seed: some of them, and some of those often. */
export function kindsOf(seed: number): readonly (readonly [number, Kind])[] {
  const random = new Random(seed, 'kinds');
  const some = KINDS.filter(() => random.chance(3, 4)).map(
    ([weight, kind]) => [random.chance(1, 4) ? 6 * weight : weight, kind] as const,
  );
  // A node that is cordoned and never resumed does nothing, and receipts are the only end of workers.
  return [...some, ...KINDS.filter(([, kind]) => [receipt, word, grant].includes(kind))];
}

/** What a step adds to the time, ms: mostly little, so that lines meet; now and then past everything. */
export function passes(random: Random): number {
  return random.weighted([
    [16, 0],
    [10, 1],
    [6, random.between(2, 400)],
    [3, random.pick([999, 1000, 1001])],
    [1, random.between(1000, 4000)],
    [random.chance(1, 10) ? 1 : 0, random.between(10_000, 90_000)],
  ]);
}

/** The line of a step; undefined where it would make no sense. A node that does not serve refuses most, so it is resumed soon. */
export function draw(deck: Deck, kinds: ReturnType<typeof kindsOf>): Act | undefined {
  if (deck.reference.scene.lifecycle !== 'ONLINE' && deck.random.chance(1, 4)) return word(deck);
  return deck.random.weighted(kinds)(deck);
}
