// Between the gateway's requests and replies and the web-standard ones of the SDK.

import { ok, parseStrictJson, type Refusal, type Result, refuse } from '@cohesix/wire';
import { isJsonContentType } from '@modelcontextprotocol/server';
import type { GatewayRequest, Reply } from '../route.ts';
import { EventQueue } from './event-queue.ts';

/** Where the SDK is told that its requests come from; it looks at method, headers and body only. */
const URL_OF_REQUESTS = 'http://gateway/mcp';

/** Deepest nesting of a message: what a tool takes is far flatter. */
const DEPTH_MAX = 32;

/** The message of a POST. Refuses with `unsupported` what is not JSON by its type, `too-big`, `invalid-payload`. */
export async function messageOf(request: GatewayRequest, bytesMax: number): Promise<Result<unknown>> {
  if (!isJsonContentType(request.headers['content-type'])) return refuse('unsupported', 'Send application/json.');
  const body = await request.body(bytesMax);
  if (!body.ok) return body;
  const text = textOf(body.value);
  if (text === undefined) return refuse('invalid-payload', 'The body is not UTF-8.');
  const parsed = parseStrictJson(text, { depthMax: DEPTH_MAX, allowsLineEnds: true, textProblem: () => undefined });
  return parsed.ok ? ok(parsed.value) : refuse('invalid-payload', parsed.problem);
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * The request as the SDK reads it; its body is given beside it. The ticket is left out: nothing behind here needs it. So is the
 * signal: what was sent to the hive cannot be called back, and a stream is cancelled when its reader goes.
 */
export function webRequest({ method, headers }: GatewayRequest): Request {
  const shown = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || SECRETS.has(name)) continue;
    shown.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return new Request(URL_OF_REQUESTS, { method, headers: shown });
}

const SECRETS: ReadonlySet<string> = new Set([
  'authorization',
  'x-cohesix-ticket',
  'cookie',
  'connection',
  'transfer-encoding',
]);

/** The reply of the SDK's response; `done` is called when it has ended, or at once when it has no end to wait for. */
export async function replyOf(response: Response, waitingMax: number, done: () => void = () => {}): Promise<Reply> {
  const headers: Record<string, string> = {};
  for (const [name, value] of response.headers) if (!OURS.has(name)) headers[name] = value;
  const type = response.headers.get('content-type') ?? 'application/json';
  const head = { status: response.status, type, headers };
  if (response.body !== null && type.startsWith('text/event-stream')) {
    return { ...head, events: new EventQueue(response.body, waitingMax, done) };
  }
  const body = new Uint8Array(await response.arrayBuffer());
  done();
  return { ...head, body };
}

const OURS: ReadonlySet<string> = new Set(['content-type', 'content-length', 'connection', 'cache-control']);

/** An error of the protocol before there is a request in it: JSON-RPC 2.0 codes, `id` null. */
export function rpcError(
  status: number,
  code: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const body = JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id: null });
  return { status, type: 'application/json', headers, body };
}

/** What a POST is answered whose message cannot be read. */
export function unreadable({ code, detail }: Refusal): Reply {
  if (code === 'too-big') return rpcError(413, -32_000, detail);
  if (code === 'unsupported') return rpcError(415, -32_000, detail);
  return rpcError(400, -32_700, `Parse error: ${detail}`);
}
