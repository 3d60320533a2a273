// Keys that sign notes: a name, a type, an Ed25519 public key, and the key ID that a signature line starts with.
//
//   key ID = SHA-256(name || 0x0A || type[1] || public key[32]), its first four bytes, big endian
//   text   = <name>+<key ID in hex>+<base64 of type[1] || public key[32]>
//
// Source: C2SP signed-note v1.0.0, "Signatures" and "Verifier keys"; C2SP tlog-cosignature, "Format".

import { encodeUtf8, fromBase64, fromHex, getU32be, putU32be, toBase64, toHex } from '@cohesix/bytes';
import { accepted, type Outcome, refused } from '@cohesix/check';
import type { Sha256 } from './tree-hasher.ts';

/** `ed25519` signs the text of a note (type 0x01); `cosignature` a checkpoint and a time (type 0x04). */
export type NoteKeyKind = 'ed25519' | 'cosignature';

/** A public key under a name. */
export interface NoteKey {
  readonly kind: NoteKeyKind;
  readonly name: string;
  /** Key ID, 0 .. 2^32-1. Name and ID together say which key; the ID alone is too short to. */
  readonly id: number;
  /** 32 bytes, RFC 8032. */
  readonly publicKey: Uint8Array;
}

const PUBLIC_KEY_SIZE = 32;
const KEY_ID_SIZE = 4;
const TYPES: Readonly<Record<NoteKeyKind, number>> = { ed25519: 0x01, cosignature: 0x04 };

/** A key of a name and 32 bytes (copied), with its ID. Refuses bad names and lengths. C2SP signed-note. */
export function noteKey(sha256: Sha256, key: Omit<NoteKey, 'id'>): Outcome<NoteKey> {
  const { kind, name, publicKey } = key;
  if (!isKeyName(name)) return refused('a key name is not empty and has no space, plus or control character');
  if (publicKey.length !== PUBLIC_KEY_SIZE) return refused(`a public key has 32 bytes, got ${publicKey.length}`);
  const id = getU32be(sha256(keyIdInput(key)), 0);
  return accepted({ kind, name, id, publicKey: publicKey.slice() });
}

/** The text of a key, for configurations: `<name>+<key ID>+<base64>`. C2SP signed-note, "Verifier keys". */
export function formatNoteKey({ kind, name, id, publicKey }: NoteKey): string {
  const idBytes = new Uint8Array(KEY_ID_SIZE);
  putU32be(idBytes, 0, id);
  return `${name}+${toHex(idBytes)}+${toBase64(Uint8Array.of(TYPES[kind], ...publicKey))}`;
}

/** The key of such a text, strictly: lower-case hex, canonical base64, the right ID. C2SP signed-note. */
export function parseNoteKey(sha256: Sha256, text: string): Outcome<NoteKey> {
  const [name = '', idText = '', ...rest] = text.split('+');
  const id = fromHex(idText);
  // Base64 has pluses of its own.
  const typed = fromBase64(rest.join('+'));
  if (id?.length !== KEY_ID_SIZE || typed === undefined) return refused('a key is <name>+<8 hex digits>+<base64>');
  const kind = kindOf(typed[0]);
  if (kind === undefined) return refused('a key is of type 1 (Ed25519) or 4 (cosignature)');
  const key = noteKey(sha256, { kind, name, publicKey: typed.subarray(1) });
  if (key.ok && key.value.id !== getU32be(id, 0)) return refused('the key ID is that of another key');
  return key;
}

/** Not empty, no Unicode space, no plus, no control character, well-formed. C2SP signed-note, "Format". */
export function isKeyName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !/[\p{White_Space}+]/u.test(name) && !hasControl(name);
}

/** Whether `text` has a character below U+0020. */
export function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) < 0x20) return true;
  return false;
}

function keyIdInput({ kind, name, publicKey }: Omit<NoteKey, 'id'>): Uint8Array {
  return Uint8Array.of(...encodeUtf8(`${name}\n`), TYPES[kind], ...publicKey);
}

function kindOf(type: number | undefined): NoteKeyKind | undefined {
  if (type === TYPES.ed25519) return 'ed25519';
  return type === TYPES.cosignature ? 'cosignature' : undefined;
}
