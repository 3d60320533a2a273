// A plan: a change of one file as a JSON value that a person reads and approves by its SHA-256. `apply` does what the plan
// says and nothing else; it refuses an input that differs by a byte.

import type { Repair } from '@cohesix/image';

/** Version of the plan's schema. */
export const PLAN_VERSION = 1;

/** Code of a hook: Intel's or Arm's assembly, or bytes in hex. */
export type HookCode = { readonly assembly: string } | { readonly bytes: string };

/** What somebody wants changed; places are `0x401000`, `name` or `name+0x10`. */
export type Intent =
  /** `bytes` in place of as many. */
  | { readonly kind: 'bytes'; readonly at: string; readonly bytes: string }
  /** Instructions in place of those at `at`; what is left of the last one is filled with nops. */
  | { readonly kind: 'assembly'; readonly at: string; readonly source: string }
  /** `count` instructions become nops. */
  | { readonly kind: 'nop'; readonly at: string; readonly count: number }
  /** The function gives `value` and does nothing else. */
  | { readonly kind: 'return'; readonly function: string; readonly value: string }
  /**
   * `code` runs before or instead of the function, with the registers of the call. Before: at its end the function goes on, and
   * sees the registers as the code leaves them. The name `original` in it is the function as it was.
   */
  | {
      readonly kind: 'hook';
      readonly function: string;
      readonly when: 'before' | 'replace';
      readonly code: HookCode;
    }
  /** New data under a name that the code of other intents may use. */
  | { readonly kind: 'data'; readonly name: string; readonly bytes: string; readonly isWritable: boolean }
  /** Direct calls of `function` go to `to`. */
  | { readonly kind: 'redirect'; readonly function: string; readonly to: string };

/** One changed range. */
export interface PlanEdit {
  /** File offset. */
  readonly offset: number;
  /** Hex; sizes are equal but for an edit that reaches the file's end. */
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

/** How an intent is carried out, and what was tried before. */
export interface Step {
  /** Index of the intent. */
  readonly intent: number;
  /** `in-place`, `jump-rel32`, `jump-absolute`, `island`, `redirect-callers`, `b`, `adrp-br`, `new-data`. */
  readonly rung: string;
  /** Rungs above it, and why each does not fit. */
  readonly refused: readonly { readonly rung: string; readonly reason: string }[];
  /** Old address → new address of the function and of displaced instructions, in hex. */
  readonly moved: readonly { readonly from: string; readonly to: string }[];
}

/** Code the plan writes, as it reads when it is decoded again. */
export interface EmittedCode {
  /** In hex. */
  readonly address: string;
  readonly offset: number;
  readonly size: number;
  /** One instruction each; the first 1000. */
  readonly lines: readonly string[];
}

/** Something that `verify` checks. */
export interface Proof {
  readonly kind: 'ranges' | 'disassembly' | 'format';
  readonly text: string;
}

/** Is another reading of the same bytes changed too? One row for each identity of a fat file or an APE. */
export interface Visibility {
  readonly identity: string;
  readonly isVisible: boolean;
  readonly text: string;
}

/** A change of one file. Names in it come from the file: untrusted text. */
export interface Plan {
  readonly version: typeof PLAN_VERSION;
  readonly input: { readonly sha256: string; readonly size: number; readonly format: string; readonly isa: string };
  readonly intents: readonly Intent[];
  readonly steps: readonly Step[];
  readonly edits: readonly PlanEdit[];
  readonly code: readonly EmittedCode[];
  readonly repairs: readonly Repair[];
  readonly visibility: readonly Visibility[];
  readonly proofs: readonly Proof[];
  /** What a person should know: how room was made, what could not be seen. */
  readonly notes: readonly string[];
  /** SHA-256 of the file `apply` makes. */
  readonly output: { readonly sha256: string; readonly size: number };
  /** `cohesix 0.1.0`, `iced-x86 1.21.0`. */
  readonly tools: readonly string[];
}
