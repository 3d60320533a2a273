// `host-write outcome=deny …` (contracts-1 4.11): somebody who is no queen wanted to write below `/host`. NineDoor turns that away
// before a line is decided, so the line comes from here; a flood of them is one line a second that says how many there were.

import { hostFileOf, logField } from '@cohesix/authority';
import type { TurnedAway } from '@cohesix/ninedoor';

/** Lines that are written of one second; those after them are counted. */
const LINES_PER_SECOND = 10;

export class HostDenials {
  readonly #audit: (line: string) => void;
  readonly #now: () => number;
  #second = 0;
  #lines = 0;
  #leftOut = 0;

  /** `now`: ms since the epoch. */
  constructor(audit: (line: string) => void, now: () => number) {
    this.#audit = audit;
    this.#now = now;
  }

  /** Looks at a refusal. Everybody may read below `/host`, so what is `denied` there to whoever is no queen is a write. */
  turnedAway({ who, code, path }: TurnedAway): void {
    if (code !== 'denied' || who.role === 'queen' || !path.startsWith('/host/')) return;
    const second = Math.floor(this.#now() / 1000);
    if (second !== this.#second) this.#begin(second);
    this.#lines += 1;
    if (this.#lines > LINES_PER_SECOND) this.#leftOut += 1;
    else this.#audit(denyLine(who, path));
  }

  #begin(second: number): void {
    if (this.#leftOut > 0) this.#audit(`host-write outcome=deny suppressed=${this.#leftOut}`);
    this.#second = second;
    this.#lines = 0;
    this.#leftOut = 0;
  }
}

function denyLine({ role, ticket }: TurnedAway['who'], path: string): string {
  const file = hostFileOf(path);
  const isOrder = file?.files.orders.some(({ name }) => name === file.name) === true;
  const control = isOrder ? ` control=${file?.files.provider}.${file?.name}` : '';
  return `host-write outcome=deny role=${role} ticket=${ticket} path=${logField(path)}${control}`;
}
