// What a person who tried everything stumbled over, against a hive in this process.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verbHint } from '@cohesix/client';
import { type Hive, startHive } from '@cohesix/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOutput, runCoh } from '../src/run.ts';
import { capturedIo, coh as cohAt, type Ran, type Surroundings } from './captured-io.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
let hive: Hive;
const data = mkdtempSync(join(tmpdir(), 'coh-qa-'));

beforeAll(async () => {
  const started = await startHive({
    directory: data,
    adjust: (manifest) => ({ ...manifest, listen: { ...manifest.listen, secure9p: '', console: '127.0.0.1:0' } }),
  });
  if (!started.ok) throw new Error(started.refusal.detail);
  hive = started.value;
});

afterAll(async () => {
  await hive?.stop();
  rmSync(data, { recursive: true, force: true });
});

function coh(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  return cohAt(argv, { cwd: data, ...surroundings, env: { COH_DATA: data, ...surroundings.env } });
}

function consoleUrl(): string {
  const { console } = hive.addresses;
  return `console://127.0.0.1:${console !== undefined && 'port' in console ? console.port : 0}`;
}

describe('paths', () => {
  it('may end in the slash that completion leaves', async () => {
    expect((await coh(['ls', '/worker/'])).stdout).toBe((await coh(['ls', '/worker'])).stdout);
    expect((await coh(['ls', '//'])).stdout).toBe((await coh(['ls', '/'])).stdout);
    expect((await coh(['stat', '/queen/'])).stdout).toContain('kind    directory\n');
    const { exit, stdout } = await coh(['sh'], { stdin: 'ls /worker/\nls\nexit\nls /nope\n' });
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^OK LS path=\/worker entries=1\n.*\nEND\nOK LS path=\/ /);
    expect(stdout).toMatch(/OK QUIT\n$/);
  });

  it.each([
    ['/proc//x/y', '/proc'],
    ['/proc/boot/x', '/proc'],
    ['//', '/'],
    ['/nope/nope', '/'],
  ])('%s leads to the nearest directory', async (path, nearest) => {
    const { stderr } = await coh(['cat', path]);
    if (path !== '//') expect(stderr).toContain(`What there is: ./coh ls ${nearest}\n`);
    expect(stderr).not.toContain('ls //');
  });
});

describe('completion', () => {
  it('asks the hive that was typed, as who was typed', async () => {
    const complete = async (words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> =>
      (await coh(['__complete', '--', ...words], { env: { COH_DATA: '/nonexistent', ...env } })).stdout;
    expect(await complete(['ls', '/que'])).toBe('');
    for (const typed of [['--data', data], [`--data=${data}`], ['--data', '~/']])
      expect(await complete(['ls', ...typed, '/que'], { HOME: data })).toBe('/queen/\n');
    expect(await complete(['--data', data, 'ls', '/que'])).toBe('/queen/\n');
    expect(await complete(['--data', '/nonexistent', 'ls', '/que'], { COH_DATA: data })).toBe('');
    const to = ['--to', `unix:${hive.paths.socket}`, '--ticket', hive.paths.queenTicket];
    expect(await complete([...to, 'ls', '/que'])).toBe('/queen/\n');
    expect(await complete([...to.slice(0, 2), '--ticket', '-', 'ls', '/que'])).toBe('');
    const narrow = join(data, 'narrow.ticket');
    const mint = ['ticket', 'mint', '--role', 'queen', '--subject', 'n', '--scope', '/log:r', '--out', narrow];
    expect((await coh(mint)).exit).toBe(0);
    expect(await complete(['ls', '--data', data, '--ticket', narrow, '/'])).not.toContain('queen');
  });

  it('offers files beside links that lead nowhere', async () => {
    const folder = mkdtempSync(join(data, 'links-'));
    symlinkSync('loop', join(folder, 'loop'));
    expect((await coh(['__complete', '--', 'ls', '--ticket', `${folder}/`])).stdout).toBe(`${folder}/loop\n`);
  });
});

describe('advice', () => {
  it('keeps the options that were given', async () => {
    const options = ['--data', data, '--ticket', hive.paths.approverTicket];
    const { stderr } = await coh(['ls', '/nope', ...options], { env: { COH_DATA: '' } });
    expect(stderr).toContain(`What there is: ./coh ${options.join(' ')} ls /\n`);
    const refused = await coh(['spawn', 'host', '--data', data], { env: { COH_DATA: '' } });
    expect(refused.stderr).toContain(`  ./coh --data ${data} approve /queen/ctl `);
    const absent = await coh(['ls', '/', '--ticket', 'coh2.secret']);
    expect(absent.stderr).not.toContain('coh2.secret');
  });
});

describe('secrets in flags', () => {
  it('a console token is taken with a warning and never told', async () => {
    const secret = readFileSync(hive.paths.consoleToken, 'utf8').trim();
    const { exit, stdout, stderr } = await coh(['ls', '/', '--to', consoleUrl(), '--console-token', secret]);
    expect(exit).toBe(0);
    expect(stderr).toContain('warning: a console token on the command line');
    expect(stdout + stderr).not.toContain(secret);
    const missing = await coh(['ls', '/', '--to', consoleUrl(), '--console-token', './nope']);
    expect(missing.exit).toBe(1);
    expect(missing.stderr).toContain(`Cannot read the console token ${join(data, 'nope')}: there is no such file.`);
    expect((await coh(['ls', '/', '--ticket', secret])).stderr).not.toContain(secret);
  });

  it('a ticket that is not there is no refusal of the hive', async () => {
    const { exit, stderr } = await coh(['ticket', 'inspect', '/nope']);
    expect(exit).toBe(1);
    expect(stderr).not.toContain('ticket inspect');
    const blank = await coh(['ticket', 'mint', '--role', 'queen', '--subject', 'a b']);
    expect(blank.exit).toBe(2);
    expect(blank.stderr).toMatch(/^coh: cannot mint \(usage\)\n.*subject.*\n {2}Help: .\/coh ticket mint --help\n$/);
  });
});

describe('output', () => {
  it('that cannot be written is told in a sentence', () => {
    const { io, stderr } = capturedIo();
    expect(failOutput(io, Object.assign(new Error('x'), { code: 'ENOSPC' }))).toBe(1);
    expect(stderr()).toMatch(
      /^coh: cannot write to the output \(failed\)\n {2}Writing it failed: the disk is full\.\n/,
    );
  });
});

describe('--json', () => {
  it('is JSON for version and help, too', async () => {
    expect(JSON.parse((await coh(['--json', '--version'])).stdout)).toEqual({ version: expect.stringMatching(/^\d/) });
    for (const argv of [
      ['--json', 'help'],
      ['ls', '--help', '--json'],
    ]) {
      const { exit, stdout } = await coh(argv);
      expect([exit, JSON.parse(stdout)]).toEqual([0, { help: expect.stringContaining('Examples:') }]);
    }
  });
});

describe('the shell', () => {
  it('knows what was meant', () => {
    const verbs = ['cat', 'kill', 'ls', 'spawn'];
    expect(verbHint(verbs, 'spwan heartbeat')).toBe('No such verb; did you mean spawn?');
    expect(verbHint(verbs, ' LS /')).toBeUndefined();
    expect(verbHint(verbs, 'something')).toBe('No such verb; help lists them.');
  });

  it('--check finds verbs and expectations that are none', async () => {
    const check = (script: string): Promise<Ran> => coh(['sh', '--check', '-'], { stdin: script });
    expect((await check('lss /\nEXPECT OK\n')).stderr).toContain('line 1: there is no verb "lss"');
    expect((await check('ls /\nEXPECT GOOD\n')).stderr).toContain('line 2: EXPECT takes OK');
    expect((await check('ls /\nlifecycle resume\nlss\nEXPECT ERR\n')).exit).toBe(0);
  });

  it.each(['unix', 'console'])('attaches as what was typed over %s, and ends', async (kind) => {
    const ticket = readFileSync(hive.paths.approverTicket, 'utf8').trim();
    const url = kind === 'unix' ? `unix:${hive.paths.socket}` : consoleUrl();
    const child = spawn(process.execPath, [MAIN, 'sh', '--data', data, '--to', url], { timeout: 10_000 });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => {
      said.stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      said.stderr += chunk;
    });
    child.stdin.end(`whoami\nattach worker-host ${ticket}\nwhoami\nattach queen ${ticket}\nwhoami\n`);
    const [exit, signal] = await once(child, 'close');
    expect(signal).toBeNull();
    expect(exit).not.toBe(0);
    const [first, second, third, fourth, last] = said.stdout.trimEnd().split('\n');
    expect([first, third]).toEqual(['OK WHOAMI role=queen subject=queen', 'OK WHOAMI role=queen subject=queen']);
    expect(second).toMatch(/^ERR ATTACH /);
    expect([fourth, last]).toEqual(['OK ATTACH role=queen', 'OK WHOAMI role=queen subject=approver']);
    expect(said.stderr).toBe('');
  });

  it('tells no ticket of its lines', async () => {
    const stdin = 'ping\nattach queen coh2.AbCdEf_0123456789\nls /\n';
    for (const argv of [
      ['sh', '--script', '-'],
      ['sh', '--script', '-', '--json'],
      ['sh', '--json'],
    ]) {
      const { exit, stdout, stderr } = await coh(argv, { stdin });
      expect(exit).not.toBe(0);
      expect(stdout + stderr).toContain('attach queen <ticket>');
      expect(stdout + stderr).not.toContain('coh2.AbC');
    }
  });

  it('test --no-mutate writes nothing', async () => {
    const before = (await coh(['cat', '/log/queen.log'])).stdout.split('selftest').length;
    expect((await coh(['test', '--mode', 'full', '--no-mutate'])).exit).toBe(0);
    expect((await coh(['cat', '/log/queen.log'])).stdout.split('selftest')).toHaveLength(before);
  });

  it('test --no-mutate counts what it skips', async () => {
    const { exit, stdout } = await coh(['test', '--mode', 'full', '--no-mutate']);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/\nSKIP {2}full: spawn/);
    const count = stdout.split('\n').filter((line) => line.startsWith('SKIP')).length;
    expect(stdout).toContain(` ${count} skipped, `);
  });
});

describe('approvals', () => {
  it('are not given for what needs none, but by force', async () => {
    const { exit, stdout, stderr } = await coh(['approve', '/queen/lifecycle/ctl', 'cordon']);
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toContain('no rule is about /queen/lifecycle/ctl (usage)');
    expect(stderr).toContain('./coh approve --force PATH LINE');
    const forced = await coh(['approve', '--force', '/queen/lifecycle/ctl', 'cordon']);
    expect([forced.exit, forced.stderr]).toEqual([0, '']);
  });

  it('warn about a line that is no JSON', async () => {
    const { exit, stderr } = await coh(['approve', '/queen/ctl', 'not', 'json']);
    expect(exit).toBe(0);
    expect(stderr).toContain('this line does not parse as JSON');
  });

  it('of a request that is closed lead to those that are open', async () => {
    const { stderr } = await coh(['approve', 'nothing']);
    expect(stderr).toContain('Open requests: ./coh approvals');
  });
});

describe('waiting for an approval', () => {
  it('notices one that was given by the line', async () => {
    const captured = capturedIo({ env: { COH_DATA: data } });
    const line = '{"spawn":"heartbeat","ticks":3}';
    const spawning = runCoh(['spawn', line, '--wait', '2'], captured.io);
    await asked(captured.stderr);
    expect((await coh(['approve', '/queen/ctl', line])).exit).toBe(0);
    expect(await spawning).toBe(0);
    expect(captured.stdout()).toMatch(/^worker-\d+\n$/);
  });

  it('says that nobody answered', async () => {
    const { exit, stderr } = await coh(['kill', 'worker-1', '--wait', '1']);
    expect(exit).toBe(4);
    expect(stderr).toMatch(/\n {2}Nobody answered request ask-\S+ in 1 s\.\n/);
    expect(stderr).not.toContain('add --wait');
  });

  it('says who denied it', async () => {
    const captured = capturedIo({ env: { COH_DATA: data } });
    const killing = runCoh(['kill', 'worker-1', '--wait', '20'], captured.io);
    const id = await asked(captured.stderr);
    expect((await coh(['deny', id])).exit).toBe(0);
    expect(await killing).toBe(3);
    expect(captured.stderr()).toContain(`approver denied request ${id}.`);
    expect(captured.stderr()).not.toContain('ask for approval');
  });

  it('ends with Ctrl-C, and says that the request stays open', async () => {
    const captured = capturedIo({ env: { COH_DATA: data } });
    const killing = runCoh(['spawn', '{"spawn":"host"}', '--wait', '20'], captured.io);
    const id = await asked(captured.stderr);
    captured.signal('SIGINT');
    expect(await killing).toBe(130);
    expect(captured.stderr()).toMatch(new RegExp(`request ${id} stays open until \\d{4}-.*Z\\.`));
    expect((await coh(['approvals'])).stdout).toContain(id);
    expect((await coh(['help', 'exit-codes'])).stdout).toMatch(/\n130 .*--wait/);
  });
});

/** The id of the request that a waiting command told, once the hive lists it. */
async function asked(stderr: () => string): Promise<string> {
  for (;;) {
    const id = /approve (ask-\w+)/.exec(stderr())?.[1];
    if (id !== undefined && (await coh(['approvals'])).stdout.includes(id)) return id;
    await new Promise(setImmediate);
  }
}
