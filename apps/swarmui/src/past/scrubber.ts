// Going to a line of the journal: the hive makes that state while it is walked to, and only then the page shows it. Whoever drags a
// slider asks for many lines; only the last one is of interest.

import type { HiveClient } from '@cohesix/client/core';
import type { Refusal } from '@cohesix/wire';
import { Store } from '../store/store.ts';
import { pastClient } from './past-client.ts';

/** Where the page is in the past; undefined: it is not. */
export interface Scrub {
  /** The line that was asked for. */
  readonly line: number;
  /** The line that is shown; undefined until there is one. */
  readonly shown: number | undefined;
  readonly refusal: Refusal | undefined;
}

/** What a scrubber needs of the page. */
export interface ScrubberOptions {
  /** The session's client, while there is one. */
  readonly live: () => HiveClient | undefined;
  /** Shows a past; undefined: the present. */
  readonly show: (past: { readonly client: HiveClient; readonly at: number } | undefined) => void;
}

/** Goes to lines, one at a time. */
export class Scrubber {
  readonly scrub: Store<Scrub | undefined> = new Store<Scrub | undefined>(undefined);
  readonly #options: ScrubberOptions;
  #isGoing = false;

  constructor(options: ScrubberOptions) {
    this.#options = options;
  }

  /** Asks for a line. Settles when no other was asked for meanwhile and it is shown, or refused. */
  async goTo(line: number): Promise<void> {
    const before = this.scrub.get();
    this.scrub.set({ line, shown: before?.shown, refusal: undefined });
    if (this.#isGoing) return;
    this.#isGoing = true;
    for (let next = this.#due(); next !== undefined; next = this.#due()) await this.#go(next);
    this.#isGoing = false;
  }

  /** Back to the present. */
  leave(): void {
    this.scrub.set(undefined);
    this.#options.show(undefined);
  }

  /** The session has another client: shows the same line through that one. */
  async again(): Promise<void> {
    const now = this.scrub.get();
    if (now === undefined) return;
    this.scrub.set({ ...now, shown: undefined });
    await this.goTo(now.line);
  }

  #due(): number | undefined {
    const now = this.scrub.get();
    return now === undefined || now.shown === now.line || now.refusal !== undefined ? undefined : now.line;
  }

  async #go(line: number): Promise<void> {
    const live = this.#options.live();
    const made = await live?.stat(`/replay/at/${line}`);
    const now = this.scrub.get();
    if (now === undefined || now.line !== line) return;
    if (live === undefined || made === undefined) return this.scrub.set({ ...now, refusal: OFFLINE });
    if (!made.ok) return this.scrub.set({ ...now, refusal: reasonOf(made.refusal, line) });
    this.scrub.set({ line, shown: line, refusal: undefined });
    this.#options.show({ client: pastClient(live, line), at: line });
  }
}

const OFFLINE: Refusal = { code: 'unreachable', detail: 'The hive cannot be reached; its past is told by the hive.' };

function reasonOf(refusal: Refusal, line: number): Refusal {
  if (refusal.code !== 'invalid-path') return refusal;
  return { ...refusal, detail: `The journal has no line ${line} yet, or your ticket may not read /replay.` };
}
