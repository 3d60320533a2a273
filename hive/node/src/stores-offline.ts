// What is done to the stores of a hive that does not run: its spool made anew or taken over, the copy of its settings taken over. The
// data directory is locked as a start locks it, so that no hive begins meanwhile.

import { resolve } from 'node:path';
import { adoptSpool, initSpool, lockDirectory, SettingsStore } from '@cohesix/journal';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { DataOptions } from './data.ts';
import { loadLogSigner, makeDataDirectories } from './data-directory.ts';
import { dataPaths } from './data-paths.ts';
import { nodeHost } from './host.ts';
import { hiveIdentity, manifestFingerprint } from './identity.ts';
import { loadManifest } from './manifest-file.ts';
import { spoolOptions } from './spool/options.ts';

/** What was done, and to which file. */
export interface StoreChange {
  readonly path: string;
  /** Bytes of the ring of a spool that was made. */
  readonly bytes?: number;
  /** The hive that something was of before. */
  readonly from?: string;
}

/** Makes the spool that the manifest names; what is there is lost, so it takes `isForced` (`exists`). `busy`: the hive runs. */
export function initHiveSpool(directory: string, isForced: boolean): Promise<Result<StoreChange>> {
  return offline(directory, async (options) => {
    const place = spoolOptions(options);
    const made = await initSpool(place, place.owner, { ...place.size, isForced });
    return made.ok ? ok({ path: place.path, bytes: made.value }) : made;
  });
}

/** Takes over the spool of another hive with its records. */
export function adoptHiveSpool(directory: string): Promise<Result<StoreChange>> {
  return offline(directory, async (options) => {
    const place = spoolOptions(options);
    const adopted = await adoptSpool(place, place.owner);
    return adopted.ok ? ok({ path: place.path, from: adopted.value }) : adopted;
  });
}

/** Takes over the copy of the settings of another hive: at the next start they hold, if their revision is the higher one. */
export function adoptHiveSettings(directory: string): Promise<Result<StoreChange>> {
  return offline(directory, async ({ manifest, host, identity }) => {
    const path = resolve(directory, manifest.settings_store.path);
    const store = await SettingsStore.open(host.disk, path);
    if (!store.ok) return store;
    const { current } = store.value;
    if (current === undefined) return refuse('not-found', `There are no stored settings in ${path}.`);
    const owner = { hive: identity, fingerprint: manifestFingerprint(manifest) };
    const written = await store.value.write({ ...current, ...owner });
    await store.value.close();
    return written.ok ? ok({ path, from: current.hive }) : written;
  });
}

async function offline<T>(directory: string, use: (options: DataOptions) => Promise<Result<T>>): Promise<Result<T>> {
  const paths = dataPaths(directory);
  await makeDataDirectories(paths);
  const lock = await lockDirectory(paths.root, { at: nodeHost.now() });
  if (!lock.ok) return lock;
  try {
    const manifest = await loadManifest(paths.manifest);
    if (!manifest.ok) return manifest;
    const signer = await loadLogSigner(paths, manifest.value.hive.audience);
    if (!signer.ok) return signer;
    return await use({ manifest: manifest.value, host: nodeHost, directory, identity: hiveIdentity(signer.value.key) });
  } finally {
    await lock.value.release();
  }
}
