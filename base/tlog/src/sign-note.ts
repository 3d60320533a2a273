// Signs notes and adds cosignatures. The private key stays with the host, which passes in a function that signs.
// A key that signed before loses its old line; the new one comes last, as in Go's sumdb/note.
// Source: C2SP signed-note, "Signatures"; C2SP tlog-cosignature, "Format".

import { accepted, assert, type Outcome, refused } from '@cohesix/check';
import { parseCheckpoint } from './checkpoint.ts';
import { cosignatureMessage, encodeCosignature, isTimestamp } from './cosignature.ts';
import type { NoteKey } from './note-key.ts';
import {
  isSameKey,
  NOTE_SIGNATURES_MAX,
  type NoteSignature,
  noteMessage,
  type SignedNote,
  unsignedNote,
} from './signed-note.ts';

/** A key that can sign. */
export interface NoteSigner {
  readonly key: NoteKey;
  /** Ed25519 signature of `message`: 64 bytes. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

const SIGNATURE_SIZE = 64;

/** The note with a signature by an `ed25519` key. Refuses a seventeenth one and bad texts. C2SP signed-note. */
export function signNote(note: SignedNote, { key, sign }: NoteSigner): Outcome<SignedNote> {
  assert(key.kind === 'ed25519', 'a note is signed by a key of type 1');
  const text = unsignedNote(note.text);
  if (!text.ok) return text;
  const bytes = sign(noteMessage(note));
  assert(bytes.length === SIGNATURE_SIZE, 'an Ed25519 signature has 64 bytes');
  return withSignature(note, { name: key.name, id: key.id, bytes });
}

/**
 * The checkpoint with a cosignature by a `cosignature` key, as of `timestamp` (seconds since 1970). Whoever cosigns
 * must first have verified the log's signature and that the tree grew from the largest one it has cosigned.
 * C2SP tlog-cosignature.
 */
export function cosignNote(note: SignedNote, { key, sign }: NoteSigner, timestamp: bigint): Outcome<SignedNote> {
  assert(key.kind === 'cosignature', 'a checkpoint is cosigned by a key of type 4');
  const checkpoint = parseCheckpoint(note.text);
  if (!checkpoint.ok) return checkpoint;
  if (!isTimestamp(timestamp)) return refused(`a timestamp is 0 .. 2^63-1, got ${timestamp}`);
  const signature = sign(cosignatureMessage(note.text, timestamp));
  return withSignature(note, { name: key.name, id: key.id, bytes: encodeCosignature({ timestamp, signature }) });
}

function withSignature(note: SignedNote, signature: NoteSignature): Outcome<SignedNote> {
  const others = note.signatures.filter((other) => !isSameKey(other, signature));
  if (others.length >= NOTE_SIGNATURES_MAX) return refused(`a note has at most ${NOTE_SIGNATURES_MAX} signatures`);
  return accepted({ text: note.text, signatures: [...others, signature] });
}
