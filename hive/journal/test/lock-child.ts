// A process for lock.test.ts: `lock-child.ts DIRECTORY ROUNDS`.
//
// ROUNDS 0: takes the directory, says `held` or the refusal, and keeps it until its input ends.
// Otherwise: takes it that often; while it holds it, it makes a file that must not exist yet, and removes it again.

import { once } from 'node:events';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { lockDirectory } from '../src/index.ts';

const [directory = '', rounds = '0'] = process.argv.slice(2);

async function hold(): Promise<void> {
  const lock = await lockDirectory(directory, { at: Date.now() });
  console.log(lock.ok ? 'held' : lock.refusal.detail);
  process.stdin.resume();
  await once(process.stdin, 'end');
  if (lock.ok) await lock.value.release();
}

async function takeTurns(count: number): Promise<void> {
  const sentinel = join(directory, 'sentinel');
  for (let taken = 0; taken < count; ) {
    const lock = await lockDirectory(directory, { at: Date.now() });
    if (!lock.ok) {
      if (lock.refusal.code !== 'busy') throw new Error(lock.refusal.detail);
      continue;
    }
    mkdirSync(sentinel);
    await new Promise(setImmediate);
    rmdirSync(sentinel);
    const released = await lock.value.release();
    if (!released.ok) throw new Error(released.refusal.detail);
    taken++;
  }
}

await (Number(rounds) === 0 ? hold() : takeTurns(Number(rounds)));
