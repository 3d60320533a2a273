// What the doctor finds: one line a check, and what to do about it.

/** `ok`; `warn`: works, but look at it; `fail`: something does not work. */
export type Level = 'ok' | 'warn' | 'fail';

/** The result of one check. */
export interface Finding {
  /** Stable name of the check. */
  readonly check: string;
  readonly level: Level;
  readonly detail: string;
  /** What to do; empty when all is well. */
  readonly advice: string;
}

/** A check that is all right. */
export function good(check: string, detail: string): Finding {
  return { check, level: 'ok', detail, advice: '' };
}

/** A check to look at. */
export function warn(check: string, detail: string, advice: string): Finding {
  return { check, level: 'warn', detail, advice };
}

/** A check that failed. */
export function bad(check: string, detail: string, advice: string): Finding {
  return { check, level: 'fail', detail, advice };
}

/** What to do about a hive that cannot write its journal. */
export const SEALED_ADVICE = 'Stop it, make room or repair the disk, and start it again.';
