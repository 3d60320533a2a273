// Stored settings in a whole hive: the copy beside the journal, and what it gives back when the journal is gone.

import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PathSession } from '@cohesix/ninedoor';
import { expect, test, vi } from 'vitest';
import type { Hive } from '../src/hive.ts';
import { adoptHiveSettings } from '../src/stores-offline.ts';
import { placeForEach, queenOf, textOf } from './fixture.ts';

const place = placeForEach();
const other = placeForEach();

async function set(queen: PathSession, values: object): Promise<void> {
  const written = await queen.append('/settings/ctl', JSON.stringify({ set: values }));
  if (!written.ok) throw new Error(written.refusal.detail);
}

async function valuesOf(queen: PathSession): Promise<unknown> {
  return (JSON.parse(await textOf(queen, '/settings/all')) as { values: unknown }).values;
}

async function stored(queen: PathSession, revision: number): Promise<void> {
  await vi.waitFor(async () =>
    expect(await textOf(queen, '/settings/status')).toMatch(new RegExp(`state=stored .*stored_revision=${revision} `)),
  );
}

/** All that says what was decided; keys stay. */
function loseJournal({ paths }: Hive): void {
  for (const path of [paths.journal, paths.snapshots]) rmSync(path, { recursive: true, force: true });
}

test('nothing is made on disk before somebody sets something', async () => {
  const hive = await place.start();
  expect(await textOf(queenOf(hive), '/settings/status')).toBe(
    'settings state=empty keys=0 revision=0 entry=0 stored_revision=0 page=none generation=0\n',
  );
  expect(existsSync(join(hive.paths.root, 'settings.pages'))).toBe(false);
});

test('the journal is lost: the copy gives the settings back, and their revision goes on', async () => {
  const first = await place.start();
  const queen = queenOf(first);
  await set(queen, { site: 'lab-3' });
  await set(queen, { uplink: 'lte' });
  await stored(queen, 2);
  await first.stop();
  loseJournal(first);
  const again = queenOf(await place.start());
  await vi.waitFor(async () => expect(await valuesOf(again)).toEqual({ site: 'lab-3', uplink: 'lte' }));
  expect(await textOf(again, '/settings/status')).toMatch(/state=stored keys=2 revision=2 /);
  await set(again, { site: 'roof' });
  await stored(again, 3);
});

test('the copy is lost: the next start makes it again', async () => {
  const first = await place.start();
  await set(queenOf(first), { site: 'lab-3' });
  await first.stop();
  rmSync(join(first.paths.root, 'settings.pages'));
  const again = queenOf(await place.start());
  await stored(again, 1);
  expect(await valuesOf(again)).toEqual({ site: 'lab-3' });
});

test('the copy of another hive is left alone and said; adopted, the higher revision holds', async () => {
  const theirs = await other.start();
  for (const site of ['a', 'b', 'theirs']) await set(queenOf(theirs), { site });
  await stored(queenOf(theirs), 3);
  await theirs.stop();
  const first = await place.start();
  await set(queenOf(first), { site: 'ours' });
  await first.stop();
  copyFileSync(join(theirs.paths.root, 'settings.pages'), join(first.paths.root, 'settings.pages'));
  const hive = await place.start();
  const queen = queenOf(hive);
  expect(await textOf(queen, '/settings/status')).toMatch(/state=foreign .*revision=1 /);
  await set(queen, { zone: 'eu' });
  expect(await valuesOf(queen)).toEqual({ site: 'ours', zone: 'eu' });
  expect(await textOf(queen, '/log/queen.log')).toMatch(/settings copy left alone: it is of the hive [0-9a-f]{32}/);
  await hive.stop();
  expect(await adoptHiveSettings(hive.paths.root)).toMatchObject({ ok: true });
  const adopted = queenOf(await place.start());
  await vi.waitFor(async () => expect(await valuesOf(adopted)).toEqual({ site: 'theirs' }));
});
