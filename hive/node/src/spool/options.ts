// What a manifest says about the spool, as its opening wants it.

import { resolve } from 'node:path';
import type { OpenSpoolOptions } from '@cohesix/journal';
import type { DataOptions } from '../data.ts';
import { manifestFingerprint } from '../identity.ts';

/** How the spool of a hive is opened or made. */
export function spoolOptions({
  manifest,
  host,
  directory,
  identity,
}: Pick<DataOptions, 'manifest' | 'directory' | 'identity'> & {
  readonly host: Pick<DataOptions['host'], 'disk'>;
}): OpenSpoolOptions {
  const { path, bytes, sector_bytes, mode, record_bytes_max, records_max } = manifest.spool;
  return {
    disk: host.disk,
    path: resolve(directory, path),
    owner: { hive: identity, fingerprint: manifestFingerprint(manifest) },
    size: { bytes, sector: sector_bytes === 512 ? 512 : 4096 },
    limits: { mode, recordBytesMax: record_bytes_max, recordsMax: records_max },
  };
}
