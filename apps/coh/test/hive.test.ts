// The commands against a real hive in this process.

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Hive, startHive } from '@cohesix/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostPort } from '../src/places.ts';
import { runCoh } from '../src/run.ts';
import { capturedIo, coh as cohAt, type Ran, type Surroundings } from './captured-io.ts';

let hive: Hive;
const folder = mkdtempSync(join(tmpdir(), 'coh-hive-'));
const data = join(folder, 'data');

beforeAll(async () => {
  const started = await startHive({
    directory: data,
    adjust: (manifest) => ({
      ...manifest,
      listen: { ...manifest.listen, secure9p: '127.0.0.1:0', console: '127.0.0.1:0' },
      workers: { ...manifest.workers, heartbeat_interval_ms: 20, host_interval_ms: 20 },
    }),
  });
  if (!started.ok) throw new Error(started.refusal.detail);
  hive = started.value;
});

afterAll(async () => {
  await hive?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function coh(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  return cohAt(argv, { cwd: folder, ...surroundings, env: { COH_DATA: data, ...surroundings.env } });
}

async function json<T>(argv: readonly string[]): Promise<T> {
  const { exit, stdout, stderr } = await coh([...argv, '--json']);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return JSON.parse(stdout) as T;
}

describe('files', () => {
  it('ls lists', async () => {
    const { exit, stdout } = await coh(['ls']);
    expect(exit).toBe(0);
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['log', 'proc', 'queen', 'worker']));
    expect(await json(['ls', '/queen'])).toMatchObject({ path: '/queen', names: expect.arrayContaining(['ctl']) });
  });

  it('ls of nothing says where to look', async () => {
    const { exit, stderr } = await coh(['ls', '/queen/nothing']);
    expect(exit).toBe(1);
    expect(stderr).toMatch(
      /^coh: cannot list \/queen\/nothing \(invalid-path\)\n {2}\S.*\n {2}What there is: .\/coh ls \/queen\n$/,
    );
  });

  it('cat gives the bytes, and JSON', async () => {
    const { stdout } = await coh(['cat', '/proc/boot']);
    expect(stdout).toMatch(/^Cohesix boot/);
    expect(await json(['cat', '/proc/boot'])).toEqual({ path: '/proc/boot', bytes: stdout.length, text: stdout });
  });

  it('stat tells the kind', async () => {
    expect((await coh(['stat', '/queen/ctl'])).stdout).toContain('kind    control\n');
    expect(await json(['stat', '/log/queen.log'])).toMatchObject({
      kind: 'stream',
      size: expect.stringMatching(/^\d+$/),
    });
  });

  it('echo appends, tail shows the end', async () => {
    expect(await coh(['echo', '/log/queen.log', 'first', 'words'])).toEqual({ exit: 0, stdout: '', stderr: '' });
    const noted = await json(['echo', '/log/queen.log', 'second']);
    expect(noted).toEqual({ path: '/log/queen.log', bytes: 7, results: [] });
    const { stdout } = await coh(['tail', '-n', '50', '/log/queen.log']);
    expect(stdout).toContain('first words\n');
    expect((await coh(['tail', '-n', '1', '/log/queen.log'])).stdout.split('\n')).toHaveLength(2);
    expect((await coh(['tail', '-n', '0', '/log/queen.log'])).stdout).toBe('');
  });

  it('echo tells what each line gave back', async () => {
    const budget = '{"budget":{"ttl_s":601}}';
    const approve = (line: string): Promise<unknown> => coh(['approve', '/queen/ctl', line]);
    const open = (id: string): string => `{"op":"open","id":"${id}","ttl_s":60}`;
    await approve(budget);
    const line = await json(['echo', '/queen/ctl', budget]);
    expect(line).toMatchObject({ results: [{ line: 1, path: '/queen/ctl', result: 'accepted' }] });
    const { stdout } = await coh(['echo', '/queen/export/ctl', '-'], { stdin: `${open('one')}\n${open('two')}\n` });
    expect(stdout).toMatch(/^line 1: .*\nline 2: /);
    const refused = await coh(['echo', '/queen/export/ctl', '-'], { stdin: `${open('three')}\n{"op":"close"}\n` });
    expect(refused.stderr).toContain('Line 2 of 2: ');
    expect((await coh(['cat', '/proc/export/windows'])).stdout).not.toContain('three');
  });

  it('echo takes lines from stdin, and a text behind --', async () => {
    expect((await coh(['echo', '/log/queen.log', '-'], { stdin: 'from\nstdin\n' })).exit).toBe(0);
    expect((await coh(['echo', '/log/queen.log', '--', '-5 degrees'])).exit).toBe(0);
    const { stdout } = await coh(['cat', '/log/queen.log']);
    for (const text of ['from\n', 'stdin\n', '-5 degrees\n']) expect(stdout).toContain(text);
  });

  it('echo of a wrong line is a usage error with the hive’s own sentence', async () => {
    const { exit, stderr } = await coh(['echo', '/queen/ctl', 'not json']);
    expect(exit).toBe(2);
    expect(stderr).toMatch(/^coh: cannot write \/queen\/ctl \(invalid-payload\)\n {2}\S/);
    expect((await coh(['echo', '/proc/boot', 'x'])).exit).toBe(3);
  });

  it('tail -f goes on where it began, until Ctrl-C', async () => {
    const captured = capturedIo({ env: { COH_DATA: data } });
    await coh(['echo', '/log/queen.log', 'before-the-follow']);
    const running = runCoh(['tail', '-f', '/log/queen.log', '--json'], captured.io);
    await captured.until('before-the-follow');
    await coh(['echo', '/log/queen.log', 'during-the-follow']);
    await captured.until('during-the-follow');
    captured.signal('SIGINT');
    expect(await running).toBe(0);
    const lines = captured
      .stdout()
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { line: string }).line);
    for (const text of ['before-the-follow', 'during-the-follow']) {
      expect(lines.filter((line) => line.includes(text))).toHaveLength(1);
    }
  });

  it('takes no control characters into a stream, and says where they are', async () => {
    const refused = await coh(['echo', '/log/queen.log', 'bell\u001b[31m']);
    expect(refused.exit).toBe(2);
    expect(refused.stderr).toContain('control character (U+001B)');
    expect((await coh(['cat', '/log/queen.log'])).stdout).not.toContain('bell');
  });
});

describe('workers and approvals', () => {
  it('spawn needs somebody else, says who, and works after that', async () => {
    const refused = await coh(['spawn', 'heartbeat', 'ticks=1000']);
    expect(refused.exit).toBe(4);
    expect(refused.stderr).toContain('coh: cannot spawn (needs-approval)');
    const [, path, line] = /approve (\S+) '(.*)'\n/.exec(refused.stderr) ?? [];
    expect([path, line]).toEqual(['/queen/ctl', '{"spawn":"heartbeat","ticks":1000}']);
    expect((await coh(['approve', path ?? '', line ?? ''])).stdout).toContain('{"spawn":"heartbeat","ticks":1000}');
    const spawned = await json<{ worker: string; entry: number }>(['spawn', 'heartbeat', 'ticks=1000']);
    expect(spawned).toMatchObject({ worker: expect.stringMatching(/^worker-\d+$/), entry: expect.any(Number) });
    expect((await json<{ names: string[] }>(['ls', '/worker'])).names).toContain(spawned.worker);
  });

  it('an approval is used once', async () => {
    expect((await coh(['approve', '/queen/ctl', '{"spawn":"host"}'])).exit).toBe(0);
    expect((await coh(['spawn', '{"spawn":"host"}'])).stdout).toMatch(/^worker-\d+\n$/);
    expect((await coh(['spawn', '{"spawn":"host"}'])).exit).toBe(4);
  });

  it('the Queen does not approve her own line', async () => {
    const own = ['--ticket', hive.paths.queenTicket];
    await coh(['approve', '/queen/ctl', '{"kill":"worker-1"}', ...own]);
    expect((await coh(['kill', 'worker-1'])).exit).toBe(4);
  });

  it('kill --wait asks, and goes on when it is approved', async () => {
    const captured = capturedIo({ env: { COH_DATA: data } });
    const killing = runCoh(['kill', 'worker-1', '--wait', '20'], captured.io);
    const id = await pendingId('{"kill":"worker-1"}');
    expect((await coh(['approvals'])).stdout).toContain(id);
    expect(await json(['approve', id])).toEqual({
      id,
      decision: 'approve',
      path: '/queen/ctl',
      line: '{"kill":"worker-1"}',
    });
    expect(await killing).toBe(0);
    expect(captured.stdout()).toBe('killed worker-1\n');
    expect(captured.stderr()).toContain(`approve ${id}\n`);
  });

  it('a denial ends the wait', async () => {
    const captured = capturedIo({ env: { COH_DATA: data } });
    const killing = runCoh(['kill', 'worker-2', '--wait', '20'], captured.io);
    const id = await pendingId('{"kill":"worker-2"}');
    expect((await coh(['deny', id])).stdout).toMatch(/^denied /);
    expect(await killing).toBe(3);
    expect(captured.stderr()).toContain('(approval-denied)');
  });

  it('a wait that nobody answers is needs-approval', async () => {
    const { exit, stderr } = await coh(['kill', 'worker-3', '--wait', '1']);
    expect(exit).toBe(4);
    expect(stderr).toContain('needs-approval');
  });

  it('approvals of nothing, and of what is not there', async () => {
    expect((await coh(['approvals'])).stdout).toBe('no open requests\n');
    expect((await coh(['approve', 'no-such-id'])).exit).toBe(1);
  });

  it('lifecycle changes the state, and refuses what is impossible', async () => {
    expect(await json(['lifecycle', 'cordon'])).toEqual({ command: 'cordon', state: 'DRAINING' });
    const again = await coh(['lifecycle', 'cordon']);
    expect(again.exit).toBe(7);
    expect((await coh(['spawn', '{"spawn":"host"}'])).exit).toBe(6);
    expect((await coh(['lifecycle', 'resume'])).stdout).toBe('state ONLINE\n');
  });
});

function pendingId(line: string): Promise<string> {
  return pendingWhere((request) => request.line === line);
}

/** The id of an open request, as soon as there is one. */
async function pendingWhere(isWanted: (request: { target: string; line: string }) => boolean): Promise<string> {
  for (;;) {
    const { pending } = await json<{ pending: { id: string; target: string; line: string }[] }>(['approvals']);
    const found = pending.find(isWanted);
    if (found !== undefined) return found.id;
  }
}

describe('sessions', () => {
  it('whoami', async () => {
    expect(await json(['whoami'])).toMatchObject({ role: 'queen', subject: 'queen', hive: 'hive', expires_ms: null });
    expect((await coh(['whoami'])).stdout).toContain('subject  queen\n');
  });

  it('go through every door', async () => {
    const { secure9p, console } = hive.addresses;
    const urls = [`unix:${hive.paths.socket}`, `9p://${textOf(secure9p)}`, `console://${textOf(console)}`];
    const answers = await Promise.all(urls.map((url) => coh(['cat', '/proc/boot', '--to', url])));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]?.exit).toBe(0);
  });

  it.each(['quick', 'full', 'smp', 'negative'])('test --mode %s', async (mode) => {
    const report = await json<{ ok: boolean; mode: string; checks: { name: string; ok: boolean }[] }>([
      'test',
      '--mode',
      mode,
    ]);
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report).toMatchObject({ ok: true, mode, version: '1' });
    expect(report.checks.length).toBeGreaterThan(5);
  });

  it('test --no-mutate spawns nothing', async () => {
    const before = await coh(['cat', '/proc/workers']);
    const { exit, stdout } = await coh(['test', '--mode', 'full', '--no-mutate']);
    expect(exit).toBe(0);
    expect(stdout).toContain('skipped');
    expect(await coh(['cat', '/proc/workers'])).toEqual(before);
  });
});

function textOf(address: Hive['addresses']['secure9p']): string {
  return address !== undefined && 'port' in address ? hostPort(address) : '';
}

describe('tickets', () => {
  const file = join(folder, 'ann.ticket');

  it('mint writes a private file once and prints no token', async () => {
    const argv = [
      'ticket',
      'mint',
      '--role',
      'queen',
      '--subject',
      'ann',
      '--scope',
      '/log:r',
      '--ttl',
      '1h',
      '--out',
      file,
    ];
    const { exit, stdout, stderr } = await coh(argv);
    expect([exit, stdout]).toEqual([0, '']);
    expect(stderr).not.toContain('coh2.');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await coh(argv)).exit).toBe(1);
  });

  it('limits what its holder sees and may do', async () => {
    expect((await coh(['ls', '/', '--ticket', file])).stdout.split('\n')).not.toContain('queen');
    expect((await coh(['tail', '/log/queen.log', '--ticket', file])).exit).toBe(0);
    const denied = await coh(['echo', '/log/queen.log', 'x'], { env: { COH_TICKET: file } });
    expect(denied.exit).toBe(3);
    expect(denied.stderr).toContain('What your ticket allows: ./coh ticket inspect');
  });

  it('inspect shows claims, never the token', async () => {
    const { stdout } = await coh(['ticket', 'inspect', file]);
    expect(stdout).toContain('subject ann\n');
    expect(stdout).toContain('  scope /log:r\n');
    expect(stdout).toContain('verified yes');
    expect(stdout).not.toContain('coh2.');
    const forged = `${readFileSync(file, 'utf8').trim().slice(0, -4)}AAAA`;
    const { stdout: other } = await coh(['ticket', 'inspect', '-'], { stdin: `${forged}\n` });
    expect(other).toContain('verified no');
  });

  it('attenuate narrows, revoke ends it and its children', async () => {
    const child = await coh(['ticket', 'attenuate', file, '--ttl', '10m', '--name', 'ci']);
    expect(child.stdout).toMatch(/^coh2\.\S+\n$/);
    const stdin = child.stdout;
    expect((await coh(['whoami', '--ticket', '-'], { stdin })).stdout).toContain('subject  ann/ci\n');
    expect((await coh(['ticket', 'revoke', file, '--reason', 'test'])).stdout).toMatch(/^revoked [0-9a-f]{32}\n$/);
    const after = await coh(['whoami', '--ticket', '-'], { stdin });
    expect(after.exit).toBe(3);
    expect(after.stderr).toContain('(revoked)');
  });

  it('of the past are expired', async () => {
    const minted = await coh(['ticket', 'mint', '--role', 'queen', '--subject', 'old', '--not-before', '1h']);
    expect((await coh(['ls', '/', '--ticket', '-'], { stdin: minted.stdout })).exit).toBe(5);
  });

  it.each([
    [['--role', 'king', '--subject', 'a'], 'Allowed choices are queen'],
    [['--role', 'queen', '--subject', 'a', '--scope', '/log'], 'A scope reads like'],
    [['--role', 'queen', '--subject', 'a', '--quota', 'luck=1'], 'A quota reads like'],
    [['--role', 'queen', '--subject', 'a', '--ttl', 'soon'], 'A moment is a duration'],
  ])('mint %j', async (argv, sentence) => {
    const { exit, stdout, stderr } = await coh(['ticket', 'mint', ...argv]);
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toContain(sentence);
  });

  it('warns about a file that others can read', async () => {
    const open = join(folder, 'open.ticket');
    writeFileSync(open, readFileSync(hive.paths.queenTicket));
    chmodSync(open, 0o644);
    const { exit, stderr } = await coh(['ls', '/', '--ticket', open]);
    expect(exit).toBe(0);
    expect(stderr).toContain(`chmod 600 ${open}`);
  });

  it('mint without keys makes none', async () => {
    const empty = join(folder, 'empty');
    const { exit, stderr } = await coh(['ticket', 'mint', '--role', 'queen', '--subject', 'a', '--data', empty]);
    expect(exit).toBe(1);
    expect(stderr).toContain('has no keys');
    expect(existsSync(empty)).toBe(false);
  });
});

describe('the manifest', () => {
  it('check, show and docs', async () => {
    expect(await json(['manifest', 'check'])).toMatchObject({ ok: true, file: hive.paths.manifest });
    expect(await json(['manifest', 'show'])).toMatchObject({ schema: 'cohesix-hive/1', hive: { name: 'hive' } });
    expect((await coh(['manifest', 'docs'])).stdout).toContain('`approval_ttl_s`');
  });

  it('check tells every problem', async () => {
    const file = join(folder, 'bad.toml');
    writeFileSync(file, 'schema = "cohesix-hive/1"\n[hive]\nname = "Not Good"\n[workers]\nmaxx = 1\n');
    const { exit, stderr } = await coh(['manifest', 'check', file]);
    expect(exit).toBe(2);
    expect(stderr).toContain('hive.name');
    expect(stderr).toContain('maxx');
    expect((await coh(['manifest', 'check', join(folder, 'none.toml')])).exit).toBe(1);
    expect(JSON.parse((await coh(['manifest', 'check', file, '--json'])).stdout)).toMatchObject({ ok: false, file });
  });

  it('that is bad is an error like any other for those that need a good one', async () => {
    const file = join(folder, 'worse.toml');
    writeFileSync(file, 'schema = "cohesix-hive/1"\n[workers]\nmaxx = 1\n');
    for (const verb of ['show', 'reload']) {
      const { exit, stdout } = await coh(['manifest', verb, file, '--json']);
      expect(exit).toBe(2);
      const sentence = expect.stringContaining('maxx');
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'invalid-payload', exit: 2, sentence } });
    }
  });

  it('reload applies settings and names what needs a restart', async () => {
    const text = readFileSync(hive.paths.manifest, 'utf8');
    const changed = text
      .replace(/^approval_ttl_s = .*$/m, 'approval_ttl_s = 901')
      .replace(/^msize = .*$/m, 'msize = 16384');
    expect(changed).not.toBe(text);
    writeFileSync(hive.paths.manifest, changed);
    expect((await coh(['manifest', 'reload'])).exit).toBe(4);
    const captured = capturedIo({ env: { COH_DATA: data } });
    const reloading = runCoh(['manifest', 'reload', '--json', '--wait', '20'], captured.io);
    await coh(['approve', await pendingWhere(({ target }) => target === '/queen/manifest/ctl')]);
    expect(await reloading).toBe(0);
    const { applied, restart } = JSON.parse(captured.stdout()) as { applied: string[]; restart: string[] };
    expect(applied).toEqual(['policy.approval_ttl_s']);
    expect(restart).toContain('secure9p.msize');
    expect((await coh(['cat', '/proc/settings'])).stdout).toContain('"approval_ttl_s": 901');
    expect((await coh(['manifest', 'reload'])).stdout).toContain('no setting changed\n');
  });
});

describe('sh', () => {
  it('executes every line of stdin and exits with the first refusal', async () => {
    const { exit, stdout } = await coh(['sh'], { stdin: 'ping\ncat /nope\n# a comment\n\nls /proc/tests\n' });
    expect(exit).toBe(1);
    expect(stdout).toMatch(/^OK PING reply=pong\nERR CAT .*\nOK LS /);
    expect(stdout).not.toContain('coh>');
    expect(await coh(['sh'], { stdin: 'ping\nquit\nls /nope\n' })).toMatchObject({ exit: 0 });
    expect(await coh(['sh'])).toEqual({ exit: 0, stdout: '', stderr: '' });
  });

  it('gives JSON lines', async () => {
    const { stdout } = await coh(['sh', '--json'], { stdin: 'ping\nls /nope\n' });
    const [first, second] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(first).toEqual({ line: 'ping', ok: true, code: null, output: ['OK PING reply=pong'] });
    expect(second).toMatchObject({ line: 'ls /nope', ok: false, code: 'invalid-path' });
  });

  it('approves with the approver’s session', async () => {
    const line = '{"budget":{"ttl_s":77}}';
    const { exit } = await coh(['sh'], { stdin: `approve /queen/ctl ${line}\necho /queen/ctl ${line}\n` });
    expect(exit).toBe(0);
  });

  it('runs scripts, checks them, and keeps a transcript', async () => {
    const script = join(folder, 'smoke.coh');
    const record = join(folder, 'record.txt');
    writeFileSync(script, 'ping\nEXPECT OK\nls /nope\nEXPECT ERR\nattach queen coh2.nothing\nEXPECT ERR\n');
    expect((await coh(['sh', '--check', script])).stdout).toContain('6 statements');
    const ran = await coh(['sh', '--script', script, '--transcript', record]);
    expect(ran.exit).toBe(0);
    const recorded = readFileSync(record, 'utf8');
    expect(recorded).toMatch(/^coh> ping\nOK PING reply=pong\ncoh> ls \/nope\nERR LS /);
    expect(recorded).toContain('coh> attach queen <ticket>\n');
  });

  it('stops a script at its first failure and says where', async () => {
    const { exit, stdout, stderr } = await coh(['sh', '--script', '-'], { stdin: 'ping\nEXPECT ERR\nls /\n' });
    expect(exit).toBe(1);
    expect(stdout).toBe('OK PING reply=pong\n');
    expect(stderr).toContain('line 2: ');
    expect((await coh(['sh', '--check', '-'], { stdin: 'EXPECT OK\n' })).exit).toBe(2);
    expect((await coh(['sh', '--script', join(folder, 'none.coh')])).exit).toBe(1);
  });
});

describe('completion', () => {
  const complete = async (...words: string[]): Promise<string[]> =>
    (await coh(['__complete', '--', ...words])).stdout.split('\n').filter((line) => line !== '');

  it('of live paths', async () => {
    expect(await complete('ls', '/qu')).toEqual(['/queen/']);
    expect(await complete('cat', '/proc/bo')).toEqual(['/proc/boot', '/proc/bounds']);
    expect(await complete('tail', '-f', '/log/')).toEqual(['/log/queen.log']);
    expect(await complete('cat', '/nope/')).toEqual([]);
  });

  it('of live workers', async () => {
    const { names } = await json<{ names: string[] }>(['ls', '/worker']);
    expect(await complete('kill', '')).toEqual(names);
  });
});

describe('doctor', () => {
  it('is content with a hive that runs', async () => {
    const { ok, checks } = await json<{ ok: boolean; checks: { check: string; level: string }[] }>(['doctor']);
    expect(checks.filter(({ level }) => level === 'fail')).toEqual([]);
    expect(ok).toBe(true);
    expect(checks.map(({ check }) => check)).toEqual(
      expect.arrayContaining([
        'node',
        'clock',
        'disk',
        'data',
        'modes',
        'manifest',
        'ticket',
        'approver',
        'hive',
        'socket',
        '9p',
        'console',
      ]),
    );
  });

  it('finds what others can read, and says how to close it', async () => {
    chmodSync(hive.paths.queenTicket, 0o640);
    const { exit, stdout } = await coh(['doctor']);
    chmodSync(hive.paths.queenTicket, 0o600);
    expect(exit).toBe(1);
    expect(stdout).toContain(`chmod 600 ${hive.paths.queenTicket}`);
  });
});
