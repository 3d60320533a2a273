// Updates by epoch: a manifest and its chunks, in either order, over any number of connections. An update is ready when its
// manifest passed all checks, every chunk is here, and the payload has the hash that the manifest says.
//
//   updates/<epoch>.pending   a manifest that was taken; the payload is not verified
//   updates/<epoch>.cbor      the same, verified. A rename is the step between them, so a power cut leaves one or the other.
//
// A manifest that is refused leaves nothing behind; chunks of it that nobody else needs go with the next collections.

import { toHex } from '@cohesix/bytes';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import { besideOf, type CasCrypto } from '../crypto-port.ts';
import { type CasLimits, isBlobName, isEpoch } from '../limits.ts';
import { type ManifestPolicy, type ManifestProblem, manifestProblem, problem } from '../manifest/check-manifest.ts';
import { decodeManifest, encodeManifest, manifestBytesMax, type UpdateManifest } from '../manifest/update-manifest.ts';
import type { Appended, BlobStore, Piece } from './blob-store.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { PayloadHash } from './payload-hash.ts';
import { hashPayload, PayloadReader } from './payload-reader.ts';
import { makeDirectory, onDisk, readSmall, replaceSmall, type StoreDisk, unlinkIfThere } from './store-disk.ts';
import { chunksOf, type Taken, Update } from './update.ts';
import type { UpdateStatus } from './update-status.ts';

/** What the updates work with. */
export interface UpdateOptions {
  readonly disk: StoreDisk;
  readonly directory: string;
  readonly crypto: CasCrypto;
  readonly limits: CasLimits;
  readonly policy: ManifestPolicy;
  readonly blobs: BlobStore;
  /** Told of each rejected manifest, for the hive's log. */
  readonly onRejected?: (epoch: string, rejected: ManifestProblem) => void;
  /** Told what became of an update. */
  readonly onUpdate?: (event: UpdateEvent) => void;
}

/** What became of an update; `dropped`: its payload was not the one that its manifest speaks of. */
export type UpdateEvent =
  | { readonly kind: 'accepted'; readonly manifest: UpdateManifest }
  | { readonly kind: 'ready' | 'spoiled' | 'dropped'; readonly epoch: string };

const FILE = /^(\d{1,20})\.(pending|cbor)$/;

/** The updates of a store. */
export class UpdateStore {
  readonly #options: UpdateOptions;
  readonly #folder: string;
  readonly #updates = new Map<string, Update>();
  /** How many updates need a chunk. */
  readonly #needs = new Map<string, number>();
  readonly #queue = new KeyedQueue();

  private constructor(options: UpdateOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  /** Reads the folder. Payloads are not read: `finishPending` verifies those that a crash left unverified. */
  static open(options: UpdateOptions): Promise<Result<UpdateStore>> {
    const { disk, directory } = options;
    return onDisk('cannot open the updates', async () => {
      const store = new UpdateStore(options, await makeDirectory(disk, directory, 'updates'));
      for (const file of [...(await disk.readdir(store.#folder))].sort()) await store.#load(file);
      await disk.syncDirectory(store.#folder);
      return store;
    });
  }

  /** Epochs of which something is here, by number. */
  get epochs(): readonly string[] {
    const known = [...this.#updates.values()].filter(({ isEmpty }) => !isEmpty).map(({ epoch }) => epoch);
    return known.sort((left, right) => left.length - right.length || (left < right ? -1 : 1));
  }

  /** How far an update is; one that nobody has begun is empty. */
  status(epoch: string): UpdateStatus {
    return (this.#updates.get(epoch) ?? new Update(epoch)).status(this.#options.blobs);
  }

  /** The manifest of a ready update. */
  readyManifest(epoch: string): UpdateManifest | undefined {
    const update = this.#updates.get(epoch);
    return update?.isReady === true ? update.taken?.manifest : undefined;
  }

  /** The manifest of an update that was taken, ready or not. */
  takenManifest(epoch: string): UpdateManifest | undefined {
    return this.#updates.get(epoch)?.taken?.manifest;
  }

  /** The bytes of a manifest that was taken; undefined without one. */
  manifestBytes(epoch: string): Uint8Array | undefined {
    const manifest = this.#updates.get(epoch)?.taken?.manifest;
    return manifest === undefined ? undefined : encodeManifest(manifest);
  }

  /** Names of the chunks of an update, in byte order: those its manifest lists, or that came before it. */
  chunkNames(epoch: string): readonly string[] {
    const { taken, claims } = this.#updates.get(epoch) ?? new Update(epoch);
    return [...(taken?.sizes.keys() ?? claims)].sort();
  }

  /** Bytes of a chunk that the update lists, or that came before its manifest; undefined for any other. */
  chunkBytes(epoch: string, name: string): number | undefined {
    const { taken, claims } = this.#updates.get(epoch) ?? new Update(epoch);
    return taken === undefined && claims.has(name) ? this.#options.limits.chunkBytes : taken?.sizes.get(name);
  }

  /** An update that needs a blob, for whoever tells of it. */
  epochNeeding(name: string): string | undefined {
    return this.epochs.find((epoch) => this.chunkBytes(epoch, name) !== undefined);
  }

  /** Chunks of an update that are still to be sent: what a client asks before it pushes, and after an interruption. */
  missing(epoch: string): readonly string[] {
    return [...(this.#updates.get(epoch)?.taken?.missing ?? [])];
  }

  /** Whether an update here needs the blob. */
  needs(name: string): boolean {
    if (this.#needs.has(name)) return true;
    return [...this.#updates.values()].some(({ claims }) => claims.has(name));
  }

  /**
   * Takes a piece of a manifest; once the pieces make a whole one it is checked, and then it counts or nothing of it is left.
   * Answers how far the update is then. Refuses `exists` when the update has its manifest. `offset` as in `Piece`; 0 begins again.
   */
  appendManifest(epoch: string, bytes: Uint8Array, offset?: number): Promise<Result<UpdateStatus>> {
    return this.#queue.run(epoch, async () => {
      const update = this.#updateOf(epoch);
      if (!update.ok) return update;
      if (offset === 0) update.value.dropParts();
      const { partBytes } = update.value;
      if (offset !== undefined && offset !== partBytes) {
        this.#forgetEmpty(update.value);
        return refuse('stale', `The next byte of the manifest is ${partBytes}, not ${offset}.`);
      }
      const taken = await this.#takePiece(update.value, bytes);
      if (taken.ok) return ok(this.status(epoch));
      update.value.dropParts();
      update.value.claims.clear();
      this.#forgetEmpty(update.value);
      return taken;
    });
  }

  /**
   * Takes a piece of a chunk; a chunk that is whole is committed, and the last one makes the update ready. Refuses what
   * `BlobStore.append` refuses, `not-found` for a chunk that the manifest does not list, and what is wrong with the payload.
   */
  async appendChunk(epoch: string, name: string, piece: Pick<Piece, 'offset' | 'bytes'>): Promise<Result<Appended>> {
    const size = this.#chunkSize(epoch, name);
    if (!size.ok) return size;
    const appended = await this.#options.blobs.append(name, { ...piece, size: size.value });
    if (!appended.ok) this.#disclaim(epoch, name);
    return this.#settle({ epoch, name }, appended);
  }

  /** Ends a chunk that is shorter than the others, when its manifest is not here to say so. */
  async commitChunk(epoch: string, name: string): Promise<Result<Appended>> {
    const size = this.#chunkSize(epoch, name);
    if (!size.ok) return size;
    return this.#settle({ epoch, name }, await this.#options.blobs.commit(name));
  }

  /** As `commitChunk` when the bytes so far are right; else they stay and more may come. */
  async endChunk(epoch: string, name: string): Promise<Result<Appended>> {
    const size = this.#chunkSize(epoch, name);
    if (!size.ok) return size;
    return this.#settle({ epoch, name }, await this.#options.blobs.end(name));
  }

  /** Bytes of the payload of a ready update, those of its base included; 0 while it is not ready. */
  payloadBytes(epoch: string): number {
    const manifest = this.readyManifest(epoch);
    const parts = manifest === undefined ? [] : (this.#partsOf(manifest) ?? []);
    return parts.reduce((sum, { payloadBytes }) => sum + payloadBytes, 0);
  }

  /** Opens the payload of a ready update. While it is open the update cannot be removed. */
  openPayload(epoch: string): Result<PayloadReader> {
    const update = this.#updates.get(epoch);
    if (update?.taken === undefined || !update.isReady) return refuse('not-found', `No whole update ${epoch} is here.`);
    const parts = this.#partsOf(update.taken.manifest);
    if (parts === undefined) return refuse('not-found', `The base of update ${epoch} is not here.`);
    update.readers += 1;
    return ok(new PayloadReader(this.#options.blobs, parts, () => (update.readers -= 1)));
  }

  /** Verifies updates of which everything came before a crash, but nobody saw the end. Answers the epochs that are ready now. */
  async finishPending(): Promise<readonly string[]> {
    const waiting = [...this.#updates.values()].filter(({ taken, isReady }) => !isReady && taken?.missing.size === 0);
    for (const update of waiting) await this.#queue.run(update.epoch, () => this.#finish(update));
    return waiting.filter(({ isReady }) => isReady).map(({ epoch }) => epoch);
  }

  /** Ends what is read beside the pushes, before the store is closed. */
  async stop(): Promise<void> {
    for (const update of this.#updates.values()) await update.stopHashing();
  }

  /** Reads an update again, signature and every byte. Chunks that went bad are put aside, and then it is not ready. */
  verify(epoch: string): Promise<Result<UpdateStatus>> {
    return this.#queue.run(epoch, async () => {
      const update = this.#updates.get(epoch);
      if (update?.taken === undefined) return refuse('not-found', `No manifest of update ${epoch} is here.`);
      const rejected = this.#problemOf(update.taken.manifest, epoch);
      if (rejected !== undefined) return { ok: false, refusal: rejected.refusal };
      const finished = await this.#finish(update, true);
      return finished.ok ? ok(this.status(epoch)) : finished;
    });
  }

  /** Removes an update. Refuses `busy` while it is read or is the base of another, `not-found` when nothing of it is here. */
  remove(epoch: string): Promise<Result<void>> {
    return this.#queue.run(epoch, async () => {
      const update = this.#updates.get(epoch);
      if (update === undefined || update.isEmpty) return refuse('not-found', `Nothing of update ${epoch} is here.`);
      if (update.readers > 0) return refuse('busy', `Update ${epoch} is being read.`);
      const delta = [...this.#updates.values()].find(({ taken }) => taken?.manifest.delta?.baseEpoch === epoch);
      if (delta !== undefined)
        return refuse('busy', `Update ${delta.epoch} is a delta of ${epoch}; remove that first.`);
      update.isReady = false;
      const removed = await this.#unlink(epoch);
      if (!removed.ok) return removed;
      await update.stopHashing();
      const begun = [...(update.taken?.sizes.keys() ?? update.claims)];
      this.#untake(update);
      this.#updates.delete(epoch);
      const { blobs } = this.#options;
      for (const name of begun) if (blobs.nextOf(name) > 0 && !this.needs(name)) await blobs.abandon(name);
      return ok(undefined);
    });
  }

  async #load(file: string): Promise<void> {
    const { disk, limits } = this.#options;
    const [, epoch, kind] = FILE.exec(file) ?? [];
    if (epoch === undefined) {
      if (file.endsWith('.tmp')) await disk.unlink(`${this.#folder}/${file}`);
      return;
    }
    // `.cbor` sorts before `.pending`: a crash in the rename may leave both names of one manifest.
    if (this.#updates.has(epoch)) return;
    const bytes = await readSmall(disk, `${this.#folder}/${file}`, manifestBytesMax(limits.chunksMax));
    const decoded = bytes === undefined ? undefined : decodeManifest(bytes);
    // What we wrote decodes, unless somebody changed it: that update is not here, and its place is free.
    if (!decoded?.ok || decoded.value.kind !== 'whole' || decoded.value.manifest.epoch !== epoch) return;
    const update = new Update(epoch);
    this.#updates.set(epoch, update);
    update.taken = this.#take(decoded.value.manifest, bytes?.length ?? 0);
    update.isReady = kind === 'cbor' && update.taken.missing.size === 0;
  }

  #updateOf(epoch: string): Result<Update> {
    if (!isEpoch(epoch)) return refuse('invalid-path', 'An update is named by 1 to 20 digits.');
    const known = this.#updates.get(epoch);
    if (known !== undefined) return ok(known);
    const { updatesMax } = this.#options.limits;
    if (this.#updates.size >= updatesMax)
      return refuse('buffer-full', `There are ${updatesMax} updates already; remove one first.`);
    const update = new Update(epoch);
    this.#updates.set(epoch, update);
    return ok(update);
  }

  #forgetEmpty(update: Update): void {
    if (update.isEmpty) this.#updates.delete(update.epoch);
  }

  async #takePiece(update: Update, bytes: Uint8Array): Promise<Result<void>> {
    if (update.taken !== undefined) return refuse('exists', `Update ${update.epoch} has its manifest already.`);
    const bytesMax = manifestBytesMax(this.#options.limits.chunksMax);
    if (update.partBytes + bytes.length > bytesMax)
      return refuse('too-big', `A manifest has at most ${bytesMax} bytes here.`);
    update.parts.push(bytes.slice());
    update.partBytes += bytes.length;
    if (update.partBytes < update.neededBytes) return ok(undefined);
    const whole = joined(update.parts, update.partBytes);
    const decoded = decodeManifest(whole);
    if (!decoded.ok) return decoded;
    if (decoded.value.kind === 'whole') return this.#accept(update, decoded.value.manifest, whole);
    update.neededBytes = update.partBytes + decoded.value.missing;
    if (update.neededBytes <= bytesMax) return ok(undefined);
    return refuse('too-big', `A manifest of ${update.neededBytes} bytes or more; ${bytesMax} at most.`);
  }

  async #accept(update: Update, manifest: UpdateManifest, bytes: Uint8Array): Promise<Result<void>> {
    const rejected = this.#problemOf(manifest, update.epoch);
    if (rejected !== undefined) return this.#reject(update, rejected);
    update.dropParts();
    // Needed from here on, before anybody looks for what is missing: a collection cannot come between.
    update.taken = this.#take(manifest, bytes.length);
    const written = await onDisk('cannot keep the manifest', () =>
      replaceSmall(this.#options.disk, this.#folder, `${update.epoch}.pending`, bytes),
    );
    if (!written.ok) {
      this.#untake(update);
      return written;
    }
    update.claims.clear();
    this.#options.onUpdate?.({ kind: 'accepted', manifest });
    if (update.taken.missing.size === 0) return this.#finish(update);
    this.#hashMeanwhile(update);
    return ok(undefined);
  }

  #problemOf(manifest: UpdateManifest, epoch: string): ManifestProblem | undefined {
    const { crypto, limits, policy } = this.#options;
    const baseOf = (base: string): UpdateManifest | undefined => this.readyManifest(base);
    return manifestProblem(manifest, { ...policy, crypto, limits, epoch, baseOf });
  }

  #reject(update: Update, rejected: ManifestProblem): Result<never> {
    this.#options.onRejected?.(update.epoch, rejected);
    return { ok: false, refusal: rejected.refusal };
  }

  #take(manifest: UpdateManifest, bytes: number): Taken {
    const { names, sizes } = chunksOf(manifest);
    for (const name of sizes.keys()) this.#needs.set(name, (this.#needs.get(name) ?? 0) + 1);
    const missing = [...sizes].filter(([name, size]) => this.#options.blobs.sizeOf(name) !== size);
    return { manifest, bytes, names, sizes, missing: new Set(missing.map(([name]) => name)) };
  }

  #untake(update: Update): void {
    for (const name of update.taken?.sizes.keys() ?? []) {
      const count = (this.#needs.get(name) ?? 0) - 1;
      if (count > 0) this.#needs.set(name, count);
      else this.#needs.delete(name);
    }
    update.taken = undefined;
  }

  #chunkSize(epoch: string, name: string): Result<number> {
    const { limits } = this.#options;
    if (!isBlobName(name))
      return refuse('invalid-path', 'A chunk is named by the 64 lower-case hex digits of its SHA-256.');
    const update = this.#updateOf(epoch);
    if (!update.ok) return update;
    const { taken, claims } = update.value;
    if (taken !== undefined) {
      const size = taken.sizes.get(name);
      return size === undefined ? refuse('not-found', `The manifest of ${epoch} lists no chunk ${name}.`) : ok(size);
    }
    if (!claims.has(name) && claims.size >= limits.chunksMax)
      return refuse('buffer-full', `There are ${claims.size} chunks of ${epoch} without a manifest; send that.`);
    claims.add(name);
    return ok(limits.chunkBytes);
  }

  /** What a chunk that was committed means for the updates that wait for it. */
  async #settle(
    { epoch, name }: { readonly epoch: string; readonly name: string },
    appended: Result<Appended>,
  ): Promise<Result<Appended>> {
    let result = appended;
    if (!appended.ok || !appended.value.isCommitted) return appended;
    for (const update of [...this.#updates.values()]) {
      const { taken } = update;
      if (taken?.sizes.get(name) !== this.#options.blobs.sizeOf(name)) continue;
      if (taken?.missing.delete(name) !== true) continue;
      if (taken.missing.size > 0) {
        this.#hashMeanwhile(update);
        continue;
      }
      const finished = await this.#queue.run(update.epoch, () => this.#finish(update));
      // What is wrong with another update is for whoever pushes that.
      if (!finished.ok && update.epoch === epoch) result = finished;
    }
    return result;
  }

  /** Takes back the claim on a chunk of which nothing is here. */
  #disclaim(epoch: string, name: string): void {
    const { blobs } = this.#options;
    const update = this.#updates.get(epoch);
    if (update === undefined || blobs.sizeOf(name) !== undefined || blobs.nextOf(name) > 0) return;
    update.claims.delete(name);
    this.#forgetEmpty(update);
  }

  /** Verifies the payload and makes the update ready, or finds out what is wrong. */
  async #finish(update: Update, isAgain = false): Promise<Result<void>> {
    const { taken, epoch } = update;
    if (taken === undefined || (update.isReady && !isAgain) || taken.missing.size > 0) return ok(undefined);
    const parts = this.#partsOf(taken.manifest);
    if (parts === undefined) return refuse('not-found', `The base of update ${epoch} is not here.`);
    const expected = toHex(taken.manifest.payloadSha256);
    if (!isAgain && (await this.#hashedMeanwhile(update, parts)) === expected) return this.#makeReady(update);
    const { blobs, crypto } = this.#options;
    const hashed = await hashPayload(blobs, parts, crypto.sha256Stream());
    const actual = hashed.ok && hashed.value !== undefined ? toHex(hashed.value) : 'too few bytes';
    if (actual === expected) return this.#makeReady(update);
    const bad = await this.#findBad(parts);
    if (!bad.ok) return bad;
    if (bad.value.length > 0)
      return refuse('stale', `Bytes on the disk went bad; send these chunks again: ${bad.value.join(' ')}`);
    if (!hashed.ok) return hashed;
    const rejected = problem('payload-hash', 'invalid-payload', `The payload hashes to ${actual}, not ${expected}.`);
    update.isReady = false;
    this.#untake(update);
    this.#forgetEmpty(update);
    const unlinked = await this.#unlink(epoch);
    const answer = unlinked.ok ? this.#reject(update, rejected) : unlinked;
    this.#options.onUpdate?.({ kind: 'dropped', epoch });
    return answer;
  }

  /** Goes on hashing what is here, beside whoever pushes. What goes wrong is found at the end. */
  #hashMeanwhile(update: Update): void {
    const parts = update.taken === undefined ? undefined : this.#partsOf(update.taken.manifest);
    if (parts !== undefined) void this.#hashingOf(update, parts).advance();
  }

  /** What was hashed beside the pushes, gone on with to the end; undefined when that did not come to one. */
  async #hashedMeanwhile(update: Update, parts: readonly UpdateManifest[]): Promise<string | undefined> {
    const hashed = await this.#hashingOf(update, parts).end();
    await update.stopHashing();
    return hashed.ok && hashed.value !== undefined ? toHex(hashed.value) : undefined;
  }

  #hashingOf(update: Update, parts: readonly UpdateManifest[]): PayloadHash {
    const { blobs, crypto } = this.#options;
    update.hashing ??= new PayloadHash(blobs, parts, crypto.sha256Beside?.() ?? besideOf(crypto.sha256Stream()));
    return update.hashing;
  }

  async #makeReady(update: Update): Promise<Result<void>> {
    const { disk } = this.#options;
    const path = `${this.#folder}/${update.epoch}`;
    const renamed = await onDisk('cannot finish the update', async () => {
      // It has its name already when it was ready before, or when only the sync failed the last time.
      if ((await disk.lstat(`${path}.pending`)) !== undefined) await disk.rename(`${path}.pending`, `${path}.cbor`);
      await disk.syncDirectory(this.#folder);
    });
    if (!renamed.ok) return renamed;
    const wasReady = update.isReady;
    update.isReady = true;
    if (!wasReady) this.#options.onUpdate?.({ kind: 'ready', epoch: update.epoch });
    return renamed;
  }

  /** Chunks, the base's too, that are no longer what their names say; every update that needs one waits for it again. */
  async #findBad(parts: readonly UpdateManifest[]): Promise<Result<readonly string[]>> {
    const bad: string[] = [];
    const names = new Set(parts.flatMap((part) => part.chunks.map(toHex)));
    for (const name of names) {
      const verified = await this.#options.blobs.verify(name);
      if (!verified.ok && verified.refusal.code !== 'not-found') return verified;
      if (verified.ok && verified.value) continue;
      bad.push(name);
      for (const update of this.#updates.values()) {
        if (update.taken?.sizes.has(name) !== true) continue;
        update.taken.missing.add(name);
        void update.stopHashing();
        if (update.isReady) this.#options.onUpdate?.({ kind: 'spoiled', epoch: update.epoch });
        update.isReady = false;
      }
    }
    return ok(bad);
  }

  /** The manifest of the base, if any, and this one; undefined when somebody took the base away behind the store's back. */
  #partsOf(manifest: UpdateManifest): readonly UpdateManifest[] | undefined {
    if (manifest.delta === undefined) return [manifest];
    const base = this.#updates.get(manifest.delta.baseEpoch)?.taken?.manifest;
    return base === undefined ? undefined : [base, manifest];
  }

  #unlink(epoch: string): Promise<Result<void>> {
    const { disk } = this.#options;
    return onDisk('cannot remove the manifest', async () => {
      for (const kind of ['cbor', 'pending']) await unlinkIfThere(disk, `${this.#folder}/${epoch}.${kind}`);
      await disk.syncDirectory(this.#folder);
    });
  }
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
