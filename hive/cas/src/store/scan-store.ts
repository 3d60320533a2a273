// What an opening finds on the disk: whole blobs with their sizes, and blobs that were being written. What a crash left half
// done is removed here. All of it rejects with what the disk rejects with.

import { isBlobName } from '../limits.ts';
import { parseStagingName, stagingName } from './staged-blob.ts';
import { makeDirectory, type StoreDisk } from './store-disk.ts';

/** Files whose sizes are asked for at a time: a hundred thousand one by one take seconds. */
const STATS_AT_ONCE = 64;

/**
 * Makes the folders that are missing. Names that a process before this one made and did not sync, because it was killed, become
 * durable: what this process shows, a power cut must not take away.
 */
export async function openFolders(disk: StoreDisk, directory: string): Promise<void> {
  await disk.mkdir(directory);
  for (const name of ['blobs', 'staging', 'quarantine'])
    await disk.syncDirectory(await makeDirectory(disk, directory, name));
}

/** Whole blobs by name, with their bytes. */
export async function scanBlobs(disk: StoreDisk, directory: string): Promise<ReadonlyMap<string, number>> {
  const names = (await disk.readdir(directory)).filter(isBlobName).sort();
  const sizes = new Map<string, number>();
  for (let at = 0; at < names.length; at += STATS_AT_ONCE) {
    const some = names.slice(at, at + STATS_AT_ONCE);
    const stats = await Promise.all(some.map((name) => disk.lstat(`${directory}/${name}`)));
    for (const [index, stat] of stats.entries()) if (stat?.kind === 'file') sizes.set(some[index] ?? '', stat.size);
  }
  return sizes;
}

/**
 * Blobs that can be gone on with, and from where: at most `countMax`, without those in `sizes`. Of two files of one blob, which a
 * crash in a rename leaves, the one with more counts.
 */
export async function scanStaging(
  disk: StoreDisk,
  directory: string,
  { sizes, countMax }: { readonly sizes: ReadonlyMap<string, number>; readonly countMax: number },
): Promise<ReadonlyMap<string, number>> {
  const parked = new Map<string, number>();
  for (const file of [...(await disk.readdir(directory))].sort()) {
    const parsed = parseStagingName(file);
    if (parsed === undefined) continue;
    const { name, synced } = parsed;
    const before = parked.get(name);
    const isWanted = synced > (before ?? 0) && !sizes.has(name) && (before !== undefined || parked.size < countMax);
    const loser = isWanted ? before : synced;
    if (isWanted) parked.set(name, synced);
    if (loser !== undefined) await disk.unlink(`${directory}/${stagingName(name, loser)}`);
  }
  return parked;
}
