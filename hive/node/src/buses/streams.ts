// The streams of buses and radios over a clean stop: one file each beside the spools, a line `{"start"}` and then what the ring
// retained. A start takes them up and removes them: after a crash they would be out of date.

import { join } from 'node:path';
import { attempt, type Disk, readWhole, replaceWhole } from '@cohesix/journal';
import type { Ring } from '@cohesix/telemetry';
import type { Result } from '@cohesix/wire';
import { type Retained, ringFrom } from '../kept-ring.ts';

/** What of a stream is not the ring: at most the largest number with its name. */
const HEAD_BYTES_MAX = 64;
const LF = 0x0a;

/** Where the streams of a hive are. */
export interface StreamsPlace {
  readonly disk: Disk;
  readonly directory: string;
  /** Bytes that a ring retains. */
  readonly capacity: number;
}

/** The ring of a name: as a clean stop left it, else empty. Refuses as the disk does. */
export function openRing(place: StreamsPlace, name: string): Promise<Result<Ring>> {
  const { disk, capacity } = place;
  return attempt(`cannot read the stream ${name}`, async () => {
    const bytes = await readWhole(disk, pathOf(place, name), capacity + HEAD_BYTES_MAX);
    const kept = bytes === undefined ? undefined : parsed(bytes);
    return ringFrom(kept, { capacity, countsLines: true });
  });
}

/** Keeps rings for the next start; called once nothing appends any more. Refuses as the disk does. */
export function keepRings(place: StreamsPlace, rings: ReadonlyMap<string, Ring>): Promise<Result<void>> {
  const { disk, directory } = place;
  return attempt('cannot keep the streams of buses', async () => {
    if (rings.size > 0) await disk.mkdir(directory);
    for (const [name, ring] of rings) {
      const head = Buffer.from(`${JSON.stringify({ start: ring.base })}\n`);
      await replaceWhole(disk, pathOf(place, name), [head, ring.snapshot()]);
    }
  });
}

/** Removes what was kept. Refuses as the disk does. */
export function forgetRings(place: StreamsPlace, names: Iterable<string>): Promise<Result<void>> {
  const { disk } = place;
  return attempt('cannot remove the streams of buses', async () => {
    for (const name of names) {
      const path = pathOf(place, name);
      if ((await disk.lstat(path)) !== undefined) await disk.unlink(path);
    }
  });
}

function pathOf({ directory }: StreamsPlace, name: string): string {
  return join(directory, `${name}.stream`);
}

/** What a file keeps; undefined when it is none of ours: a stream is no state. */
function parsed(content: Buffer): Retained | undefined {
  const headEnd = content.indexOf(LF);
  const start = Number(
    /^\{"start":(\d{1,16})\}$/.exec(content.toString('latin1', 0, Math.max(headEnd, 0)))?.[1] ?? NaN,
  );
  return Number.isSafeInteger(start) ? { start, bytes: content.subarray(headEnd + 1) } : undefined;
}
