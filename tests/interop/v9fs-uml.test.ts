// The hive through the Linux kernel's own 9P client, as a person with a shell sees it. One guest runs all steps; each
// test looks at what one of them printed. uml-harness.test.ts shows that the guest itself can be trusted.

import { connect } from '@cohesix/client';
import { afterAll, describe, expect, type TestContext, test } from 'vitest';
import { NO_APPROVALS, startHive, type TestHive } from '../support/hive.ts';
import { type GuestRun, type GuestStep, runGuest, STUCK, type StepOutcome, umlMissing } from './uml.ts';
import { manyAppends, manyReads, tailFollow } from './v9fs-steps.ts';

const TIMEOUT_MS = 120_000;
const MANIFEST = `${NO_APPROVALS}[workers]\nhost_interval_ms = 50\n`;
const budget = (seconds: number) => `{"budget":{"ttl_s":${seconds},"ops":1000}}`;

const STEPS: readonly GuestStep[] = [
  { name: 'ls', script: 'ls -1' },
  { name: 'ls-long', script: 'ls -l proc queen' },
  { name: 'cat', script: 'cat proc/boot' },
  { name: 'overwrite', script: `echo '${budget(301)}' > queen/ctl && grep -c 'ttl_s[^,]*301' queen/ctl` },
  { name: 'append', script: `echo '${budget(302)}' >> queen/ctl && grep -c 'ttl_s[^,]*302' queen/ctl` },
  {
    name: 'two-lines',
    script: `printf '%s\\n%s\\n' '${budget(303)}' '${budget(304)}' >> queen/ctl && grep -c 'ttl_s[^,]*30[34]' queen/ctl`,
  },
  { name: 'bad-line', script: `echo '{"no":"such"}' >> queen/ctl` },
  tailFollow({ name: 'tail-telemetry', file: 'worker/worker-1/telemetry', until: 'head -n 3', grow: 'true' }),
  tailFollow({
    name: 'tail-log',
    file: 'log/queen.log',
    until: 'grep -m 3 guest-tick',
    grow: 'echo guest-tick >> log/queen.log',
  }),
  { name: 'absent', script: 'cat proc/nowhere' },
  { name: 'absent-deep', script: 'cat no/where/at/all' },
  { name: 'write-view', script: 'echo x > proc/boot' },
  { name: 'up', script: 'cd proc && cd .. && ls -1d queen' },
  { name: 'mkdir', script: 'mkdir made' },
  { name: 'create', script: 'echo x > made' },
  { name: 'move', script: 'mv proc/boot proc/moved' },
  { name: 'remove', script: 'rm -f queen/ctl' },
  { name: 'chmod', script: 'chmod 777 queen/ctl' },
  { name: 'link', script: 'ln -s proc/boot made' },
  { name: 'df', script: 'df . | tail -n 1 | wc -w' },
  { name: 'find', script: 'find . -type f | wc -l' },
  manyReads('proc/boot'),
  manyAppends('log/queen.log', 'guest-again'),
  { name: 'still-there', script: 'cat proc/boot > /dev/null && ls -1d queen' },
];

let hive: TestHive | undefined;
let running: Promise<GuestRun> | undefined;

afterAll(async () => {
  await running?.catch(() => undefined);
  await hive?.stop();
});

async function guest(): Promise<GuestRun> {
  hive = await startHive({ manifest: MANIFEST });
  return runGuest({
    server: { port: hive.ninepPort, uname: 'queen', aname: hive.ticket },
    steps: STEPS,
    deadlineMs: 90_000,
  });
}

/** Skips where there is no guest; boots it for the first test that asks. */
async function step(ctx: TestContext, name: string): Promise<StepOutcome> {
  const missing = umlMissing();
  if (missing) ctx.skip(missing);
  running ??= guest();
  const run = await running;
  const outcome = run.steps.get(name);
  if (!outcome) throw new Error(`step ${name} did not run; the console:\n${run.console}`);
  return outcome;
}

describe('the kernel client', { timeout: TIMEOUT_MS }, () => {
  test('mounts, and unmounts at the end', async (ctx) => {
    expect(await step(ctx, 'mount')).toEqual({ status: 0, output: '' });
    expect(await step(ctx, 'umount')).toEqual({ status: 0, output: '' });
  });

  test('leaves in order: the hive is held by its queen after the umount', async (ctx) => {
    await step(ctx, 'umount');
    const url = `9p://127.0.0.1:${hive?.ninepPort ?? 0}`;
    const session = await connect({ url, role: 'queen', ticket: hive?.ticket ?? '' });
    if (!session.ok) throw new Error(session.refusal.detail);
    const log = await session.value.read('/log/queen.log');
    await session.value.close();
    const lines = log.ok ? new TextDecoder().decode(log.value).split('\n') : [];
    expect(lines.filter((line) => line.startsWith('root '))).toEqual(['root reachable']);
  });

  test('lists directories', async (ctx) => {
    const { status, output } = await step(ctx, 'ls');
    expect(status).toBe(0);
    expect(output.trimEnd().split('\n')).toEqual(expect.arrayContaining(['log', 'proc', 'queen']));
    expect((await step(ctx, 'ls-long')).output).toMatch(/^-r--r--r--.* boot$/m);
  });

  test('reads a view', async (ctx) => {
    const { status, output } = await step(ctx, 'cat');
    expect(status).toBe(0);
    expect(output.length).toBeGreaterThan(0);
  });

  test.for([
    ['>', 'overwrite', '1\n'],
    ['>>', 'append', '1\n'],
    ['one write of two lines', 'two-lines', '2\n'],
  ] as const)('gives a line to a control file with %s', async ([, name, output], ctx) => {
    expect(await step(ctx, name)).toEqual({ status: 0, output });
  });

  test('is told that a line does not fit', async (ctx) => {
    expect(await step(ctx, 'bad-line')).toEqual({ status: 1, output: expect.stringContaining('Invalid argument') });
  });

  test('follows telemetry, and a log it writes to itself', async (ctx) => {
    const telemetry = await step(ctx, 'tail-telemetry');
    expect(telemetry.output.trimEnd().split('\n')).toHaveLength(3);
    expect((await step(ctx, 'tail-log')).output.match(/guest-tick/g)).toHaveLength(3);
  });

  test.for([
    ['reading what is not there', 'absent', 'No such file or directory'],
    ['reading far below what is not there', 'absent-deep', 'No such file or directory'],
    ['writing to a view', 'write-view', 'Operation not permitted'],
    ['making a directory', 'mkdir', 'Operation not permitted'],
    ['making a file', 'create', 'Operation not permitted'],
    ['making a link', 'link', 'Operation not permitted'],
    ['renaming', 'move', 'Operation not permitted'],
    ['removing', 'remove', 'Operation not permitted'],
    ['changing permissions', 'chmod', 'Operation not permitted'],
  ] as const)('is refused with an errno: %s', async ([, name, text], ctx) => {
    expect(await step(ctx, name)).toEqual({
      status: expect.toSatisfy(isFailure),
      output: expect.stringContaining(text),
    });
  });

  test('leaves a directory upwards', async (ctx) => {
    expect(await step(ctx, 'up')).toEqual({ status: 0, output: 'queen\n' });
  });

  test('asks for the size of the file system', async (ctx) => {
    expect(await step(ctx, 'df')).toEqual({ status: 0, output: '6\n' });
  });

  test('walks through everything', async (ctx) => {
    const { status, output } = await step(ctx, 'find');
    expect(status).toBe(0);
    expect(Number(output)).toBeGreaterThan(10);
  });

  test('opens, uses and closes 300 times', async (ctx) => {
    expect(await step(ctx, 'many-reads')).toEqual({ status: 0, output: 'done 300\n' });
    expect(await step(ctx, 'many-appends')).toEqual({ status: 0, output: 'done 300\n' });
    expect(await step(ctx, 'still-there')).toEqual({ status: 0, output: 'queen\n' });
  });
});

/** Failed by itself: not killed, not stuck. */
function isFailure(status: number): boolean {
  return status > 0 && status < STUCK;
}
