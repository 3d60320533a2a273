// Sections about who the hive is and how it is reached: [hive], [listen], [secure9p], [console].
// Bounds from contracts-1 sections 1.5 and 2.1 where the product keeps them; ranges are ours.

import { flag, int, MIB, type Table, table, word } from './field.ts';

/** `[hive]`: identity. */
export interface Hive {
  readonly name: string;
  readonly audience: string;
}

/** `[listen]`: addresses `host:port`, `[ipv6]:port`, or empty for off. Port 0 takes a free port. */
export interface Listen {
  readonly secure9p: string;
  readonly secure9p_socket: boolean;
  readonly console: string;
  readonly http: string;
  readonly allow_remote: boolean;
}

/** `[secure9p]`: bounds of the 9P server, per session unless named otherwise. */
export interface Secure9p {
  readonly msize: number;
  readonly walk_depth: number;
  readonly tags_per_session: number;
  readonly fids_per_session: number;
  readonly sessions_max: number;
  readonly write_queue_bytes: number;
  readonly handshake_timeout_ms: number;
}

/** `[console]`: bounds of the line console, per client unless named otherwise. */
export interface Console {
  readonly line_max_bytes: number;
  readonly auth_timeout_ms: number;
  readonly idle_timeout_ms: number;
  readonly clients_max: number;
}

const NAME = { pattern: '^[a-z0-9-]{1,32}$', form: '1 to 32 of a-z, 0-9 and -' };

const ADDRESS = {
  pattern: '^$|^(\\[[0-9a-fA-F:.]{2,45}\\]|[A-Za-z0-9.-]{1,253}):[0-9]{1,5}$',
  form: 'host:port, [ipv6]:port, or an empty string for off',
};

/** Schema of `[hive]`. */
export const hive: Table<Hive> = table<Hive>('Who this hive is.', {
  name: word({ is: 'hive', ...NAME }, 'Name of the hive; shown at boot and part of every path on disk that names it.'),
  audience: word(
    { from: 'name', ...NAME },
    'What tickets must name as their audience; a ticket for another audience is refused. Defaults to the name.',
  ),
});

/** Schema of `[listen]`. */
export const listen: Table<Listen> = table<Listen>('Where the hive listens. Loopback only, unless `allow_remote`.', {
  secure9p: word(
    { is: '127.0.0.1:5640', ...ADDRESS },
    'Address of the 9P2000.L door; empty is off, port 0 any free port.',
  ),
  secure9p_socket: flag({ is: true }, 'Also serve 9P on the unix socket `run/9p.sock` in the data directory.'),
  console: word(
    { is: '127.0.0.1:31337', ...ADDRESS },
    'Address of the line console; empty is off, port 0 any free port.',
  ),
  http: word(
    { is: '127.0.0.1:5641', ...ADDRESS },
    'Address of the HTTP door (REST, WebSocket, MCP, metrics); empty is off, port 0 any free port.',
  ),
  allow_remote: flag(
    { is: false },
    'Permits addresses other than loopback. Traffic is encrypted where `[tls]` says so; else put a tunnel in front.',
  ),
});

/** Schema of `[secure9p]`. */
export const secure9p: Table<Secure9p> = table<Secure9p>('Bounds of the 9P server.', {
  msize: int({ is: 8192, min: 512, max: MIB }, 'Largest 9P message in bytes; a client may negotiate less.'),
  walk_depth: int(
    { is: 8, min: 5, max: 8 },
    'Most names in one walk, and in any path; at least 5, because `/shard/<label>/worker/<id>/telemetry` has five.',
  ),
  tags_per_session: int({ is: 64, min: 1, max: 65_535 }, 'Most requests of one session that may be outstanding.'),
  fids_per_session: int({ is: 1024, min: 1, max: 65_535 }, 'Most fids one session may hold.'),
  sessions_max: int({ is: 4096, min: 1, max: 65_535 }, 'Most sessions at a time; one more is refused (`limit`).'),
  write_queue_bytes: int(
    { is: 262_144, min: 4096, max: 64 * MIB },
    'Reply bytes a slow reader may have outstanding before its requests are no longer read; at least `msize`.',
  ),
  handshake_timeout_ms: int({ is: 5000, min: 100, max: 600_000 }, 'Time a connection has from opening to Tattach.'),
});

/** Schema of `[console]`. */
export const consoleSection: Table<Console> = table<Console>('Bounds of the line console.', {
  line_max_bytes: int({ is: 8188, min: 256, max: MIB - 4 }, 'Longest line in bytes, without the 4-byte frame length.'),
  auth_timeout_ms: int({ is: 5000, min: 100, max: 600_000 }, 'Time a client has from connecting to a good AUTH.'),
  idle_timeout_ms: int({ is: 300_000, min: 1000, max: 86_400_000 }, 'Time after which a silent client is closed.'),
  clients_max: int({ is: 2048, min: 1, max: 65_535 }, 'Most console clients at a time.'),
});
