// What an act is and what it is drawn from: the random numbers of its step, what the reference knows (as a client would: fences it was
// told, ids it saw), and what was written lately, so that lines are repeated, approved and answered.

import type { Principal } from '@cohesix/authority';
import type { Random } from '../../sim/random.ts';
import { ALICE, BOB, CAROL } from '../people.ts';
import type { Reference } from '../reference/reference.ts';

/** A line that somebody writes. */
export interface Act {
  readonly who: Principal;
  readonly path: string;
  readonly line: string;
}

/** What acts are drawn from. */
export interface Deck {
  readonly random: Random;
  readonly reference: Reference;
  readonly at: number;
  readonly memory: Memory;
  /** Number of the step: what a line needs to be new. */
  readonly step: number;
}

/** What was written lately. */
export class Memory {
  /** Lines that were refused for want of an approval. */
  readonly wishes: Act[] = [];
  /** Intents and host tickets that were accepted: what may be repeated. */
  readonly sent: Act[] = [];
  /** Which tickets of Bob's helper there were; the last is in use. */
  generation: number = 1;

  /** Keeps the newest few. */
  keep(list: Act[], act: Act): void {
    list.push(act);
    if (list.length > KEPT) list.shift();
  }
}

const KEPT = 8;

/** Somebody who works for Bob, with a ticket that can be revoked; each generation is another ticket. */
function helper(generation: number): Principal {
  const subject = 'bob/helper';
  return { ...BOB, subject, ticket: `fp-${generation}`, ticketIds: [...BOB.ticketIds, helperId(generation)] };
}

/** Ticket id of a generation of the helper. */
export function helperId(generation: number): string {
  return generation.toString(16).padStart(16, '0');
}

/** Anybody, now and then with a ticket that was revoked. */
export function someone({ random, memory }: Deck): Principal {
  const old = Math.max(1, memory.generation - random.below(3));
  return random.weighted([
    [4, ALICE],
    [4, BOB],
    [4, CAROL],
    [3, helper(memory.generation)],
    [1, helper(old)],
  ]);
}

/** A line of one of the people. */
export function act(deck: Deck, path: string, line: object | string): Act {
  return { who: someone(deck), path, line: typeof line === 'string' ? line : JSON.stringify(line) };
}

/** One of the keys of a map; undefined when it is empty. */
export function someKey<T>({ random }: Deck, map: ReadonlyMap<string, T>): string | undefined {
  return map.size === 0 ? undefined : random.pick([...map.keys()]);
}

/** Fields of which some are left out. */
export function maybe(random: Random, fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(() => random.chance(1, 3)));
}
