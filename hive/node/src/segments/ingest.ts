// What may be appended to a segment, and what goes so that there is room (contracts-1, 4.4): a segment of the device that makes
// room does so in the journal first, and its file goes afterwards. Appends of one device are decided one after the other, in the
// order in which they came; their bytes are written together.

import { checkGate, liveSegment, SEGMENTS_PATH, type Segment, segmentId, telemetryDevices } from '@cohesix/authority';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { DataHive } from '../data.ts';
import { streamTextProblem } from '../notes.ts';
import type { SegmentLog } from './log.ts';
import { notFound, type SegmentStore } from './store.ts';

/** What ingest needs of the hive. */
type IngestHive = Pick<DataHive, 'manifest' | 'shown' | 'system'>;

/** A segment by its names in the namespace. */
export interface SegmentName {
  readonly device: string;
  readonly segment: string;
}

/** Where a piece is wanted. */
export interface Wanted {
  readonly bytes: Uint8Array;
  /** Where the segment must end when it is this piece's turn; undefined: wherever. */
  readonly offset: number | undefined;
}

/** A bound that an append would pass, and by how many bytes. */
interface Short {
  readonly field: 'max_total_bytes_per_device' | 'bytes_max';
  readonly bytes: number;
}

/** Decides appends of all devices. */
export class SegmentIngest {
  readonly #hive: IngestHive;
  readonly #store: SegmentStore;
  readonly #remove: (entries: readonly number[]) => void;
  /** Device → what was asked last of it. */
  readonly #turns = new Map<string, Promise<unknown>>();

  /** `remove`: what the executor of evictions does, which may come first. */
  constructor(hive: IngestHive, store: SegmentStore, remove: (entries: readonly number[]) => void) {
    this.#hive = hive;
    this.#store = store;
    this.#remove = remove;
  }

  /** The records of a segment; `not-found` for one that made room. */
  logOf({ device, segment }: SegmentName): Result<SegmentLog> {
    const live = liveSegment(this.#hive.shown(), device, segment);
    return live === undefined ? notFound(segment) : ok(this.#store.logOf(device, live));
  }

  /** Appends whole lines; settled when they are durable, or refused and none of them is there. */
  async append(name: SegmentName, wanted: Wanted): Promise<Result<void>> {
    const begun = await this.#inTurn(name.device, () => this.#begin(name, wanted));
    return begun.ok ? begun.value.durable : begun;
  }

  /** Runs `decide` after what was asked of this device before. */
  #inTurn<T>(device: string, decide: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(device) ?? Promise.resolve()).then(decide);
    // What a turn rejects with is a defect, and its caller has it.
    const over: Promise<void> = turn.then(
      () => this.#forget(device, over),
      () => this.#forget(device, over),
    );
    this.#turns.set(device, over);
    return turn;
  }

  #forget(device: string, turn: Promise<void>): void {
    if (this.#turns.get(device) === turn) this.#turns.delete(device);
  }

  /** The promise of durability is wrapped: the next append is decided meanwhile. */
  async #begin(name: SegmentName, { bytes, offset }: Wanted): Promise<Result<{ durable: Promise<Result<void>> }>> {
    const gate = checkGate(this.#hive.shown(), 'telemetry-ingest');
    if (!gate.ok) return gate;
    const problem = streamTextProblem(bytes);
    if (problem !== undefined) return refuse('invalid-payload', problem);
    const log = this.logOf(name);
    if (!log.ok) return log;
    if (offset !== undefined && offset !== log.value.planned.bytes) return misplaced(name, offset, log.value);
    const fits = log.value.check(bytes, this.#hive.manifest.telemetry_ingest);
    if (!fits.ok) return fits;
    const room = await this.#makeRoom(name, bytes.length);
    if (!room.ok) return room;
    return ok({ durable: log.value.append(bytes, fits.value) });
  }

  /** Lets older segments of the device go until `count` more bytes fit. */
  async #makeRoom(name: SegmentName, count: number): Promise<Result<void>> {
    const { telemetry_ingest: limits } = this.#hive.manifest;
    const short = this.#shortOf(name.device, count);
    if (short === undefined) return ok(undefined);
    const { field, bytes } = short;
    if (limits.eviction_policy === 'refuse')
      return refuse('buffer-full', `telemetry_ingest.${field} is ${limits[field]}, and the policy is refuse.`);
    const gone = this.#oldest(name, bytes);
    if (gone === undefined)
      return refuse('buffer-full', `telemetry_ingest.${field} is ${limits[field]}; no other segment can make room.`);
    const line = { evicted: { device: name.device, segments: gone.map(({ number }) => number), for: numberOf(name) } };
    const told = await this.#hive.system(SEGMENTS_PATH, JSON.stringify(line));
    if (!told.ok) return told;
    this.#remove(gone.map(({ entry }) => entry));
    return this.#makeRoom(name, count);
  }

  /** Which bound `count` more bytes would pass, and by how much. */
  #shortOf(device: string, count: number): Short | undefined {
    const { telemetry_ingest: limits } = this.#hive.manifest;
    const segments = telemetryDevices(this.#hive.shown()).get(device)?.segments ?? [];
    const bytes = segments.reduce((sum, one) => sum + this.#store.logOf(device, one).planned.bytes, 0);
    const own = bytes + count - limits.max_total_bytes_per_device;
    if (own > 0) return { field: 'max_total_bytes_per_device', bytes: own };
    const all = this.#store.bytes + count - limits.bytes_max;
    return all > 0 ? { field: 'bytes_max', bytes: all } : undefined;
  }

  /** The oldest other segments of the device that have so many bytes together; undefined when all of them have less. */
  #oldest({ device, segment }: SegmentName, bytes: number): readonly Segment[] | undefined {
    const others = telemetryDevices(this.#hive.shown()).get(device)?.segments ?? [];
    const gone: Segment[] = [];
    let freed = 0;
    for (const other of others) {
      if (freed >= bytes) break;
      if (segmentId(other.number) === segment) continue;
      gone.push(other);
      freed += this.#store.logOf(device, other).planned.bytes;
    }
    return freed >= bytes ? gone : undefined;
  }
}

function numberOf({ segment }: SegmentName): number {
  return Number(segment.slice('seg-'.length));
}

function misplaced({ segment }: SegmentName, offset: number, { planned }: SegmentLog): Result<never> {
  return refuse('stale', `The piece begins at ${offset}; ${segment} ends at ${planned.bytes} and is only appended to.`);
}
