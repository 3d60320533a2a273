// What is checked before a request leaves for any door, so that every door refuses it alike: a path is absolute, a
// text ends in a line feed and fits one write. Everything else is the hive's to refuse.

import { ok, type Result, refuse } from '@cohesix/wire';

/** Default of `read`'s `maxBytes`. */
export const READ_MAX_BYTES_DEFAULT: number = 1 << 20;

/** Bytes one append may have at the protocol's default msize of 8192: msize less the 24 bytes around the data. */
export const APPEND_MAX_BYTES_DEFAULT: number = 8192 - 24;

/** The components of an absolute path; the root has none. Refuses as `pathProblem`. */
export function componentsOf(path: string): Result<readonly string[]> {
  return pathProblem(path) ?? ok(path === '/' ? [] : path.slice(1).split('/'));
}

/** Relative or with a NUL: `invalid-path`. */
export function pathProblem(path: string): Result<never> | undefined {
  if (!path.startsWith('/')) return refuse('invalid-path', `A path starts with a slash; got ${quote(path)}.`);
  return path.includes('\0') ? refuse('invalid-path', 'A path holds no NUL.') : undefined;
}

/**
 * The text of one append: well-formed, ending in exactly one LF, at most `maxBytes`, else `too-big`. No text, or blank
 * lines only: `invalid-payload`, since no door carries that alike.
 */
export function linesToAppend(
  text: string,
  maxBytes: number,
): Result<{ readonly text: string; readonly bytes: Uint8Array }> {
  const body = text.replace(/\n+$/, '').toWellFormed();
  if (body === '') return refuse('invalid-payload', 'There is nothing to append.');
  const whole = `${body}\n`;
  const bytes = new TextEncoder().encode(whole);
  if (bytes.length <= maxBytes) return ok({ text: whole, bytes });
  return refuse('too-big', `An append is at most ${maxBytes} bytes here; this one has ${bytes.length}.`);
}

/** `too-big` for a content over `maxBytes`. */
export function contentTooBig(path: string, maxBytes: number): Result<never> {
  return refuse('too-big', `${path} has more than ${maxBytes} bytes; read it with a larger bound.`);
}

/** Orders strings by the bytes of their UTF-8, which is the order of their code points. */
export function compareBytes(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return surrogatesLast(left) - surrogatesLast(right);
  }
  return a.length - b.length;
}

/** Moves the surrogates above U+FFFF's other code units, where the code points they make belong. */
function surrogatesLast(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}
