// How long the files under /proc can get: for each bound of [observability] the longest text its files can have.
// Formats from contracts-1 section 4.3. A counter is a safe integer, so at most 16 digits.

import type { Observability } from './record.ts';
import type { Manifest } from './schema.ts';

/** Digits of `Number.MAX_SAFE_INTEGER`. */
const COUNTER = '9007199254740991';

/** A bound and the least it may be. */
export interface WorstCase {
  readonly field: keyof Observability;
  /** Bytes of the longest text of the file, LF included. */
  readonly bytes: number;
}

/** Longest texts that do not depend on the manifest. All ASCII, so characters are bytes. */
const LONGEST: Readonly<Partial<Record<keyof Observability, string>>> = {
  outstanding_bytes: `outstanding current=${COUNTER} limit=${COUNTER}\n`,
  short_writes_bytes: `short_writes total=${COUNTER} retries=${COUNTER}\n`,
  session_active_bytes: `active=${COUNTER} draining=${COUNTER}\n`,
  session_state_bytes: 'state=DRAINING\n',
  session_since_bytes: `since_ms=${COUNTER}\n`,
  pressure_bytes: `policy=${COUNTER}\n`,
  lifecycle_bytes: `since_ms=${COUNTER}\n`,
  ingest_bytes: `backpressure=${COUNTER}\n`,
};

/** The least every bound may be for this manifest. `session_owner_bytes` has none: owners are cut. */
export function worstCases(manifest: Manifest): readonly WorstCase[] {
  const fixed = Object.entries(LONGEST).map(([field, text]) => ({
    field: field as keyof Observability,
    bytes: text.length,
  }));
  return [{ field: 'sessions_bytes', bytes: sessionsBytes(manifest) }, ...fixed];
}

/** `/proc/9p/sessions`: a heading, then one line per shard. */
function sessionsBytes({ sharding }: Manifest): number {
  const shards = sharding.enabled ? 2 ** sharding.shard_bits : 1;
  const heading = `sessions total=${COUNTER} worker=${COUNTER} shard_bits=${sharding.shard_bits} shard_count=${shards}\n`;
  return heading.length + shards * `shard ff ${COUNTER}\n`.length;
}
