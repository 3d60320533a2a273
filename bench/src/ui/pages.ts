// The pages that are measured without a hive, as Vite builds them, served to a Chromium of this run.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';

/** Pages to open. */
export interface Pages {
  open(name: string): Promise<Page>;
  close(): Promise<void>;
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** Debian's, with WebGL in software (ANGLE on SwiftShader). */
export function chromium(): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
  return playwright.launch({ executablePath: '/usr/bin/chromium', args });
}

/** Runs Vite to its end. @throws Error with what it said. */
export async function viteBuild(...args: readonly string[]): Promise<void> {
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  const child = spawn(process.execPath, [vite, 'build', ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`vite: ${Buffer.concat(said).toString()}`);
}

/** Builds and serves them. */
export async function servePages(browser: Browser): Promise<Pages> {
  const folder = mkdtempSync(join(tmpdir(), 'cohesix-bench-ui-'));
  await viteBuild('apps/swarmui/bench', '--outDir', folder, '--emptyOutDir', '--base', './');
  const server = createServer(({ url = '/' }, response) => {
    try {
      const bytes = readFileSync(join(folder, normalize(url)));
      response.setHeader('content-type', TYPES[extname(url)] ?? 'application/octet-stream').end(bytes);
    } catch {
      response.writeHead(404).end(); // The icon, which browsers ask for.
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    async open(name) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 760 } });
      await page.goto(`http://127.0.0.1:${port}/${name}`);
      return page;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
