// The same seed gives the same journal and the same answers, byte for byte: run again here, and under every other version
// of Node that this machine has.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Simulated, simulate } from './simulate.ts';

/** Small and large worlds, with all kinds of faults among them. */
const SEEDS = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
const RUN_MS = 120_000;
/** The oldest Node that starts this project. */
const OLDEST = 20;
const DIGESTS = fileURLToPath(new URL('./digests.ts', import.meta.url));

type Digest = Pick<Simulated, 'seed' | 'journal' | 'transcript' | 'events'>;

const folder = mkdtempSync(join(tmpdir(), 'cohesix-sim-'));
let first: readonly Digest[] = [];

beforeAll(async () => {
  first = await digests();
}, RUN_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function digests(): Promise<readonly Digest[]> {
  const all: Digest[] = [];
  for (const seed of SEEDS) {
    const { journal, transcript, events } = await simulate(seed);
    all.push({ seed, journal, transcript, events });
  }
  return all;
}

test('a second run gives the same bytes', { timeout: RUN_MS }, async () => {
  expect(await digests()).toEqual(first);
});

test('seeds differ', () => {
  expect(new Set(first.map(({ journal }) => journal)).size).toBe(SEEDS.length);
  expect(new Set(first.map(({ transcript }) => transcript)).size).toBe(SEEDS.length);
});

test('another version of Node gives the same bytes', { timeout: RUN_MS }, async (context) => {
  const others = otherNodes();
  if (others.size === 0) return context.skip(`no Node but ${process.version} is installed`);
  const bundle = join(folder, 'digests.mjs');
  await build({
    entryPoints: [DIGESTS],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: `node${OLDEST}`,
    plugins: [withoutZstd],
    banner: { js: ES2024 },
    logLevel: 'silent',
  });
  for (const [version, node] of others) {
    const run = spawnSync(node, [bundle, ...SEEDS.map(String)], { encoding: 'utf8', timeout: RUN_MS });
    expect(run.stderr, version).toBe('');
    const lines = run.stdout.trim().split('\n');
    expect(
      lines.map((line) => JSON.parse(line) as Digest),
      version,
    ).toEqual(first);
  }
});

/** What the sources use of ECMAScript 2024 (their `lib`) and Node 20 does not have. */
const ES2024 = `
  Map.groupBy ??= (items, keyOf) => {
    const groups = new Map();
    let index = 0;
    for (const item of items) {
      const key = keyOf(item, index++);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [item]);
      else group.push(item);
    }
    return groups;
  };
  Object.groupBy ??= (items, keyOf) => Object.assign(Object.create(null), Object.fromEntries(Map.groupBy(items, keyOf)));
  Promise.withResolvers ??= () => {
    const made = {};
    made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
    return made;
  };
`;

/** Node had no Zstandard before 22.15, and no CRC before 20.15. Worlds archive nothing and have no stores beside the journal. */
const withoutZstd: Plugin = {
  name: 'without zstd',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:zlib$/ }, ({ path }) => ({ path, namespace: 'zlib' }));
    onLoad({ filter: /.*/, namespace: 'zlib' }, () => ({
      contents: `
        const absent = () => { throw new Error('no Zstandard here'); };
        export const [constants, zstdCompress, zstdDecompress, zstdDecompressSync] = [{}, absent, absent, absent];
        export const crc32 = absent;
      `,
    }));
  },
};

/** Programs `node` of other versions, by version: those in PATH, the system's, and the one that npm runs under. */
function otherNodes(): ReadonlyMap<string, string> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  const programs = [...folders.map((path) => join(path, 'node')), process.env.npm_node_execpath ?? 'node'];
  const others = new Map<string, string>();
  for (const program of new Set(programs)) {
    const version = /^v(\d+)\.\S+/.exec(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout ?? '');
    if (version === null || Number(version[1]) < OLDEST || version[0] === process.version) continue;
    if (!others.has(version[0])) others.set(version[0], program);
  }
  return others;
}
