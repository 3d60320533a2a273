// MCP over stdin and stdout: one caller, one ticket, any way to the hive. The SDK speaks both revisions over one connection; what a
// `subscriptions/listen` asks for is read on its way in, because what changes is ours to tell.

import type { Readable, Writable } from 'node:stream';
import type { HiveClient } from '@cohesix/client';
import type { JSONRPCMessage, Server, Transport } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { ControlDoc, FileDoc } from '../hive-port.ts';
import { GATEWAY_DEFAULTS } from '../settings.ts';
import { hiveServer } from './hive-server.ts';
import { mcpLimits } from './limits.ts';
import { type Wanted, wantedOf } from './listen-filter.ts';
import { catalogueOf, Seat } from './seat.ts';
import type { Listening } from './watch.ts';

/** What is served, and where. */
export interface McpStdioOptions {
  /** The caller's session; borrowed. */
  readonly client: HiveClient;
  readonly controls: readonly ControlDoc[];
  readonly files: readonly FileDoc[];
  readonly stdin: Readable;
  readonly stdout: Writable;
}

/** Serves until stdin ends, or the hive ends the session. */
export async function serveMcpStdio({ client, controls, files, stdin, stdout }: McpStdioOptions): Promise<void> {
  const limits = mcpLimits(GATEWAY_DEFAULTS);
  const catalogue = catalogueOf(controls, files);
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const seat = new Seat({ client, catalogue, limits, hold: () => () => {}, whenOver: end });
  const bare = new StdioServerTransport(stdin, stdout, { maxBufferSize: limits.messageBytesMax });
  const servers = new Set<Server>();
  const listens = new Listens(seat, servers);
  const serve = (): Server => {
    const server = hiveServer(seat, catalogue);
    servers.add(server);
    return server;
  };
  const handle = serveStdio(serve, { transport: new TappedTransport(bare, listens, end) });
  await ended;
  listens.close();
  seat.close();
  await handle.close();
}

/** What is told because of open `subscriptions/listen` requests, by their ids. */
class Listens {
  readonly #seat: Seat;
  readonly #servers: ReadonlySet<Server>;
  readonly #open = new Map<string | number, readonly Listening[]>();

  constructor(seat: Seat, servers: ReadonlySet<Server>) {
    this.#seat = seat;
    this.#servers = servers;
  }

  /** Sees a message before the SDK does; settled when what it asks for will be told. */
  async see(message: JSONRPCMessage): Promise<JSONRPCMessage> {
    const wanted = wantedOf(message);
    if (wanted !== undefined && 'id' in message && message.id !== undefined) return this.#listen(wanted, message.id);
    if ('method' in message && message.method === 'notifications/cancelled') {
      this.#stop((message.params as { readonly requestId?: string | number } | undefined)?.requestId ?? '');
    }
    return message;
  }

  close(): void {
    for (const id of [...this.#open.keys()]) this.#stop(id);
  }

  async #listen(wanted: Wanted, id: string | number): Promise<JSONRPCMessage> {
    this.#stop(id);
    const open: Listening[] = [];
    const seen: string[] = [];
    for (const uri of wanted.uris) {
      const watched = await this.#seat.watch(uri, () => this.#tell((server) => server.sendResourceUpdated({ uri })));
      if (!watched.ok) continue;
      open.push(watched.value);
      seen.push(uri);
    }
    if (wanted.isAboutTools)
      open.push(this.#seat.watchTools(() => this.#tell((server) => server.sendToolListChanged())));
    this.#open.set(id, open);
    return wanted.honoring(seen) as JSONRPCMessage;
  }

  #tell(send: (server: Server) => Promise<void>): void {
    for (const server of this.#servers) if (server.transport !== undefined) void send(server).catch(() => {});
  }

  #stop(id: string | number): void {
    for (const { stop } of this.#open.get(id) ?? []) stop();
    this.#open.delete(id);
  }
}

/** A transport whose messages are seen on their way in, in their order. */
class TappedTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport['onmessage'];
  readonly #bare: StdioServerTransport;
  readonly #listens: Listens;
  #last: Promise<void> = Promise.resolve();

  constructor(bare: StdioServerTransport, listens: Listens, whenClosed: () => void) {
    this.#bare = bare;
    this.#listens = listens;
    bare.onclose = () => {
      this.onclose?.();
      whenClosed();
    };
    bare.onerror = (error) => this.onerror?.(error);
    bare.onmessage = (message) => {
      this.#last = this.#last.then(async () => this.onmessage?.(await this.#listens.see(message)));
    };
  }

  start(): Promise<void> {
    return this.#bare.start();
  }

  send(message: JSONRPCMessage): Promise<void> {
    return this.#bare.send(message);
  }

  close(): Promise<void> {
    return this.#bare.close();
  }
}
