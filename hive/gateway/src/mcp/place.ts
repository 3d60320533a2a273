// A place: who is served at `/mcp` with one session of the hive, and what is open for it. Requests of the revision 2026-07-28
// stand alone; older clients have a session of theirs, which no other ticket finds.

import { randomUUID } from 'node:crypto';
import {
  createMcpHandler,
  InMemoryServerEventBus,
  isInitializeRequest,
  isLegacyRequest,
  type McpHttpHandler,
  type McpServer,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import type { GatewayRequest, Reply } from '../route.ts';
import type { McpLimits } from './limits.ts';
import { wantedOf } from './listen-filter.ts';
import type { McpService } from './service.ts';
import type { Listening } from './watch.ts';
import { messageOf, replyOf, rpcError, unreadable, webRequest } from './web-message.ts';

interface Session {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly release: () => void;
  lastUsedMs: number;
  streams: number;
}

/** How a place is made. */
export interface PlaceOptions {
  readonly service: McpService;
  readonly limits: McpLimits;
  /** Keeps the session of the hive open until the value is called. */
  readonly hold: () => () => void;
}

/** One caller's place. */
export class Place {
  readonly #options: PlaceOptions;
  readonly #handler: McpHttpHandler;
  readonly #listens = new Set<McpHttpHandler>();
  readonly #sessions = new Map<string, Session>();

  constructor(options: PlaceOptions) {
    this.#options = options;
    this.#handler = createMcpHandler(options.service.serve, { legacy: 'reject', keepAliveMs: KEEP_ALIVE_MS });
  }

  /** Whether a session or a stream is open. */
  get isInUse(): boolean {
    return this.#sessions.size > 0 || this.#listens.size > 0;
  }

  async post(request: GatewayRequest): Promise<Reply> {
    const { limits } = this.#options;
    const message = await messageOf(request, limits.messageBytesMax);
    if (!message.ok) return unreadable(message.refusal);
    const web = webRequest(request);
    if (await isLegacyRequest(web, message.value)) return this.#legacy(request, web, message.value);
    if (wantedOf(message.value) !== undefined) return this.#listen(web, message.value);
    return replyOf(await this.#handler.fetch(web, { parsedBody: message.value }), limits.waitingMax);
  }

  /** The stream of an older client's session. */
  async get(request: GatewayRequest): Promise<Reply> {
    const session = this.#sessionOf(request);
    if ('status' in session) return session;
    session.streams += 1;
    return replyOf(await session.transport.handleRequest(webRequest(request)), this.#options.limits.waitingMax, () => {
      session.streams -= 1;
      session.lastUsedMs = Date.now();
    });
  }

  /** Ends an older client's session. */
  async delete(request: GatewayRequest): Promise<Reply> {
    const session = this.#sessionOf(request);
    if ('status' in session) return session;
    return replyOf(await session.transport.handleRequest(webRequest(request)), this.#options.limits.waitingMax);
  }

  /** Ends sessions that nobody used for so long. */
  sweep(): void {
    const before = Date.now() - this.#options.limits.idleMs;
    for (const { transport, streams, lastUsedMs } of this.#sessions.values()) {
      if (streams === 0 && lastUsedMs < before) void transport.close();
    }
  }

  async close(): Promise<void> {
    const handlers = [this.#handler, ...this.#listens];
    const transports = [...this.#sessions.values()].map(({ transport }) => transport);
    await Promise.all([...handlers.map((each) => each.close()), ...transports.map((each) => each.close())]);
  }

  /** `subscriptions/listen`: a handler of its own, whose events are exactly what this caller asked for and may see. */
  async #listen(web: Request, message: unknown): Promise<Reply> {
    const { service, limits } = this.#options;
    const bus = new InMemoryServerEventBus();
    const handler = createMcpHandler(service.serve, { legacy: 'reject', bus, keepAliveMs: KEEP_ALIVE_MS });
    const wanted = wantedOf(message);
    const listening: Listening[] = [];
    const seen: string[] = [];
    for (const uri of wanted?.uris ?? []) {
      const watched = await service.watch(uri, () => handler.notify.resourceUpdated(uri));
      if (!watched.ok) continue;
      listening.push(watched.value);
      seen.push(uri);
    }
    if (wanted?.isAboutTools === true) listening.push(service.watchTools(() => handler.notify.toolsChanged()));
    this.#listens.add(handler);
    const response = await handler.fetch(web, { parsedBody: wanted?.honoring(seen) ?? message });
    return replyOf(response, limits.waitingMax, () => {
      this.#listens.delete(handler);
      for (const { stop } of listening) stop();
    });
  }

  async #legacy(request: GatewayRequest, web: Request, message: unknown): Promise<Reply> {
    const { limits } = this.#options;
    const session = isInitializeRequest(message) ? await this.#open() : this.#sessionOf(request);
    if ('status' in session) return session;
    session.streams += 1;
    const response = await session.transport.handleRequest(web, { parsedBody: message });
    // What does not begin a session leaves nothing open.
    if (session.transport.sessionId === undefined) await session.transport.close();
    return replyOf(response, limits.waitingMax, () => {
      session.streams -= 1;
      session.lastUsedMs = Date.now();
    });
  }

  async #open(): Promise<Session | Reply> {
    const { service, limits, hold } = this.#options;
    this.sweep();
    if (this.#sessions.size >= limits.sessionsMax)
      return rpcError(429, -32_000, 'Too many sessions of this ticket.', RETRY);
    const server = service.serve();
    const release = hold();
    let id = '';
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      keepAliveMs: KEEP_ALIVE_MS,
      onsessioninitialized: (given) => {
        id = given;
        this.#sessions.set(id, session);
      },
    });
    const session: Session = { transport, release, lastUsedMs: Date.now(), streams: 0 };
    const tools = service.watchTools(
      () =>
        void coreOf(server)
          .sendToolListChanged()
          .catch(() => {}),
    );
    await server.connect(transport);
    const whenClosed = transport.onclose;
    transport.onclose = () => {
      tools.stop();
      this.#sessions.delete(id);
      release();
      whenClosed?.();
    };
    return session;
  }

  #sessionOf({ method, headers }: GatewayRequest): Session | Reply {
    const id = headers['mcp-session-id'];
    if (typeof id !== 'string') {
      if (method === 'POST') return rpcError(400, -32_000, 'Begin with initialize, or send the revision 2026-07-28.');
      return rpcError(405, -32_000, 'Only sessions of older clients are asked this.', { allow: 'POST' });
    }
    return this.#sessions.get(id) ?? rpcError(404, -32_001, 'There is no such session; begin with initialize.');
  }
}

/** How often a stream says that it is alive, ms: below what proxies take for dead. */
const KEEP_ALIVE_MS = 15_000;

const RETRY: Readonly<Record<string, string>> = { 'retry-after': '1' };

function coreOf(server: Server | McpServer): Server {
  return 'server' in server ? server.server : server;
}
