// What the MCP tests share: clients of the SDK with a ticket, plain requests with every header in hand, and tickets.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { TestHive } from '../support/hive.ts';

/** Revisions by the names of the client's modes. */
export const MODES = ['auto', 'legacy'] as const;
export const MAIN: string = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));

/** Where the HTTP door of a hive is. */
export function httpOf(hive: TestHive): string {
  const [, url] = /"http":"(http:[^"]+)"/.exec(hive.output()) ?? [];
  if (url === undefined) throw new Error(`no HTTP door:\n${hive.output()}`);
  return url;
}

/** A client of the SDK, connected. */
export async function connectMcp(hive: TestHive, ticket: string, mode: (typeof MODES)[number]): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } });
  const headers = { authorization: `Bearer ${ticket}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${httpOf(hive)}/mcp`), { requestInit: { headers } }));
  return client;
}

/** A ticket of the hive: the arguments of `coh ticket mint`. */
export function mint(hive: TestHive, ...args: readonly string[]): string {
  const words = [MAIN, 'ticket', 'mint', '--data', hive.data, '--json', '--audience', 'hive', ...args];
  const told = execFileSync(process.execPath, words, { encoding: 'utf8' });
  return (JSON.parse(told) as { readonly token: string }).token;
}

/** The ticket of the second person that a hive makes at its first start. */
export function approverFile(hive: TestHive): string {
  return join(hive.data, 'run', 'approver.ticket');
}

/** A JSON-RPC answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly result?: Readonly<Record<string, unknown>>;
    readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
  } & Readonly<Record<string, unknown>>;
}

/** One request of the revision 2026-07-28. */
export interface Asked {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** Headers instead of the right ones; undefined takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly capabilities?: object;
  /** Body instead of the right one. */
  readonly body?: string;
}

/** Sends it. */
export async function ask(hive: TestHive, ticket: string | undefined, asked: Asked): Promise<Answer> {
  const { method, params = {}, capabilities = {}, headers = {} } = asked;
  const name = params.name ?? params.uri ?? params.taskId;
  const all = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    'mcp-name': typeof name === 'string' ? name : undefined,
    authorization: ticket === undefined ? undefined : `Bearer ${ticket}`,
    ...headers,
  };
  const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const response = await fetch(`${httpOf(hive)}/mcp`, {
    method: 'POST',
    headers: sent,
    body:
      asked.body ??
      JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: metaOf(capabilities) } }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

/** The result of an answer, as what it should be. @throws Error when it is an error */
export function resultOf<T>({ body }: Answer): T {
  if (body.result === undefined) throw new Error(`no result: ${JSON.stringify(body)}`);
  return body.result as T;
}

/** What every request of the revision carries. */
export function metaOf(capabilities: object): object {
  return {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': capabilities,
  };
}

/** Asks again until what comes back is what is waited for. @throws Error after 20 s */
export async function until<T>(ask: () => Promise<T>, isRight: (value: T) => boolean): Promise<T> {
  const before = performance.now() + 20_000;
  for (;;) {
    const value = await ask();
    if (isRight(value)) return value;
    if (performance.now() > before) throw new Error(`never came: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
