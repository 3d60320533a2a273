// Runs the public conformance suite (npm `@modelcontextprotocol/conformance`) against a URL. The suite shows no ticket, so a proxy
// in this process adds one; it changes nothing else but its own name to that of what is behind it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The suite's command; its package has no other entry. */
const SUITE = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url),
);

/** What became of one scenario: the checks that failed, with why. */
export type Failures = ReadonlyMap<string, readonly string[]>;

/** Runs what a revision requires, and what the suite reports beside it. Value: every scenario that ran. @throws Error without results */
export async function runConformance(
  target: { readonly url: string; readonly ticket: string },
  revision: string,
): Promise<Failures> {
  const out = mkdtempSync(join(tmpdir(), 'cohesix-mcp-'));
  const proxy = await startProxy(target);
  try {
    const args = [SUITE, 'server', '--url', `${proxy.url}/mcp`, '--requirements', revision, '-o', out];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: out });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (said += piece.toString()));
    await once(child, 'exit');
    const failures = failuresIn(out);
    if (failures.size === 0) throw new Error(`the suite ran nothing:\n${said}`);
    return failures;
  } finally {
    proxy.close();
    rmSync(out, { recursive: true, force: true });
  }
}

interface Check {
  readonly id: string;
  readonly status: string;
  readonly errorMessage?: string;
}

function failuresIn(folder: string): Failures {
  const found = new Map<string, readonly string[]>();
  for (const name of readdirSync(folder)) {
    // `server-<scenario>-<time>`, the time as 2026-11-21T23-27-04-413Z.
    const scenario = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(name)?.[1];
    if (scenario === undefined) continue;
    const checks = JSON.parse(readFileSync(join(folder, name, 'checks.json'), 'utf8')) as readonly Check[];
    const failed = checks.filter(({ status }) => status === 'FAILURE');
    found.set(
      scenario,
      failed.map(({ id, errorMessage = '' }) => `${id}: ${errorMessage}`),
    );
  }
  return found;
}

async function startProxy({ url, ticket }: { readonly url: string; readonly ticket: string }) {
  const behind = new URL(url);
  const server = createServer((request, response) => {
    const own = `localhost:${(server.address() as AddressInfo).port}`;
    const headers = { ...request.headers, authorization: `Bearer ${ticket}` };
    if (headers.host === own) headers.host = behind.host;
    if (headers.origin === `http://${own}`) headers.origin = behind.origin;
    const { method, url: path } = request;
    const passed = ask(new URL(path ?? '/', behind), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    response.on('close', () => passed.destroy());
    request.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://localhost:${(server.address() as AddressInfo).port}`, close };
}
