// Why metadata is refused: the attack or the fault it looks like, a sentence, and the code that the hive's doors show.

import type { Refusal, RefusalCode } from '@cohesix/wire';
import { refusal } from '@cohesix/wire';

/** The names of the specification's section 1.5.2, where it has one. */
export type TufReason =
  | 'bad-metadata'
  | 'threshold'
  | 'rollback'
  | 'freeze'
  | 'mix-and-match'
  | 'endless-data'
  | 'missing'
  | 'wrong-file';

/** A refusal and what it looks like. */
export interface TufProblem {
  readonly reason: TufReason;
  readonly refusal: Refusal;
}

const CODES: Readonly<Record<TufReason, RefusalCode>> = {
  'bad-metadata': 'invalid-payload',
  threshold: 'denied',
  rollback: 'stale',
  freeze: 'expired',
  'mix-and-match': 'stale',
  'endless-data': 'too-big',
  missing: 'not-found',
  'wrong-file': 'invalid-payload',
};

/** A problem; `detail` is a sentence that names the file. */
export function tufProblem(reason: TufReason, detail: string): TufProblem {
  return { reason, refusal: refusal(CODES[reason], detail) };
}
