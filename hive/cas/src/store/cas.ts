// The store of a hive: blobs, and what is made of them, under one directory. What a blob is needed for decides how long it stays.

import type { Result } from '@cohesix/wire';
import { ok } from '@cohesix/wire';
import type { CasCrypto } from '../crypto-port.ts';
import type { CasLimits } from '../limits.ts';
import type { ManifestPolicy, ManifestProblem } from '../manifest/check-manifest.ts';
import { BlobStore, type Collected } from './blob-store.ts';
import { ModelStore, type SealedModel } from './model-store.ts';
import type { Quarantined } from './quarantine.ts';
import type { StoreDisk } from './store-disk.ts';
import { type UpdateEvent, UpdateStore } from './update-store.ts';

/** What a store works with. One process owns the directory. */
export interface CasOptions {
  readonly disk: StoreDisk;
  readonly directory: string;
  readonly crypto: CasCrypto;
  readonly limits: CasLimits;
  readonly policy: ManifestPolicy;
  /** Told of bytes that were not what their name said. */
  readonly onQuarantine?: (entry: Quarantined) => void;
  /** Told of each rejected manifest. */
  readonly onRejected?: (epoch: string, rejected: ManifestProblem) => void;
  /** Told what became of an update. */
  readonly onUpdate?: (event: UpdateEvent) => void;
  /** Told of each model that is sealed. */
  readonly onSealed?: (name: string, model: SealedModel) => void;
}

/** An open store. */
export interface Cas {
  readonly blobs: BlobStore;
  readonly updates: UpdateStore;
  readonly models: ModelStore;
  /** Removes blobs that no update and no model needs; see `BlobStore.collect`. */
  collect(isForced?: boolean): Promise<Result<Collected>>;
}

/** Opens a directory, made when it is missing. No payload is read; `updates.finishPending` does that for what a crash cut off. */
export async function openCas(options: CasOptions): Promise<Result<Cas>> {
  const blobs = await BlobStore.open(options);
  if (!blobs.ok) return blobs;
  const updates = await UpdateStore.open({ ...options, blobs: blobs.value });
  if (!updates.ok) return updates;
  const models = await ModelStore.open({ ...options, blobs: blobs.value });
  if (!models.ok) return models;
  const isNeeded = (name: string): boolean => updates.value.needs(name) || models.value.needs(name);
  return ok({
    blobs: blobs.value,
    updates: updates.value,
    models: models.value,
    collect: (isForced = false) => blobs.value.collect(isNeeded, isForced),
  });
}
