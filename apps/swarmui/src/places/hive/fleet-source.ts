// The fleet, read again when something happened. Unlike the small views of `useText` it may be a MiB of text, so it is read at most so often
// as its size allows, and parsed only when it is another one.

import { type Content, WAITING } from '../../files/content.ts';
import { pulse } from '../../files/pulse.ts';
import { hive } from '../../session/hive.ts';
import { Store } from '../../store/store.ts';
import { type Fleet, parseFleet } from './model.ts';

/** The file. */
export const FLEET_PATH = '/proc/fleet';
/** Between two readings: this, and more for a large fleet. */
const APART_MS = 200;
const APART_MS_PER_WORKER = 0.15;

export class FleetSource {
  readonly content: Store<Content<Fleet>> = new Store<Content<Fleet>>(WAITING);
  #text: string | undefined;
  #isReading = false;
  #isDue = false;
  #isOver = false;
  readonly #unwatch: (() => void)[] = [];

  /** Begins to read, and reads again with each beat. */
  start(): void {
    this.#isOver = false;
    const ask = (): void => void this.#read();
    this.#unwatch.push(pulse.watch(ask), hive.watch(ask));
    ask();
  }

  /** Reads no more. */
  end(): void {
    this.#isOver = true;
    for (const unwatch of this.#unwatch.splice(0)) unwatch();
  }

  async #read(): Promise<void> {
    if (this.#isReading) {
      this.#isDue = true;
      return;
    }
    this.#isReading = true;
    do {
      this.#isDue = false;
      await this.#once();
      await pause(APART_MS + APART_MS_PER_WORKER * this.#count());
    } while (this.#isDue && !this.#isOver);
    this.#isReading = false;
  }

  async #once(): Promise<void> {
    const before = this.content.get();
    const read = await hive.get()?.client.read(FLEET_PATH);
    if (this.#isOver) return;
    if (read?.ok === true) return this.#take(new TextDecoder().decode(read.value));
    if (before.kind === 'here') this.content.set({ ...before, isStale: true });
    else if (read !== undefined) this.content.set({ kind: 'refused', refusal: read.refusal });
  }

  #take(text: string): void {
    const before = this.content.get();
    if (text === this.#text && before.kind === 'here' && !before.isStale) return;
    const value = text === this.#text && before.kind === 'here' ? before.value : parseFleet(text);
    this.#text = text;
    this.content.set({ kind: 'here', value, isStale: false });
  }

  #count(): number {
    const content = this.content.get();
    return content.kind === 'here' ? content.value.workers.length : 0;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
