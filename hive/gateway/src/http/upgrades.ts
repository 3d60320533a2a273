// Requests for another protocol (WebSocket): by exact path, to the part that has it, after the same guard as every request.

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Tally } from '../counters.ts';
import type { GatewayPart } from '../parts.ts';
import type { Connections } from './connections.ts';
import type { Guard } from './guard.ts';
import { answerRaw } from './listener.ts';
import { parseTarget } from './target.ts';

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** What an upgrade is checked with. */
export interface UpgradeChecks {
  readonly guard: Guard;
  readonly tally: Tally;
  readonly connections: Connections;
}

/** The upgrades of all parts. */
export class Upgrades {
  readonly #byPath: ReadonlyMap<string, Upgrade>;
  readonly #guard: Guard;
  readonly #tally: Tally;
  readonly #connections: Connections;

  constructor(parts: readonly GatewayPart[], { guard, tally, connections }: UpgradeChecks) {
    this.#byPath = new Map(parts.flatMap(({ upgrades }) => [...(upgrades ?? [])]));
    this.#guard = guard;
    this.#tally = tally;
    this.#connections = connections;
  }

  /** Whether a request asks for a protocol that its path has. */
  knows(request: IncomingMessage): boolean {
    return this.#find(request) !== undefined;
  }

  /** Hands the connection over, or answers and ends it. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    // An answer that is still due would end up between the frames.
    if (this.#connections.isUnderWay(socket)) {
      socket.destroy();
      return;
    }
    const admitted = this.#guard.check(request);
    if ('status' in admitted) {
      this.#tally.turnedAway.foreign += 1;
      answerRaw(socket, admitted);
    } else this.#find(request)?.(request, socket, head);
  }

  #find({ url = '', method }: IncomingMessage): Upgrade | undefined {
    const target = parseTarget(url);
    return method === 'GET' && target.ok ? this.#byPath.get(target.value.path) : undefined;
  }
}
