// A file of a LoRA job on its way in. Pieces come in order and are held until the file is closed; then its content is kept, as
// what was written last under this name, and waits for the line that publishes it. Whoever was cut off leaves a shorter content,
// which no line can publish by the hash of the whole.

import { LORA_PARTS, type LoraPart } from '@cohesix/authority';
import type { StoredFile, StoredPiece } from '@cohesix/ninedoor';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { LoraStore } from './store.ts';

/** What was written last under a name. */
export interface Written {
  readonly sha256: string;
  readonly bytes: number;
  /** Of the file that names the base model: what it says. */
  readonly text: string | undefined;
}

/** Where contents go that were written. */
export interface UploadTarget {
  readonly part: LoraPart;
  readonly store: LoraStore;
  readonly written: () => Written | undefined;
  readonly keep: (written: Written) => void;
  readonly onClose: () => void;
}

/** The writing side of an opened file. */
export function uploadTo(target: UploadTarget): Required<Pick<StoredFile, 'append' | 'close'>> {
  const upload = new Upload(target);
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const result = turn.then(run);
    turn = result.catch(() => undefined);
    return result;
  };
  return {
    append: (piece) => inTurn(() => upload.append(piece)),
    close: () => inTurn(() => upload.close()),
  };
}

class Upload {
  readonly #target: UploadTarget;
  #pieces: Uint8Array[] | undefined;
  #size = 0;
  #refused: Result<never> | undefined;

  constructor(target: UploadTarget) {
    this.#target = target;
  }

  async append({ offset, bytes }: StoredPiece): Promise<Result<void>> {
    if (this.#refused !== undefined) return this.#refused;
    const taken = await this.#take(offset, bytes);
    if (!taken.ok) this.#refused = taken;
    return taken;
  }

  async #take(offset: number | undefined, bytes: Uint8Array): Promise<Result<void>> {
    const begun = this.#pieces === undefined ? await this.#begin(offset) : ok(undefined);
    if (!begun.ok) return begun;
    const { file, bytesMax } = LORA_PARTS[this.#target.part];
    if (offset !== undefined && offset !== this.#size)
      return refuse('stale', `${file} has ${this.#size} bytes; the piece begins at ${offset}.`);
    if (this.#size + bytes.length > bytesMax) return refuse('too-big', `${file} takes at most ${bytesMax} bytes.`);
    this.#pieces?.push(Uint8Array.from(bytes));
    this.#size += bytes.length;
    return ok(undefined);
  }

  /** From offset 0 a content is new; from where the last one ends, or without an offset, it goes on. */
  async #begin(offset: number | undefined): Promise<Result<void>> {
    this.#pieces = [];
    const before = offset === 0 ? undefined : this.#target.written();
    if (before === undefined) return ok(undefined);
    const content = await this.#target.store.get(before.sha256, before.bytes);
    if (!content.ok) return content;
    this.#pieces = [content.value];
    this.#size = content.value.length;
    return ok(undefined);
  }

  async close(): Promise<Result<void>> {
    const { store, keep, part, onClose } = this.#target;
    onClose();
    if (this.#pieces === undefined || this.#refused !== undefined) return ok(undefined);
    const content = Buffer.concat(this.#pieces);
    const sha256 = await store.put(content);
    if (!sha256.ok) return sha256;
    const text = part === 'base_model' ? content.toString('utf8') : undefined;
    keep({ sha256: sha256.value, bytes: content.length, text });
    return ok(undefined);
  }
}
