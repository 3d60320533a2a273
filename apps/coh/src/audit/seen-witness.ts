// A witness that was asked for and has cosigned, in words.

import type { SeenWitness } from '@cohesix/journal';

/** One line for people. */
export function witnessLine({ name, key, size, time }: SeenWitness): string {
  const at = new Date(time * 1000);
  const when = Number.isNaN(at.getTime()) ? `${time} s after 1970` : at.toISOString();
  return `  cosigned by ${name}, key ${key}: ${size} records, ${when}`;
}
