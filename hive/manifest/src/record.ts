// Sections about what is written down and what is shown: [journal], [audit] and [observability]. The bounds of the files
// under /proc are those of contracts-1 section 4.3; red-lines.ts compares them with the longest text each can have.

import { choice, flag, int, KIB, list, MIB, type Table, table, word } from './field.ts';

/** `[journal]`. */
export interface Journal {
  readonly segment_bytes: number;
  readonly batch_max_records: number;
  readonly snapshot_records: number;
  readonly retention: 'keep' | 'archive' | 'refuse';
  readonly retain_bytes: number;
  readonly archive_directory: string;
  readonly reserve_bytes: number;
}

/** `[audit]`. */
export interface Audit {
  /** Verifier keys (C2SP tlog-cosignature, `<name>+<key ID>+<base64>`); no two with one public key. */
  readonly witnesses: readonly string[];
  readonly public: boolean;
}

/** Most witnesses of a hive; with its own, their signatures fit into one note. */
const WITNESSES_MAX = 8;

/** `[observability]`: bounds of the text of files under `/proc`, and what the measures of `/proc/ingest` are made from. */
export interface Observability {
  readonly sessions_bytes: number;
  readonly outstanding_bytes: number;
  readonly short_writes_bytes: number;
  readonly session_active_bytes: number;
  readonly session_state_bytes: number;
  readonly session_since_bytes: number;
  readonly session_owner_bytes: number;
  readonly pressure_bytes: number;
  readonly lifecycle_bytes: number;
  readonly ingest_bytes: number;
  readonly latency_samples: number;
  readonly watch_max_entries: number;
  readonly watch_min_interval_ms: number;
}

/** No file under /proc is longer, so that one default-sized 9P read shows it. */
const PROC_FILE_BYTES_MAX = 8192;

/** A path of a file system: no control characters, and not longer than PATH_MAX of Linux lets anything be reached. */
const PATH_PATTERN = '^[^\\u0000-\\u001f\\u007f]{1,1024}$';

function bytes(is: number, text: string): ReturnType<typeof int> {
  return int({ is, min: 1, max: PROC_FILE_BYTES_MAX }, text);
}

/** Schema of `[journal]`. */
export const journal: Table<Journal> = table<Journal>('The durable log every accepted change is in.', {
  segment_bytes: int({ is: 16 * MIB, min: 128 * KIB, max: KIB * MIB }, 'Size at which a segment file is closed.'),
  batch_max_records: int({ is: 1024, min: 1, max: 65_536 }, 'Most records made durable by one fdatasync.'),
  snapshot_records: int(
    { is: 65_536, min: 64, max: 1_048_576 },
    'Records between two snapshots: what a start replays at most.',
  ),
  retention: choice(
    { is: 'keep', of: ['keep', 'archive', 'refuse'] },
    'What happens over `retain_bytes`: nothing; old segments are compressed into `archive_directory`; or changes are refused.',
  ),
  retain_bytes: int(
    { is: KIB * MIB, min: 256 * KIB, max: 1_099_511_627_776 },
    'Bytes of segments that `archive` leaves beside the hive, and with which `refuse` ends.',
  ),
  archive_directory: word(
    { is: 'archive', pattern: PATH_PATTERN, form: 'a path' },
    'Where `archive` puts segments; relative to the data directory. They stay part of the history: do not remove them.',
  ),
  reserve_bytes: int(
    { is: MIB, min: 0, max: KIB * MIB },
    'Disk space set aside, so that a hive on a full disk can still write why it takes no more changes; 0 for none.',
  ),
});

/** Schema of `[audit]`. */
export const audit: Table<Audit> = table<Audit>('Who outside watches that history only grows.', {
  witnesses: list<string>(
    {
      is: [],
      of: word(
        {
          // 33 bytes in base64, of which the first is the type, 4.
          pattern: '^[!-*,-~]{1,64}\\+[0-9a-f]{8}\\+B[A-P][A-Za-z0-9+/]{42}$',
          form: 'the verifier key of a witness, as `coh audit witness --print-key` prints it',
        },
        'Verifier key of a witness.',
      ),
      max: WITNESSES_MAX,
    },
    'Verifier keys of the witnesses whose cosignatures `/audit/cosign` takes.',
  ),
  public: flag(
    { is: false },
    'Serves the log, with every accepted line, below `/audit` of the HTTP door to everybody; else a ticket that reads `/audit` is needed.',
  ),
});

/** Schema of `[observability]`. */
export const observability: Table<Observability> = table<Observability>(
  'Bounds of the files under `/proc`. A longer text is cut after a whole line and ends with the line `… truncated`.',
  {
    sessions_bytes: bytes(8192, 'Bound of `/proc/9p/sessions`, which has one line a shard.'),
    outstanding_bytes: bytes(128, 'Bound of `/proc/9p/outstanding`.'),
    short_writes_bytes: bytes(128, 'Bound of `/proc/9p/short_writes`.'),
    session_active_bytes: bytes(128, 'Bound of `/proc/9p/session/active`.'),
    session_state_bytes: bytes(64, 'Bound of `/proc/9p/session/<id>/state`.'),
    session_since_bytes: bytes(64, 'Bound of `/proc/9p/session/<id>/since_ms`.'),
    session_owner_bytes: bytes(320, 'Bound of `/proc/9p/session/<id>/owner`; a longer one shows as `… truncated`.'),
    pressure_bytes: bytes(64, 'Bound of each of `/proc/pressure/{busy,quota,cut,policy}`.'),
    lifecycle_bytes: bytes(128, 'Bound of each of `/proc/lifecycle/{state,reason,since}`.'),
    ingest_bytes: bytes(64, 'Bound of each of `/proc/ingest/{p50_ms,p95_ms,backpressure,dropped,queued}`.'),
    latency_samples: int(
      { is: 32, min: 1, max: 64 },
      'Last appends that `/proc/ingest/{p50_ms,p95_ms}` are made from.',
    ),
    watch_max_entries: int({ is: 16, min: 1, max: 64 }, 'Lines that `/proc/ingest/watch` retains.'),
    watch_min_interval_ms: int(
      { is: 50, min: 1, max: 60_000 },
      'Least time between two lines of `/proc/ingest/watch`.',
    ),
  },
);
