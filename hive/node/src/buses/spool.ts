// The spool of one bus: frames that came while its link was offline, in order, until they are replayed. It is a file that is replaced
// whole, so a power cut leaves the frames before a change or those after it; it is small (`[sidecars]` bounds it), and
// changes that come while it is written go together into the next write.
//
//   cohesix-bus-spool/1 next=<number of the next frame>
//   {"seq":1,"at":1700000000000,"line":"base64:AQI="}   one line a frame
//   sha256=<hex, of all before>
//
// A frame that was taken is on disk with the write that follows at once; `settled` waits for that, and only then is it acknowledged.

import { dirname } from 'node:path';
import { payloadSize } from '@cohesix/authority';
import { attempt, type Disk, readWhole, replaceWhole } from '@cohesix/journal';
import { ok, type Result, refuse } from '@cohesix/wire';
import { sha256Hex } from '../sha256-hex.ts';

/** A frame that waits. */
export interface SpoolFrame {
  /** Number of the frame; they grow, also over restarts and replays. */
  readonly seq: number;
  /** When it came, ms since the epoch. */
  readonly at: number;
  /** Its text: `payload.ts` of the authority says how bytes are written. */
  readonly line: string;
}

/** Where a spool is and what it holds at most. */
export interface SpoolOptions {
  readonly disk: Disk;
  readonly path: string;
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** Told when it cannot be written, once until it can be again. */
  readonly onFailed: (reason: string) => void;
}

const MAGIC = 'cohesix-bus-spool/1';
/** Largest file that is read back: the most a manifest allows, as base64 with its JSON, twice over. */
const FILE_BYTES_MAX: number = 8 * 1024 * 1024;

export class BusSpool {
  readonly #options: SpoolOptions;
  readonly #frames: SpoolFrame[];
  #next: number;
  #bytes: number;
  /** Counts changes; what is on disk is of `#written`. */
  #changes = 0;
  #written = 0;
  /** Number of the next frame as it is on disk. */
  #writtenNext: number;
  #writing: Promise<void> | undefined;
  #failure: string | undefined;

  private constructor(options: SpoolOptions, { frames, next }: Stored) {
    this.#options = options;
    this.#frames = [...frames];
    this.#next = next;
    this.#writtenNext = next;
    this.#bytes = this.#frames.reduce((sum, frame) => sum + sizeOf(frame), 0);
  }

  /** Reads what a spool holds. `audit-unavailable` when the disk refuses; what is damaged is put aside and the spool is empty. */
  static async open(options: SpoolOptions): Promise<Result<BusSpool>> {
    const { disk, path } = options;
    return attempt(`cannot read ${path}`, async () => {
      if (await disk.mkdir(dirname(path))) await disk.syncDirectory(dirname(dirname(path)));
      const text = (await readWhole(disk, path, FILE_BYTES_MAX))?.toString('utf8');
      const stored = text === undefined ? EMPTY : parsed(text);
      if (stored !== undefined) return new BusSpool(options, stored);
      await disk.rename(path, `${path}.damaged`);
      await disk.syncDirectory(dirname(path));
      options.onFailed(`it was damaged and is now ${path}.damaged`);
      return new BusSpool(options, EMPTY);
    });
  }

  get frames(): readonly SpoolFrame[] {
    return this.#frames;
  }

  /** Number of the last frame that is no longer here; 0 before the first. */
  get lastTaken(): number {
    return (this.#frames[0]?.seq ?? this.#next) - 1;
  }

  /** Bytes of the payloads that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Changes whenever what it holds does. */
  get version(): number {
    return this.#changes;
  }

  /** Takes frames, all or none: `buffer-full` when they do not fit, `busy` while the disk takes nothing. */
  put(lines: readonly string[], at: number): Result<void> {
    const { maxEntries, maxBytes } = this.#options;
    if (this.#failure !== undefined) {
      if (this.#writing === undefined) this.#start();
      return refuse('busy', `The spool cannot be written: ${this.#failure}.`);
    }
    const frames = lines.map((line, index) => ({ seq: this.#next + index, at, line }));
    const bytes = frames.reduce((sum, frame) => sum + sizeOf(frame), 0);
    if (this.#frames.length + frames.length > maxEntries || this.#bytes + bytes > maxBytes) {
      const is = `${this.#frames.length} of ${maxEntries} frames, ${this.#bytes} of ${maxBytes} bytes`;
      return refuse('buffer-full', `The spool is full (${is}); replay it, or bring the link online.`);
    }
    this.#frames.push(...frames);
    this.#bytes += bytes;
    this.#next += frames.length;
    this.#changed();
    return ok(undefined);
  }

  /** Gives every frame up to a number away, in order: from now on they are the caller's. */
  take(through: number = Number.MAX_SAFE_INTEGER): readonly SpoolFrame[] {
    const kept = this.#frames.findIndex(({ seq }) => seq > through);
    const taken = this.#frames.splice(0, kept < 0 ? this.#frames.length : kept);
    this.#next = Math.max(this.#next, through === Number.MAX_SAFE_INTEGER ? 0 : through + 1);
    if (taken.length === 0) return taken;
    this.#bytes -= taken.reduce((sum, frame) => sum + sizeOf(frame), 0);
    this.#changed();
    return taken;
  }

  /** When everything so far is on disk; `busy` when the disk refuses it: then frames that came since are not kept. */
  async settled(): Promise<Result<void>> {
    const wanted = this.#changes;
    if (this.#written < wanted && this.#writing === undefined) this.#start();
    await this.#writing;
    return this.#written >= wanted ? ok(undefined) : refuse('busy', `The spool cannot be written: ${this.#failure}.`);
  }

  #changed(): void {
    this.#changes += 1;
    if (this.#writing === undefined) this.#start();
  }

  #start(): void {
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Writes until nothing changed meanwhile, or the disk refuses; then whoever comes next makes it try again. */
  async #write(): Promise<void> {
    while (this.#written < this.#changes) {
      const [changes, next] = [this.#changes, this.#next];
      const { disk, path, onFailed } = this.#options;
      const bytes = Buffer.from(textOf({ frames: this.#frames, next: this.#next }));
      const written = await attempt('write', () => replaceWhole(disk, path, [bytes]));
      if (!written.ok) {
        if (this.#failure === undefined) onFailed(written.refusal.detail);
        this.#failure = written.refusal.detail;
        return this.#drop();
      }
      this.#failure = undefined;
      this.#written = changes;
      this.#writtenNext = next;
    }
  }

  /** Forgets the frames that never were on disk: whoever brought them is refused. Their numbers are not given again. */
  #drop(): void {
    const kept = this.#frames.filter(({ seq }) => seq < this.#writtenNext);
    this.#frames.splice(0, this.#frames.length, ...kept);
    this.#bytes = kept.reduce((sum, frame) => sum + sizeOf(frame), 0);
    this.#changes += 1;
  }
}

/** What a file holds. */
interface Stored {
  readonly frames: readonly SpoolFrame[];
  readonly next: number;
}

const EMPTY: Stored = { frames: [], next: 1 };

function sizeOf({ line }: SpoolFrame): number {
  const size = payloadSize(line);
  return size.ok ? size.value : 0;
}

function textOf({ frames, next }: Stored): string {
  const lines = frames.map(({ seq, at, line }) => `${JSON.stringify({ seq, at, line })}\n`);
  const body = `${MAGIC} next=${next}\n${lines.join('')}`;
  return `${body}sha256=${sha256Hex(body)}\n`;
}

/** What a file holds, or undefined when it is none that was written here. */
function parsed(text: string): Stored | undefined {
  const end = text.lastIndexOf('sha256=');
  const body = text.slice(0, Math.max(end, 0));
  const next = Number(/^cohesix-bus-spool\/1 next=(\d{1,15})\n/.exec(body)?.[1] ?? 0);
  if (next === 0 || text.slice(end) !== `sha256=${sha256Hex(body)}\n`) return undefined;
  const lines = body.split('\n').slice(1, -1);
  // The hash holds, so the lines are those that were written.
  return { frames: lines.map((line) => JSON.parse(line) as SpoolFrame), next };
}
