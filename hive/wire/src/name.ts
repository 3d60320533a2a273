// File names: UTF-8, 1 to 255 bytes, no `/`, no NUL, not `.` or `..`. Two names are the same only if their bytes are.
//
// No file of a hive can have another name, so a request that carries one is answered like any other missing path
// (`invalid-path`, ENOENT): the Linux client then says "No such file or directory", which is what a person expects.

import { decodeUtf8Name, utf8Length } from '@cohesix/bytes';

/** Most bytes of one name. */
export const NAME_BYTES_MAX = 255;

const SLASH = 0x2f;
const DOT = 0x2e;

/** Why `name` cannot be the name of a file, or undefined when it can. */
export function nameProblem(name: string, bytesMax: number = NAME_BYTES_MAX): string | undefined {
  if (name === '') return 'a name is not empty';
  if (name === '.' || name === '..') return 'a name is not . or ..';
  if (name.includes('/')) return 'a name has no slash';
  if (name.includes('\0')) return 'a name has no NUL';
  if (!name.isWellFormed()) return 'a name is well-formed Unicode';
  if (utf8Length(name) > bytesMax) return `a name has at most ${bytesMax} bytes`;
  return undefined;
}

/** The file name in `bytes[start..end)`, or undefined when it breaks a rule above. */
export function decodeName(bytes: Uint8Array, start: number, end: number, bytesMax: number): string | undefined {
  const length = end - start;
  if (length === 0 || length > bytesMax) return undefined;
  if (length <= 2 && bytes[start] === DOT && bytes[end - 1] === DOT) return undefined;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at];
    if (byte === SLASH || byte === 0) return undefined;
  }
  return decodeUtf8Name(bytes, start, end);
}
