// Takes tickets out of what a trace keeps. Each byte of a ticket becomes an `x`, so that a message stays as long as its
// fields say and still parses, and a replayed request is masked to the same bytes.
//
// Masked are: the aname of Tattach and Tauth, whatever it is; the same bytes wherever else they occur; and everything
// that looks like a ticket. What somebody wrote into a file of the hive, and a message ends in the middle of, is masked in
// its first part only.

import { ByteReader, decodeUtf8, encodeUtf8 } from '@cohesix/bytes';
import { assert } from '@cohesix/check';
import { HEADER_BYTES, TATTACH, TAUTH } from '@cohesix/wire';

/** Shorter anames are not looked for elsewhere: they are no secrets, and words of the hive could be the same. */
const SECRET_BYTES_MIN = 16;

const MASK = 'x';

/** Masks with the secrets it was told and saw. */
export class SecretMask {
  readonly #pattern: RegExp;
  readonly #secrets = new Set<string>();

  /** `pattern` is what tickets look like anywhere in a text; it has the flag `g`. */
  constructor(pattern: RegExp) {
    assert(pattern.global, 'a pattern that finds every ticket');
    this.#pattern = pattern;
  }

  /** Remembers the ticket that a request carries, if it does. */
  learn(request: Uint8Array): void {
    const at = anameOf(request);
    if (at !== undefined && at.end - at.start >= SECRET_BYTES_MIN) {
      this.#secrets.add(latin1Of(request.subarray(at.start, at.end)));
    }
  }

  /** A message without tickets, in a new array of the same length. */
  message(bytes: Uint8Array): Uint8Array {
    const masked = bytesOf(this.#masked(latin1Of(bytes)));
    const at = anameOf(bytes);
    if (at !== undefined) masked.fill(MASK.charCodeAt(0), at.start, at.end);
    return masked;
  }

  /** A line without tickets. */
  line(text: string): string {
    return decodeUtf8(bytesOf(this.#masked(latin1Of(encodeUtf8(text))))) ?? '';
  }

  /** A line that was typed: also without the ticket, of whatever form, behind `attach` and its role. */
  command(line: string): string {
    const attach = /^(\s*(?:attach|login)\s+\S+\s+)(\S.*)$/isu.exec(line);
    const [, head = '', ticket = ''] = attach ?? [];
    return attach === null ? this.line(line) : this.line(head) + ticket.replace(/\S/gu, MASK);
  }

  #masked(text: string): string {
    let masked = text.replace(this.#pattern, (found) => MASK.repeat(found.length));
    for (const secret of this.#secrets) masked = masked.replaceAll(secret, MASK.repeat(secret.length));
    return masked;
  }
}

/** Bytes as text with one character each, for searching. */
export function latin1Of(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function bytesOf(latin1: string): Uint8Array {
  return Uint8Array.from(latin1, (character) => character.charCodeAt(0));
}

/**
 * Where the aname lies: `size[4] Tattach tag[2] fid[4] afid[4] uname[s] aname[s] n_uname[4]`, Tauth the same without fid.
 * Undefined for other messages and for those that end before.
 */
function anameOf(request: Uint8Array): { readonly start: number; readonly end: number } | undefined {
  const type = request[4];
  if (type !== TATTACH && type !== TAUTH) return undefined;
  const reader = new ByteReader(request, HEADER_BYTES);
  reader.take(type === TATTACH ? 8 : 4);
  reader.take(reader.u16());
  const size = reader.u16();
  const start = reader.take(size);
  return start < 0 ? undefined : { start, end: start + size };
}
