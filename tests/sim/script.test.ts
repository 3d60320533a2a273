// One script, written twice: two hives that know nothing of each other give the same answers, the same log and the same journal, byte for
// byte. Where the random bytes of their machines differ, so do the tickets that the hive makes for its workers, and nothing else. The script is what people wrote in a random run of the model.

import { type Command, createAuthority } from '@cohesix/authority';
import { MemoryDisk } from '@cohesix/journal/memory-disk';
import type { Manifest } from '@cohesix/manifest';
import { expect, test } from 'vitest';
import { type Person, SimWorld } from '../crash/sim-hive.ts';
import { START_MS } from '../model/explore.ts';
import { firstSteps, play } from '../model/random.ts';

const SEEDS = [3, 6, 12, 13];
const STEPS = 700;
const RUN_MS = 120_000;
/** Time between two lines at most, ms: jobs run, leases expire and workers report meanwhile. */
const WAIT_MS_MAX = 5000;
/** Files whose text must be the same. */
const SHOWN = [
  '/log/queen.log',
  '/audit/journal',
  '/audit/decisions',
  '/proc/lease/history',
  '/proc/schedule/jobs',
  '/proc/host-tickets/summary',
];

interface Script {
  readonly manifest: Manifest;
  readonly lines: readonly Pick<Command, 'who' | 'path' | 'line' | 'at'>[];
}

/** A line about a worker that reports on its host, of which these worlds have none. */
const HOST_WORKER = /spawn\\*":\\*"host/;

const PEOPLE: Readonly<Record<string, Person>> = { alice: 'queen', bob: 'approver' };

function scriptOf(seed: number): Script {
  const lines: Command[] = [];
  let manifest: Manifest | undefined;
  play(seed, firstSteps(STEPS), (given) => {
    const authority = createAuthority(given);
    manifest = given;
    return {
      ...authority,
      decide(state, command) {
        if (command.who.role !== 'system' && !HOST_WORKER.test(command.line)) lines.push(command);
        return authority.decide(state, command);
      },
    };
  });
  if (manifest === undefined) throw new Error('nothing was played');
  return { manifest, lines };
}

interface Came {
  readonly answers: readonly string[];
  readonly shown: readonly string[];
}

async function run({ manifest, lines }: Script, seed: number): Promise<Came> {
  const world = new SimWorld(seed, manifest);
  const started = await world.start(new MemoryDisk());
  if (!started.ok) throw new Error(started.refusal.detail);
  const hive = started.value;
  await hive.boot();
  // Times in the lines are those of the model.
  const later = world.wall.now() - START_MS;
  const answers: string[] = [];
  let last = START_MS;
  for (const { who, path, line, at } of lines) {
    await world.pass(Math.min(at - last, WAIT_MS_MAX) + 1);
    last = at;
    const text = line.replaceAll(/\b17000\d{8}\b/g, (time) => String(Number(time) + later));
    answers.push(await world.until(hive.write(PEOPLE[who.subject] ?? 'guest', path, text)));
  }
  const shown: string[] = [];
  for (const path of SHOWN) shown.push(await world.until(hive.read(path)));
  await hive.stop();
  return { answers, shown };
}

/** Without the fingerprints of the tickets that the hive makes for its workers: their ids are random. */
function unmarked(text: string): string {
  return text.replaceAll(/(role=worker-\S+ subject=\S+) ticket=\S+/g, '$1');
}

const seen = new Set<string>();
let accepted = 0;

test.each(SEEDS)('identical scripts give identical answers and audit lines (%i)', { timeout: RUN_MS }, async (seed) => {
  const script = scriptOf(seed);
  const [first, second, other] = [await run(script, 1), await run(script, 1), await run(script, 2)];
  expect(second.answers).toEqual(first.answers);
  expect(other.answers).toEqual(first.answers);
  accepted += first.answers.filter((answer) => answer === 'ok').length;
  for (const [index, path] of SHOWN.entries()) {
    const text = first.shown[index] ?? '';
    if (text.length > 0) seen.add(path);
    expect(second.shown[index], path).toBe(text);
    expect(unmarked(other.shown[index] ?? ''), path).toBe(unmarked(text));
  }
});

test('the scripts did much, and every file that was compared had something in it', () => {
  expect(accepted).toBeGreaterThan((SEEDS.length * STEPS) / 10);
  expect([...seen].sort()).toEqual([...SHOWN].sort());
});
