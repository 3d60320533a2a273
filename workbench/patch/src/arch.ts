// What the planner must know of an instruction set beyond decoding and assembling: how control is led elsewhere.

import type { Image } from '@cohesix/image';

/** A way to lead control from one address to another. */
export interface Detour {
  readonly rung: string;
  /** Bytes it takes. */
  readonly size: number;
  /** Why it does not lead from one to the other; undefined when it does. */
  problem(image: Image, from: number, to: number): string | undefined;
  encode(from: number, to: number): Uint8Array;
}

/** What must stay first at an entry, and what stands there after a patch. */
export interface LandingPad {
  readonly size: number;
  /** Bytes that take its place, as many. */
  readonly replacement?: Uint8Array;
}

/** One instruction set. */
export interface Arch {
  /** From the least change to the largest. */
  readonly detours: readonly Detour[];
  /** A jump that fits beside it, to an island that holds the first detour; undefined where there is none. */
  readonly shortJump?: Detour;
  landingPad(code: Uint8Array, when: 'before' | 'replace'): LandingPad;
  /** Bytes that stop a program that comes to them. */
  traps(size: number): Uint8Array;
  /** Bytes between functions that nobody runs: how many from the start of `code` on. */
  padding(code: Uint8Array): number;
  /** A direct call or jump, made to go to another address; undefined when it cannot. */
  retargeted(instruction: Uint8Array, from: number, to: number): Uint8Array | undefined;
  /** Source that gives a value back. */
  returning(value: bigint): string;
}
