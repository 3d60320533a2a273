// What a gateway needs of the hive behind it. Inside `coh up` that is the hive of the same process; a gateway of its own
// (`coh gateway --to URL`) has the same port over a socket.

import type { ByteTransport, HiveClient } from '@cohesix/client';
import type { Result } from '@cohesix/wire';

/**
 * Which protocol of the gateway a session came through; audit lines and `/proc/9p/session` name it. `sign-in`: a page that redeemed
 * its code; over at once.
 */
export type GatewayDoor = 'rest' | 'websocket' | 'mcp' | 'sign-in';

/** Who asks, for the hive's own limits: failed attaches are counted against the peer. */
export interface AttachAs {
  readonly door: GatewayDoor;
  /** Address of the caller. */
  readonly peer: string;
  /** Told when the session has ended without our closing it. */
  readonly onEnd?: (why: SessionEnd) => void;
}

/** `ended`: by the hive (closed, drained, revoked, expired). `lost`: the connection to the hive is gone, maybe the hive too. */
export type SessionEnd = 'ended' | 'lost';

/** A hive, as a gateway sees it. */
export interface HivePort {
  /** A session of the caller's own. Refuses as the hive does, or `unreachable`. */
  readonly attach: (ticket: string, as: AttachAs) => Promise<Result<HiveClient>>;
  /** A fresh 9P connection of the hive: what a WebSocket carries. `unreachable` when there is none to be had. */
  readonly ninep: (peer: string) => Promise<Result<ByteTransport>>;
  /** Whether the hive answers and takes changes; the refusal says why not. Cheap enough to be asked often. */
  readonly ready: () => Promise<Result<void>>;
  /**
   * A file of the log below `/audit` (`checkpoint`, `key`, `tile/…`) for everybody; the value is undefined when there is none.
   * Present only when the hive gives its log to everybody (`audit.public`).
   */
  readonly publicLog?: (path: string) => Promise<Result<Uint8Array | undefined>>;
  /** Every control file the hive knows, in the order of their patterns. */
  readonly controls: readonly ControlDoc[];
  /** Every view, stream and blob it documents, by pattern. */
  readonly files: readonly FileDoc[];
}

/** A control file: what is generated from it are the OpenAPI operation, the MCP tool and the Python model. */
export interface ControlDoc {
  /** Path; `:name` components are parameters: `/worker/:worker/ctl`. */
  readonly pattern: string;
  readonly summary: string;
  /** JSON Schema (2020-12) of one line: of its JSON object, or of the word when `isWord`. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** A line is one bare word instead of JSON. */
  readonly isWord: boolean;
  /** Roles that may write, whatever their ticket says. */
  readonly writers: readonly string[];
  readonly lineBytesMax: number;
  /** Lines that are accepted at some state of a hive. */
  readonly examples: readonly string[];
}

/** A file that is read. */
export interface FileDoc {
  readonly pattern: string;
  readonly kind: 'view' | 'stream' | 'blob';
  readonly summary: string;
  /** Longest content in bytes, where it has a bound of its own. */
  readonly bytesMax?: number;
}
