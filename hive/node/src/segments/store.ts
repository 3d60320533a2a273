// The segments of a hive on its disk: one file each in `<data>/segments`, named `<entry>.<device>.<segment id>` after the journal
// entry that made it, so that no two segments ever share a file, also where a file system takes `A` for `a`.
// The journal says which segments there are: a file that it does not know goes, a segment without a file is empty.

import type { Segment } from '@cohesix/authority';
import { segmentId } from '@cohesix/authority';
import { attempt, type Disk } from '@cohesix/journal';
import { ok, type Result, refuse } from '@cohesix/wire';
import { WriteTurns } from '../write-turns.ts';
import { SegmentLog } from './log.ts';

/** Segments that are written at a time: half of the threads that Node has for files. */
const WRITTEN_AT_ONCE = 2;

/** Files that are recovered at a time. */
const OPENED_AT_ONCE = 16;

const FILE_NAME = /^(\d{1,16})\.([A-Za-z0-9._-]{1,64})\.(seg-\d{6,15})$/;

/** Who has a segment. */
interface Owner {
  readonly device: string;
  readonly segment: string;
}

/** All files of segments. */
export class SegmentStore {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #turns = new WriteTurns(WRITTEN_AT_ONCE);
  /** By the entry that made the segment. */
  readonly #logs = new Map<number, SegmentLog>();
  readonly #owners = new Map<number, Owner>();

  private constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** Opens all files, as a crash left them. One that cannot be read is kept, and says so to whoever opens it. */
  static async open(disk: Disk, directory: string): Promise<Result<SegmentStore>> {
    const store = new SegmentStore(disk, directory);
    const names = await attempt(`cannot open ${directory}`, async () => {
      await disk.mkdir(directory);
      // A process that was killed may have made names that are not durable yet.
      await disk.syncDirectory(directory);
      return (await disk.readdir(directory)).filter((name) => FILE_NAME.test(name)).sort();
    });
    if (!names.ok) return names;
    for (let at = 0; at < names.value.length; at += OPENED_AT_ONCE)
      await Promise.all(names.value.slice(at, at + OPENED_AT_ONCE).map((name) => store.#recover(name)));
    return ok(store);
  }

  async #recover(name: string): Promise<void> {
    const [, entry, device = '', segment = ''] = FILE_NAME.exec(name) ?? [];
    const place = { disk: this.#disk, directory: this.#directory, name, entry: Number(entry) };
    this.#logs.set(place.entry, await SegmentLog.recover(place, this.#turns));
    this.#owners.set(place.entry, { device, segment });
  }

  /** The records of a segment that the journal knows. */
  logOf(device: string, { number, entry }: Segment): SegmentLog {
    const known = this.#logs.get(entry);
    if (known !== undefined) return known;
    const segment = segmentId(number);
    const name = `${entry}.${device}.${segment}`;
    const log = new SegmentLog({ disk: this.#disk, directory: this.#directory, name, entry }, this.#turns);
    this.#logs.set(entry, log);
    this.#owners.set(entry, { device, segment });
    return log;
  }

  /** Bytes of all segments, what is on its way included. */
  get bytes(): number {
    let sum = 0;
    for (const { planned } of this.#logs.values()) sum += planned.bytes;
    return sum;
  }

  /** Removes the files of segments that made room; entries that are unknown have gone already. Value: what could not be removed. */
  async remove(entries: Iterable<number>): Promise<readonly string[]> {
    const removed = [...entries].map(async (entry) => {
      const [log, owner] = [this.#logs.get(entry), this.#owners.get(entry)];
      this.#logs.delete(entry);
      this.#owners.delete(entry);
      const gone = await log?.remove(notFound(owner?.segment ?? ''));
      return gone === undefined || gone.ok ? [] : [gone.refusal.detail];
    });
    return (await Promise.all(removed)).flat();
  }

  /** Removes what the journal does not know. Value: the segments whose files went. */
  async keepOnly(known: ReadonlySet<number>): Promise<readonly string[]> {
    const strange = [...this.#owners].filter(([entry]) => !known.has(entry));
    await this.remove(strange.map(([entry]) => entry));
    return strange.map(([, { device, segment }]) => `${device}/${segment}`);
  }

  /** Resolves when nothing is on its way. */
  async settled(): Promise<void> {
    await Promise.all([...this.#logs.values()].map((log) => log.settled()));
  }
}

/** What is said of a segment that made room (contracts-1, 4.4). */
export function notFound(segment: string): Result<never> {
  return refuse('not-found', `telemetry segment ${segment} not found: it made room for others.`);
}
