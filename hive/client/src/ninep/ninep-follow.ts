// A follow over 9P: one fid opened with the flag bit 31, one Tread at a time, which the server parks at the end of the
// stream. Stopping flushes that read and clunks the fid.

import { ok, type Result, type RREAD } from '@cohesix/wire';
import type { LocalFollow } from '../local-door.ts';
import type { FidSession, Opened } from './fid-session.ts';
import type { Call } from './mux.ts';

/** A pulled follow that owns its fid. */
export class NinePFollow implements LocalFollow {
  readonly #session: FidSession;
  readonly #file: Opened;
  #cursor: bigint;
  #waiting: Call<typeof RREAD> | undefined;
  #ended: Result<undefined> | undefined;

  constructor(session: FidSession, file: Opened, from: bigint) {
    this.#session = session;
    this.#file = file;
    this.#cursor = from;
  }

  async next(): Promise<Result<Uint8Array | undefined>> {
    if (this.#ended !== undefined) return this.#ended;
    this.#waiting = this.#session.readWaiting(this.#file, this.#cursor);
    const reply = await this.#waiting.reply;
    this.#waiting = undefined;
    if (this.#ended !== undefined) return this.#ended;
    if (!reply.ok) return this.#end(reply);
    const { data } = reply.value;
    if (data.length === 0) return this.#end(ok(undefined));
    this.#cursor += BigInt(data.length);
    return ok(data);
  }

  stop(): void {
    this.#end(ok(undefined));
  }

  #end(result: Result<undefined>): Result<undefined> {
    if (this.#ended !== undefined) return this.#ended;
    this.#ended = result;
    this.#waiting?.cancel();
    this.#session.clunk(this.#file.fid);
    return result;
  }
}
