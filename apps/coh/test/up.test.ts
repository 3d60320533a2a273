// coh up and coh doctor on folders of their own.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataPaths } from '@cohesix/node/paths';
import { ok } from '@cohesix/wire';
import { afterAll, describe, expect, it } from 'vitest';
import { directoryFindings } from '../src/doctor/directory.ts';
import { healthFindings } from '../src/doctor/doors.ts';
import { SEALED_ADVICE } from '../src/doctor/finding.ts';
import { clockFinding } from '../src/doctor/machine.ts';
import { runCoh } from '../src/run.ts';
import { capturedIo, coh } from './captured-io.ts';

const folder = mkdtempSync(join(tmpdir(), 'coh-up-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ANY = ['--listen-9p', '127.0.0.1:0', '--listen-console', '127.0.0.1:0', '--listen-http', '127.0.0.1:0'];

describe('up', () => {
  it('says when it is ready, without secrets, and stops on a signal', async () => {
    const data = join(folder, 'json');
    const captured = capturedIo();
    const running = runCoh(['up', '--json', '--data', data, ...ANY], captured.io);
    await captured.until('\n');
    const ready = JSON.parse(captured.stdout()) as Record<string, unknown>;
    expect(ready).toMatchObject({
      ready: true,
      hive: 'hive',
      data,
      pid: process.pid,
      socket: join(data, 'run', '9p.sock'),
    });
    expect(ready.secure9p).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(ready.console).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(existsSync(String(ready.queenTicket))).toBe(true);
    expect(captured.stdout()).not.toContain(readFileSync(String(ready.queenTicket), 'utf8').trim());
    expect((await coh(['ls', '/', '--data', data])).exit).toBe(0);
    const second = await coh(['up', '--data', data, ...ANY]);
    expect(second.exit).toBe(6);
    expect(second.stderr).toContain('(busy)');
    captured.signal('SIGTERM');
    expect(await running).toBe(0);
    expect(captured.exits).toEqual([]);
    expect((await coh(['ls', '/', '--data', data])).exit).toBe(8);
  });

  it('tells a person what to try next, and a second signal ends it at once', async () => {
    const data = join(folder, 'human');
    const captured = capturedIo();
    const running = runCoh(
      ['up', '--data', data, '--listen-9p', '127.0.0.1:0', '--no-listen-console', '--no-listen-http', '--no-socket'],
      captured.io,
    );
    await captured.until('Ctrl-C stops it.');
    const text = captured.stdout();
    expect(text).toContain('console   off\n');
    expect(text).toContain('socket    off\n');
    expect(text).toContain(`./coh --data ${data} tail -f /worker/worker-1/telemetry`);
    expect((await coh(['ls', '/', '--data', data])).exit).toBe(0);
    captured.signal('SIGINT');
    captured.signal('SIGINT');
    expect(captured.exits).toEqual([130]);
    expect(await running).toBe(0);
    expect(captured.stderr()).toContain('coh: stopping');
  });

  it('checks addresses before it touches the disk', async () => {
    const data = join(folder, 'remote');
    const { exit, stderr } = await coh(['up', '--data', data, '--listen-9p', '0.0.0.0:0']);
    expect(exit).toBe(2);
    expect(stderr).toContain('loopback');
    expect(existsSync(data)).toBe(false);
  });

  it('names every problem of a manifest', async () => {
    const data = mkdtempSync(join(folder, 'bad-'));
    writeFileSync(join(data, 'hive.toml'), 'schema = "cohesix-hive/1"\n[workers]\nmax = 0\nother = 1\n');
    const { exit, stderr } = await coh(['up', '--data', data, ...ANY]);
    expect(exit).toBe(2);
    expect(stderr).toContain('workers.max');
    expect(stderr).toContain('other');
    expect(stderr).toContain('manifest check');
  });

  it('names other addresses when its own are taken, with npm, too', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const taken = ['--listen-9p', `127.0.0.1:${port}`, '--no-listen-console', '--no-listen-http'];
    const { exit, stderr } = await coh(['up', '--data', join(folder, 'taken'), ...taken]);
    server.close();
    expect(exit).toBe(8);
    expect(stderr).toContain('npm start -- --listen-9p 127.0.0.1:0');
  });

  it('says what the disk says', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { exit, stderr } = await coh(['up', '--data', file, ...ANY]);
    expect(exit).toBe(1);
    expect(stderr).toContain('--data DIR');
  });
});

describe('doctor without a hive', () => {
  it('tells how to start one', async () => {
    const { exit, stdout } = await coh(['doctor', '--data', join(folder, 'nothing')]);
    expect(exit).toBe(0);
    expect(stdout).toContain('WARN  data');
    expect(stdout).toContain('npm start');
  });

  it('looks at a directory whose hive has stopped', async () => {
    const data = join(folder, 'json');
    expect(statSync(data).mode & 0o777).toBe(0o700);
    const { exit, stdout } = await coh(['doctor', '--data', data]);
    expect(exit).toBe(0);
    expect(stdout).toContain('WARN  hive          no hive runs here\n');
    expect(stdout).toContain('OK    manifest');
  });

  it('finds a ticket of another hive and a broken manifest', async () => {
    const data = join(folder, 'human');
    writeFileSync(join(data, 'run', 'queen.ticket'), readFileSync(join(folder, 'json', 'run', 'queen.ticket')));
    writeFileSync(join(data, 'hive.toml'), 'schema = "cohesix-hive/1"\n[hive]\nnam = "x"\n');
    const { exit, stdout } = await coh(['doctor', '--data', data]);
    expect(exit).toBe(1);
    expect(stdout).toContain('FAIL  manifest');
    writeFileSync(join(data, 'hive.toml'), 'schema = "cohesix-hive/1"\n');
    expect((await coh(['doctor', '--data', data])).stdout).toContain('FAIL  ticket');
  });
});

describe('doctor about what it may not look at', () => {
  /** Runs as somebody who is not root, when root runs the tests: root may look everywhere. */
  async function asNobody<T>(work: () => Promise<T>): Promise<T> {
    if (process.geteuid?.() !== 0) return work();
    process.seteuid?.(65_534);
    try {
      return await work();
    } finally {
      process.seteuid?.(0);
    }
  }

  it.each(['', 'run'])('names the directory it may not enter: %j', async (closed) => {
    const data = mkdtempSync(join(folder, 'closed-'));
    const places = dataPaths(data);
    mkdirSync(places.run);
    mkdirSync(places.keys);
    writeFileSync(places.queenTicket, '');
    chmodSync(folder, 0o755);
    chmodSync(data, 0o755);
    const path = join(data, closed);
    chmodSync(path, 0o000);
    const found = await asNobody(async () => [clockFinding(places), ...directoryFindings(places)]);
    chmodSync(path, 0o700);
    expect(found.map(({ check, level }) => [check, level])).toEqual([
      ['clock', 'ok'],
      ['data', 'fail'],
    ]);
    expect(found[1]?.detail).toMatch(new RegExp(`^cannot look at ${path}.*: you may not read or write it$`));
  });

  it('is one finding, not a crash', async () => {
    const loop = join(folder, 'loop');
    symlinkSync(loop, loop);
    const { exit, stdout, stderr } = await coh(['doctor', '--data', join(loop, 'hive')]);
    expect([exit, stderr]).toEqual([1, '']);
    expect(stdout).toContain(`FAIL  data          cannot look at ${join(loop, 'hive')}: ELOOP\n`);
  });
});

describe('doctor about what a start needs', () => {
  it('finds a journal that was changed, and keys that are damaged or open', async () => {
    const data = join(folder, 'damaged');
    const captured = capturedIo();
    const running = runCoh(['up', '--json', '--data', data, ...ANY], captured.io);
    await captured.until('\n');
    captured.signal('SIGTERM');
    await running;
    const whole = await coh(['doctor', '--data', data]);
    expect(whole.stdout).toMatch(/OK {4}journal {7}\d+ records, the chain is whole\n/);
    expect(whole.stdout).toContain(`OK    keys          ${join(data, 'keys', 'tickets.json')}\n`);
    const [name = ''] = readdirSync(join(data, 'journal')).filter((one) => one.endsWith('.seg'));
    const segment = join(data, 'journal', name);
    const bytes = readFileSync(segment);
    bytes[60] = (bytes[60] ?? 0) ^ 1;
    writeFileSync(segment, bytes);
    writeFileSync(join(data, 'keys', 'tickets.json'), '{');
    const { exit, stdout } = await coh(['doctor', '--data', data]);
    expect(exit).toBe(1);
    expect(stdout).toMatch(/FAIL {2}journal {7}tampering: /);
    expect(stdout).toMatch(/FAIL {2}keys .*is damaged/);
  });

  it('does not advise to resume a hive that is sealed', async () => {
    const texts: Record<string, string> = {
      '/proc/lifecycle/state': 'state=DEGRADED\n',
      '/proc/journal': 'state=sealed reason=full\n',
    };
    const read = (path: string) => Promise.resolve(ok(new TextEncoder().encode(texts[path])));
    const found = await healthFindings({ read });
    expect(found.map(({ advice }) => advice)).toEqual([SEALED_ADVICE, SEALED_ADVICE]);
  });
});
