// coh trace, against a real hive: what it shows of the events, and what it says when the hive does not make them.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCoh } from '../src/run.ts';
import { type LiveHive, liveHive } from './live-hive.ts';

let live: LiveHive;
beforeAll(async () => {
  live = await liveHive();
});
afterAll(() => live?.stop());

const ONCE = ['trace', '--no-follow', '-n', '1000'];

/** The events of a run, and what was said on stderr. */
async function events(...argv: string[]): Promise<{ seq: number; level: string; cat: string; task?: string }[]> {
  const { stdout, stderr } = await live.coh([...ONCE, '--json', ...argv]);
  expect(stderr).toBe('');
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('coh trace', () => {
  it('shows the events as the hive tells them, or only some of them', async () => {
    const all = await events();
    expect(all[0]).toMatchObject({ seq: 1, level: 'info', cat: 'kmesg' });
    const boot = await events('--cat', 'boot', '--cat', 'worker');
    expect(new Set(boot.map(({ cat }) => cat))).toEqual(new Set(['boot', 'worker']));
    expect((await live.coh([...ONCE, '--level', 'error'])).stdout).toBe('');
    expect(await events('--cat', 'boot', '--cat', 'worker', '-n', '1')).toEqual(boot.slice(-1));
    const { stdout } = await live.coh([...ONCE, '--cat', 'boot']);
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z info {2}boot {6}boot epoch=1 version=/);
  });

  it('shows what a worker does', async () => {
    const own = await events('--worker', 'worker-1');
    expect(new Set(own.map(({ task }) => task))).toEqual(new Set(['worker-1']));
    const { exit, stderr } = await live.coh([...ONCE, '--worker', 'worker-99']);
    expect([exit, stderr.split('\n', 1)[0]]).toEqual([1, 'coh: cannot read /proc/worker-99/trace (invalid-path)']);
  });

  it('says when the hive makes less than is asked for, and how to have it', async () => {
    const { exit, stderr } = await live.coh([...ONCE, '--level', 'debug', '--cat', 'effect']);
    expect(exit).toBe(0);
    expect(stderr).toContain('the hive tells only level=info cats=all; for more:');
    expect(stderr).toContain('trace set debug effect');
  });

  it('goes on with what comes, until Ctrl-C', async () => {
    const captured = live.beside();
    const watching = runCoh(['trace', '--cat', 'lifecycle', '--json'], captured.io);
    await captured.until('new=ONLINE reason=boot-complete');
    await live.coh(['lifecycle', 'cordon']);
    await captured.until('lifecycle transition old=ONLINE new=DRAINING');
    captured.signal('SIGINT');
    expect(await watching).toBe(0);
    await live.coh(['lifecycle', 'resume']);
  });
});

describe('coh trace set', () => {
  it('changes what the hive makes, for everybody', async () => {
    expect(await live.json(['trace', 'set', 'debug', 'effect', 'boot'])).toEqual({
      level: 'debug',
      cats: ['effect', 'boot'],
    });
    expect((await live.coh(['cat', '/trace/state'])).stdout).toMatch(
      /^trace level=debug cats=boot,effect entry=\d+\n$/,
    );
    expect((await live.coh(['trace', 'set', 'info'])).stdout).toBe('the hive tells level=info cats=all\n');
    expect(await live.json(['trace', 'set', 'info'])).toEqual({ level: 'info', cats: null });
  });

  it('refuses what the hive does not know', async () => {
    const { exit, said, advice } = await live.refused(['trace', 'set', 'info', 'nonsense']);
    expect([exit, said]).toEqual([2, 'coh: cannot set the trace (invalid-payload)']);
    expect(advice).toContain('$.set.cats[0]');
    expect((await live.coh(['trace', 'set', 'loud'])).exit).toBe(2);
  });
});
