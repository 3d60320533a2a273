// The section about content by hash: [cas]. What the source bounds by a message (chunks of at most msize) and by memory (8 of 128
// bytes) is bounded by the disk here: pieces are written at offsets and nothing is held in memory (contracts-2, 6.1 and 14.1 no. 20).

import { flag, int, KIB, list, MIB, type Table, table, word } from './field.ts';

/** `[cas.signing]`: whose updates are taken. */
export interface CasSigning {
  readonly required: boolean;
  /** Ed25519 public keys in hex, besides the hive's own. */
  readonly keys: readonly string[];
}

/** `[cas]`: updates and models by the hash of what they are. */
export interface CasSection {
  readonly enable: boolean;
  readonly chunk_bytes: number;
  readonly chunks_max: number;
  readonly updates_max: number;
  readonly models_max: number;
  readonly bytes_max: number;
  readonly delta: boolean;
  readonly signing: CasSigning;
}

/** Most keys besides the hive's own. */
const KEYS_MAX = 16;

/** Schema of `[cas]`. */
export const cas: Table<CasSection> = table<CasSection>('Updates and models by the hash of what they are.', {
  enable: flag({ is: true }, 'Whether there are `/updates` and `/models`.'),
  chunk_bytes: int(
    { is: 4 * MIB, min: 64, max: 64 * MIB },
    'Bytes of a chunk of an update; the last one may be shorter. A chunk may be larger than a message.',
  ),
  chunks_max: int({ is: 65_536, min: 1, max: 262_144 }, 'Chunks of one update.'),
  updates_max: int({ is: 16, min: 1, max: 256 }, 'Updates that are kept, unfinished ones included.'),
  models_max: int({ is: 64, min: 0, max: 1024 }, 'Models that are kept, unfinished ones included; 0: no `/models`.'),
  bytes_max: int(
    { is: 256 * KIB * MIB, min: MIB, max: 64 * KIB * KIB * MIB },
    'Bytes of all chunks and weights together; what is quarantined comes on top.',
  ),
  delta: flag({ is: true }, 'Whether an update may be more bytes behind those of another.'),
  signing: table<CasSigning>('Whose updates are taken.', {
    required: flag(
      { is: true },
      'Whether a manifest needs a signature; without it anybody who may write `/updates` ships.',
    ),
    keys: list<string>(
      {
        is: [],
        of: word(
          { pattern: '^[0-9a-f]{64}$', form: 'the 64 hex digits of a public key, as `coh cas key` prints it' },
          'An Ed25519 public key.',
        ),
        max: KEYS_MAX,
      },
      'Public keys whose signatures count besides that of the hive (`keys/cas.json`).',
    ),
  }),
});
