// The harness before the subject: User-Mode Linux against diod, a server that is known to be good, and against
// servers that are known to be bad. What passes here and fails in v9fs-uml.test.ts is a fault of the hive.

import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import getPort from 'get-port';
import { afterEach, describe, expect, test } from 'vitest';
import { diodMissing, startDiod, type TestDiod } from '../support/diod.ts';
import { type GuestRun, KILLED, runGuest, STUCK, umlMissing } from './uml.ts';
import { manyAppends, manyReads, tailFollow } from './v9fs-steps.ts';

const BOOT_MS = 120_000;
const leftovers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of leftovers.splice(0)) await stop();
});

async function diodWithFiles(): Promise<TestDiod> {
  const diod = await startDiod();
  leftovers.push(() => diod.stop());
  writeFileSync(join(diod.folder, 'boot'), 'first line\n');
  writeFileSync(join(diod.folder, 'log'), 'old\n');
  return diod;
}

function outputOf(run: GuestRun, name: string): string | undefined {
  return run.steps.get(name)?.output;
}

describe('the guest against diod', () => {
  test('does what a person does at a shell', { timeout: BOOT_MS }, async (ctx) => {
    const missing = umlMissing() ?? diodMissing();
    if (missing) ctx.skip(missing);
    const diod = await diodWithFiles();
    const run = await runGuest({
      server: { port: diod.port, uname: 'root', aname: diod.folder },
      steps: [
        { name: 'ls', script: 'ls -1' },
        { name: 'cat', script: 'cat boot' },
        { name: 'overwrite', script: 'echo new > made && cat made' },
        { name: 'two-lines', script: "printf 'a\\nb\\n' >> log; tail -n 2 log" },
        tailFollow({ name: 'tail-follow', file: 'log', until: 'head -n 3', grow: 'echo tick >> log' }),
        { name: 'absent', script: 'cat nowhere/at/all' },
        { name: 'up', script: 'mkdir d && cd d && cd .. && ls -1d boot' },
        { name: 'move', script: 'mv made d/moved && cat d/moved && rm -r d && ls -1 | wc -l' },
        { name: 'df', script: 'df . | tail -n 1 | wc -w' },
        manyReads('boot'),
        manyAppends('log', 'again'),
      ],
    });
    expect([...run.steps].filter(([, { status }]) => status !== 0).map(([name]) => name)).toEqual(['absent']);
    expect(outputOf(run, 'ls')).toBe('boot\nlog\n');
    expect(outputOf(run, 'cat')).toBe('first line\n');
    expect(outputOf(run, 'overwrite')).toBe('new\n');
    expect(outputOf(run, 'two-lines')).toBe('a\nb\n');
    expect(outputOf(run, 'tail-follow')).toBe('tick\ntick\ntick\n');
    expect(outputOf(run, 'absent')).toContain('No such file or directory');
    expect(outputOf(run, 'up')).toBe('boot\n');
    expect(outputOf(run, 'move')).toBe('new\n2\n');
    expect(outputOf(run, 'df')).toBe('6\n');
    expect(outputOf(run, 'many-reads')).toBe('done 300\n');
    expect(outputOf(run, 'many-appends')).toBe('done 300\n');
    expect(readFileSync(join(diod.folder, 'log'), 'utf8').match(/^again$/gm)).toHaveLength(300);
  });

  test('names a step that fails and a step that hangs, and goes on', { timeout: BOOT_MS }, async (ctx) => {
    const missing = umlMissing() ?? diodMissing();
    if (missing) ctx.skip(missing);
    const diod = await diodWithFiles();
    const run = await runGuest({
      server: { port: diod.port, uname: 'root', aname: diod.folder },
      steps: [
        { name: 'fails', script: 'cat boot; exit 3' },
        { name: 'hangs', script: 'exec sleep 1000' },
        { name: 'goes-on', script: 'printf unended' },
      ],
      stepSeconds: 2,
    });
    expect(run.steps.get('fails')).toEqual({ status: 3, output: 'first line\n' });
    expect(run.steps.get('hangs')?.status).toBe(KILLED);
    expect(run.steps.get('goes-on')).toEqual({ status: 0, output: 'unended' });
    expect(run.steps.get('umount')?.status).toBe(0);
  });
});

describe('the guest against servers that are bad', () => {
  test('says that a wrong name was not mounted', { timeout: BOOT_MS }, async (ctx) => {
    const missing = umlMissing() ?? diodMissing();
    if (missing) ctx.skip(missing);
    const { port } = await diodWithFiles();
    const server = { port, uname: 'root', aname: '/no/such/export' };
    const run = await runGuest({ server, steps: [{ name: 'ls', script: 'ls' }] });
    expect([...run.steps.keys()]).toEqual(['mount']);
    expect(run.steps.get('mount')).toEqual({ status: 1, output: expect.stringContaining('permission denied') });
  });

  test('says that nobody listens', { timeout: BOOT_MS }, async (ctx) => {
    const missing = umlMissing();
    if (missing) ctx.skip(missing);
    const run = await runGuest({
      server: { port: await getPort({ host: '127.0.0.1' }), uname: 'x', aname: 'y' },
      steps: [],
    });
    expect(run.steps.get('mount')?.status).toBe(255);
  });

  test('gives up on a server that accepts and never answers', { timeout: BOOT_MS }, async (ctx) => {
    const missing = umlMissing();
    if (missing) ctx.skip(missing);
    const silent = createServer((socket) => socket.on('error', () => socket.destroy())).listen(0, '127.0.0.1');
    leftovers.push(async () => void silent.close());
    await once(silent, 'listening');
    const address = silent.address();
    if (typeof address !== 'object' || address === null) throw new Error('no TCP address');
    const server = { port: address.port, uname: 'x', aname: 'y' };
    const run = await runGuest({ server, steps: [], stepSeconds: 2 });
    expect(run.steps.get('mount')?.status).toBe(STUCK);
  });
});
