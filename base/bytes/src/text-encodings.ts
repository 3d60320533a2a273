// Bytes as text and back: hex, base64 and base64url. Strict: one text for one byte string, so that a signature over
// text means a signature over bytes. Source: RFC 4648 sections 4, 5, 8 and 3.5 (the unused bits must be zero).

const HEX = '0123456789abcdef';
const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL_SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const NOT_A_DIGIT = 255;

const HEX_VALUES: Uint8Array = valuesOf(HEX);
const STANDARD_VALUES: Uint8Array = valuesOf(STANDARD);
const URL_SAFE_VALUES: Uint8Array = valuesOf(URL_SAFE);

/** Lower-case hex, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX.charAt(byte >> 4) + HEX.charAt(byte & 15);
  return text;
}

/** Bytes of lower-case hex, or undefined for anything else (upper case, odd length, separators). */
export function fromHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    const high = digitAt(HEX_VALUES, text, index * 2);
    const low = digitAt(HEX_VALUES, text, index * 2 + 1);
    if (high === NOT_A_DIGIT || low === NOT_A_DIGIT) return undefined;
    bytes[index] = (high << 4) | low;
  }
  return bytes;
}

/** Base64 with `+`, `/` and `=` padding. */
export function toBase64(bytes: Uint8Array): string {
  const text = digitsOf(bytes, STANDARD);
  return text + '='.repeat((4 - (text.length % 4)) % 4);
}

/** Bytes of canonical padded base64, or undefined for anything else. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return bytesOf(text, text.length - padding, STANDARD_VALUES);
}

/** Base64url: `-`, `_`, no padding. */
export function toBase64url(bytes: Uint8Array): string {
  return digitsOf(bytes, URL_SAFE);
}

/** Bytes of canonical unpadded base64url, or undefined for anything else. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  return bytesOf(text, text.length, URL_SAFE_VALUES);
}

function digitsOf(bytes: Uint8Array, alphabet: string): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const left = Math.min(3, bytes.length - at);
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let digit = 0; digit <= left; digit += 1) text += alphabet.charAt((group >> (18 - 6 * digit)) & 63);
  }
  return text;
}

function bytesOf(text: string, count: number, values: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  if (count % 4 === 1) return undefined;
  const bytes = new Uint8Array((count * 6) >> 3);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const digit = digitAt(values, text, index);
    if (digit === NOT_A_DIGIT) return undefined;
    held = ((held << 6) | digit) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = held >> bits;
    at += 1;
  }
  return (held & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}

function digitAt(values: Uint8Array, text: string, index: number): number {
  const unit = text.charCodeAt(index);
  return unit < 128 ? (values[unit] as number) : NOT_A_DIGIT;
}

function valuesOf(alphabet: string): Uint8Array {
  const values = new Uint8Array(128).fill(NOT_A_DIGIT);
  for (let digit = 0; digit < alphabet.length; digit += 1) values[alphabet.charCodeAt(digit)] = digit;
  return values;
}
