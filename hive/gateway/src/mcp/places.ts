// All places at one gateway: one for each session of the hive that is asked through. Sessions are the pool's; what is open
// for a caller beyond a request holds its session there.

import type { HiveClient } from '@cohesix/client';
import type { Caller } from '../caller.ts';
import { credentialsOf } from '../http/credentials.ts';
import type { GatewayRequest, Reply } from '../route.ts';
import type { SessionPool } from '../sessions/session-pool.ts';
import type { McpLimits } from './limits.ts';
import { Place } from './place.ts';
import type { McpService, McpSession } from './service.ts';

/** What places are made of. */
export interface PlacesOptions {
  readonly sessions: SessionPool;
  readonly limits: McpLimits;
  readonly open: (session: McpSession) => McpService;
}

interface Taken {
  readonly service: McpService;
  readonly place: Place;
  lastUsedMs: number;
}

/** The places. */
export class Places {
  readonly #options: PlacesOptions;
  readonly #taken = new Map<HiveClient, Taken>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: PlacesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#sweep(), Math.ceil(options.limits.idleMs / 4)).unref();
  }

  /** Answers a request to the caller's place, which is made when there is none. */
  async answer(request: GatewayRequest, { client }: Caller): Promise<Reply> {
    const taken = this.#taken.get(client) ?? this.#take(request, client);
    taken.lastUsedMs = Date.now();
    if (request.method === 'GET') return taken.place.get(request);
    return request.method === 'DELETE' ? taken.place.delete(request) : taken.place.post(request);
  }

  /** Ends everything that is open. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#taken.keys()].map((client) => this.#leave(client)));
  }

  #take(request: GatewayRequest, client: HiveClient): Taken {
    this.#sweep();
    const { limits, open } = this.#options;
    const hold = this.#holdOf(request);
    const service = open({ client, limits, hold, whenOver: () => void this.#leave(client) });
    const taken = { service, place: new Place({ service, limits, hold }), lastUsedMs: Date.now() };
    this.#taken.set(client, taken);
    return taken;
  }

  /** How to keep the session of this request open: the pool has it, and gives this very one. */
  #holdOf({ headers, peer }: GatewayRequest): () => () => void {
    const credentials = credentialsOf(headers);
    return () => {
      if (!credentials.ok) return () => {};
      const held = this.#options.sessions.find({ ...credentials.value, door: 'mcp', peer });
      return () => held?.release();
    };
  }

  async #leave(client: HiveClient): Promise<void> {
    const taken = this.#taken.get(client);
    this.#taken.delete(client);
    taken?.service.close();
    await taken?.place.close();
  }

  /** Forgets sessions that nobody used for as long as the pool keeps them, and the oldest when there are too many. */
  #sweep(): void {
    const { idleMs, placesMax } = this.#options.limits;
    const before = Date.now() - idleMs;
    for (const [client, { service, place, lastUsedMs }] of this.#taken) {
      place.sweep();
      const isLeft = lastUsedMs < before || this.#taken.size >= placesMax;
      if (isLeft && !service.isInUse() && !place.isInUse) void this.#leave(client);
    }
  }
}
