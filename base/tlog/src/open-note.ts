// Verifies signed notes. Ed25519 is passed in. Where it is only to be had asynchronously (WebCrypto), a host runs the
// three steps itself: `noteChallenges`, its own verification of each, `settleNote`.
//
// Rules (C2SP signed-note, "Signatures"): lines of unknown keys are ignored, even if they share a name or an ID with a
// known one; every line of a known key is verified, and one that fails refuses the note; at least one must hold.

import { accepted, type Outcome, refused } from '@cohesix/check';
import { parseCheckpoint } from './checkpoint.ts';
import { cosignatureMessage, decodeCosignature } from './cosignature.ts';
import type { NoteKey } from './note-key.ts';
import { isSameKey, type NoteSignature, noteMessage, parseNote, type SignedNote } from './signed-note.ts';

/** Whether `signature` (64 bytes) is that of `data` under a public key of 32 bytes (RFC 8032). Must not throw. */
export type Ed25519Verify = (publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array) => boolean;

/** Something to verify: the signature of a known key. */
export interface NoteChallenge {
  readonly key: NoteKey;
  /** What was signed. */
  readonly message: Uint8Array;
  /** 64 bytes, Ed25519. */
  readonly signature: Uint8Array;
  /** Seconds since 1970, of a cosignature. */
  readonly timestamp: bigint | undefined;
}

/** A known key whose signature holds; one for each key. */
export interface VerifiedSignature {
  readonly key: NoteKey;
  /** Seconds since 1970, of a cosignature: the latest by this key. */
  readonly timestamp: bigint | undefined;
}

/** A note that a known key signed. */
export interface OpenNote {
  readonly note: SignedNote;
  /** At least one, in the order of the note. */
  readonly verified: readonly VerifiedSignature[];
}

const SIGNATURE_SIZE = 64;

/** Parses a note and verifies it by the known keys. C2SP signed-note, "Signatures". */
export function openNote(bytes: Uint8Array, known: readonly NoteKey[], verify: Ed25519Verify): Outcome<OpenNote> {
  const note = parseNote(bytes);
  if (!note.ok) return note;
  const challenges = noteChallenges(note.value, known);
  if (!challenges.ok) return challenges;
  const verdicts = challenges.value.map(({ key, message, signature }) => verify(key.publicKey, message, signature));
  const verified = settleNote(challenges.value, verdicts);
  return verified.ok ? accepted({ note: note.value, verified: verified.value }) : verified;
}

/** What must be verified: every line of a known key. Refuses when one has the wrong form, or keys are ambiguous. */
export function noteChallenges(note: SignedNote, known: readonly NoteKey[]): Outcome<NoteChallenge[]> {
  const challenges: NoteChallenge[] = [];
  for (const signature of note.signatures) {
    const keys = known.filter((key) => isSameKey(key, signature));
    if (keys.length > 1) return refused(`two known keys are called ${signature.name} with one key ID`);
    const [key] = keys;
    if (key === undefined) continue;
    const challenge = challengeOf(note, signature, key);
    if (!challenge.ok) return challenge;
    challenges.push(challenge.value);
  }
  return accepted(challenges);
}

/** What the verdicts, one for each challenge in order, say of the note. */
export function settleNote(
  challenges: readonly NoteChallenge[],
  verdicts: readonly boolean[],
): Outcome<VerifiedSignature[]> {
  const verified = new Map<NoteKey, VerifiedSignature>();
  for (const [at, { key, timestamp }] of challenges.entries()) {
    if (verdicts[at] !== true) return refused(`the signature by ${key.name} does not hold`);
    const earlier = verified.get(key)?.timestamp;
    const isLater = earlier === undefined || (timestamp !== undefined && timestamp > earlier);
    if (isLater) verified.set(key, { key, timestamp });
  }
  return verified.size > 0 ? accepted([...verified.values()]) : refused('no known key signed the note');
}

function challengeOf(note: SignedNote, { bytes }: NoteSignature, key: NoteKey): Outcome<NoteChallenge> {
  if (key.kind === 'cosignature') return cosignatureChallenge(note, bytes, key);
  if (bytes.length !== SIGNATURE_SIZE) return refused(`the signature by ${key.name} has not 64 bytes`);
  return accepted({ key, message: noteMessage(note), signature: bytes, timestamp: undefined });
}

function cosignatureChallenge(note: SignedNote, bytes: Uint8Array, key: NoteKey): Outcome<NoteChallenge> {
  const checkpoint = parseCheckpoint(note.text);
  if (!checkpoint.ok) return refused(`${key.name} cosigned what is no checkpoint: ${checkpoint.problem}`);
  const cosignature = decodeCosignature(bytes);
  if (!cosignature.ok) return refused(`the cosignature by ${key.name}: ${cosignature.problem}`);
  const { timestamp, signature } = cosignature.value;
  return accepted({ key, message: cosignatureMessage(note.text, timestamp), signature, timestamp });
}
