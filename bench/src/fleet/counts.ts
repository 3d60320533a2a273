// What a hive says of its fleet, and waiting until it says so.

import type { HiveClient } from '@cohesix/client';

/** `/proc/workers` and `/proc/lease/summary`. */
export interface Counts {
  readonly running: number;
  readonly leases: number;
}

const LOOK_MS = 50;
const TEXT = new TextDecoder();

/** Workers that run and leases that are held. @throws Error when the hive does not answer. */
export async function countsOf(client: HiveClient): Promise<Counts> {
  const [workers, leases] = [await textOf(client, '/proc/workers'), await textOf(client, '/proc/lease/summary')];
  return { running: fieldOf(workers, 'running'), leases: fieldOf(leases, 'active') };
}

/** Waits until the counts are right. @throws Error with the last counts when they are not within `seconds`. */
export async function untilCounts(
  client: HiveClient,
  isRight: (counts: Counts) => boolean,
  seconds: number,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const counts = await countsOf(client);
    if (isRight(counts)) return;
    if (performance.now() > end) throw new Error(`after ${seconds} s: ${JSON.stringify(counts)}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** The text of a file. @throws Error when it is refused. */
export async function textOf(client: HiveClient, path: string): Promise<string> {
  const content = await client.read(path);
  if (!content.ok) throw new Error(`${path}: ${content.refusal.detail}`);
  return TEXT.decode(content.value);
}

function fieldOf(text: string, name: string): number {
  const found = new RegExp(`\\b${name}=(\\d+)`).exec(text)?.[1];
  if (found === undefined) throw new Error(`no ${name} in ${text}`);
  return Number(found);
}
