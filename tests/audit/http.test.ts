// The log of a hive over HTTP, as clients of C2SP tlog-tiles ask for it: media types and caching of the specification, who may
// read, and two verifiers that share no code, ours over the wire and the one in Python over a mirror.

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openHttp } from '@cohesix/coh';
import type { Manifest } from '@cohesix/manifest';
import { type Hive, startHive } from '@cohesix/node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runTool, type ToolRun, toolMissing } from '../support/tool.ts';

const PYTHON = '/usr/bin/python3';
const MIRROR = fileURLToPath(new URL('../../sdk/python/cohesix/mirror.py', import.meta.url));
const VERIFY = fileURLToPath(new URL('../../sdk/python/cohesix/verify.py', import.meta.url));
const MAIN = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));
const RECORDS = 300;
const missing = toolMissing(PYTHON, 'python3');
const folder = mkdtempSync(join(tmpdir(), 'cohesix-audit-'));
const hives: Hive[] = [];
let open: Hive;
let closed: Hive;

async function start(isPublic: boolean): Promise<Hive> {
  const adjust = (manifest: Manifest): Manifest => ({
    ...manifest,
    listen: { ...manifest.listen, secure9p: '', console: '', http: '127.0.0.1:0' },
    audit: { ...manifest.audit, public: isPublic },
  });
  const hive = await startHive({ directory: mkdtempSync(join(folder, 'hive-')), adjust, openHttp });
  if (!hive.ok) throw new Error(hive.refusal.detail);
  hives.push(hive.value);
  const lines = Array.from({ length: RECORDS }, (_, n) =>
    hive.value.system('/queen/ctl', `{"budget":{"ops":${n + 1}}}`),
  );
  await Promise.all(lines);
  await vi.waitFor(() => expect(sizeIn(hive.value.logFile('checkpoint'))).toBeGreaterThan(RECORDS), {
    timeout: 10_000,
  });
  return hive.value;
}

function sizeIn(checkpoint: Uint8Array | undefined): number {
  return Number(
    Buffer.from(checkpoint ?? '')
      .toString()
      .split('\n')[1],
  );
}

const urlOf = (hive: Hive, path = ''): string => `${hive.addresses.http}/audit${path}`;

function coh(...args: readonly string[]): Promise<ToolRun> {
  return runTool(process.execPath, [MAIN, ...args]);
}

beforeAll(async () => {
  open = await start(true);
  closed = await start(false);
});
afterAll(async () => {
  for (const hive of hives) await hive.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a public log', () => {
  it('has a checkpoint that nobody keeps', async () => {
    const answer = await fetch(urlOf(open, '/checkpoint'));
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
      200,
      'text/plain; charset=utf-8',
      'no-cache',
    ]);
    expect(await answer.text()).toMatch(/^\S+\n\d+\n\S+\n\n— /);
  });

  it.each(['/tile/0/000', '/tile/0/001.p/1', '/tile/entries/000', '/tile/entries/001.p/3'])(
    'has %s for ever',
    async (path) => {
      const answer = await fetch(urlOf(open, path));
      expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
        200,
        'application/octet-stream',
        'public, max-age=31536000, immutable',
      ]);
      const again = await fetch(urlOf(open, path));
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.from(await again.arrayBuffer()));
    },
  );

  it('has full tiles of 8192 bytes', async () => {
    const tile = await (await fetch(urlOf(open, '/tile/0/000'))).arrayBuffer();
    expect(tile.byteLength).toBe(8192);
  });

  const MISSING = ['/tile/0/007', '/tile/0/000.p/0', '/tile/0/000.p/256', '/tile/0/0', '/tile/64/000', '/tile/9/000'];
  it.each([...MISSING, '/tile/entries/x000/000', '/tile/x', '/nothing', '/journal'])('has no %s', async (path) => {
    const answer = await fetch(urlOf(open, path));
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
  });

  it('is found good by coh without a ticket', async () => {
    const key = (await (await fetch(urlOf(open, '/key'))).text()).trim();
    const { status, stdout } = await coh('audit', 'verify', urlOf(open), '--key', key);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^good {2}http/)]);
  });

  it.skipIf(missing !== undefined)('is found good by the verifier in Python, once mirrored', async () => {
    const mirror = join(folder, 'mirror');
    const fetched = await runTool(PYTHON, ['-B', MIRROR, urlOf(open), mirror]);
    expect([fetched.status, fetched.stdout], fetched.stderr).toEqual([0, expect.stringMatching(/^\d+ records: /)]);
    const size = sizeIn(readFileSync(join(mirror, 'checkpoint')));
    const key = readFileSync(join(mirror, 'key'), 'utf8').trim();
    expect(size).toBeGreaterThan(RECORDS);
    const { status, stdout } = await runTool(PYTHON, ['-B', VERIFY, mirror, '--json', '--key', key]);
    expect([status, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ ok: true, size, findings: [] })]);
  });
});

describe('a log that is not public', () => {
  const bearer = (ticket: string): RequestInit => ({ headers: { authorization: `Bearer ${ticket}` } });

  it('is not shown without a ticket', async () => {
    for (const path of ['/checkpoint', '/key', '/tile/0/000', '/tile/entries/000']) {
      expect((await fetch(urlOf(closed, path))).status, path).toBe(401);
    }
    expect((await coh('audit', 'verify', urlOf(closed))).stderr).toContain('HTTP status 401');
  });

  it('is read with a ticket that may, kept by no shared cache', async () => {
    const ticket = readFileSync(closed.paths.queenTicket, 'utf8').trim();
    const tile = await fetch(urlOf(closed, '/tile/0/000'), bearer(ticket));
    expect([tile.status, tile.headers.get('cache-control')]).toEqual([200, 'private, max-age=31536000, immutable']);
    expect((await fetch(urlOf(closed, '/tile/0/007'), bearer(ticket))).status).toBe(404);
    const verified = await coh('audit', 'verify', urlOf(closed), '--ticket', closed.paths.queenTicket);
    expect([verified.status, verified.stdout]).toEqual([0, expect.stringContaining('good')]);
  });

  it.skipIf(missing !== undefined)('is mirrored in Python with a ticket only', async () => {
    const mirror = join(folder, 'mirror-closed');
    const without = await runTool(PYTHON, ['-B', MIRROR, urlOf(closed), mirror]);
    expect([without.status, without.stderr]).toEqual([1, 'mirror: checkpoint: HTTP status 401\n']);
    const allowed = await runTool(PYTHON, ['-B', MIRROR, urlOf(closed), mirror, '--ticket', closed.paths.queenTicket]);
    expect(allowed.status, allowed.stderr).toBe(0);
    // Again: what is full is not fetched twice.
    const full = statSync(join(mirror, 'tile/0/000')).ino;
    await runTool(PYTHON, ['-B', MIRROR, urlOf(closed), mirror, '--ticket', closed.paths.queenTicket]);
    expect(statSync(join(mirror, 'tile/0/000')).ino).toBe(full);
    const few = await runTool(PYTHON, ['-B', MIRROR, urlOf(open), join(folder, 'few'), '--records-max', '10']);
    expect([few.status, few.stderr]).toEqual([1, expect.stringContaining('at most 10')]);
  });

  it('is not there for a ticket that may not see it', async () => {
    const minted = await coh(
      '--data',
      closed.paths.root,
      'ticket',
      'mint',
      '--role',
      'queen',
      '--subject',
      'guest',
      '--scope',
      '/log:r',
    );
    const ticket = minted.stdout.trim();
    expect(ticket, minted.stderr).toMatch(/^coh2\./);
    for (const path of ['/checkpoint', '/tile/entries/000']) {
      expect((await fetch(urlOf(closed, path), bearer(ticket))).status, path).toBe(404);
    }
  });

  it('does not get the ticket of another host by a redirect', async () => {
    const seen: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(404).end();
    });
    const first = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(302, { location: `${where(other)}${request.url}` }).end();
    });
    for (const server of [other, first]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await coh('audit', 'verify', where(first), '--ticket', closed.paths.queenTicket);
    expect(seen.slice(0, 2)).toEqual([expect.stringMatching(/^Bearer /), undefined]);
    for (const server of [other, first]) server.close();
  });
});

function where(server: ReturnType<typeof createServer>): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}
