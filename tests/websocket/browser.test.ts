// The client in a real Chromium: attaches over a WebSocket, lists, reads, follows and appends, and prints what it got into
// its page. The page is of another origin than the gateway, so the gateway must list it.

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startGateway } from '@cohesix/gateway';
import { startHive } from '@cohesix/node';
import { ok, refuse } from '@cohesix/wire';
import { build } from 'esbuild';
import { afterEach, describe, expect, it } from 'vitest';
import { runTool, toolMissing } from '../support/tool.ts';

const CHROMIUM = '/usr/bin/chromium';
const missing = toolMissing(CHROMIUM, 'chromium');
const BROWSER_MS = 60_000;
const closers: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** The page's script; esbuild refuses what a browser does not have, `node:` imports first of all. */
async function pageScript(): Promise<string> {
  const built = await build({
    entryPoints: [fileURLToPath(new URL('browser-page.ts', import.meta.url))],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2024',
    write: false,
  });
  return built.outputFiles[0]?.text ?? '';
}

/**
 * Serves the page. Its load event, at which Chromium prints the DOM, waits for a picture that is answered only when the page
 * says that it is done.
 */
async function servePage(script: string, order: () => unknown): Promise<string> {
  let picture: ServerResponse | undefined;
  const server = createServer((request, response) => {
    const send = (type: string, body: string): void => void response.setHeader('content-type', type).end(body);
    if (request.url === '/page.js') send('text/javascript', script);
    else if (request.url === '/order') send('application/json', JSON.stringify(order()));
    else if (request.url === '/picture') picture = response;
    else if (request.url === '/done') {
      picture?.end();
      response.end();
    } else
      send(
        'text/html',
        '<!doctype html><body></body><img src="/picture"><script type="module" src="/page.js"></script>',
      );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

/** Opens the page in Chromium; what it printed. */
async function visit(url: string): Promise<unknown> {
  const profile = mkdtempSync(join(tmpdir(), 'cohesix-chromium-'));
  closers.push(() => rmSync(profile, { recursive: true, force: true }));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
  const { stdout, stderr } = await runTool(
    CHROMIUM,
    [...flags, `--user-data-dir=${profile}`, '--dump-dom', url],
    BROWSER_MS,
  );
  const text = /<body>(.*?)<\/body>/s.exec(stdout)?.[1];
  if (text === undefined) throw new Error(`chromium printed no page: ${stdout}\n${stderr}`);
  return JSON.parse(text);
}

describe.skipIf(missing !== undefined)(`the client in Chromium${missing === undefined ? '' : ` (${missing})`}`, () => {
  async function run(isListed: boolean): Promise<unknown> {
    const directory = mkdtempSync(join(tmpdir(), 'cohesix-browser-'));
    closers.push(() => rmSync(directory, { recursive: true, force: true }));
    const hive = await startHive({
      directory,
      adjust: (manifest) => ({
        ...manifest,
        listen: { ...manifest.listen, secure9p: '', console: '', http: '' },
        policy: { ...manifest.policy, enabled: false },
      }),
    });
    if (!hive.ok) throw new Error(hive.refusal.detail);
    closers.push(() => hive.value.stop());
    let url = '';
    const ticket = readFileSync(hive.value.paths.queenTicket, 'utf8').trim();
    const page = await servePage(await pageScript(), () => ({ url, ticket }));
    const gateway = await startGateway({
      hive: {
        attach: async () => refuse('unsupported'),
        ninep: async (peer) => hive.value.ninep(peer),
        ready: async () => ok(undefined),
        controls: [],
        files: [],
      },
      listen: { host: '127.0.0.1', port: 0 },
      origins: isListed ? [page] : [],
    });
    if (!gateway.ok) throw new Error(gateway.refusal.detail);
    closers.push(() => gateway.value.close());
    url = `ws://127.0.0.1:${gateway.value.address.port}/v1/9p`;
    return visit(page);
  }

  it('does what it does on Node', { timeout: BROWSER_MS }, async () => {
    expect(await run(true)).toEqual({
      names: expect.arrayContaining(['log', 'proc', 'queen', 'worker']),
      boot: 'Cohesix boot: hive online',
      appended: '{"spawn":"heartbeat","ticks":7}\n'.length,
      refused: 'invalid-payload',
      missing: 'invalid-path',
      heard: true,
      closed: 'closed',
    });
  });

  it('is not let in from a page that the gateway does not list', { timeout: BROWSER_MS }, async () => {
    expect(await run(false)).toMatchObject({ code: 'unreachable' });
  });
});
