// The form of a signed note: a text that ends in a newline, an empty line, one or more signature lines.
//
//   — <key name> base64(key ID[4 big endian] || signature[1..])
//
// The text is what is signed; the last empty line of a note ends it, so the text may have empty lines itself.
// Reading checks the form only: a note that parses is not yet one to believe. Source: C2SP signed-note, "Format".

import { decodeUtf8, encodeUtf8, fromBase64, getU32be, putU32be, toBase64 } from '@cohesix/bytes';
import { accepted, type Outcome, refused } from '@cohesix/check';
import { hasControl, isKeyName } from './note-key.ts';

/** One signature line, taken apart. */
export interface NoteSignature {
  readonly name: string;
  /** Key ID, 0 .. 2^32-1. */
  readonly id: number;
  /** What follows the key ID: 1 byte or more, of a form that the key's type says. */
  readonly bytes: Uint8Array;
}

/** A text and the signatures on it, unverified. */
export interface SignedNote {
  /** Ends in a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** The most signatures a note may have; a verifier must take 16 at least. */
export const NOTE_SIGNATURES_MAX = 16;

/** The longest note, in bytes: room for 16 signatures of 5,000 bytes and a text of 128 KiB. */
export const NOTE_SIZE_MAX: number = 256 * 1024;

const KEY_ID_SIZE = 4;
const SEPARATOR = '\n\n';
const LINE_START = '\u2014 ';

/** A note without signatures, to be signed. The text ends in a newline and has no other control character. */
export function unsignedNote(text: string): Outcome<SignedNote> {
  if (!text.endsWith('\n')) return refused('the text of a note ends in a newline');
  if (!isNoteText(text)) return refused('a note has no control characters but newlines, and no half characters');
  return accepted({ text, signatures: [] });
}

/** The text form of a note that has signatures. C2SP signed-note, "Format". */
export function formatNote({ text, signatures }: SignedNote): string {
  return `${text}\n${signatures.map((signature) => `${formatSignatureLine(signature)}\n`).join('')}`;
}

/** A note from its bytes, strictly; verifies nothing. C2SP signed-note, "Format". */
export function parseNote(bytes: Uint8Array): Outcome<SignedNote> {
  if (bytes.length > NOTE_SIZE_MAX) return refused(`a note has at most ${NOTE_SIZE_MAX} bytes, got ${bytes.length}`);
  const note = decodeUtf8(bytes);
  if (note === undefined) return refused('a note is UTF-8');
  if (!isNoteText(note)) return refused('a note has no control characters but newlines');
  const split = note.lastIndexOf(SEPARATOR);
  if (split < 0 || !note.endsWith('\n')) return refused('a note is text, an empty line and signature lines');
  const lines = note
    .slice(split + SEPARATOR.length)
    .split('\n')
    .slice(0, -1);
  if (lines.length === 0) return refused('a note has a signature');
  if (lines.length > NOTE_SIGNATURES_MAX) return refused(`a note has at most ${NOTE_SIGNATURES_MAX} signatures`);
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignatureLine(line);
    if (!signature.ok) return signature;
    signatures.push(signature.value);
  }
  return accepted({ text: note.slice(0, split + 1), signatures });
}

/** Whether both lines are by one key, as far as lines tell. */
export function isSameKey(a: Pick<NoteSignature, 'name' | 'id'>, b: Pick<NoteSignature, 'name' | 'id'>): boolean {
  return a.name === b.name && a.id === b.id;
}

/** A signature from its line, without the newline; verifies nothing. C2SP signed-note, "Format". */
export function parseSignatureLine(line: string): Outcome<NoteSignature> {
  if (!line.startsWith(LINE_START)) return refused('a signature line starts with an em dash and a space');
  const space = line.indexOf(' ', LINE_START.length);
  const name = line.slice(LINE_START.length, space < 0 ? undefined : space);
  if (space < 0 || !isKeyName(name)) return refused('a signature line is — <key name> <base64>');
  const bytes = fromBase64(line.slice(space + 1));
  if (bytes === undefined) return refused(`the signature by ${name} is not base64`);
  if (bytes.length <= KEY_ID_SIZE) return refused(`the signature by ${name} is too short`);
  return accepted({ name, id: getU32be(bytes, 0), bytes: bytes.subarray(KEY_ID_SIZE) });
}

/** The line of a signature, without the newline. C2SP signed-note, "Format". */
export function formatSignatureLine({ name, id, bytes }: NoteSignature): string {
  const all = new Uint8Array(KEY_ID_SIZE + bytes.length);
  putU32be(all, 0, id);
  all.set(bytes, KEY_ID_SIZE);
  return `${LINE_START}${name} ${toBase64(all)}`;
}

function isNoteText(text: string): boolean {
  return text.isWellFormed() && !hasControl(text.replaceAll('\n', ''));
}

/** The bytes of a note's text: what an `ed25519` key signs. */
export function noteMessage({ text }: SignedNote): Uint8Array {
  return encodeUtf8(text);
}
