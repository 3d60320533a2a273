// A hive over HTTP: `--url` and what stands for it, the same commands at REST and WebSocket, and `coh gateway` in front of a hive.

import { existsSync } from 'node:fs';
import type { Manifest } from '@cohesix/manifest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHttp } from '../src/gateway/local.ts';
import { runCoh } from '../src/run.ts';
import { type CapturedIo, capturedIo, coh, type Ran } from './captured-io.ts';
import { type LiveHive, liveHive } from './live-hive.ts';

let live: LiveHive;
let http = '';
let stopHttp: () => Promise<void>;

const noApprovals = (manifest: Manifest): Manifest => ({ ...manifest, policy: { ...manifest.policy, enabled: false } });

beforeAll(async () => {
  live = await liveHive(noApprovals);
  const opened = await openHttp(live.hive);
  if (!opened.ok || opened.value === undefined) throw new Error('no HTTP door');
  http = opened.value.url;
  stopHttp = () => opened.value?.close() ?? Promise.resolve();
});
afterAll(async () => {
  await stopHttp();
  await live.stop();
});

const ws = (): string => `${http.replace('http', 'ws')}/v1/9p`;

/** A command without the data directory: only a URL and a ticket lead to the hive. */
function remote(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return coh([...argv], { env: { COH_TICKET: live.hive.paths.queenTicket, COH_DATA: '/nowhere', ...env } });
}

describe('--url', () => {
  it.each([
    ['whoami', '--json'],
    ['ls', '/', '--json'],
    ['cat', '/proc/boot'],
    ['stat', '/queen/ctl', '--json'],
    ['lease', 'list', '--json'],
    ['gpu', 'list', '--json'],
    ['approvals', '--json'],
    ['cat', '/nope'],
    ['echo', '/queen/ctl', '{"x":1}'],
    ['echo', '/proc/boot', 'x'],
    ['kill', 'worker-99'],
  ])('gives what the unix socket gives: %s %s %s', async (...argv) => {
    const words = argv.filter((word) => word !== undefined);
    const [rest, socket, there] = [
      await remote(['--url', http, ...words]),
      await remote(['--url', ws(), ...words]),
      await live.coh(words),
    ];
    for (const { exit, stdout, stderr } of [rest, socket]) {
      expect(withoutSession(stdout)).toBe(withoutSession(there.stdout));
      // The sentence below is for people, and what to do next names the door.
      expect({ exit, said: stderr.split('\n').slice(0, 1) }).toEqual({
        exit: there.exit,
        said: there.stderr.split('\n').slice(0, 1),
      });
    }
  });

  it('may be --to, or in the environment, in this order and behind --data', async () => {
    for (const argv of [
      ['--to', http],
      ['--url', http],
      ['--url', http, '--to', http],
    ]) {
      expect((await remote([...argv, 'cat', '/proc/boot'])).exit).toBe(0);
    }
    for (const name of ['COH_URL', 'COH_REST_URL', 'COHSH_REST_URL', 'HIVE_GATEWAY_URL']) {
      expect((await remote(['cat', '/proc/boot'], { [name]: http })).exit).toBe(0);
    }
    const nowhere = 'http://127.0.0.1:1';
    expect((await remote(['--url', http, 'cat', '/proc/boot'], { COH_URL: nowhere })).exit).toBe(0);
    expect((await remote(['cat', '/proc/boot'], { COH_URL: http, HIVE_GATEWAY_URL: nowhere })).exit).toBe(0);
    const { root } = live.hive.paths;
    expect((await remote(['--data', root, 'cat', '/proc/boot'], { COH_URL: nowhere })).exit).toBe(0);
  });

  it.each([
    ['two doors', () => ['--url', http, '--to', ws()], 2, '--to and --url name two doors'],
    ['no gateway', () => ['--url', 'http://127.0.0.1:1'], 8, 'No answer from http://127.0.0.1:1'],
    ['a ticket in it', () => ['--url', 'http://queen:secret@127.0.0.1:1'], 2, 'the ticket is given apart from it'],
    ['no URL', () => ['--url', 'http://'], 2, 'no URL of a gateway'],
  ])('%s', async (_, argv, status, says) => {
    const { exit, stderr } = await remote([...argv(), 'ls', '/']);
    expect(exit).toBe(status);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain('secret');
  });

  it('a ticket that is none is refused with the exit status of every door', async () => {
    const { exit, stderr } = await coh(['--url', http, '--ticket', '-', 'ls', '/'], { stdin: 'cohesix-none' });
    expect(exit).toBe(3);
    expect(stderr).toContain('cannot start a session');
  });
});

function withoutSession(text: string): string {
  return text
    .replace(/"session":"\d+"/, '"session":""')
    .replace(/"door":"[a-z0-9]+"/, '"door":""')
    .replace(/"(size|version)":"?\d+"?/g, '"$1":0');
}

describe('coh gateway', () => {
  /** Runs it until `use` has ended. */
  async function behind(
    argv: readonly string[],
    use: (url: string) => Promise<void>,
  ): Promise<{ exit: number; io: CapturedIo }> {
    const io = capturedIo({ env: { COH_TICKET: live.hive.paths.queenTicket } });
    const running = runCoh(['gateway', '--json', '--listen', '127.0.0.1:0', ...argv], io.io);
    await io.until('"ready"');
    await use(String(JSON.parse(io.stdout()).http));
    io.signal('SIGTERM');
    return { exit: await running, io };
  }

  it('serves a hive that runs elsewhere, with its own sentences', async () => {
    expect(existsSync(live.hive.paths.socket)).toBe(true);
    const { exit, io } = await behind(['--to', `unix:${live.hive.paths.socket}`], async (url) => {
      expect((await remote(['--url', url, 'cat', '/proc/boot'])).stdout).toBe(
        (await live.coh(['cat', '/proc/boot'])).stdout,
      );
      const refused = await remote(['--url', url, 'echo', '/queen/ctl', '{"x":1}']);
      expect(refused.exit).toBe(2);
      expect(refused.stderr).toContain('got an object with x');
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
    });
    expect(exit).toBe(0);
    expect(JSON.parse(io.stdout())).toMatchObject({ ready: true, manifest: 'hive' });
  });

  it('starts before its hive, and says nothing of where that is', async () => {
    await behind(['--to', 'unix:/nowhere/9p.sock'], async (url) => {
      expect((await fetch(`${url}/readyz`)).status).toBe(503);
      const refused = await remote(['--url', url, 'ls', '/']);
      expect(refused.exit).toBe(8);
      expect(refused.stderr).not.toContain('/nowhere');
    });
  });

  it.each([
    [['--to', 'console://127.0.0.1:1'], 'A gateway speaks 9P with its hive'],
    [['--to', 'unix:/x', '--listen', '0.0.0.0:0'], '--allow-remote'],
    [['--to', 'unix:/x', '--listen', 'here'], 'host:port'],
    [['--to', 'unix:/x', '--manifest', '/nowhere.toml'], '/nowhere.toml: there is no such file'],
  ])('refuses %j', async (argv, says) => {
    const { exit, stderr } = await coh(['gateway', '--listen', '127.0.0.1:0', ...argv]);
    expect(exit).not.toBe(0);
    expect(stderr).toContain(says);
  });
});
