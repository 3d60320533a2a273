// `sidecar-deny …` (contracts-1, 4.11): a sidecar reached for what is not its own. NineDoor turns that away before a line is decided,
// so the line comes from here; of each scope one a second, which says how many it stands for.

import { logField } from '@cohesix/authority';
import type { TurnedAway } from '@cohesix/ninedoor';

/** What a sidecar has, by its role. */
const TREES: Readonly<Record<string, string>> = { 'worker-bus': '/bus', 'worker-lora': '/lora' };

interface Told {
  readonly second: number;
  /** Lines left out since the last one. */
  leftOut: number;
}

export class SidecarDenials {
  readonly #audit: (line: string) => void;
  readonly #now: () => number;
  /** By kind and scope; only those of the manifest can attach, so there are few. */
  readonly #told = new Map<string, Told>();

  /** `now`: ms since the epoch. */
  constructor(audit: (line: string) => void, now: () => number) {
    this.#audit = audit;
    this.#now = now;
  }

  /** Looks at a refusal: a write below an adapter that is not for it, or the path of another adapter. */
  turnedAway({ who, code, path }: TurnedAway): void {
    const own = TREES[who.role];
    const tree = Object.values(TREES).find((root) => path === root || path.startsWith(`${root}/`));
    if (own === undefined || tree === undefined) return;
    const [scope = ''] = who.subject.split('/', 1);
    const isStrange = code === 'invalid-path' && !path.startsWith(`${own}/${scope}/`);
    if (isStrange || code === 'denied') this.#deny(`kind=${tree.slice(1)} scope=${logField(scope)}`, path);
  }

  #deny(whom: string, path: string): void {
    const second = Math.floor(this.#now() / 1000);
    const told = this.#told.get(whom);
    if (told?.second === second) {
      told.leftOut += 1;
      return;
    }
    const more = told === undefined || told.leftOut === 0 ? '' : ` suppressed=${told.leftOut}`;
    this.#told.set(whom, { second, leftOut: 0 });
    this.#audit(`sidecar-deny ${whom} path=${logField(path)}${more}`);
  }
}
