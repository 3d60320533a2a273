// What `/mcp` serves: the tools and resources of a hive, or of a fixture. The transport, the sessions and who may ask are the
// same for both.

import type { HiveClient } from '@cohesix/client';
import type { Result } from '@cohesix/wire';
import type { McpServer, Server } from '@modelcontextprotocol/server';
import type { McpLimits } from './limits.ts';
import type { Listening } from './watch.ts';

/** One caller's tools and resources. */
export interface McpService {
  /** A server of its own for one request, or one session. */
  readonly serve: () => Server | McpServer;
  /** Tells of changes of a resource; refuses what the caller does not see. */
  readonly watch: (uri: string, changed: () => void) => Promise<Result<Listening>>;
  /** Tells of changes of the list of tools. */
  readonly watchTools: (changed: () => void) => Listening;
  /** Whether something is open, so that it must be kept although nobody asks. */
  readonly isInUse: () => boolean;
  /** Ends what is open. */
  readonly close: () => void;
}

/** What a service is made of. */
export interface McpSession {
  /** The caller's session at the hive; borrowed. */
  readonly client: HiveClient;
  readonly limits: McpLimits;
  /** Keeps the session open until the value is called. */
  readonly hold: () => () => void;
  /** To be called once when the hive has ended the session. */
  readonly whenOver: () => void;
}
