// Our client beside `tuf-js`, which nobody here wrote, over random histories of one repository: releases, rotations, expiry, wrong
// keys, rollbacks, damage, files that are gone. Both take or refuse the same, and keep the same versions.
//
// Left out, because the two differ on purpose: a root under the next name of the version we have (5.3.5: tuf-js refuses), one key under
// two ids (tuf-js counts it twice), rotations that keep an old key or change the snapshot's only (5.3.11: tuf-js forgets nothing), and a
// version whose contents the publisher changed (we look at the hash of the kept file too).

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Fetcher, Updater } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DEFAULT_TUF_LIMITS, type TufRole } from '../src/index.ts';
import { keyPair } from './crypto.ts';
import { DAY, NOW, TestClient, TestRepository } from './tuf-kit.ts';

const SEED = 20261121;
const ROLES: readonly TufRole[] = ['root', 'timestamp', 'snapshot', 'targets'];

/** `tuf-js` with the repository of the test behind it. */
class Oracle {
  readonly #repository: TestRepository;
  readonly #folder: string;

  constructor(repository: TestRepository, folder: string) {
    this.#repository = repository;
    this.#folder = folder;
    writeFileSync(join(folder, 'root.json'), repository.firstRoot);
  }

  async refresh(): Promise<boolean> {
    try {
      await new Updater({
        metadataDir: this.#folder,
        metadataBaseUrl: 'http://repository',
        fetcher: this.#fetcher,
      }).refresh();
      return true;
    } catch {
      return false;
    }
  }

  version(role: TufRole): number | undefined {
    try {
      return JSON.parse(readFileSync(join(this.#folder, `${role}.json`), 'utf8')).signed.version;
    } catch {
      return undefined;
    }
  }

  readonly #fetcher: Fetcher = {
    downloadBytes: async (url, maxLength) => {
      const bytes = this.#repository.files.get(url.slice('http://repository/'.length));
      if (bytes === undefined) throw new DownloadHTTPError('not there', 404);
      if (bytes.length > maxLength) throw new Error('too long');
      return Buffer.from(bytes);
    },
    downloadFile: () => Promise.reject(new Error('no target is fetched here')),
  };
}

type Act = (world: World) => void;

/** A repository whose versions are never used twice: two files of one version are the publisher's fault, not an attack. */
class World {
  readonly repository: TestRepository = new TestRepository();
  readonly #highest = new Map<TufRole, number>();
  #keys = 100;

  /** New versions of a file and of all that speak of it. */
  release(role: TufRole): void {
    const speakers: readonly TufRole[] = role === 'root' ? ['root'] : ['targets', 'snapshot', 'timestamp'];
    for (const each of speakers.slice(speakers.indexOf(role))) this.#publish(each);
  }

  /** Lets `role` go back to an older file. */
  rollBack(role: TufRole): void {
    const { repository } = this;
    const edition = repository.editions[role];
    edition.version = Math.max(1, edition.version - 2);
    if (role === 'targets') this.release('snapshot');
    if (role === 'snapshot') this.release('timestamp');
    if (role === 'timestamp')
      repository.files.set('timestamp.json', repository.file(`${edition.version}.timestamp.json`));
  }

  nextKey(): ReturnType<typeof keyPair> {
    this.#keys += 1;
    return keyPair(this.#keys);
  }

  #publish(role: TufRole): void {
    const { repository } = this;
    const version = Math.max(this.#highest.get(role) ?? 1, repository.editions[role].version) + 1;
    this.#highest.set(role, version);
    repository.editions[role].version = version;
    if (role === 'root') repository.publishRoot();
    else if (role === 'targets') repository.publishTargets();
    else if (role === 'snapshot') repository.publishSnapshot();
    else repository.publishTimestamp();
  }
}

const role = fc.constantFrom(...ROLES);
const upper = fc.constantFrom<TufRole>('timestamp', 'snapshot', 'targets');
const fileName = ({ editions }: TestRepository, of: TufRole): string =>
  of === 'timestamp' ? 'timestamp.json' : `${editions[of].version}.${of}.json`;

function act(name: string, run: Act): readonly [string, Act] {
  return [name, run];
}

const acts: fc.Arbitrary<readonly [string, Act]> = fc.oneof(
  { arbitrary: role.map((of) => act(`release ${of}`, (world) => world.release(of))), weight: 6 },
  { arbitrary: fc.constant(act('amends', makeAmends)), weight: 3 },
  upper.map((of) => act(`roll back ${of}`, (world) => world.rollBack(of))),
  fc.tuple(role, fc.integer({ min: -2, max: 3 })).map(([of, days]) =>
    act(`${of} expires in ${days} days`, (world) => {
      world.repository.editions[of].expiresMs = Date.now() + days * DAY + 1000;
      world.release(of);
    }),
  ),
  role.map((of) =>
    act(`${of} by a stranger`, (world) => {
      world.repository.roles[of].signers = [keyPair(99)];
      world.release(of);
    }),
  ),
  fc
    .tuple(upper, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 3 }))
    .map(([of, threshold, signers]) =>
      act(`${of} by ${signers} of ${threshold}`, (world) => rotate(world, of, { threshold, signers })),
    ),
  upper.map((of) => act(`no ${of}`, ({ repository }) => repository.files.delete(fileName(repository, of)))),
  // ASCII stays ASCII and hex lower case: we refuse bytes that are no UTF-8, and signatures in capitals, also where nobody signed.
  fc.tuple(role, fc.nat(), fc.constantFrom(1, 2, 4)).map(([of, place, flip]) =>
    act(`damage ${of}`, (world) => {
      world.release(of);
      const name = fileName(world.repository, of);
      const bytes = world.repository.file(name).slice();
      bytes[place % bytes.length] = (bytes[place % bytes.length] ?? 0) ^ flip;
      world.repository.files.set(name, bytes);
    }),
  ),
  fc.constantFrom<TufRole>('snapshot', 'targets').map((of) =>
    act(`long ${of}`, (world) => {
      world.release(of);
      const name = fileName(world.repository, of);
      world.repository.files.set(name, Buffer.concat([world.repository.file(name), Buffer.from(' ')]));
    }),
  ),
  fc
    .integer({ min: 1, max: 4 })
    .map((days) => act(`${days} days`, () => void vi.setSystemTime(Date.now() + days * DAY))),
);

/** New keys for a role; for the snapshot and the timestamp together, so that both clients forget the same. */
function rotate(world: World, of: TufRole, { threshold, signers }: { threshold: number; signers: number }): void {
  const { roles } = world.repository;
  const other = of === 'snapshot' ? 'timestamp' : 'snapshot';
  if (of !== 'targets') roles[other] = { keys: [world.nextKey()], threshold: 1, signers: undefined };
  const keys = [world.nextKey(), world.nextKey(), world.nextKey()];
  roles[of] = { keys, threshold, signers: keys.slice(0, signers) };
  world.release('root');
  world.release('targets');
}

/** Everything right again. */
function makeAmends(world: World): void {
  for (const of of ROLES) {
    world.repository.roles[of].signers = undefined;
    world.repository.editions[of].expiresMs = Date.now() + 10 * DAY;
  }
  world.release('root');
  world.release('targets');
}

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cohesix-tuf-'));
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

test('takes and refuses what tuf-js takes and refuses', async () => {
  const seen = { taken: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(acts, { minLength: 1, maxLength: 12 }), async (history) => {
      vi.setSystemTime(NOW);
      const world = new World();
      const { repository } = world;
      const client = new TestClient(repository);
      client.limits = { ...DEFAULT_TUF_LIMITS, snapshotBytesMax: 2_000_000, targetsBytesMax: 5_000_000 };
      const oracle = new Oracle(repository, mkdtempSync(join(folder, 'run-')));
      for (const [name, run] of [act('begin', () => undefined), ...history]) {
        run(world);
        client.nowMs = Date.now();
        const ours = await client.refresh();
        const theirs = await oracle.refresh();
        expect({ name, isTaken: ours === 'ok' }, ours).toEqual({ name, isTaken: theirs });
        for (const of of ROLES) {
          // What new keys made us forget lies there unused with tuf-js.
          const version = client.version(of);
          if (version !== undefined) expect(version, `${name}: ${of}`).toBe(oracle.version(of));
          if (theirs) expect(version, `${name}: ${of}`).toBeDefined();
        }
        seen[theirs ? 'taken' : 'refused'] += 1;
      }
    }),
    { seed: SEED, numRuns: 120 },
  );
  expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(150);
});
