// The blobs that are being written. So many have an open file; when one more comes, the least lately used is parked: its file is
// closed, and it goes on at its last sync. What was never synced begins again then.

import { assert } from '@cohesix/check';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import type { KeyedQueue } from './keyed-queue.ts';
import { StagedBlob, type StagingPlace, stagingName } from './staged-blob.ts';
import { onDisk } from './store-disk.ts';

/** What staging works with. */
export interface StagingOptions {
  readonly place: StagingPlace;
  /** Blobs with an open file at a time, and as many parked ones. */
  readonly countMax: number;
  /** The store's queue: all work on a blob goes through it. */
  readonly queue: KeyedQueue;
  /** What an opening found: how much is surely there of each. */
  readonly parked: ReadonlyMap<string, number>;
}

/** Blobs that are being written, by name. Every call but `nextOf` and `close` is made from within the queue of that name. */
export class Staging {
  readonly #options: StagingOptions;
  /** With an open file, the least lately used first. */
  readonly #open = new Map<string, StagedBlob>();
  /** Without one: bytes that are surely there. */
  readonly #parked: Map<string, number>;
  #opening = 0;

  constructor(options: StagingOptions) {
    this.#options = options;
    this.#parked = new Map(options.parked);
  }

  /** Where the next piece of a blob goes; 0 for one nobody has begun. */
  nextOf(name: string): number {
    return this.#open.get(name)?.size ?? this.#parked.get(name) ?? 0;
  }

  /** Bytes of all of them. */
  get bytes(): number {
    let sum = 0;
    for (const { size } of this.#open.values()) sum += size;
    for (const synced of this.#parked.values()) sum += synced;
    return sum;
  }

  /** The blob with its file open; made when there is none and `isToBeMade`. Refuses `busy` when all that are open are at work. */
  async get(name: string, isToBeMade: boolean): Promise<Result<StagedBlob | undefined>> {
    const there = this.#open.get(name);
    if (there !== undefined) {
      this.#open.delete(name);
      this.#open.set(name, there);
      return ok(there);
    }
    const synced = this.#parked.get(name);
    if (synced === undefined && !isToBeMade) return ok(undefined);
    if (!this.#makeRoom()) return refuse('busy', 'Too many blobs are being written; try again later.');
    this.#opening += 1;
    const opened = await onDisk('cannot open a blob', () => this.#start(name, synced));
    this.#opening -= 1;
    if (opened.ok) this.#open.set(name, opened.value);
    return opened;
  }

  /** Forgets a blob whose file is closed and has another place now. */
  release({ name }: StagedBlob): void {
    assert(this.#open.delete(name), 'what is released was open');
  }

  /** Gives up a blob and its file. */
  async discard(staged: StagedBlob): Promise<void> {
    this.release(staged);
    await staged.discard();
  }

  /** Gives up the blob of that name, if there is one. */
  async abandon(name: string): Promise<void> {
    const staged = this.#open.get(name);
    if (staged !== undefined) await this.discard(staged);
    await this.#unpark(name);
  }

  /** Closes all files; each blob can be gone on with after the next opening. */
  async close(): Promise<void> {
    for (const staged of [...this.#open.values()])
      await this.#options.queue.run(staged.name, () => staged.close().catch(() => undefined));
    this.#open.clear();
  }

  async #start(name: string, synced: number | undefined): Promise<StagedBlob> {
    const { place } = this.#options;
    if (synced !== undefined) {
      const resumed = await StagedBlob.resume(name, place, synced);
      if (resumed !== undefined) {
        this.#parked.delete(name);
        return resumed;
      }
      await this.#unpark(name);
    }
    return StagedBlob.create(name, place);
  }

  /** Parks the least lately used blob when there are too many; false when all are at work. */
  #makeRoom(): boolean {
    const { countMax, queue } = this.#options;
    if (this.#open.size + this.#opening < countMax) return true;
    const idle = [...this.#open.values()].find(({ name }) => !queue.isBusy(name));
    if (idle === undefined) return false;
    this.#open.delete(idle.name);
    this.#parked.set(idle.name, idle.synced);
    // Not waited for: whoever comes next for that blob comes after it.
    queue.run(idle.name, () => this.#park(idle)).catch(() => undefined);
    return true;
  }

  async #park(idle: StagedBlob): Promise<void> {
    await idle.close().catch(() => undefined);
    if (idle.synced === 0) await this.#unpark(idle.name);
    const { countMax, queue } = this.#options;
    const [oldest] = this.#parked.keys();
    if (this.#parked.size > countMax && oldest !== undefined && !queue.isBusy(oldest)) await this.#unpark(oldest);
  }

  async #unpark(name: string): Promise<void> {
    const synced = this.#parked.get(name);
    if (synced === undefined) return;
    this.#parked.delete(name);
    const { disk, directory } = this.#options.place;
    // A file that cannot be removed is in nobody's way: the next opening tries again.
    await onDisk('cannot remove a blob', () => disk.unlink(`${directory}/${stagingName(name, synced)}`));
  }
}
