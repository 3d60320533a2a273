// Models by the hash of their weights: weights, schema and signature, each written once; sealed when all three are in, read-only
// from then on. Weights are a blob of the store, of any size. The two small parts are one file, so a power cut leaves a model
// sealed or not:
//
//   models/<sha256 of the weights>.cbor   [schema text, weights_bytes uint, schema bytes, signature bytes]
//
// What the schema and the signature say is for whoever loads the model; the store keeps them as bytes.

import { ByteWriter } from '@cohesix/bytes';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import { type CasLimits, isBlobName } from '../limits.ts';
import { CborReader, writeArray, writeBytes, writeText, writeUint } from '../manifest/cbor.ts';
import type { BlobReader } from './blob-reader.ts';
import type { Appended, BlobStore, Piece } from './blob-store.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { makeDirectory, onDisk, readSmall, replaceSmall, type StoreDisk, unlinkIfThere } from './store-disk.ts';

/** What the models work with. */
export interface ModelOptions {
  readonly disk: StoreDisk;
  readonly directory: string;
  readonly limits: CasLimits;
  readonly blobs: BlobStore;
  /** Told of each model that is sealed. */
  readonly onSealed?: (name: string, model: SealedModel) => void;
}

/** The small files of a model. */
export type ModelPart = 'schema' | 'signature';

/** A sealed model. */
export interface SealedModel {
  readonly weightsBytes: number;
  readonly schema: Uint8Array;
  readonly signature: Uint8Array;
}

interface Model {
  parts: Map<ModelPart, Uint8Array>;
  sealed: SealedModel | undefined;
}

const SCHEMA = 'cohesix-cas/model-v1';
const FILE = /^([0-9a-f]{64})\.cbor$/;
/** Everything of the file but the two parts, at its longest. */
const FIXED_BYTES_MAX = 64;

/** The models of a store. */
export class ModelStore {
  readonly #options: ModelOptions;
  readonly #folder: string;
  readonly #models = new Map<string, Model>();
  readonly #queue = new KeyedQueue();

  private constructor(options: ModelOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  /** Reads the folder. */
  static open(options: ModelOptions): Promise<Result<ModelStore>> {
    return onDisk('cannot open the models', async () => {
      const { disk, directory } = options;
      const store = new ModelStore(options, await makeDirectory(disk, directory, 'models'));
      for (const file of [...(await disk.readdir(store.#folder))].sort()) await store.#load(file);
      await disk.syncDirectory(store.#folder);
      return store;
    });
  }

  /** Most bytes of a schema, and of a signature. */
  get partBytesMax(): number {
    return this.#options.limits.modelPartBytesMax;
  }

  /** Names of all models, sealed or not, in byte order. */
  get names(): readonly string[] {
    return [...this.#models.keys()].sort();
  }

  /** A sealed model; undefined while it is not whole. */
  sealed(name: string): SealedModel | undefined {
    return this.#models.get(name)?.sealed;
  }

  /** Whether a model here needs the blob. */
  needs(name: string): boolean {
    return this.#models.has(name);
  }

  /** Appends weights in order; `sealWeights` ends them. Refuses `exists` once they are in, else as `BlobStore.append`. */
  async appendWeights(name: string, piece: Pick<Piece, 'offset' | 'bytes'>): Promise<Result<Appended>> {
    const model = this.#modelOf(name);
    if (!model.ok) return model;
    const appended = await this.#options.blobs.append(name, {
      ...piece,
      sizeMax: this.#options.limits.weightsBytesMax,
    });
    if (!appended.ok) this.#forgetEmpty(name);
    return appended;
  }

  /** Ends the weights: they must hash to the name. Answers whether the model is sealed then; idempotent. */
  async sealWeights(name: string): Promise<Result<boolean>> {
    const model = this.#modelOf(name);
    if (!model.ok) return model;
    const committed = await this.#options.blobs.commit(name);
    // Weights that are in already may wait for a seal that the disk refused.
    if (committed.ok || committed.refusal.code === 'exists') return this.#seal(name);
    this.#forgetEmpty(name);
    return committed;
  }

  /** As `sealWeights` when the bytes so far are right; else they stay and more may come. Answers where the next piece goes. */
  async endWeights(name: string): Promise<Result<Appended>> {
    const ended = await this.#options.blobs.end(name);
    if (!ended.ok || !ended.value.isCommitted) return ended;
    const sealed = await this.#seal(name);
    return sealed.ok ? ended : sealed;
  }

  /** Whether a small file of a model is in, sealed or not. */
  hasPart(name: string, part: ModelPart): boolean {
    const model = this.#models.get(name);
    return model?.sealed !== undefined || model?.parts.has(part) === true;
  }

  /** Gives a model its schema or its signature, whole. Answers whether the model is sealed with that. */
  async setPart(name: string, part: ModelPart, bytes: Uint8Array): Promise<Result<boolean>> {
    const { modelPartBytesMax } = this.#options.limits;
    if (bytes.length > modelPartBytesMax)
      return refuse('too-big', `The ${part} of a model has at most ${modelPartBytesMax} bytes.`);
    const model = this.#modelOf(name);
    if (!model.ok) return model;
    if (model.value.sealed !== undefined || model.value.parts.has(part))
      return refuse('exists', `Model ${name} has its ${part} already.`);
    model.value.parts.set(part, bytes.slice());
    const sealed = await this.#seal(name);
    if (!sealed.ok) model.value.parts.delete(part);
    return sealed;
  }

  /** Opens the weights of a sealed model to read; while they are open the model cannot be removed. */
  async openWeights(name: string): Promise<Result<BlobReader>> {
    if (this.sealed(name) === undefined) return refuse('not-found', `No sealed model ${name} is here.`);
    return this.#options.blobs.open(name);
  }

  /** Removes a model; its weights go with the next collections, and not while they are read. */
  remove(name: string): Promise<Result<void>> {
    return this.#queue.run(name, async () => {
      if (!this.#models.has(name)) return refuse('not-found', `No model ${name} is here.`);
      const { disk } = this.#options;
      const removed = await onDisk('cannot remove a model', async () => {
        if (await unlinkIfThere(disk, `${this.#folder}/${name}.cbor`)) await disk.syncDirectory(this.#folder);
      });
      if (!removed.ok) return removed;
      this.#models.delete(name);
      await this.#options.blobs.abandon(name);
      return ok(undefined);
    });
  }

  async #load(file: string): Promise<void> {
    const { disk, limits, blobs } = this.#options;
    const [, name] = FILE.exec(file) ?? [];
    if (name === undefined) {
      if (file.endsWith('.tmp')) await disk.unlink(`${this.#folder}/${file}`);
      return;
    }
    const bytes = await readSmall(disk, `${this.#folder}/${file}`, FIXED_BYTES_MAX + 2 * limits.modelPartBytesMax);
    const sealed = bytes === undefined ? undefined : decodeModel(bytes, limits.modelPartBytesMax);
    // Changed behind our back, or without its weights: not a model.
    if (sealed === undefined || blobs.sizeOf(name) !== sealed.weightsBytes) return;
    this.#models.set(name, { parts: new Map(), sealed });
  }

  #modelOf(name: string): Result<Model> {
    if (!isBlobName(name)) return refuse('invalid-path', 'A model is named by the hex SHA-256 of its weights.');
    const known = this.#models.get(name);
    if (known !== undefined) return ok(known);
    const { modelsMax } = this.#options.limits;
    if (this.#models.size >= modelsMax) return refuse('buffer-full', `There are ${modelsMax} models already.`);
    const model: Model = { parts: new Map(), sealed: undefined };
    this.#models.set(name, model);
    return ok(model);
  }

  #forgetEmpty(name: string): void {
    const { blobs } = this.#options;
    const model = this.#models.get(name);
    const isEmpty = model?.sealed === undefined && model?.parts.size === 0;
    if (isEmpty && blobs.sizeOf(name) === undefined && blobs.nextOf(name) === 0) this.#models.delete(name);
  }

  #seal(name: string): Promise<Result<boolean>> {
    return this.#queue.run(name, async () => {
      const model = this.#models.get(name);
      const weightsBytes = this.#options.blobs.sizeOf(name);
      const schema = model?.parts.get('schema');
      const signature = model?.parts.get('signature');
      if (model === undefined || weightsBytes === undefined || schema === undefined || signature === undefined)
        return ok(false);
      const sealed: SealedModel = { weightsBytes, schema, signature };
      const written = await onDisk('cannot seal a model', () =>
        replaceSmall(this.#options.disk, this.#folder, `${name}.cbor`, encodeModel(sealed)),
      );
      if (!written.ok) return written;
      model.sealed = sealed;
      model.parts.clear();
      this.#options.onSealed?.(name, sealed);
      return ok(true);
    });
  }
}

function encodeModel({ weightsBytes, schema, signature }: SealedModel): Uint8Array {
  const writer = new ByteWriter({ sizeMax: FIXED_BYTES_MAX + schema.length + signature.length });
  writeArray(writer, 4);
  writeText(writer, SCHEMA);
  writeUint(writer, weightsBytes);
  writeBytes(writer, schema);
  writeBytes(writer, signature);
  return writer.copy();
}

function decodeModel(bytes: Uint8Array, partBytesMax: number): SealedModel | undefined {
  const reader = new CborReader(bytes);
  const isOurs = reader.array() === 4 && reader.text(FIXED_BYTES_MAX) === SCHEMA;
  const weightsBytes = reader.uint();
  const schema = reader.bytesUpTo(partBytesMax);
  const signature = reader.bytesUpTo(partBytesMax);
  return isOurs && reader.failure === '' && reader.isAtEnd ? { weightsBytes, schema, signature } : undefined;
}
