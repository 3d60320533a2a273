// The listeners of a hive: 9P on TCP and on a unix socket, the console.

import { rm } from 'node:fs/promises';
import { assert } from '@cohesix/check';
import { parseAddress } from '@cohesix/manifest';
import { ConsoleServer, type ListenAddress, type NineDoor, NinepServer, type TlsServer } from '@cohesix/ninedoor';
import { ok, type Result, refuse } from '@cohesix/wire';

/** Where a hive can be reached; absent doors are off. */
export interface HiveAddresses {
  readonly secure9p: ListenAddress | undefined;
  readonly socket: string | undefined;
  readonly console: ListenAddress | undefined;
  /** URL of the gateway. */
  readonly http?: string | undefined;
  /** Doors of these that only speak TLS; absent: none. */
  readonly tls?: readonly ('secure9p' | 'console')[] | undefined;
}

/** What the console's AUTH compares with, and where the unix socket lies. */
export interface ListenOptions {
  readonly socket: string;
  readonly consoleToken: string;
  /** What a door shows when it speaks TLS; undefined when it does not. */
  readonly tls: (door: 'secure9p' | 'console') => TlsServer | undefined;
}

/** unix(7): sun_path holds 108 bytes with its NUL. */
const SOCKET_PATH_BYTES_MAX = 107;

const TLS_DOORS = ['secure9p', 'console'] as const;

export class Listeners {
  readonly #door: NineDoor;
  readonly #options: ListenOptions;
  readonly #servers: { close(): Promise<void> }[] = [];

  constructor(door: NineDoor, options: ListenOptions) {
    this.#door = door;
    this.#options = options;
  }

  /** Opens what the manifest asks for; `unreachable` when an address cannot be had. */
  async open(): Promise<Result<HiveAddresses>> {
    const { listen } = this.#door.manifest;
    try {
      const secure9p =
        listen.secure9p === ''
          ? undefined
          : await this.#ninep(addressOf(listen.secure9p), this.#options.tls('secure9p'));
      const socket = listen.secure9p_socket ? await this.#socket() : undefined;
      const console = listen.console === '' ? undefined : await this.#console(addressOf(listen.console));
      const tls = TLS_DOORS.filter((door) => listen[door] !== '' && this.#options.tls(door) !== undefined);
      return ok({ secure9p, socket, console, ...(tls.length === 0 ? {} : { tls }) });
    } catch (error) {
      return refuse('unreachable', `Cannot listen: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Ends all listeners and their connections, and removes the socket file. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
    await rm(this.#options.socket, { force: true });
  }

  #ninep(address: ListenAddress, tls?: TlsServer): Promise<ListenAddress> {
    const server = new NinepServer(this.#door, tls);
    this.#servers.push(server);
    return server.listen(address);
  }

  /** The path listened on; undefined when it is longer than a socket address holds, so that the rest still starts. */
  async #socket(): Promise<string | undefined> {
    const path = this.#options.socket;
    if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) {
      this.#door.ports.audit(`audit listen skipped socket reason=path-over-${SOCKET_PATH_BYTES_MAX}-bytes`);
      return undefined;
    }
    // A socket file left by a crash: the directory's lock is ours, so nobody listens on it.
    await rm(path, { force: true });
    await this.#ninep({ path });
    return path;
  }

  #console(address: ListenAddress): Promise<ListenAddress> {
    const server = new ConsoleServer(this.#door, this.#options.consoleToken, this.#options.tls('console'));
    this.#servers.push(server);
    return server.listen(address);
  }
}

function addressOf(text: string): ListenAddress {
  const address = parseAddress(text);
  assert(address !== undefined, 'the manifest checked its addresses');
  return { host: address.host, port: address.port };
}
