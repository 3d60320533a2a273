// The hive as a target: `coh up` in a process of its own with 1,000 workers, and one 9P connection with a fid on the telemetry of
// each.

import { connect, type HiveClient } from '@cohesix/client';
import { untilCounts } from '../fleet/counts.ts';
import { type HiveProcess, startFleetHive } from '../fleet/hive-process.ts';
import { Pipe } from '../fleet/pipe.ts';
import { writeAll } from '../fleet/writers.ts';
import { O_APPEND, O_WRONLY } from '../frames.ts';
import { FrameMaker } from './frames-load.ts';
import { LINE_BYTES } from './lines.ts';
import type { RingTarget, RingTargetKind } from './target.ts';

/** A hive of rings that runs, with what else is measured at it. */
export interface HiveOfRings extends RingTarget {
  readonly hive: HiveProcess;
  readonly client: HiveClient;
}

const SPAWN_LINE = '{"spawn":"heartbeat","ticks":1000}';
/** Workers that tell one line, at their start. */
const SILENT_MS = 3_600_000;
const RUN_S = 60;
/** The hive. */
export const hive: RingTargetKind = { name: 'hive', missing: () => undefined, open: openHive };

/** The hive whose workers send CBOR frames. A frame of the load has about as many bytes as two lines; each is looked at. */
export const hiveOfFrames: RingTargetKind = { name: 'hive, frames', missing: () => undefined, open: openFrames };

interface Place {
  readonly rings: number;
  readonly directory: string;
  readonly more?: string;
}

/** Path of the telemetry of the ring of this number, from 0 on. */
export function telemetryPath(ring: number): string {
  return `/worker/worker-${ring + 1}/telemetry`;
}

/** Starts it. @throws Error when it does not come up or refuses a worker. */
export async function openHive({ rings, directory, more = '' }: Place): Promise<HiveOfRings> {
  const size = { workers: rings, sessions: 4096, telemetryMs: SILENT_MS, directory, more };
  const process = await startFleetHive(size);
  try {
    const client = await clientOf(process);
    await spawnAll(process, client, rings);
    const pipe = await Pipe.open(process.socket);
    const root = await pipe.attach(process.queen);
    const fids = await Promise.all(
      Array.from({ length: rings }, (_, ring) => pipe.open(root, telemetryPath(ring), O_WRONLY | O_APPEND)),
    );
    const before = await bytesOf(client, rings);
    return {
      name: 'hive',
      pid: process.pid,
      hive: process,
      client,
      append: async (ring, batch) => {
        const { errno } = await pipe.write(fids[ring] ?? 0, batch);
        if (errno !== 0) throw new Error(`errno ${errno}`);
      },
      taken: async () => ((await bytesOf(client, rings)) - before) / LINE_BYTES,
      memory: () => process.memory().now,
      close: async () => {
        pipe.close();
        await client.close();
        await process.stop();
      },
    };
  } catch (error) {
    await process.stop();
    throw error;
  }
}

/** Batches of lines become as many frames here; their making is not in the CPU time of the hive. */
async function openFrames(place: Place): Promise<RingTarget> {
  const rings = await openHive({ ...place, more: '[telemetry]\nframe_schema = "cbor-v1"\n' });
  const makers = Array.from({ length: place.rings }, (_, ring) => new FrameMaker(`worker-${ring + 1}`));
  const before = await bytesOf(rings.client, place.rings);
  let [frames, bytes] = [0, 0];
  return {
    ...rings,
    name: 'hive, frames',
    append: async (ring, batch) => {
      const made = (makers[ring] as FrameMaker).next(batch.length / LINE_BYTES);
      await rings.append(ring, made);
      frames += batch.length / LINE_BYTES;
      bytes += made.length;
    },
    // The hive counts bytes; when they are those of all frames, it has all frames.
    taken: async () => ((await bytesOf(rings.client, place.rings)) - before === bytes ? frames : -1),
  };
}

async function clientOf(process: HiveProcess): Promise<HiveClient> {
  const options = { url: `unix:${process.socket}`, role: 'queen', ticket: process.queen, deadlineMs: 60_000 } as const;
  const client = await connect(options);
  if (!client.ok) throw new Error(client.refusal.detail);
  return client.value;
}

async function spawnAll(process: HiveProcess, client: HiveClient, rings: number): Promise<void> {
  const lines = Array.from({ length: rings }, () => SPAWN_LINE);
  const spread = await writeAll(process, { path: '/queen/ctl', lines, signal: new AbortController().signal });
  if (spread.errors > 0) throw new Error(`${spread.errors} spawns were refused, the first: ${spread.firstError}`);
  await untilCounts(client, ({ running }) => running === rings, RUN_S);
}

/** Bytes ever appended to all rings: the sizes that the hive tells are absolute cursors. */
async function bytesOf(client: HiveClient, rings: number): Promise<number> {
  let bytes = 0;
  for (let ring = 0; ring < rings; ring++) {
    const stat = await client.stat(telemetryPath(ring));
    if (!stat.ok) throw new Error(stat.refusal.detail);
    bytes += Number(stat.value.size);
  }
  return bytes;
}
