// Fids of one connection. A fid belongs to the session of the attach it was walked from; it stands on a spot and,
// after Tlopen, holds an open file. Its state changes only inside the handling of one message, so no message sees
// another half done.

import { ok, type Result, refuse } from '@cohesix/wire';
import { closeFile, type OpenFile } from '../open-file.ts';
import type { Session, Spot } from '../session.ts';

export interface Fid {
  readonly number: number;
  readonly session: Session;
  spot: Spot;
  open: OpenFile | undefined;
}

export class FidTable {
  readonly #fids = new Map<number, Fid>();
  readonly #max: number;
  readonly #check: (session: Session) => Result<void>;

  /** `max`: fids at once, `secure9p.fids_per_session`. `check`: whether a session's operations are served. */
  constructor(max: number, check: (session: Session) => Result<void>) {
    this.#max = max;
    this.#check = check;
  }

  get size(): number {
    return this.#fids.size;
  }

  /** The fid, if it exists and its session still lives; else `bad-fid` or what closed the session. */
  get(number: number): Result<Fid> {
    const fid = this.#fids.get(number);
    if (fid === undefined) return refuse('bad-fid', `Fid ${number} is unknown.`);
    const alive = this.#check(fid.session);
    return alive.ok ? { ok: true, value: fid } : alive;
  }

  /** Whether the number may be given to a new fid: `bad-fid` when in use, `limit` when the table is full. */
  free(number: number): Result<void> {
    if (this.#fids.has(number)) return refuse('bad-fid', `Fid ${number} is in use.`);
    if (this.#fids.size >= this.#max) return refuse('limit', `All ${this.#max} fids are in use.`);
    return ok(undefined);
  }

  /** Adds a fid whose number `free` allowed. */
  add(number: number, session: Session, spot: Spot): Fid {
    const fid: Fid = { number, session, spot, open: undefined };
    this.#fids.set(number, fid);
    return fid;
  }

  /** Removes a fid and tells what it was; undefined when there was none. */
  remove(number: number): Fid | undefined {
    const fid = this.#fids.get(number);
    this.#fids.delete(number);
    return fid;
  }

  /** Whether a session still has a fid here. */
  has(session: Session): boolean {
    for (const fid of this.#fids.values()) if (fid.session === session) return true;
    return false;
  }

  /** Forgets all, and closes what they have open. */
  clear(): void {
    for (const { open } of this.#fids.values()) void closeFile(open);
    this.#fids.clear();
  }
}
