// The whole hive under every fault of its disk: see README.md. `COHESIX_CRASH_POINTS` says how many points, `COHESIX_SEED` which,
// and `COHESIX_CRASH_POINT` runs one again.

import { expect, test } from 'vitest';
import { type Point, pointsOf } from './points.ts';
import { Sweep } from './sweep.ts';

const POINTS = Number(process.env.COHESIX_CRASH_POINTS ?? 200);
const SEED = Number(process.env.COHESIX_SEED ?? 20261121);
const AGAIN = process.env.COHESIX_CRASH_POINT;
/** Broken points that are reported before the sweep ends. */
const BROKEN_MAX = 20;

const sweep = new Sweep();
const lives = await sweep.operations();

test('the life of the sweep meets every kind of operation and file of the write path', () => {
  const operations = [...lives.values()].flat();
  const of = (name: string, path: RegExp): number =>
    operations.filter((each) => each.name === name && path.test(each.path)).length;
  for (const name of ['writev', 'datasync', 'open', 'close']) expect(of(name, /\d\.seg$/), name).toBeGreaterThan(3);
  for (const file of [
    /checkpoint\.tmp$/,
    /key\.tmp$/,
    /\.snap\.tmp$/,
    /tile\/0\/000$/,
    /reserve$/,
    /owner\.lock\/new-/,
  ])
    expect(of('writev', file), `${file}`).toBeGreaterThan(0);
  for (const name of ['rename', 'unlink', 'link', 'truncate', 'mkdir', 'syncDirectory'])
    expect(of(name, /./), name).toBeGreaterThan(1);
});

test(`nothing acknowledged is lost at ${POINTS} points, seed ${SEED}`, { timeout: 0 }, async () => {
  if (AGAIN !== undefined) return void (await sweep.run(JSON.parse(AGAIN) as Point));
  const broken: string[] = [];
  const outcomes = { kept: 0, refused: 0 };
  let count = 0;
  for (const point of pointsOf(SEED, lives)) {
    if (count++ === POINTS || broken.length === BROKEN_MAX) break;
    try {
      outcomes[await sweep.run(point)] += 1;
    } catch (error) {
      broken.push(String(error));
    }
  }
  expect(broken.join('\n\n')).toBe('');
  expect(outcomes.kept).toBeGreaterThan(POINTS * 0.9);
});
