// What the source's `pool bench` asserts, with several sessions at a time: 64 operations in batches of 8, one batch that is too
// long and one session too many, and afterwards exactly what was acknowledged is there.

import type { HiveClient } from '@cohesix/client';
import { expect, it, vi } from 'vitest';
import { DOORS, quiet, startStand } from '../transcripts/stand.ts';

const LOG = '/log/queen.log';
/** As many as the manifest lets in beside each other. */
const SESSIONS = 4;
const OPERATIONS = 64;
const BATCH = 8;

const { 'in process': _, ...REMOTE } = DOORS;

it.each(Object.entries(REMOTE))('what a pool of sessions wrote is there, once: %s', async (_name, door) => {
  const place = await startStand((manifest) => ({
    ...quiet(manifest),
    secure9p: { ...manifest.secure9p, sessions_max: SESSIONS },
  }));
  try {
    const open = () => door(place, 'queen', place.ticket('queen'));
    const pool = await Promise.all(Array.from({ length: SESSIONS }, async () => opened(await open())));
    expect(await open()).toMatchObject({ ok: false, refusal: { code: 'limit' } });
    const acknowledged = await writeAll(pool);
    expect(acknowledged).toHaveLength(OPERATIONS);
    expect((await written(pool)).toSorted()).toEqual(acknowledged.toSorted());
    await pool[0]?.close();
    // The place of a session that has ended is free again.
    await vi.waitFor(async () => expect(await open()).toMatchObject({ ok: true }));
    await Promise.all(pool.map((client) => client.close()));
  } finally {
    await place.stop();
  }
});

/** Batches over the pool, all at a time and one of them too long; the operations that were acknowledged. */
async function writeAll(pool: readonly HiveClient[]): Promise<readonly string[]> {
  const names = Array.from({ length: OPERATIONS }, (_each, index) => `pool-${index}.`);
  const batches = Array.from({ length: OPERATIONS / BATCH }, (_each, index) =>
    names.slice(index * BATCH, (index + 1) * BATCH),
  );
  const tooLong = names.map((name) => `lost-${name}${'x'.repeat(200)}`);
  const taken = await Promise.all(
    [...batches, tooLong].map(async (batch, index) => {
      const client = pool[index % pool.length] as HiveClient;
      return (await client.append(LOG, batch.join('\n'))).ok ? batch : [];
    }),
  );
  return taken.flat();
}

/** The operations that the log tells of. */
async function written([client]: readonly HiveClient[]): Promise<readonly string[]> {
  const log = await (client as HiveClient).read(LOG);
  const text = new TextDecoder().decode(log.ok ? log.value : undefined);
  return [...text.matchAll(/\b(?:lost-)?pool-\d+\./g)].map(([name]) => name);
}

function opened(session: Awaited<ReturnType<(typeof DOORS)['console']>>): HiveClient {
  if (!session.ok) throw new Error(session.refusal.detail);
  return session.value;
}
