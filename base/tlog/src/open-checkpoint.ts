// A checkpoint to believe: a note by the log's own key, of the log that was asked for, with the cosignatures of known
// cosigners. How many of those suffice is the caller's policy. Source: C2SP tlog-checkpoint, "Signatures".

import { toHex } from '@cohesix/bytes';
import { accepted, type Outcome, refused } from '@cohesix/check';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import type { NoteKey } from './note-key.ts';
import { type Ed25519Verify, type OpenNote, openNote, type VerifiedSignature } from './open-note.ts';

/** Whom a reader of checkpoints trusts. */
export interface CheckpointTrust {
  /** The origin line that the log has. */
  readonly origin: string;
  /** The log's keys: one of them must have signed. */
  readonly logKeys: readonly NoteKey[];
  /** Keys of type `cosignature` whose statements count; no two with one public key. */
  readonly cosigners: readonly NoteKey[];
}

/** A checkpoint of the log, and who vouches for it. */
export interface OpenCheckpoint extends OpenNote {
  readonly checkpoint: Checkpoint;
  /** Of `verified`, those by cosigners: one for each. May be empty. */
  readonly cosigned: readonly VerifiedSignature[];
}

/** Parses and verifies a checkpoint of the log that `trust` names. C2SP tlog-checkpoint. */
export function openCheckpoint(
  bytes: Uint8Array,
  trust: CheckpointTrust,
  verify: Ed25519Verify,
): Outcome<OpenCheckpoint> {
  if (haveTwins(trust.cosigners)) return refused('two cosigners have one public key');
  const open = openNote(bytes, [...trust.logKeys, ...trust.cosigners], verify);
  return open.ok ? checkpointOf(open.value, trust) : open;
}

function checkpointOf(open: OpenNote, trust: CheckpointTrust): Outcome<OpenCheckpoint> {
  const checkpoint = parseCheckpoint(open.note.text);
  if (!checkpoint.ok) return checkpoint;
  const { origin } = checkpoint.value;
  if (origin !== trust.origin) return refused(`a checkpoint of ${trust.origin}, got one of ${origin}`);
  const isByLog = open.verified.some(({ key }) => trust.logKeys.includes(key));
  if (!isByLog) return refused('no key of the log signed the checkpoint');
  const cosigned = open.verified.filter(
    ({ key, timestamp }) => timestamp !== undefined && trust.cosigners.includes(key),
  );
  return accepted({ ...open, checkpoint: checkpoint.value, cosigned });
}

/**
 * What a cosigner signs does not name it, so whoever holds one key under two names could count twice in a quorum.
 * C2SP tlog-cosignature, "Ed25519 signed message".
 */
function haveTwins(cosigners: readonly NoteKey[]): boolean {
  return new Set(cosigners.map(({ publicKey }) => toHex(publicKey))).size < cosigners.length;
}
