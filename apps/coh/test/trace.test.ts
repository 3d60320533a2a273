// `coh sh --record` against a real hive, and `--replay` without one.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type Hive, startHive } from '@cohesix/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostPort } from '../src/places.ts';
import { runCoh } from '../src/run.ts';
import { capturedIo, coh as cohAt, type Ran, type Surroundings } from './captured-io.ts';

let hive: Hive;
const folder = mkdtempSync(join(tmpdir(), 'coh-trace-'));
const data = join(folder, 'data');
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  const started = await startHive({
    directory: data,
    adjust: (manifest) => ({
      ...manifest,
      listen: { ...manifest.listen, secure9p: '', console: '127.0.0.1:0' },
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
  return cohAt(argv, { cwd: folder, ...surroundings, env: { COH_DATA: data } });
}

/** As on a machine where no hive ever was. */
function elsewhere(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  return cohAt(argv, { cwd: folder, ...surroundings, env: { COH_DATA: '/nonexistent/hive' } });
}

const secret = (path: string): string => readFileSync(path, 'utf8').trim();

/** A session with everything: reads, refusals, an approval, a follow, another session, the hive's own tests. */
function lines(): string {
  const spawn = '{"spawn":"heartbeat","ticks":3}';
  return [
    'ls /',
    'cat /proc/boot',
    'ls /nope',
    'follow /log/queen.log',
    'echo /log/queen.log hello',
    'stop',
    `spawn ${spawn}`,
    `approve /queen/ctl ${spawn}`,
    `spawn ${spawn}`,
    'kill {{spawned}}',
    'tail /log/queen.log 20',
    `attach queen ${secret(hive.paths.queenTicket)}`,
    `echo /log/queen.log ${secret(hive.paths.approverTicket)}`,
    'log',
    'test',
    'quit',
  ].join('\n');
}

describe('coh sh --record', () => {
  it('records a session that --replay repeats without a hive, byte for byte', { timeout: 60_000 }, async () => {
    const live = await coh(['sh', '--record', 'all.trace', '--transcript', 'live.txt'], { stdin: `${lines()}\n` });
    expect(live.stderr).toBe('');
    expect(live.stdout).toMatch(/^OK TEST mode=quick checks=\d+$/m);
    const again = await elsewhere(['sh', '--replay', 'all.trace', '--transcript', 'again.txt']);
    // The log shows a ticket that somebody wrote into it; the trace does not.
    expect(live.stdout).toContain(secret(hive.paths.approverTicket));
    expect(again.stdout).toBe(
      live.stdout.replace(secret(hive.paths.approverTicket), (found) => 'x'.repeat(found.length)),
    );
    expect(again.stderr).toMatch(/^coh: all\.trace: \d+ exchanges and \d+ acknowledgements as recorded\n$/);
    expect(again.exit).toBe(0);
    const told = (text: string): string => text.replace(/coh> attach .*\n|.*(?:<ticket>|coh2\.|xxxx).*\n/g, '');
    expect(told(readFileSync(at('again.txt'), 'utf8'))).toBe(told(readFileSync(at('live.txt'), 'utf8')));
  });

  it('leaves private files without a ticket, and nothing else', () => {
    const files = readdirSync(folder).filter((name) => name.startsWith('all.trace'));
    expect(files.sort()).toEqual(['all.trace', 'all.trace.lines']);
    for (const file of files) {
      expect(statSync(at(file)).mode & 0o777).toBe(0o600);
      const text = readFileSync(at(file), 'latin1');
      expect(text).not.toMatch(/coh2\.|cohs\./);
      for (const path of [hive.paths.queenTicket, hive.paths.approverTicket]) {
        expect(text).not.toContain(secret(path));
        for (const part of secret(path)
          .split('.')
          .filter((one) => one.length > 8))
          expect(text).not.toContain(part);
      }
    }
    expect(readFileSync(at('all.trace'), 'latin1').slice(0, 10)).toBe('COHTRACE\x01\0');
  });

  it('writes what there is when a signal ends it', async () => {
    const input = Object.assign(new PassThrough(), { isTTY: false });
    const captured = capturedIo({ cwd: folder, env: { COH_DATA: data } });
    const ended = runCoh(['sh', '--record', 'cut.trace'], { ...captured.io, stdin: input });
    input.write('ping\nls /queen\n');
    await captured.until('END\n');
    await new Promise(setImmediate);
    captured.signal('SIGINT');
    expect(captured.exits).toEqual([130]);
    const { exit, stdout } = await elsewhere(['sh', '--replay', 'cut.trace']);
    expect(exit).toBe(0);
    expect(stdout).toBe(captured.stdout());
    input.end();
    await ended;
  });

  it('says before it starts that it cannot', async () => {
    const nowhere = await coh(['sh', '--record', 'none/x.trace'], { stdin: 'ping\n' });
    expect(nowhere).toMatchObject({ exit: 1, stdout: '' });
    expect(nowhere.stderr).toContain('cannot write');
    const door = `console://${hostPort(hive.addresses.console as { host: string; port: number })}`;
    const refused = await coh(['sh', '--to', door, '--record', 'x.trace'], {
      stdin: 'ping\n',
    });
    expect(refused).toMatchObject({ exit: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /cannot record \(unsupported\)\n.*9P messages.*\n.*--to unix:.*\n.*--transcript FILE/,
    );
    expect(existsSync(at('x.trace'))).toBe(false);
    expect((await coh(['sh', '--record', 'x.trace', '--replay', 'all.trace'])).exit).toBe(2);
  });
});

describe('coh sh --replay', () => {
  it('of a script takes the same script, and tells the first difference of another', async () => {
    writeFileSync(at('smoke.coh'), 'ping\nEXPECT OK\nls /queen # all\nEXPECT BODY ctl\ncat /nope\nEXPECT ERR\n');
    writeFileSync(at('other.coh'), 'ping\nEXPECT OK\nls /proc\nEXPECT OK\n');
    const live = await coh(['sh', '--script', 'smoke.coh', '--record', 'smoke.trace']);
    expect(live.exit).toBe(0);
    const same = await elsewhere(['sh', '--replay', 'smoke.trace', '--script', 'smoke.coh']);
    expect(same).toMatchObject({ exit: 0, stdout: live.stdout });
    const other = await elsewhere(['sh', '--replay', 'smoke.trace', '--script', 'other.coh']);
    expect(other.exit).toBe(1);
    expect(other.stderr).toMatch(
      /^coh: the replay differs from smoke\.trace at request \d+ \(failed\)\n {2}recorded: Twalk .* 'queen'\n {2}now: {6}Twalk .* 'proc'\n$/,
    );
    const shorter = await elsewhere(['sh', '--replay', 'smoke.trace', '--script', '-', '--json'], { stdin: 'ping\n' });
    expect(shorter.exit).toBe(1);
    expect(JSON.parse(shorter.stdout.split('\n').at(-2) ?? '')).toMatchObject({
      error: { sentence: expect.stringContaining('(nothing: the lines end here)') },
    });
  });

  it('shows a trace that has no lines', async () => {
    const trace = readFileSync(at('smoke.trace'));
    writeFileSync(at('foreign.trace'), trace);
    const { exit, stdout, stderr } = await elsewhere(['sh', '--replay', 'foreign.trace']);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^Tversion tag NOTAG msize 8192 version '9P2000\.L'\nRversion /);
    expect(stdout).toMatch(/\n\nOK PING reply=pong\nOK LS path=\/queen entries=\d+\nEND\nERR CAT .*\n$/);
    expect(stderr).toContain('foreign.trace.lines is not there');
    const json = JSON.parse((await elsewhere(['sh', '--replay', 'foreign.trace', '--json'])).stdout) as object;
    expect(json).toMatchObject({
      exchanges: expect.any(Number),
      acks: ['OK PING reply=pong', expect.any(String), 'END', expect.any(String)],
    });
  });

  it('refuses an altered trace, and does nothing with it', async () => {
    const good = readFileSync(at('smoke.trace'));
    const flipped = Buffer.from(good);
    flipped[100] = (good[100] ?? 0) ^ 1;
    const cases: readonly (readonly [bytes: Buffer, sentence: string])[] = [
      [flipped, 'was altered or is damaged'],
      [good.subarray(0, good.length - 1), 'was altered or is damaged'],
      [good.subarray(0, 49), 'ends too early'],
      [Buffer.concat([good, Buffer.alloc(1)]), 'was altered or is damaged'],
      [Buffer.alloc((1 << 20) + 1), 'at most 1048576 bytes'],
    ];
    writeFileSync(at('bad.trace.lines'), readFileSync(at('smoke.trace.lines')));
    for (const [bytes, sentence] of cases) {
      writeFileSync(at('bad.trace'), bytes);
      const ran = await elsewhere(['sh', '--replay', 'bad.trace', '--transcript', 'bad.txt']);
      expect(ran).toMatchObject({ exit: 1, stdout: '' });
      expect(ran.stderr).toMatch(/^coh: bad\.trace cannot be replayed \(failed\)\n/);
      expect(ran.stderr).toContain(sentence);
    }
    expect(existsSync(at('bad.txt'))).toBe(false);
    const missing = await elsewhere(['sh', '--replay', 'no.trace']);
    expect(missing).toMatchObject({ exit: 1, stdout: '' });
  });

  it('takes no lines that were altered', async () => {
    writeFileSync(at('bad.trace'), readFileSync(at('smoke.trace')));
    writeFileSync(at('bad.trace.lines'), 'ping\n');
    const { exit, stdout, stderr } = await elsewhere(['sh', '--replay', 'bad.trace']);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toContain('line 1: ');
    writeFileSync(
      at('bad.trace.lines'),
      readFileSync(at('smoke.trace.lines'), 'utf8').replace('ls /queen', 'ls /proc'),
    );
    expect((await elsewhere(['sh', '--replay', 'bad.trace'])).exit).toBe(1);
  });
});
