// What `/replay/ctl` starts and `/replay/status` tells: the durable history decided again by an authority of its own, beside
// the hive that runs, a few records a turn. One at a time; a new one takes the place of one that runs.
//
// Status (contracts-1, section 5.9), one JSON line: `{"state":"idle"}`, `{"state":"running",…}`, `{"state":"ok","from","to",
// "entries","match":true,"sequence_fnv1a"}` or `{"state":"err","error",…}`. `sequence_fnv1a` is FNV-1a (64 bits) over the
// acknowledgements of the counted lines, `OK` and LF each: accepted lines are all that a journal has.

import { type Authority, createAuthority } from '@cohesix/authority';
import type { Journal } from '@cohesix/journal';
import type { Manifest } from '@cohesix/manifest';
import type { NextTurn } from '@cohesix/time';
import { type Divergence, Replay } from './replay.ts';

/** Records between two turns of the event loop: some milliseconds of work. */
const RECORDS_A_TURN = 256;
/** Bound of `/replay/status`. */
export const REPLAY_STATUS_BYTES = 1024;
/** Of each side of a divergence that is told. */
const SIDE_CHARS = 256;

/** What a job works with. */
export interface ReplayJobOptions {
  readonly manifest: Manifest;
  readonly journal: Journal;
  readonly nextTurn: NextTurn;
}

/** Where to begin counting: `from` is a cursor of `/audit/journal`. */
export interface ReplayOrder {
  readonly from: number;
  readonly entry: number;
}

interface Counted {
  cursor: number;
  entries: number;
  hash: bigint;
  /** Whether `from` was the start of a record. */
  isFound: boolean;
}

export class ReplayJob {
  readonly #options: ReplayJobOptions;
  #running = 0;
  #status: object = { state: 'idle' };

  constructor(options: ReplayJobOptions) {
    this.#options = options;
  }

  /** The text of `/replay/status`. */
  get statusText(): string {
    return `${JSON.stringify(this.#status)}\n`;
  }

  /** Begins one, and ends one that runs. */
  start(order: ReplayOrder): void {
    this.#running += 1;
    this.#status = { state: 'running', from: order.from, entry: order.entry, records: 0 };
    void this.#run(order, this.#running);
  }

  /** Ends what runs. */
  stop(): void {
    this.#running += 1;
  }

  async #run(order: ReplayOrder, id: number): Promise<void> {
    const { manifest, journal } = this.#options;
    const authority: Authority = createAuthority(manifest);
    const replay = new Replay(authority, () => undefined);
    const counted: Counted = { cursor: 0, entries: 0, hash: FNV_OFFSET, isFound: order.from === 0 };
    let records = 0;
    for await (const entry of journal.read(1)) {
      if (this.#running !== id) return;
      const before = replay.result.nextSeq;
      const taken = entry.ok ? replay.record(entry.value.body) : entry;
      if (!taken.ok || !entry.ok) {
        this.#status = failure(order, taken.ok ? 'unreadable' : taken.refusal.detail, replay.divergence);
        return;
      }
      count(counted, order, { size: entry.value.body.length + 1, lines: replay.result.nextSeq - before });
      records += 1;
      if (records % RECORDS_A_TURN !== 0) continue;
      this.#status = { state: 'running', from: order.from, entry: order.entry, records };
      await new Promise<void>((resolve) => this.#options.nextTurn(resolve));
    }
    if (this.#running === id) this.#status = success(order, counted);
  }
}

/** Counts the lines of a record that begins at or after `from`. */
function count(
  counted: Counted,
  { from }: ReplayOrder,
  { size, lines }: { readonly size: number; readonly lines: number },
): void {
  if (counted.cursor === from) counted.isFound = true;
  if (counted.cursor >= from) {
    counted.entries += lines;
    for (let line = 0; line < lines; line++) counted.hash = fnv1a(counted.hash, ACK);
  }
  counted.cursor += size;
  if (counted.cursor === from) counted.isFound = true;
}

function success({ from }: ReplayOrder, { cursor, entries, hash, isFound }: Counted): object {
  if (from > cursor) return { state: 'err', error: `future: the journal ends at ${cursor}`, from };
  if (!isFound) return { state: 'err', error: `no record begins at ${from}`, from };
  const sequence_fnv1a = hash.toString(16).padStart(16, '0');
  return { state: 'ok', from, to: cursor, entries, match: true, sequence_fnv1a };
}

function failure({ from }: ReplayOrder, error: string, divergence: Divergence | undefined): object {
  if (divergence === undefined) return { state: 'err', error: error.slice(0, SIDE_CHARS), from };
  const { seq, path, recorded, now } = divergence;
  const sides = { recorded: recorded.slice(0, SIDE_CHARS), now: now.slice(0, SIDE_CHARS) };
  return { state: 'err', error: 'replay differs', from, match: false, seq, path: path.slice(0, SIDE_CHARS), ...sides };
}

const ACK = Buffer.from('OK\n');
/** FNV-1a, 64 bits: offset basis and prime (draft-eastlake-fnv, section 5). */
const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;
const MASK = 0xffffffffffffffffn;

function fnv1a(hash: bigint, bytes: Uint8Array): bigint {
  let value = hash;
  for (const byte of bytes) value = ((value ^ BigInt(byte)) * FNV_PRIME) & MASK;
  return value;
}
