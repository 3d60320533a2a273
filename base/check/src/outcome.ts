// Results of pure code: what a peer, a file or a user can cause is a value, never an exception. `problem` is a
// phrase for people (what was expected, what was got); nobody matches on it.

/** Something was refused, and why. */
export interface Refused {
  readonly ok: false;
  readonly problem: string;
}

/** A value, or why there is none. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | Refused;

/** Whether something holds, or why not. */
export type Verdict = { readonly ok: true } | Refused;

/** The verdict of everything that holds. */
export const HOLDS: Verdict = { ok: true };

/** An outcome with a value. */
export function accepted<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** A refusal with its reason. */
export function refused(problem: string): Refused {
  return { ok: false, problem };
}
