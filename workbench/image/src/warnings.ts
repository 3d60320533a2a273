// What is odd about a file, gathered while it is read. Bounded: a hostile file has no end of oddities.

import { LIMITS } from './limits.ts';

/** Gathers warnings; the same text is kept once. */
export class Warnings {
  /** At most `LIMITS.warnings`, the last of which says that there were more. */
  readonly list: string[] = [];

  add(text: string): void {
    if (this.list.length >= LIMITS.warnings || this.list.includes(text)) return;
    this.list.push(this.list.length === LIMITS.warnings - 1 ? 'there is more that is odd; not shown' : text);
  }
}
