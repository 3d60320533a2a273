// Sections about what survives the journal: [spool] and [settings_store]. Modes, and that a spool has a bound for itself and for a
// record, from m27 and its addendum in m21d; fields and ranges are ours.

import { choice, flag, int, KIB, MIB, type Table, table, word } from './field.ts';

/** `[spool]`: records kept for whoever fetches them, on disk. */
export interface SpoolSection {
  readonly enable: boolean;
  readonly path: string;
  readonly bytes: number;
  readonly sector_bytes: number;
  readonly record_bytes_max: number;
  readonly records_max: number;
  readonly mode: 'refuse' | 'overwrite_acked';
  readonly telemetry: boolean;
}

/** `[settings_store]`: settings of the machine that a hive keeps for others. */
export interface SettingsStoreSection {
  readonly path: string;
  readonly keys_max: number;
  readonly value_bytes_max: number;
  readonly bytes_max: number;
}

/** A path of a file system: no control characters, and not longer than PATH_MAX of Linux lets anything be reached. */
const PATH_PATTERN = '^[^\\u0000-\\u001f\\u007f]{1,1024}$';

/** Schema of `[spool]`. */
export const spool: Table<SpoolSection> = table<SpoolSection>('Records kept on disk for whoever fetches them.', {
  enable: flag({ is: false }, 'Whether there are `/proc/spool/{append,read,ack}`; the file is made at its full size.'),
  path: word(
    { is: 'spool/ring', pattern: PATH_PATTERN, form: 'a path' },
    'A file, relative to the data directory, or a block device.',
  ),
  bytes: int(
    { is: 4 * MIB, min: 64 * KIB, max: 256 * MIB },
    'Size of the file when it is made; a device has its own. At least four of the longest records.',
  ),
  sector_bytes: int(
    { is: 4096, min: 512, max: 4096 },
    'What the disk writes whole or not at all when the power goes: 512 or 4096. Each batch of records begins a sector.',
  ),
  record_bytes_max: int(
    { is: 4096, min: 1, max: MIB - 64 },
    'Longest record. Over 9P a record is one message, so at most `secure9p.msize` less 23.',
  ),
  records_max: int({ is: 65_536, min: 1, max: 262_144 }, 'Records that may wait for an acknowledgement.'),
  mode: choice(
    { is: 'overwrite_acked', of: ['refuse', 'overwrite_acked'] },
    'What a full spool does: takes nothing more; or overwrites the oldest records that were acknowledged, never others.',
  ),
  telemetry: flag({ is: false }, 'Whether what workers report is put into the spool, too.'),
});

/** Schema of `[settings_store]`. */
export const settingsStore: Table<SettingsStoreSection> = table<SettingsStoreSection>(
  'Settings of the machine, kept in the journal and in a file of their own that survives it.',
  {
    path: word(
      { is: 'settings.pages', pattern: PATH_PATTERN, form: 'a path' },
      'The file, relative to the data directory; made by the first setting.',
    ),
    keys_max: int({ is: 64, min: 1, max: 256 }, 'Settings at one time; one more is refused.'),
    value_bytes_max: int({ is: 1024, min: 1, max: 2048 }, 'Longest value, bytes of UTF-8.'),
    bytes_max: int({ is: 8192, min: 256, max: 12_288 }, 'All settings together, as JSON, bytes.'),
  },
);
