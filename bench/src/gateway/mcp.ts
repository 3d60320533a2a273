// What an MCP tool call adds to a write: the same line written by a session in the hive's process, and by `tools/call` over HTTP to the
// same hive, one after the other, in turns. Client, gateway and hive share this process, so the client's own work is counted too.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { InProcessClient } from '@cohesix/client';
import { openHttp } from '@cohesix/coh';
import { startHive } from '@cohesix/node';
import { Histogram } from '../histogram.ts';

/** Medians of both, microseconds. */
export interface McpCost {
  readonly writeP50Us: number;
  readonly callP50Us: number;
  readonly calls: number;
}

/** How often, and where the hive's directory is made. */
export interface McpLoad {
  readonly calls: number;
  readonly directory: string;
  readonly signal: AbortSignal;
}

const MANIFEST = `schema = "cohesix-hive/1"

[listen]
secure9p = ""
console = ""
http = "127.0.0.1:0"

[policy]
enabled = false
`;
const PATH = '/queen/ctl';
const LINE = { budget: { ttl_s: 300, ops: 1000 } };
const VERSION = '2026-07-28';

/** Measures. @throws Error when a write or a call is refused. */
export async function measureMcp({ calls, directory, signal }: McpLoad): Promise<McpCost> {
  const folder = mkdtempSync(join(directory, 'cohesix-bench-mcp-'));
  writeFileSync(join(folder, 'hive.toml'), MANIFEST);
  const started = await startHive({ directory: folder, openHttp });
  if (!started.ok) throw new Error(started.refusal.detail);
  const hive = started.value;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const ticket = readFileSync(hive.paths.queenTicket, 'utf8').trim();
    const session = hive.attach(ticket);
    if (!session.ok) throw new Error(session.refusal.detail);
    const client = new InProcessClient(session.value);
    const target = { url: `${hive.addresses.http}/mcp`, ticket, agent };
    const tool = await toolFor(target, PATH);
    const [written, called] = [new Histogram(), new Histogram()];
    for (let round = 0; round < calls; round += 1) {
      if (signal.aborted) throw signal.reason;
      await timed(written, async () => {
        const done = await client.append(PATH, JSON.stringify(LINE));
        if (!done.ok) throw new Error(done.refusal.detail);
      });
      await timed(called, async () => {
        const answer = await rpc(target, 'tools/call', { name: tool, arguments: LINE });
        if (answer.isError === true) throw new Error(JSON.stringify(answer));
      });
    }
    return { writeP50Us: written.quantile(0.5), callP50Us: called.quantile(0.5), calls };
  } finally {
    agent.destroy();
    await hive.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timed(histogram: Histogram, run: () => Promise<void>): Promise<void> {
  const begin = performance.now();
  await run();
  histogram.add((performance.now() - begin) * 1000);
}

interface McpTarget {
  readonly url: string;
  readonly ticket: string;
  readonly agent: Agent;
}

interface McpResult {
  readonly isError?: boolean;
  readonly tools?: readonly { readonly name: string; readonly title?: string; readonly description?: string }[];
}

/** The tool that writes a control file. */
async function toolFor(target: McpTarget, path: string): Promise<string> {
  const { tools = [] } = await rpc(target, 'tools/list', {});
  const tool = tools.find(({ name }) => name === path.slice(1).replaceAll('/', '_'));
  if (tool === undefined) throw new Error(`no tool writes ${path}: ${tools.map(({ name }) => name).join(', ')}`);
  return tool.name;
}

/** One request of revision 2026-07-28, which needs no session. @throws Error with the answer when it is no result. */
function rpc({ url, ticket, agent }: McpTarget, method: string, params: Record<string, unknown>): Promise<McpResult> {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': VERSION,
    'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: meta } });
  const headers = {
    ...{ authorization: `Bearer ${ticket}`, 'content-type': 'application/json' },
    ...{ accept: 'application/json, text/event-stream', 'content-length': Buffer.byteLength(body) },
    ...{ 'mcp-protocol-version': VERSION, 'mcp-method': method },
    ...(typeof params.name === 'string' ? { 'mcp-name': params.name } : {}),
  };
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.on('error', reject);
      response.on('end', () => {
        const [, data = text] = /^data: (.*)$/m.exec(text) ?? [];
        const answer = parsed(data);
        if (answer?.result === undefined) reject(new Error(`${response.statusCode} ${text}`));
        else resolve(answer.result);
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

function parsed(text: string): { readonly result?: McpResult } | undefined {
  try {
    return JSON.parse(text) as { readonly result?: McpResult };
  } catch {
    return undefined;
  }
}
