// `coh audit witness` and a running hive: what it cosigns, what a verifier makes of it afterwards, and a hive that was put
// back to an earlier state.

import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Hive, startHive } from '@cohesix/node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCoh } from '../src/run.ts';
import { capturedIo, coh as cohAt, type Ran } from './captured-io.ts';
import { serveFiles } from './static-server.ts';

let folder: string;
let data: string;
let hive: Hive | undefined;

async function start(witnesses: readonly string[]): Promise<void> {
  const started = await startHive({
    directory: data,
    adjust: (manifest) => ({
      ...manifest,
      listen: { ...manifest.listen, secure9p: '127.0.0.1:0', console: '127.0.0.1:0' },
      workers: { ...manifest.workers, start: [] },
      audit: { ...manifest.audit, witnesses },
    }),
  });
  if (!started.ok) throw new Error(started.refusal.detail);
  hive = started.value;
  await signedUpTo(1);
}

async function stop(): Promise<void> {
  await hive?.stop();
  hive = undefined;
}

/** A line of the system's own, and its signature: the hive signs once a second. */
async function act(times = 1): Promise<void> {
  for (let time = 0; time < times; time++) {
    const written = await hive?.system('/queen/lifecycle/ctl', time % 2 === 0 ? 'cordon' : 'resume');
    if (written?.ok === false) throw new Error(written.refusal.detail);
  }
  if (times % 2 === 1) await hive?.system('/queen/lifecycle/ctl', 'resume');
  await signed();
}

async function exported(): Promise<{ records: number; signed_records: number }> {
  return JSON.parse(await readHive('/audit/export')) as { records: number; signed_records: number };
}

async function readHive(path: string): Promise<string> {
  const session = hive?.attach(readFileSync(hive.paths.queenTicket, 'utf8').trim());
  if (session?.ok !== true) throw new Error('no session');
  const read = await session.value.read(path, 1 << 20);
  if (!read.ok) throw new Error(read.refusal.detail);
  return Buffer.from(read.value).toString();
}

const signedUpTo = (size: number): Promise<void> =>
  vi.waitFor(async () => expect((await exported()).signed_records).toBeGreaterThanOrEqual(size), { timeout: 10_000 });
const signed = async (): Promise<void> => signedUpTo((await exported()).records);

function coh(...argv: readonly string[]): Promise<Ran> {
  return cohAt(argv, { cwd: folder, env: { COH_DATA: data } });
}

async function keyOf(state: string): Promise<string> {
  return (await coh('audit', 'witness', '--state', state, '--name', state, '--print-key')).stdout.trim();
}

async function look(state: string, ...argv: readonly string[]): Promise<Record<string, unknown> & { exit: number }> {
  const { exit, stdout } = await coh('audit', 'witness', '--state', state, '--json', ...argv);
  return { exit, ...(JSON.parse(stdout) as object) };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coh-witness-'));
  data = join(folder, 'data');
});

afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('audit witness', () => {
  it('makes a key of its own once, readable by nobody else', async () => {
    const key = await keyOf('w1');
    expect(key).toMatch(/^w1\+[0-9a-f]{8}\+B/);
    expect(await keyOf('w1')).toBe(key);
    expect(statSync(join(folder, 'w1', 'witness.json')).mode & 0o077).toBe(0);
    expect((await coh('audit', 'witness', '--state', 'w2', '--name', 'a b', '--print-key')).exit).toBe(2);
  });

  it('cosigns what grew, which verifiers then find: in the journal, at the door and in a pack', async () => {
    const keys = [await keyOf('w1'), await keyOf('w2')];
    await start(keys);
    await act(3);
    const first = await look('w1');
    expect(first).toMatchObject({ exit: 0, did: 'cosigned', from: 0 });
    await signed();
    expect(await look('w1')).toMatchObject({ exit: 0, did: 'nothing', size: first.size });
    expect(await look('w2'), 'joins').toMatchObject({ exit: 0, did: 'cosigned', size: first.size });
    await signed();
    expect(await look('w1'), 'only witnesses wrote').toMatchObject({ did: 'nothing', size: first.size });
    await act(300);
    const second = await look('w1');
    expect(second).toMatchObject({ exit: 0, did: 'cosigned', from: first.size });
    // w2 was not here yet: both are on the older one still.
    const wanted = keys.flatMap((key) => ['--witness', key]);
    await coh('audit', 'export', 'pack');
    for (const where of [[], [`unix:${hive?.paths.socket}`], ['pack']]) {
      const { exit, stdout } = await coh('audit', 'verify', ...where, ...wanted);
      expect([exit, stdout.match(/cosigned by w[12].*: (\d+) records/g)]).toEqual([
        0,
        [
          `cosigned by w1, key ${keys[0]?.slice(3, 11)}: ${first.size} records`,
          `cosigned by w2, key ${keys[1]?.slice(3, 11)}: ${first.size} records`,
        ],
      ]);
    }
    const held = await coh('audit', 'verify', '--checkpoint', join(folder, 'w1', 'checkpoint'));
    expect(held.exit).toBe(0);
  });

  it('is not heard by a hive that does not list it, and is heard once it is listed', async () => {
    const key = await keyOf('w1');
    await start([]);
    expect(await look('w1')).toMatchObject({
      exit: 3,
      error: { code: 'denied', sentence: expect.stringContaining('lists no w1') },
    });
    expect(
      existsSync(join(data, 'journal', 'cosigned')) && readFileSync(join(data, 'journal', 'cosigned'), 'utf8'),
    ).toBe(false);
    await stop();
    await start([key]);
    expect(await look('w1')).toMatchObject({ exit: 0, did: 'cosigned' });
    expect(await readHive('/audit/cosigned')).toMatch(/^— w1 /m);
  });

  it('keeps what it was told over a restart of the hive', async () => {
    const key = await keyOf('w1');
    await start([key]);
    await look('w1');
    const note = await readHive('/audit/cosigned');
    await stop();
    expect(readFileSync(join(data, 'journal', 'cosigned'), 'utf8')).toBe(note);
    rmSync(join(data, 'journal', 'cosigned'));
    await start([key]);
    expect(await readHive('/audit/cosigned')).toBe(note);
    await stop();
    expect(readFileSync(join(data, 'journal', 'cosigned'), 'utf8')).toBe(note);
  });

  it('needs no more than a ticket for /audit', async () => {
    await start([await keyOf('w1')]);
    const scopes = ['--scope', '/audit:r', '--scope', '/audit/cosign:rw'];
    await coh('ticket', 'mint', '--role', 'queen', '--subject', 'witness', ...scopes, '--out', 'w1.ticket');
    expect(await look('w1', '--ticket', 'w1.ticket')).toMatchObject({ exit: 0, did: 'cosigned' });
    expect((await coh('lifecycle', 'cordon', '--ticket', 'w1.ticket')).exit).not.toBe(0);
  });

  it('refuses a hive that was put back, keeps the evidence, and does not move', async () => {
    const key = await keyOf('w1');
    await start([key]);
    await act(2);
    await stop();
    cpSync(data, join(folder, 'backup'), { recursive: true });
    await start([key]);
    await act(4);
    const last = await look('w1');
    await stop();
    rmSync(data, { recursive: true });
    cpSync(join(folder, 'backup'), data, { recursive: true });
    await start([key]);
    const { exit, stderr } = await coh('audit', 'witness', '--state', 'w1');
    expect([exit, stderr]).toEqual([1, expect.stringMatching(/not cosigned.*\n.*(rolled back|rewritten|forked)/)]);
    const evidence = readdirSync(join(folder, 'w1')).filter((name) => name.startsWith('evidence-'));
    expect(evidence.length).toBeGreaterThanOrEqual(2);
    await coh('audit', 'witness', '--state', 'w1');
    expect(readdirSync(join(folder, 'w1')).filter((name) => name.startsWith('evidence-'))).toEqual(evidence);
    await act(20);
    expect(await look('w1'), 'however long it gets').toMatchObject({
      exit: 1,
      error: { sentence: expect.stringContaining('rewritten') },
    });
    expect(readFileSync(join(folder, 'w1', 'checkpoint'), 'utf8')).toContain(`\n${last.size}\n`);
    const held = await coh('audit', 'verify', '--checkpoint', join(folder, 'w1', 'checkpoint'));
    expect([held.exit, held.stdout]).toEqual([1, expect.stringContaining('history was rewritten')]);
  });

  it('cosigns a pack on a web host for itself, and sends a hive what that has not got', async () => {
    const key = await keyOf('w1');
    await start([key]);
    await coh('audit', 'export', 'pack');
    const host = await serveFiles(join(folder, 'pack'));
    const first = await look('w1', host.url);
    expect(first).toMatchObject({ exit: 0, did: 'cosigned', from: 0 });
    expect(readFileSync(join(folder, 'w1', 'cosigned'), 'utf8')).toMatch(/^— w1 /m);
    expect(await look('w1', host.url)).toMatchObject({ exit: 0, did: 'nothing', size: first.size });
    await host.close();
    expect(await readHive('/audit/cosigned')).toBe('');
    expect(await look('w1')).toMatchObject({ exit: 0, did: 'cosigned', from: first.size, size: first.size });
    expect(await readHive('/audit/cosigned')).toMatch(/^— w1 /m);
  });

  it('goes on with --every until it is told to stop, also while no hive runs', async () => {
    await start([await keyOf('w1')]);
    const captured = capturedIo({ cwd: folder, env: { COH_DATA: data } });
    const running = runCoh(['audit', 'witness', '--state', 'w1', '--every', '1'], captured.io);
    await captured.until('cosigned ');
    await captured.until('nothing new');
    expect((await coh('audit', 'witness', '--state', 'w1')).stderr).toContain('busy');
    await stop();
    await vi.waitFor(() => expect(captured.stderr()).toContain('unreachable'), { timeout: 10_000 });
    captured.signal('SIGTERM');
    expect(await running).toBe(0);
  });

  it('finds a damaged state and does not start afresh', async () => {
    await start([await keyOf('w1')]);
    await look('w1');
    writeFileSync(join(folder, 'w1', 'checkpoint'), 'x');
    expect((await coh('audit', 'witness', '--state', 'w1')).exit).toBe(2);
    writeFileSync(join(folder, 'w1', 'witness.json'), '{}', { mode: 0o600 });
    expect((await coh('audit', 'witness', '--state', 'w1')).stderr).toContain('damaged');
  });
});
