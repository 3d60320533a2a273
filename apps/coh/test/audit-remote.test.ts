// `coh audit` on a log that is not in a directory: a pack on a web host, a host that misbehaves, a hive's own door; and
// proofs of single lines.

import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Hive, startHive } from '@cohesix/node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { httpSource } from '../src/audit/http-source.ts';
import { hostPort } from '../src/places.ts';
import { runCoh } from '../src/run.ts';
import { capturedIo, coh as cohAt, type Ran } from './captured-io.ts';
import { serve, serveFiles, type TestServer } from './static-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'coh-remote-'));
const data = join(folder, 'data');
const pack = join(folder, 'pack');
let hive: Hive;
let key: string;
const servers: TestServer[] = [];

async function served(start: Promise<TestServer>): Promise<string> {
  const server = await start;
  servers.push(server);
  return server.url;
}

beforeAll(async () => {
  const started = await startHive({
    directory: data,
    adjust: (manifest) => ({
      ...manifest,
      listen: { ...manifest.listen, secure9p: '127.0.0.1:0', console: '127.0.0.1:0' },
      workers: { ...manifest.workers, start: [] },
    }),
  });
  if (!started.ok) throw new Error(started.refusal.detail);
  hive = started.value;
  for (let time = 0; time < 350; time++) await hive.system('/queen/ctl', `{"budget":{"ops":${time + 1}}}`);
  const records = async (): Promise<number> =>
    (JSON.parse((await coh('cat', '/audit/export')).stdout) as { signed_records: number }).signed_records;
  await vi.waitFor(async () => expect(await records()).toBeGreaterThan(350), { timeout: 10_000 });
  await coh('audit', 'export', pack);
  key = readFileSync(join(pack, 'key'), 'utf8').trim();
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

afterAll(async () => {
  await hive?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function coh(...argv: readonly string[]): Promise<Ran> {
  return cohAt(argv, { cwd: folder, env: { COH_DATA: data } });
}

/** A copy of the pack. */
function copy(): string {
  const path = mkdtempSync(join(folder, 'copy-'));
  cpSync(pack, path, { recursive: true });
  return path;
}

function flip(file: string): void {
  const bytes = readFileSync(file);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

describe('audit verify of a web host', () => {
  it('finds a pack good, below any path, with or without a slash', async () => {
    const url = await served(serveFiles(folder));
    for (const where of [`${url}/pack`, `${url}/pack/`]) {
      const { exit, stdout } = await coh('audit', 'verify', where, '--key', key);
      expect([exit, stdout]).toEqual([0, expect.stringContaining(`good  ${url}/pack/`)]);
    }
  });

  it.each(['tile/entries/000', 'tile/0/000', 'checkpoint'])('finds one changed byte in %s', async (name) => {
    const path = copy();
    flip(join(path, name));
    const { exit, stdout } = await coh('audit', 'verify', await served(serveFiles(path)), '--key', key);
    expect([exit, stdout]).toEqual([1, expect.stringMatching(/^TAMPERED/)]);
  });

  it('finds a file that is missing, and reads full tiles where the partial ones are gone', async () => {
    const path = copy();
    const width = Number(readFileSync(join(path, 'checkpoint'), 'utf8').split('\n')[1]) - 256;
    rmSync(join(path, 'tile/0/000'));
    const url = await served(serveFiles(path));
    expect((await coh('audit', 'verify', url)).stdout).toContain('tile/0/000: a tile is missing');
    cpSync(join(pack, 'tile/0/000'), join(path, 'tile/0/000'));
    renameSync(join(path, `tile/0/001.p/${width}`), join(path, 'tile/0/001'));
    expect((await coh('audit', 'verify', url)).exit).toBe(0);
  });

  it('says that a place is no log, that nobody answers, that a host fails: nothing of which is a finding', async () => {
    const url = await served(serveFiles(folder));
    expect(await coh('audit', 'verify', `${url}/nothing`)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('it is no log'),
    });
    const gone = await serveFiles(folder);
    await gone.close();
    expect(await coh('audit', 'verify', gone.url)).toMatchObject({
      exit: 8,
      stderr: expect.stringContaining('unreachable'),
    });
    const failing = await served(
      serve((request, response) => {
        const path = join(pack, request.url ?? '');
        if (path.includes('entries')) response.writeHead(500).end();
        else if (existsSync(path)) response.end(readFileSync(path));
        else response.writeHead(404).end();
      }),
    );
    expect(await coh('audit', 'verify', failing)).toMatchObject({
      exit: 8,
      stdout: '',
      stderr: expect.stringContaining('HTTP status 500'),
    });
    for (const bad of ['http://', 'https://user:secret@host/', 'http://host/?a=b', 'http://host/#x'])
      expect((await coh('audit', 'verify', bad)).exit, bad).toBe(2);
  });

  it('follows a redirect within its scheme, and no other, and not for ever', async () => {
    const files = await served(serveFiles(pack));
    const to = (target: (path: string) => string): Promise<string> =>
      served(serve((request, response) => response.writeHead(302, { location: target(request.url ?? '') }).end()));
    expect((await coh('audit', 'verify', await to((path) => files + path))).exit).toBe(0);
    for (const target of ['https://127.0.0.1:1/', 'file:///etc/passwd', 'data:text/plain,x', '']) {
      const { exit, stderr } = await coh('audit', 'verify', await to(() => target));
      expect([exit, stderr]).toEqual([8, expect.stringContaining('another scheme is not followed')]);
    }
    const circle = await to((path) => path);
    expect((await coh('audit', 'verify', circle)).stderr).toContain('more than 3 redirects');
  });

  it('waits only so long, and reads only so much', async () => {
    const silent = await served(serve((request, response) => void (request.url === '/half' && response.write('x'))));
    for (const path of ['none', 'half']) {
      const source = httpSource(silent, 50);
      expect(source.ok && (await source.value.read(path, 10))).toMatchObject({
        ok: false,
        refusal: { code: 'timeout' },
      });
    }
    let written = 0;
    const endless = await served(
      serve((_, response) => {
        const more = (): void => {
          written += 1;
          if (!response.destroyed && response.write(Buffer.alloc(65_536))) setImmediate(more);
          else response.once('drain', more);
        };
        more();
      }),
    );
    const source = httpSource(endless);
    const read = source.ok ? await source.value.read('x', 100_000) : source;
    expect(read.ok && read.value?.length).toBe(100_000);
    expect(written).toBeLessThan(1000);
  });

  it('shows how far it is at a terminal, and cleans up behind itself', async () => {
    const terminal = capturedIo({ cwd: folder, env: { COH_DATA: data }, isTTY: true });
    expect(await runCoh(['audit', 'verify', pack], terminal.io)).toBe(0);
    expect(terminal.stderr()).toMatch(/^\rverifying \d+ %/);
    expect(terminal.stderr().endsWith('\r\x1b[K')).toBe(true);
    expect((await coh('audit', 'verify', pack)).stderr).toBe('');
  });
});

describe('audit verify of a hive’s door', () => {
  it('reads the log with the caller’s ticket, over a socket and over 9P', async () => {
    const doors = [`unix:${hive.paths.socket}`, `9p://${hostPort(hive.addresses.secure9p as never)}`];
    for (const door of doors) {
      const { exit, stdout } = await coh('audit', 'verify', door, '--key', key);
      expect([exit, stdout]).toEqual([0, expect.stringContaining(`good  ${door}`)]);
    }
  });

  it('is refused without the right to read it', async () => {
    await coh('ticket', 'mint', '--role', 'queen', '--subject', 'x', '--scope', '/log:r', '--out', 'log.ticket');
    const door = `unix:${hive.paths.socket}`;
    const { exit, stdout } = await coh('audit', 'verify', door, '--ticket', 'log.ticket');
    expect([exit === 0, stdout]).toEqual([false, '']);
  });
});

describe('audit prove and audit check', () => {
  it('proves a line out of journal, pack, web host and door, each time the same', async () => {
    const url = await served(serveFiles(pack));
    const texts = new Set<string>();
    for (const from of [pack, url, `unix:${hive.paths.socket}`, data]) {
      const { exit, stdout } = await coh('audit', 'prove', '300', '--from', from);
      expect(exit).toBe(0);
      texts.add(stdout);
    }
    expect(texts.size).toBe(1);
    expect([...texts][0]).toMatch(/^c2sp\.org\/tlog-proof@v1\nextra \S+\nindex \d+\n(\S{44}\n){8}\n/);
  });

  it('checks it offline and shows the record', async () => {
    const { exit, stdout } = await coh('audit', 'prove', '7', '--output', 'line-7');
    expect([exit, stdout]).toEqual([0, expect.stringContaining(`audit check ${join(folder, 'line-7')}`)]);
    expect(statSync(join(folder, 'line-7')).size).toBeLessThan(4096);
    expect((await coh('audit', 'prove', '7', '--output', 'line-7')).stderr).toContain('exists');
    const checked = await coh('audit', 'check', 'line-7', '--key', key);
    expect([checked.exit, checked.stdout]).toEqual([0, expect.stringMatching(/^good {2}.*\n {2}record {3}7 of \d+\n/)]);
    expect(checked.stdout).toContain('"seq":7');
    const json = JSON.parse((await coh('audit', 'check', 'line-7', '--key', key, '--json')).stdout) as { body: string };
    expect(json).toMatchObject({ ok: true, record: 7, findings: [] });
    expect(JSON.parse(json.body)).toMatchObject({ seq: 7 });
  });

  it('does not show the record of a proof that fails, and needs a key', async () => {
    await coh('audit', 'prove', '8', '--output', 'line-8');
    const text = readFileSync(join(folder, 'line-8'), 'utf8');
    const record = /^extra (\S+)$/m.exec(text)?.[1] ?? '';
    const forged = Buffer.from(Buffer.from(record, 'base64').toString().replace('"ops":', '"ops" :')).toString(
      'base64',
    );
    writeFileSync(join(folder, 'forged'), text.replace(record, forged));
    const { exit, stdout } = await coh('audit', 'check', 'forged', '--key', key);
    expect([exit, stdout]).toEqual([1, expect.stringMatching(/^TAMPERED(?!.*"seq")/s)]);
    expect((await coh('audit', 'check', 'line-8')).stderr).toContain('--key');
    expect((await coh('audit', 'check', 'nothing', '--key', key)).exit).toBe(2);
    expect((await coh('audit', 'check', 'line-8', '--key', 'x')).exit).toBe(2);
  });

  it('says that a line is not signed yet, or no number', async () => {
    expect(await coh('audit', 'prove', '99999')).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('no signed line 99999'),
    });
    expect((await coh('audit', 'prove', '0')).exit).toBe(2);
  });
});
