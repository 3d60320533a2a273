// A stored file opened by path, for doors without fids that move many bytes: the in-process client.

import type { Refusal, Result } from '@cohesix/wire';
import { NO_BANDWIDTH } from './meter.ts';
import type { StoredPiece } from './node.ts';
import type { Meter, Session } from './session.ts';
import type { OpenStored } from './stored.ts';

type Failed = { readonly ok: false; readonly refusal: Refusal };

/** What its bytes are charged to, and whom it tells of a refusal. */
interface Accounts {
  readonly meter: Meter | undefined;
  readonly refused: (failed: Failed) => Failed;
}

/** An opened stored file; closed by whoever opened it, or with the session. */
export class PathStored {
  readonly #session: Session;
  readonly #file: OpenStored;
  readonly #accounts: Accounts;
  #isClosed = false;
  readonly #onClose = (): void => void this.close();

  constructor(session: Session, file: OpenStored, accounts: Accounts) {
    this.#session = session;
    this.#file = file;
    this.#accounts = accounts;
    session.hold();
    session.onClose.add(this.#onClose);
  }

  /** At most `count` bytes from `offset` on; none: the end. */
  async read(offset: number, count: number): Promise<Result<Uint8Array>> {
    const allowed = this.#accounts.meter?.bytesAllowed() ?? count;
    if (allowed === 0 && count > 0) return this.#accounts.refused({ ok: false, refusal: NO_BANDWIDTH });
    const read = await this.#file.read(offset, Math.min(count, allowed));
    if (!read.ok) return this.#accounts.refused(read);
    const paid = this.#charge(read.value.length);
    return paid.ok ? read : paid;
  }

  /** Appends a piece; see `StoredFile.append`. */
  async append(piece: StoredPiece): Promise<Result<void>> {
    const charged = this.#charge(piece.bytes.length);
    if (!charged.ok) return charged;
    const appended = await this.#file.append(piece);
    return appended.ok ? appended : this.#accounts.refused(appended);
  }

  /** Idempotent; the store's answer to the end of the file. */
  async close(): Promise<Result<void>> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#session.onClose.delete(this.#onClose);
      void this.#file.close().then(() => this.#session.release());
    }
    const closed = await this.#file.close();
    return closed.ok ? closed : this.#accounts.refused(closed);
  }

  #charge(bytes: number): Result<void> {
    const closedBy = this.#session.closedBy;
    if (closedBy !== undefined) return { ok: false, refusal: closedBy };
    const charged = this.#accounts.meter?.bytes(bytes) ?? DONE;
    return charged.ok ? charged : this.#accounts.refused(charged);
  }
}

const DONE: Result<void> = { ok: true, value: undefined };
