// Debian's user-space 9P clients, diodls and diodcat, on the hive. They send Tauth before Tattach and go on only if it
// is refused with ENOENT ("authentication not required"), then attach with an empty uname, the numeric user and the
// aname given with -a; so the ticket travels in the aname, and nothing else says who they are.

import { afterAll, describe, expect, type TestContext, test } from 'vitest';
import { startHive, type TestHive } from '../support/hive.ts';
import { runTool, type ToolRun, toolMissing } from '../support/tool.ts';

const DIODLS = '/usr/sbin/diodls';
const DIODCAT = '/usr/sbin/diodcat';

let starting: Promise<TestHive> | undefined;

afterAll(async () => {
  const hive = await starting?.catch(() => undefined);
  await hive?.stop();
});

/** Runs a client with the Queen's ticket, or with `aname`; skips where it is not installed. */
async function client(ctx: TestContext, file: string, args: readonly string[], aname?: string): Promise<ToolRun> {
  const missing = toolMissing(file, 'diod');
  if (missing) ctx.skip(missing);
  starting ??= startHive();
  const hive = await starting;
  return runTool(file, ['-s', `127.0.0.1:${hive.ninepPort}`, '-a', aname ?? hive.ticket, ...args]);
}

describe('diodls', () => {
  test('lists the root', async (ctx) => {
    const { status, stdout, stderr } = await client(ctx, DIODLS, ['/']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n')).toEqual(expect.arrayContaining(['log', 'proc', 'queen']));
  });

  test('lists a directory with kinds and permissions', async (ctx) => {
    const { status, stdout, stderr } = await client(ctx, DIODLS, ['-l', '/proc']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^-r--r--r--\S* .* boot$/m);
    expect(stdout).toMatch(/^dr-xr-xr-x\S* .* pressure$/m);
  });

  test('says that a directory is not there', async (ctx) => {
    const { status, stderr } = await client(ctx, DIODLS, ['/nowhere']);
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('No such file or directory') });
  });

  test('cannot attach with a ticket that is none', async (ctx) => {
    const { status, stdout, stderr } = await client(ctx, DIODLS, ['/'], 'no-ticket');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('attach');
  });
});

describe('diodcat', () => {
  test('reads a view, the same each time', async (ctx) => {
    const first = await client(ctx, DIODCAT, ['/proc/boot']);
    expect({ status: first.status, stderr: first.stderr }).toEqual({ status: 0, stderr: '' });
    expect(first.stdout.length).toBeGreaterThan(0);
    expect((await client(ctx, DIODCAT, ['proc/boot'])).stdout).toBe(first.stdout);
  });

  test('reads to the end at the smallest msize it knows', async (ctx) => {
    const whole = await client(ctx, DIODCAT, ['/proc/boot']);
    const pieces = await client(ctx, DIODCAT, ['-m', '512', '/proc/boot']);
    expect(pieces).toEqual(whole);
  });

  test('finds its own attach in the log', async (ctx) => {
    const { status, stdout } = await client(ctx, DIODCAT, ['/log/queen.log']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/session\.attach .*door=9p/);
  });

  test('says that a file is not there', async (ctx) => {
    const { status, stderr } = await client(ctx, DIODCAT, ['/proc/nowhere']);
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('No such file or directory') });
  });
});
