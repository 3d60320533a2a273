// Assertions and exhaustiveness: for programmer errors only. What a peer, a file or a user can cause is a value in a
// result type, never one of these.

export { accepted, HOLDS, type Outcome, type Refused, refused, type Verdict } from './outcome.ts';

/** Throws a TypeError when `condition` is false: a defect in this program, on in production too. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new TypeError(`assertion failed: ${message}`);
}

/** Marks a branch the type checker proves impossible; throws a TypeError if it is reached after all. */
export function unreachable(value: never): never {
  throw new TypeError(`unreachable: ${String(value)}`);
}
