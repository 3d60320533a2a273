// The status files of hosts: one ring a file, in memory, all under one budget. The last line is how it is now; a file nobody has
// written says so itself. A crash or a stop forgets them: a publisher says it all again.

import { Ring, RingBudget } from '@cohesix/telemetry';
import { ok, type Result, refuse } from '@cohesix/wire';

/** Longest line of a host, bytes without its LF (contracts-1 4.9). */
const STATUS_LINE_BYTES_MAX = 256;

const LF = 0x0a;
const UTF8 = new TextEncoder();

/** What a file says that nobody has written (contracts-1 4.9). */
const NOT_PUBLISHED = UTF8.encode('state=unknown reason=not-published\n');
const NO_TEMPERATURE = UTF8.encode('temp_c=unknown reason=not-published\n');

/** One status file. */
interface StatusFile {
  readonly ring: Ring;
  /** When a line came last, ms since the epoch; undefined: none since the start of the hive. */
  heardAt: number | undefined;
}

export class HostStreams {
  readonly #files = new Map<string, StatusFile>();
  readonly #budget: RingBudget;
  readonly #ringBytes: number;

  constructor(bounds: { readonly stream_bytes: number; readonly stream_budget_bytes: number }) {
    this.#budget = new RingBudget(bounds.stream_budget_bytes);
    this.#ringBytes = bounds.stream_bytes;
  }

  /** Bytes that all files hold now. */
  get usedBytes(): number {
    return this.#budget.usedBytes;
  }

  /** When a line of a file came last. */
  heardAt(path: string): number | undefined {
    return this.#files.get(path)?.heardAt;
  }

  /** The status file at a path, made on first use with a line that says that nobody has written it. */
  status(path: string): Ring {
    return this.#file(path).ring;
  }

  #file(path: string): StatusFile {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const file: StatusFile = {
      ring: new Ring({ capacity: this.#ringBytes, budget: this.#budget }),
      heardAt: undefined,
    };
    // Without memory for it the file is empty, which says the same in fewer words.
    file.ring.append(path.endsWith('/thermal') ? NO_TEMPERATURE : NOT_PUBLISHED);
    this.#files.set(path, file);
    return file;
  }

  /** Appends whole lines to a status file at `at`: `too-big` for a longer line, `buffer-full` when the memory is used up. */
  append(path: string, bytes: Uint8Array, at: number): Result<void> {
    const size = longestLine(bytes);
    if (size > STATUS_LINE_BYTES_MAX)
      return refuse('too-big', `A line of a host has at most ${STATUS_LINE_BYTES_MAX} bytes; this has ${size}.`);
    const file = this.#file(path);
    const appended = file.ring.append(bytes);
    if (!appended.ok) return appended;
    if (bytes.length > 0) file.heardAt = at;
    return ok(undefined);
  }

  /** Forgets the files for which `isGone` holds and gives their memory back. */
  forget(isGone: (path: string) => boolean): void {
    for (const [path, { ring }] of this.#files) {
      if (!isGone(path)) continue;
      ring.clear();
      this.#files.delete(path);
    }
  }
}

function longestLine(bytes: Uint8Array): number {
  let longest = 0;
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LF, start);
    longest = Math.max(longest, (end < 0 ? bytes.length : end) - start);
    start = end < 0 ? bytes.length : end + 1;
  }
  return longest;
}
