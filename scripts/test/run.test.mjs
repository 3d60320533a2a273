// Ctrl-C at a terminal, played by script(1): the kernel gives it to the whole foreground group, so nobody may pass it on.

import { spawn, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const run = new URL('../lib/run.mjs', import.meta.url).href;
/** What is started: says that it runs, and half a second after the first SIGINT how many there were. */
const counter = `
  let count = 0;
  const stay = setInterval(() => {}, 1000);
  process.on('SIGINT', () => {
    count += 1;
    if (count === 1) setTimeout(() => { console.log('counted=' + count); clearInterval(stay); }, 500);
  });
  console.log('ready');`;
const starter = `
  import { run } from ${JSON.stringify(run)};
  await run(process.execPath, ['-e', ${JSON.stringify(counter)}]);`;
const command = `"${process.execPath}" --input-type=module -e "$STARTER"`;

/**
 * Runs a program that runs the starter, interrupts it when it is ready, and gives what it printed.
 * @param {readonly [string, ...string[]]} argv
 * @param {(child: import('node:child_process').ChildProcessWithoutNullStreams) => void} interrupt
 * @returns {Promise<string>}
 */
function interrupted([program, ...args], interrupt) {
  const child = spawn(program, args, { env: { ...process.env, STARTER: starter }, timeout: 20_000 });
  let said = '';
  child.stdout.on('data', (chunk) => {
    const wasReady = said.includes('ready');
    said += chunk;
    if (!wasReady && said.includes('ready')) interrupt(child);
  });
  return new Promise((resolve) => child.once('close', () => resolve(said)));
}

test.for(['', '< /dev/null', '2> /dev/null', '< /dev/null 2> /dev/null'])(
  'a Ctrl-C at a terminal counts once, also with the redirections "%s"',
  async (redirections, context) => {
    if (spawnSync('script', ['--version']).status !== 0) return context.skip('script is not installed');
    const said = await interrupted(['script', '-qec', `${command} ${redirections}`, '/dev/null'], (child) =>
      child.stdin.write('\x03'),
    );
    expect(said).toContain('counted=1');
  },
);

test('a SIGINT without a terminal is passed on', async () => {
  const said = await interrupted(['sh', '-c', `exec ${command}`], (child) => child.kill('SIGINT'));
  expect(said).toContain('counted=1');
});
