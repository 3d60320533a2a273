// The spool in a whole hive: who may, what a stop and a start keep, what a spool that is not ours does to the hive, and telemetry in it.

import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '@cohesix/manifest';
import type { PathSession } from '@cohesix/ninedoor';
import type { Result } from '@cohesix/wire';
import { expect, test, vi } from 'vitest';
import { adoptHiveSpool, initHiveSpool } from '../src/stores-offline.ts';
import { placeForEach, queenOf, textOf } from './fixture.ts';

const place = placeForEach();
const other = placeForEach();

function spooling(change: Partial<Manifest['spool']> = {}): (manifest: Manifest) => Manifest {
  return (manifest) => ({ ...manifest, spool: { ...manifest.spool, enable: true, bytes: 65_536, ...change } });
}

async function codeOf(result: Promise<Result<unknown>>): Promise<string> {
  const value = await result;
  return value.ok ? 'ok' : value.refusal.code;
}

async function append(queen: PathSession, ...texts: readonly string[]): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const text of texts) answers.push(await codeOf(queen.append('/proc/spool/append', text)));
  return answers;
}

async function statusOf(queen: PathSession): Promise<string> {
  return textOf(queen, '/proc/spool/status');
}

test('without [spool] there is only the word that it is off', async () => {
  const queen = queenOf(await place.start());
  expect(await statusOf(queen)).toBe('spool state=off\n');
  expect(await append(queen, 'x')).toEqual(['invalid-path']);
});

test('records, their numbers and the acknowledgement are the same after a stop and a start', async () => {
  const first = await place.start(spooling());
  const queen = queenOf(first);
  expect(await append(queen, 'a\n', 'b\n', 'c')).toEqual(['ok', 'ok', 'ok']);
  expect(await codeOf(queen.append('/proc/spool/ack', '1\n'))).toBe('ok');
  await first.stop();
  const again = queenOf(await place.start(spooling()));
  expect(await textOf(again, '/proc/spool/read')).toMatch(
    /^seq=2 ts=\d+ kind=record bytes=2\nb\nseq=3 ts=\d+ kind=record bytes=1\nc\n$/,
  );
  expect(await statusOf(again)).toMatch(/records=2 next_seq=4 ack_cursor=1 refused=0 dropped=0 torn=no/);
  expect(await textOf(again, '/log/queen.log')).toMatch(/spool opened records=2 next_seq=4 ack_cursor=1 dropped=0\n/);
});

test('append and ack are only written, read is only read, and what is no acknowledgement is refused', async () => {
  const hive = await place.start(spooling());
  const queen = queenOf(hive);
  await append(queen, 'a');
  expect(await codeOf(queen.read('/proc/spool/append', 100))).toBe('denied');
  expect(await codeOf(queen.append('/proc/spool/read', 'x'))).toBe('denied');
  expect(await codeOf(queen.append('/proc/spool/ack', '{"seq":1}'))).toBe('invalid-payload');
  expect(await codeOf(queen.append('/proc/spool/ack', '0'))).toBe('invalid-payload');
  expect(await codeOf(queen.append('/proc/spool/ack', '2'))).toBe('not-found');
});

test('the spool of another hive keeps no hive from starting: it says so, until it is adopted or made anew', async () => {
  const theirs = await other.start(spooling());
  await append(queenOf(theirs), 'theirs');
  await theirs.stop();
  const ours = await place.start(spooling());
  await append(queenOf(ours), 'ours');
  const { root } = ours.paths;
  await ours.stop();
  copyFileSync(join(theirs.paths.root, 'spool', 'ring'), join(root, 'spool', 'ring'));
  const hive = await place.start(spooling());
  const queen = queenOf(hive);
  expect(await statusOf(queen)).toMatch(
    /^spool state=unusable reason=".*spool of the hive [0-9a-f]{32}, not of this one.*coh spool adopt/,
  );
  expect(await append(queen, 'x')).toEqual(['denied']);
  expect(await codeOf(queen.read('/proc/spool/read', 100))).toBe('denied');
  expect(await adoptHiveSpool(root)).toMatchObject({ ok: false, refusal: { code: 'busy' } });
  await hive.stop();
  expect(await adoptHiveSpool(root)).toMatchObject({ ok: true });
  const adopted = await place.start(spooling());
  expect(await textOf(queenOf(adopted), '/proc/spool/read')).toMatch(/theirs\n$/);
  await adopted.stop();
  expect(await initHiveSpool(root, false)).toMatchObject({ ok: false, refusal: { code: 'exists' } });
  expect(await initHiveSpool(root, true)).toMatchObject({ ok: true });
  expect(await statusOf(queenOf(await place.start(spooling())))).toMatch(/records=0 next_seq=1 /);
});

test('an edit of the manifest is no other hive', async () => {
  const first = await place.start(spooling());
  await append(queenOf(first), 'a');
  await first.stop();
  const hive = await place.start(spooling({ records_max: 7 }));
  expect(await statusOf(queenOf(hive))).toMatch(/state=ready .*records=1 /);
});

test('what workers report is put into the spool too, where the manifest says so', async () => {
  const hive = await place.start(spooling({ telemetry: true }));
  const queen = queenOf(hive);
  expect(await codeOf(queen.append('/queen/ctl', '{"spawn":"heartbeat","ticks":1000}'))).toBe('ok');
  await vi.waitFor(async () => {
    expect(await textOf(queen, '/proc/spool/read')).toMatch(/^seq=1 ts=\d+ kind=telemetry bytes=\d+\nworker-1\n/);
  });
  const [name = ''] = (await textOf(queen, '/proc/spool/read')).match(/worker-\d+$/m) ?? [];
  const [reported = ''] = (await textOf(queen, `/worker/${name}/telemetry`)).split('\n');
  expect(reported).not.toBe('');
  expect(await textOf(queen, '/proc/spool/read')).toContain(`${name}\n${reported}\n`);
  expect(await statusOf(queen)).toMatch(/telemetry_dropped=0/);
});

test('telemetry that finds no room is counted and told, and workers do not wait for it', async () => {
  const hive = await place.start(spooling({ telemetry: true, records_max: 1 }));
  const queen = queenOf(hive);
  await append(queen, 'the only one');
  expect(await codeOf(queen.append('/queen/ctl', '{"spawn":"heartbeat","ticks":1000}'))).toBe('ok');
  await vi.waitFor(async () => expect(await statusOf(queen)).toMatch(/telemetry_dropped=[1-9]/));
  expect(await textOf(queen, '/log/queen.log')).toMatch(/spool telemetry dropped=1 reason=".*records_max/);
});

test('a spool that was taken away is made anew at the next start', async () => {
  const first = await place.start(spooling());
  await append(queenOf(first), 'a');
  const path = join(first.paths.root, 'spool', 'ring');
  await first.stop();
  rmSync(path);
  const hive = await place.start(spooling());
  expect(await statusOf(queenOf(hive))).toMatch(/records=0 next_seq=1 /);
  expect(existsSync(path)).toBe(true);
});
