// Snapshots as places to begin from when a state of the past is made: of a long journal they save most of the way.

import { attempt, listSnapshots } from '@cohesix/journal';
import type { Remembered } from './snapshots.ts';
import { rememberedAt, type SnapshotPlace } from './start.ts';

/** Records that reading a snapshot must save: it is read in one turn, and so many are decided in a third of a second. */
const WORTH_RECORDS = 16_384;

/** Where to: before a line, and well after a record that the way could begin at. */
export interface Way {
  readonly line: number;
  readonly record: number;
}

/** The newest snapshot that ends before a line, when beginning there is worth reading it; undefined when there is none. */
export async function snapshotBefore(place: SnapshotPlace, { line, record }: Way): Promise<Remembered | undefined> {
  const { host, snapshots } = place;
  const listed = await attempt('cannot list snapshots', () => listSnapshots(host.disk, snapshots));
  for (const candidate of listed.ok ? listed.value : []) {
    if (candidate - record < WORTH_RECORDS) return undefined;
    // Every record has a line at least.
    const found = candidate < line ? await rememberedAt(place, candidate) : undefined;
    if (found?.ok === true && found.value.seq < line) return found.value;
  }
  return undefined;
}
